//! Telegram's Bot API.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::desk::{Desk, broken, hang, html_answer, json_answer, serve, with_retry_after};

/// A call of the Bot API.
#[derive(Clone, Debug)]
pub struct Call {
    pub token: String,
    pub method: String,
    pub body: Value,
}

/// What to answer instead of the truth.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 403: the person stopped the bot.
    Blocked,
    /// 400: there is no such chat.
    ChatNotFound,
    /// 401: there is no such bot.
    Unauthorized,
    /// 429, so many seconds.
    TooMany(u64),
    /// 400 with this description.
    BadRequest(&'static str),
    /// Any status, with a page in HTML.
    Status(u16),
    /// Nothing, ever; the message is not taken.
    Hang,
    /// Takes the message, and breaks the connection before it says so.
    TakeThenBreak,
    /// Takes the message, and never says so.
    TakeThenHang,
}

/// Telegram, with every bot whose token looks like one. Clones are one server.
#[derive(Clone)]
pub struct Telegram {
    /// The address for `BONEX_TELEGRAM_API_URL`.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    desk: Desk<Call, Answer>,
    chats: Mutex<HashMap<i64, Vec<Value>>>,
    blocked: Mutex<HashSet<i64>>,
    webhooks: Mutex<HashMap<String, Value>>,
}

impl Telegram {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        Self {
            url: serve(router).await,
            shared,
        }
    }

    /// What a person sees in the chat with the bot, oldest first: bodies of `sendMessage`.
    pub fn messages(&self, chat_id: i64) -> Vec<Value> {
        let chats = self.shared.chats.lock().unwrap();
        chats.get(&chat_id).cloned().unwrap_or_default()
    }

    /// The person stops the bot.
    pub fn block(&self, chat_id: i64) {
        self.shared.blocked.lock().unwrap().insert(chat_id);
    }

    /// The person starts the bot again.
    pub fn unblock(&self, chat_id: i64) {
        self.shared.blocked.lock().unwrap().remove(&chat_id);
    }

    /// The body of the bot's last `setWebhook`.
    pub fn webhook(&self, token: &str) -> Option<Value> {
        self.shared.webhooks.lock().unwrap().get(token).cloned()
    }
}

impl Deref for Telegram {
    type Target = Desk<Call, Answer>;

    fn deref(&self) -> &Self::Target {
        &self.shared.desk
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((token, call)) = path(uri.path()) else {
        shared.desk.fault(format!("no call of a bot: {}", uri.path()));
        return error(404, "Not Found");
    };
    let is_json = headers
        .get("content-type")
        .is_some_and(|kind| kind == "application/json");
    let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    if method != Method::POST || !is_json || !body.is_object() || uri.query().is_some() {
        shared.desk.fault(format!("{call} is no POST of JSON"));
        return error(400, "Bad Request: object expected");
    }
    shared.desk.note(Call {
        token: token.clone(),
        method: call.clone(),
        body: body.clone(),
    });
    match shared.desk.told() {
        Some(Answer::TakeThenBreak) => {
            shared.call(&token, &call, &body);
            broken()
        }
        Some(Answer::TakeThenHang) => {
            shared.call(&token, &call, &body);
            hang().await
        }
        Some(answer) => told(answer).await,
        None => shared.call(&token, &call, &body),
    }
}

async fn told(answer: Answer) -> Response {
    match answer {
        Answer::Blocked => error(403, "Forbidden: bot was blocked by the user"),
        Answer::ChatNotFound => error(400, "Bad Request: chat not found"),
        Answer::Unauthorized => error(401, "Unauthorized"),
        Answer::TooMany(seconds) => {
            let body = json!({
                "ok": false,
                "error_code": 429,
                "description": format!("Too Many Requests: retry after {seconds}"),
                "parameters": { "retry_after": seconds },
            });
            with_retry_after(json_answer(429, &body), Some(seconds))
        }
        Answer::BadRequest(description) => error(400, description),
        Answer::Status(status) => html_answer(status),
        Answer::Hang | Answer::TakeThenHang => hang().await,
        Answer::TakeThenBreak => broken(),
    }
}

impl Shared {
    fn call(&self, token: &str, call: &str, body: &Value) -> Response {
        match call {
            "sendMessage" => self.send_message(body),
            "setWebhook" => self.set_webhook(token, body),
            _ => {
                self.desk.fault(format!("no method {call} is known here"));
                error(404, "Not Found: method not found")
            }
        }
    }

