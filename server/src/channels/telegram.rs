//! Telegram's Bot API.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::answer::{Answer, ask, pause_seconds};
use super::cut::cut;
use super::{Channels, Sent};

const SERVICE: &str = "Telegram";
/// Of one message, in UTF-16 units: the strictest way of counting Telegram's 4096 characters.
const MOST_TEXT: usize = 4096;

/// A message to one chat. Not `Debug`: it may hold a code.
#[derive(Clone, Copy)]
pub struct TelegramMessage<'a> {
    /// The person's chat with the bot.
    pub chat_id: i64,
    /// Plain text. What is beyond 4096 characters is cut off.
    pub text: &'a str,
    /// A button under it.
    pub button: Option<WebAppButton<'a>>,
}

/// A button that opens a Mini App.
#[derive(Clone, Copy)]
pub struct WebAppButton<'a> {
    /// What it says.
    pub text: &'a str,
    /// The Mini App's address; Telegram takes only https.
    pub url: &'a str,
}

impl Channels {
    /// Sends a message from the shop's bot.
    ///
    /// Telegram knows no repeated messages: one that was taken, but whose answer was lost, comes twice.
    pub async fn telegram(&self, bot_token: &str, message: &TelegramMessage<'_>) -> Sent {
        let mut body = json!({
            "chat_id": message.chat_id,
            "text": cut(message.text, MOST_TEXT, char::len_utf16),
        });
        if let Some(button) = message.button {
            let button = json!({ "text": button.text, "web_app": { "url": button.url } });
            body["reply_markup"] = json!({ "inline_keyboard": [[button]] });
        }
        self.call_bot(bot_token, "sendMessage", &body).await
    }

    /// Asks Telegram to bring what people write to the bot to `url`, with `secret` in the header
    /// `X-Telegram-Bot-Api-Secret-Token`. May be repeated.
    ///
    /// # Errors
    /// What Telegram said instead of yes; never [`Sent::Accepted`].
    pub async fn set_telegram_webhook(&self, bot_token: &str, url: &str, secret: &str) -> Result<(), Sent> {
        let body = json!({
            "url": url,
            "secret_token": secret,
            "allowed_updates": ["message"],
            "drop_pending_updates": false,
        });
        match self.call_bot(bot_token, "setWebhook", &body).await {
            Sent::Accepted { .. } => Ok(()),
            otherwise => Err(otherwise),
        }
    }

    async fn call_bot(&self, bot_token: &str, method: &str, body: &Value) -> Sent {
        let url = self.addresses.telegram(&[&format!("bot{bot_token}"), method]);
        let request = self
            .client
            .post(url)
            .timeout(self.timeout)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        match ask(SERVICE, request).await {
            Ok(answer) => judge(&answer),
            Err(later) => later,
        }
    }
}

/// Only what bears Telegram's mark `ok` is believed to be its word: a firewall's 403 must not cost people their address.
fn judge(answer: &Answer) -> Sent {
    let body = &answer.body;
    match body["ok"].as_bool() {
        Some(true) if answer.is_success() => Sent::Accepted {
            remote_id: body["result"]["message_id"].as_i64().map(|id| id.to_string()),
        },
        Some(false) => judge_error(answer),
        _ => answer.by_status(SERVICE),
    }
}

fn judge_error(answer: &Answer) -> Sent {
    let parameters = &answer.body["parameters"];
    let description = answer.body["description"].as_str().unwrap_or_default();
    let description = description.to_lowercase();
    let says = |words: &str| description.contains(words);
    match answer.status {
        400 if says("chat not found") || says("user not found") || says("peer_id_invalid") => {
            Sent::DeadAddress("Telegram не знает такого чата.".to_owned())
        }
        400 if says("deactivated") => Sent::DeadAddress("Клиент удалил свой Telegram.".to_owned()),
        // A group became another chat; clients have none.
        400 if parameters["migrate_to_chat_id"].is_i64() => {
            Sent::DeadAddress("Чат Telegram переехал.".to_owned())
        }
        400 if says("web app") || says("button") => {
            Sent::Refused("Telegram не принял кнопку: адрес приложения должен начинаться с https.".to_owned())
        }
        400 if says("webhook") => Sent::Refused(
            "Telegram не принял адрес для ответов: нужен https на порту 443, 80, 88 или 8443.".to_owned(),
        ),
        400 if says("text is empty") || says("text must be non-empty") => {
            Sent::Refused("Telegram не принимает пустое сообщение.".to_owned())
        }
        400 | 413 => Sent::Refused("Telegram не принял сообщение.".to_owned()),
        401 | 404 => Sent::pause(None, "Telegram не знает такого бота: проверьте токен бота."),
        403 if says("deactivated") => Sent::DeadAddress("Клиент удалил свой Telegram.".to_owned()),
        403 => Sent::DeadAddress("Клиент остановил бота в Telegram.".to_owned()),
        429 => {
            let seconds = parameters["retry_after"].as_i64().map(pause_seconds);
            Sent::pause(
                seconds.or(answer.retry_after),
                "Telegram просит отправлять сообщения реже.",
            )
        }
        _ => answer.by_status(SERVICE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: Value) -> Sent {
        judge(&Answer {
            status,
            retry_after: None,
            body,
        })
    }

    fn error(status: u16, description: &str) -> Sent {
        judged(
            status,
            json!({ "ok": false, "error_code": status, "description": description }),
        )
    }

    #[test]
    fn people_who_left_are_dead_addresses() {
        for (status, description) in [
            (403, "Forbidden: bot was blocked by the user"),
            (403, "Forbidden: user is deactivated"),
            (403, "Forbidden: bot can't initiate conversation with a user"),
            (400, "Bad Request: chat not found"),
            (400, "Bad Request: PEER_ID_INVALID"),
        ] {
            let sent = error(status, description);
            assert!(matches!(sent, Sent::DeadAddress(_)), "{description}: {sent:?}");
        }
    }

    #[test]
    fn bad_messages_are_refused() {
        for (status, description) in [
            (400, "Bad Request: message text is empty"),
            (
                400,
                "Bad Request: inline keyboard button Web App URL 'http://x' is invalid: Only HTTPS links are allowed",
            ),
            (
                400,
                "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
            ),
            (413, "Request Entity Too Large"),
        ] {
            let sent = error(status, description);
            assert!(matches!(sent, Sent::Refused(_)), "{description}: {sent:?}");
        }
    }

    #[test]
    fn a_wrong_token_pauses_the_channel() {
        for (status, description) in [(401, "Unauthorized"), (404, "Not Found")] {
            assert!(matches!(
                error(status, description),
                Sent::Later {
                    whole_channel: true,
                    ..
                }
            ));
        }
    }

    #[test]
    fn what_is_not_telegrams_word_costs_nobody_an_address() {
        for (status, body) in [
            (403, Value::Null),
            (400, json!({ "error": "chat not found" })),
            (200, json!([])),
        ] {
            assert!(matches!(
                judged(status, body),
                Sent::Later {
                    whole_channel: false,
                    ..
                }
            ));
        }
    }
}
