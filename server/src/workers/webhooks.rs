//! Deliveries to partners: taken with a lease, sent, settled.

use chrono::{DateTime, Utc};
use loyalty::Loyalty;
use loyalty::usecase::{self, Attempt, Attempted, Error};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response};

use super::shop_work::{ShopWork, ShopWorker};
use crate::outgoing::Reach;
use crate::rest::partner::webhook_event::body;

/// Attempts under way at once, of all shops together.
const AT_ONCE: usize = 64;
/// Attempts of one shop under way at once, so that its slow receivers leave room for others.
const OF_ONE_SHOP: usize = 16;

/// Delivering. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    loyalty: Loyalty,
    reach: Reach,
    client: Client,
}

impl ShopWork for Webhooks {
    type Item = Attempt;
    const NAME: &'static str = "deliveries";

    async fn called(&self) -> Vec<i64> {
        self.loyalty.webhook_work().await
    }

    async fn shops(&self) -> Result<Vec<i64>, Error> {
        usecase::shops_with_deliveries(&self.loyalty).await
    }

    async fn take(&self, tenant_id: i64, most: i64) -> Result<Vec<Attempt>, Error> {
        usecase::take_attempts(&self.loyalty, tenant_id, most, &body).await
    }

    async fn make(&self, attempt: &Attempt) {
        let attempted = self.send(attempt).await;
        self.settle(attempt, &attempted).await;
    }

    async fn broke(&self, attempt: &Attempt) {
        let attempted = Attempted::Failed("Отправка прервалась из-за ошибки на сервере.".to_owned());
        self.settle(attempt, &attempted).await;
    }
}

impl Webhooks {
    /// A worker that has not begun.
    ///
    /// # Errors
    /// See [`Reach::client`].
    pub fn worker(loyalty: Loyalty, reach: Reach) -> anyhow::Result<ShopWorker<Self>> {
        let client = reach.client()?;
        let webhooks = Self {
            loyalty,
            reach,
            client,
        };
        Ok(ShopWorker::new(webhooks, AT_ONCE, OF_ONE_SHOP))
    }

    async fn settle(&self, attempt: &Attempt, attempted: &Attempted) {
        let jitter = rand::random::<f64>();
        let settled = usecase::settle_attempt(&self.loyalty, attempt, attempted, jitter).await;
        if let Err(error) = settled {
            tracing::warn!(%error, delivery = attempt.delivery_id, "an attempt was not noted and will be made again");
        }
    }

    async fn send(&self, attempt: &Attempt) -> Attempted {
        let Ok(url) = self.reach.check(&attempt.url) else {
            return Attempted::Failed("Адрес недоступен из интернета.".to_owned());
        };
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &attempt.webhook_id)
            .header("webhook-timestamp", attempt.timestamp)
            .header("webhook-signature", &attempt.signature)
            .header("X-Bonex-Event", &attempt.kind)
            .body(attempt.body.clone());
        match request.send().await {
            Ok(response) => answered(&response, self.loyalty.now().millis()),
            Err(error) => Attempted::Failed(why(&error)),
        }
    }
}

fn answered(response: &Response, now_millis: i64) -> Attempted {
    Attempted::Answered {
        status: response.status().as_u16(),
        retry_after: retry_after(response.headers(), now_millis),
    }
}

/// Seconds, or a moment.
fn retry_after(headers: &HeaderMap, now_millis: i64) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let moment: DateTime<Utc> = DateTime::parse_from_rfc2822(text).ok()?.into();
    Some((moment.timestamp_millis() - now_millis).max(0) / 1000)
}

/// In the words of the endpoint's owner; never the address, which may hold a secret.
fn why(error: &reqwest::Error) -> String {
    let text = match () {
        () if error.is_timeout() => "Адрес не ответил за 15 секунд.",
        () if error.is_connect() => "Соединиться с адресом не удалось.",
        () => "Соединение оборвалось.",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_moment() {
        let headers = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        let now = 1_781_265_600_000;
        assert_eq!(retry_after(&headers("120"), now), Some(120));
        assert_eq!(
            retry_after(&headers("Fri, 12 Jun 2026 12:01:00 GMT"), now),
            Some(60)
        );
        assert_eq!(
            retry_after(&headers("Fri, 12 Jun 2020 12:01:00 GMT"), now),
            Some(0)
        );
        assert_eq!(retry_after(&headers("soon"), now), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