    fn send_message(&self, body: &Value) -> Response {
        self.known(body, &["chat_id", "text", "reply_markup"]);
        let (Some(chat_id), Some(text)) = (body["chat_id"].as_i64(), body["text"].as_str()) else {
            self.desk.fault(format!("no chat or no text: {body}"));
            return error(400, "Bad Request: chat_id is empty");
        };
        if text.trim().is_empty() {
            return error(400, "Bad Request: message text is empty");
        }
        if text.encode_utf16().count() > 4096 {
            self.desk.fault("a text of more than 4096 characters");
            return error(400, "Bad Request: message is too long");
        }
        if let Some(refused) = body.get("reply_markup").and_then(|markup| self.keyboard(markup)) {
            return refused;
        }
        if self.blocked.lock().unwrap().contains(&chat_id) {
            return error(403, "Forbidden: bot was blocked by the user");
        }
        let mut chats = self.chats.lock().unwrap();
        let chat = chats.entry(chat_id).or_default();
        chat.push(body.clone());
        let chat_of = json!({ "id": chat_id, "type": "private" });
        success(&json!({ "message_id": chat.len(), "date": 1_781_265_600, "chat": chat_of, "text": text }))
    }

    /// Rows of buttons that open a Mini App; a refusal when they are not.
    fn keyboard(&self, markup: &Value) -> Option<Response> {
        self.known(markup, &["inline_keyboard"]);
        let rows = markup["inline_keyboard"].as_array().cloned().unwrap_or_default();
        for button in rows.iter().filter_map(Value::as_array).flatten() {
            self.known(button, &["text", "web_app"]);
            let url = button["web_app"]["url"].as_str().unwrap_or_default();
            if button["text"].as_str().is_none_or(str::is_empty) {
                return Some(error(
                    400,
                    "Bad Request: text buttons are unallowed in the inline keyboard",
                ));
            }
            if !url.starts_with("https://") {
                let description = format!(
                    "Bad Request: inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
                );
                return Some(error(400, &description));
            }
        }
        if rows.is_empty() {
            self.desk.fault(format!("no keyboard: {markup}"));
        }
        None
    }

    fn set_webhook(&self, token: &str, body: &Value) -> Response {
        self.known(
            body,
            &["url", "secret_token", "allowed_updates", "drop_pending_updates"],
        );
        let secret = body["secret_token"].as_str().unwrap_or_default();
        let is_secret = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=256).contains(&secret.len()) || !secret.bytes().all(is_secret) {
            self.desk.fault("a secret that Telegram does not take");
            return error(400, "Bad Request: secret token contains unallowed characters");
        }
        if !body["url"]
            .as_str()
            .is_some_and(|url| url.starts_with("https://"))
        {
            let description = "Bad Request: bad webhook: An HTTPS URL must be provided for webhook";
            return error(400, description);
        }
        self.webhooks
            .lock()
            .unwrap()
            .insert(token.to_owned(), body.clone());
        success(&json!(true))
    }

    /// Telegram passes over unknown fields in silence; here they are mistakes.
    fn known(&self, object: &Value, fields: &[&str]) {
        for field in object.as_object().into_iter().flat_map(|object| object.keys()) {
            if !fields.contains(&field.as_str()) {
                self.desk.fault(format!("no field {field} is known here"));
            }
        }
    }
}

/// `/bot<token>/<method>`.
fn path(path: &str) -> Option<(String, String)> {
    let (token, method) = path.strip_prefix("/bot")?.split_once('/')?;
    let (id, secret) = token.split_once(':')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_secret = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_token = is_id && !secret.is_empty() && secret.bytes().all(is_secret);
    is_token.then(|| (token.to_owned(), method.to_owned()))
}

fn success(result: &Value) -> Response {
    json_answer(200, &json!({ "ok": true, "result": result }))
}

fn error(status: u16, description: &str) -> Response {
    let body = json!({ "ok": false, "error_code": status, "description": description });
    json_answer(status, &body)
}
