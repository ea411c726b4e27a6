//! Asking a service, and what all of them may answer alike.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use super::Sent;

/// The longest pause that is believed, in seconds.
const LONGEST_PAUSE: i64 = 24 * 3600;
/// More than any of them answers.
const MOST_BYTES: usize = 64 * 1024;

/// What a service answered.
pub(super) struct Answer {
    pub status: u16,
    /// Seconds, if it named any.
    pub retry_after: Option<i64>,
    /// Null when it is not JSON.
    pub body: Value,
}

/// Asks `service`, which is its name in reasons.
///
/// # Errors
/// No answer: always a [`Sent::Later`].
pub(super) async fn ask(service: &str, request: RequestBuilder) -> Result<Answer, Sent> {
    let answered = async { read(request.send().await?).await }.await;
    answered.map_err(|error| why(service, &error))
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What every service means by a status, whatever the body says, if anything.
    pub fn by_status(&self, service: &str) -> Sent {
        match self.status {
            429 => Sent::pause(
                self.retry_after,
                format!("{service} просит отправлять сообщения реже."),
            ),
            500.. => Sent::silence(
                self.retry_after,
                format!("{service} временно не работает (ошибка {}).", self.status),
            ),
            status => Sent::later(format!("{service} ответил непонятно (код {status}).")),
        }
    }
}

/// A pause as it was named, within reason.
pub(super) fn pause_seconds(seconds: i64) -> i64 {
    seconds.clamp(0, LONGEST_PAUSE)
}

async fn read(mut response: Response) -> reqwest::Result<Answer> {
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            // The rest would not make it clearer.
            break;
        }
    }
    Ok(Answer {
        status,
        retry_after,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    })
}

/// Seconds; none of the services names a moment.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(pause_seconds)
}

/// In own words: the error itself prints the address, which may hold a token.
fn why(service: &str, error: &reqwest::Error) -> Sent {
    match () {
        () if error.is_timeout() => Sent::silence(None, format!("{service} не ответил вовремя.")),
        () if error.is_connect() => Sent::pause(None, format!("Соединиться с {service} не удалось.")),
        () if error.is_builder() => Sent::pause(
            None,
            format!("Ключ доступа к {service} содержит недопустимые знаки."),
        ),
        () => Sent::later(format!("Соединение с {service} оборвалось.")),
    }
}
