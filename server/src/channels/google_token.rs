//! Access tokens of Google: fetched with a service account's key, kept until shortly before their end.

use reqwest::header::CONTENT_TYPE;
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use super::answer::{Answer, ask};
use super::google_tokens::Token;
use super::{Channels, Sent, ServiceAccount};

const SERVICE: &str = "Google";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// So long before its end a token is renewed, in seconds: clocks differ, and requests take time.
const EARLY: i64 = 300;

impl Channels {
    /// A token that lets messages of this account's project out.
    ///
    /// # Errors
    /// None to be had now: a [`Sent::Later`] for the whole channel.
    pub(super) async fn google_token(
        &self,
        account: &ServiceAccount,
        now_seconds: i64,
    ) -> Result<String, Sent> {
        let slot = self.google_tokens.slot(account);
        let late = |_| Sent::pause(None, "Google не ответил вовремя.");
        let mut kept = timeout(self.timeout, slot.lock()).await.map_err(late)?;
        if let Some(token) = kept.as_ref().filter(|token| now_seconds < token.renew_at_seconds) {
            return Ok(token.text.clone());
        }
        let token = self.fetch_token(account, now_seconds).await?;
        *kept = Some(token.clone());
        Ok(token.text)
    }

    async fn fetch_token(&self, account: &ServiceAccount, now_seconds: i64) -> Result<Token, Sent> {
        let bad_key = || {
            Sent::pause(
                None,
                "Ключ сервисного аккаунта Google испорчен: загрузите файл заново.",
            )
        };
        let url = self.token_url(account).ok_or_else(bad_key)?;
        let assertion = account.assertion(SCOPE, now_seconds).map_err(|_| bad_key())?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        let request = self
            .client
            .post(url)
            .timeout(self.timeout)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        read(&ask(SERVICE, request).await?, now_seconds)
    }

    /// Beside the messages' server when that is not Google's own.
    fn token_url(&self, account: &ServiceAccount) -> Option<Url> {
        match self.addresses.is_default_fcm() {
            true => account.token_url(),
            false => Some(self.addresses.fcm(&["token"])),
        }
    }
}

fn read(answer: &Answer, now_seconds: i64) -> Result<Token, Sent> {
    let body = &answer.body;
    if let (true, Some(text)) = (answer.is_success(), body["access_token"].as_str()) {
        let seconds = body["expires_in"].as_i64().unwrap_or(0);
        return Ok(Token {
            text: text.to_owned(),
            renew_at_seconds: now_seconds.saturating_add(seconds).saturating_sub(EARLY),
        });
    }
    let description = body["error_description"].as_str().unwrap_or_default();
    Err(match answer.status {
        400 if description.contains("timeframe") => {
            Sent::pause(None, "Google не принял ключ: часы сервера идут неверно.")
        }
        400 | 401 | 403 if body["error"].is_string() => Sent::pause(
            None,
            "Google не принял ключ сервисного аккаунта: загрузите новый файл.",
        ),
        // Without a token nothing goes out, whatever the reason.
        _ => match answer.by_status(SERVICE) {
            Sent::Later {
                after_seconds,
                reason,
                ..
            } => Sent::pause(after_seconds, reason),
            otherwise => otherwise,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_781_265_600;

    fn answer(status: u16, body: Value) -> Answer {
        Answer {
            status,
            retry_after: None,
            body,
        }
    }

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end() {
        let body = json!({ "access_token": "t", "expires_in": 3599, "token_type": "Bearer" });
        let token = read(&answer(200, body), NOW).unwrap_or_else(|_| panic!("a token"));
        assert_eq!((token.text.as_str(), token.renew_at_seconds), ("t", NOW + 3299));
    }

    #[test]
    fn without_a_token_the_channel_waits() {
        for (status, body, word) in [
            (
                400,
                json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." }),
                "файл",
            ),
            (401, json!({ "error": "invalid_client" }), "файл"),
            (
                400,
                json!({ "error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim." }),
                "часы",
            ),
            (503, Value::Null, "503"),
            (200, json!({}), "непонятно"),
        ] {
            let Err(Sent::Later {
                whole_channel: true,
                reason,
                ..
            }) = read(&answer(status, body), NOW)
            else {
                panic!("{status} {word}");
            };
            assert!(reason.contains(word), "{reason}");
        }
    }
}
