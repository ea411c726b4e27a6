//! `/telegram/<shop code>`: what people write to a shop's bot. The answer goes back in the response itself.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use loyalty::model::{Consent, Language, Tenant};
use loyalty::usecase;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::parts::Parts;

/// A link carries no more.
const PAYLOAD_MAX: usize = 64;

/// As much of an update as is looked at.
#[derive(Deserialize)]
struct Update {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    chat: Chat,
    from: Option<Sender>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Sender {
    id: i64,
    language_code: Option<String>,
}

/// What somebody wants of the bot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wish<'a> {
    /// `/start`, perhaps by a link that carries an invitation.
    Start(Option<&'a str>),
    /// `/stop`: no messages any more.
    Stop,
    /// Anything else.
    Other,
}

/// Takes an update of the shop's bot.
pub async fn take(
    State(parts): State<Parts>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let secret = headers.get("x-telegram-bot-api-secret-token");
    let secret = secret.and_then(|secret| secret.to_str().ok()).unwrap_or_default();
    let shop = match usecase::identify_bot(&parts.loyalty, &code, secret).await {
        Ok(Some(shop)) => shop,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => return unavailable(&error),
    };
    let Ok(update) = serde_json::from_slice::<Update>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // In groups the bot has nothing to say.
    let message = update
        .message
        .filter(|message| message.chat.kind.as_deref().is_none_or(|kind| kind == "private"));
    let Some((message, sender)) =
        message.and_then(|mut message| message.from.take().map(|from| (message, from)))
    else {
        return StatusCode::OK.into_response();
    };
    let wish = Wish::of(message.text.as_deref().unwrap_or_default());
    if let Err(error) = usecase::hear_from_telegram(&parts.loyalty, &shop, sender.id, wish.consent()).await {
        return unavailable(&error);
    }
    let language = sender
        .language_code
        .as_deref()
        .and_then(Language::of_tag)
        .unwrap_or_default();
    Json(reply(&parts.public_url, &shop, message.chat.id, wish, language)).into_response()
}

impl<'a> Wish<'a> {
    fn of(text: &'a str) -> Self {
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let payload = rest.trim();
        let is_readable = |text: &&str| {
            !text.is_empty()
                && text.len() <= PAYLOAD_MAX
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        match word.split('@').next() {
            Some("/start") => Self::Start(Some(payload).filter(is_readable)),
            Some("/stop") => Self::Stop,
            _ => Self::Other,
        }
    }

    /// Whoever starts the bot again wants to hear from it.
    fn consent(self) -> Option<Consent> {
        match self {
            Self::Start(_) => Some(Consent::All),
            Self::Stop => Some(Consent::None),
            Self::Other => None,
        }
    }
}

/// Telegram makes this call for us when it reads the response.
fn reply(public_url: &str, shop: &Tenant, chat_id: i64, wish: Wish<'_>, language: Language) -> Value {
    let words = Words::of(language);
    let mut call = json!({ "method": "sendMessage", "chat_id": chat_id });
    if wish == Wish::Stop {
        call["text"] = Value::from(format!("{}: {}", shop.name, words.stopped));
        return call;
    }
    let mut url = format!("{public_url}/miniapp/{}", shop.code);
    if let Wish::Start(Some(payload)) = wish {
        url += &format!("?ref={payload}");
    }
    call["text"] = Value::from(format!("{}: {}", shop.name, words.welcome));
    // Telegram opens https alone; on a developer's machine there is no button.
    if url.starts_with("https://") {
        let button = json!({ "text": words.open, "web_app": { "url": url } });
        call["reply_markup"] = json!({ "inline_keyboard": [[button]] });
    }
    call
}

struct Words {
    welcome: &'static str,
    open: &'static str,
    stopped: &'static str,
}

impl Words {
    fn of(language: Language) -> Self {
        match language {
            Language::Russian => Self {
                welcome: "здесь ваша карта, бонусы и акции. Нажмите кнопку, чтобы открыть.",
                open: "Открыть карту",
                stopped: "больше не пишем. Чтобы снова получать сообщения, отправьте /start.",
            },
            Language::Tajik => Self {
                welcome: "корт, бонусҳо ва аксияҳои шумо ин ҷост. Барои кушодан тугмаро пахш кунед.",
                open: "Кушодани корт",
                stopped: "дигар паём намефиристем. Барои аз нав гирифтани паёмҳо /start фиристед.",
            },
            Language::English => Self {
                welcome: "your card, bonuses and offers are here. Press the button to open them.",
                open: "Open my card",
                stopped: "we will not write any more. Send /start to hear from us again.",
            },
        }
    }
}

/// Telegram sends the update again.
fn unavailable(error: &usecase::Error) -> Response {
    tracing::error!(%error, "an update of a bot was not taken");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_to_a_bot() {
        for (text, wish) in [
            ("/start", Wish::Start(None)),
            ("/start ref_AB12CD34", Wish::Start(Some("ref_AB12CD34"))),
            (
                "/start@bonex_demo_bot  ref_AB12CD34 ",
                Wish::Start(Some("ref_AB12CD34")),
            ),
            ("/start <script>", Wish::Start(None)),
            ("/stop", Wish::Stop),
            ("", Wish::Other),
            ("салом", Wish::Other),
        ] {
            assert_eq!(Wish::of(text), wish, "{text}");
        }
    }
}
