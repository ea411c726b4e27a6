//! Push messages by Firebase Cloud Messaging, HTTP v1.

use std::collections::BTreeMap;

use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::answer::{Answer, ask};
use super::cut::cut;
use super::fcm_answer::{SERVICE, is_unauthenticated, judge};
use super::{Channels, Sent, ServiceAccount};

/// Of a whole request. FCM counts less of it, but differently for every kind of phone.
const MOST_BYTES: usize = 4096;

/// A notification for one phone. Not `Debug`: it may hold a code.
#[derive(Clone, Copy)]
pub struct Push<'a> {
    /// The phone's registration token.
    pub token: &'a str,
    /// Its first line.
    pub title: &'a str,
    /// Its text. What does not fit into 4096 bytes with the rest is cut off.
    pub body: &'a str,
    /// For the app. Keys must not be `from` nor begin with `gcm` or `google.`.
    pub data: &'a BTreeMap<String, String>,
    /// The message's own name, at most 64 bytes: a phone that gets it twice shows it once.
    pub tag: Option<&'a str>,
}

impl Channels {
    /// Sends a notification to one phone.
    ///
    /// FCM knows no repeated messages: [`Push::tag`] is for one that was taken, but whose answer was lost.
    pub async fn push(&self, account: &ServiceAccount, push: &Push<'_>, now_seconds: i64) -> Sent {
        let Some(body) = body(push) else {
            return Sent::Refused("Уведомление слишком длинное.".to_owned());
        };
        let first = self.push_once(account, &body, now_seconds).await;
        let answered = match first {
            // The token may have been withdrawn; a fresh one tells.
            Ok(answer) if is_unauthenticated(&answer) => self.push_once(account, &body, now_seconds).await,
            otherwise => otherwise,
        };
        answered.map_or_else(|later| later, |answer| judge(&answer))
    }

    async fn push_once(
        &self,
        account: &ServiceAccount,
        body: &str,
        now_seconds: i64,
    ) -> Result<Answer, Sent> {
        let token = self.google_token(account, now_seconds).await?;
        let path = ["v1", "projects", &account.project_id, "messages:send"];
        let request = self
            .client
            .post(self.addresses.fcm(&path))
            .timeout(self.timeout)
            .bearer_auth(&token)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_owned());
        let answer = ask(SERVICE, request).await?;
        if is_unauthenticated(&answer) {
            self.google_tokens.forget(account, &token).await;
        }
        Ok(answer)
    }
}

/// The request, with the text cut so that it fits; none when it does not fit even without a text.
fn body(push: &Push<'_>) -> Option<String> {
    let whole = message(push, push.body);
    if whole.len() <= MOST_BYTES {
        return Some(whole);
    }
    let room = MOST_BYTES.checked_sub(message(push, "").len())?;
    Some(message(push, &cut(push.body, room, json_bytes)))
}

fn message(push: &Push<'_>, body: &str) -> String {
    let mut message = json!({
        "token": push.token,
        "notification": { "title": push.title, "body": body },
        "android": { "priority": "HIGH" },
    });
    if !push.data.is_empty() {
        message["data"] = json!(push.data);
    }
    if let Some(tag) = push.tag {
        message["android"]["notification"] = json!({ "tag": tag });
        message["apns"] = json!({ "headers": { "apns-collapse-id": tag } });
    }
    json!({ "message": message }).to_string()
}

/// What a character takes within a JSON text.
fn json_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => letter.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const LONG: &str = "Ваши «бонусы»\n\"сгорают\" 😀\u{1} ";

    fn push<'a>(body: &'a str, data: &'a BTreeMap<String, String>) -> Push<'a> {
        Push {
            token: "device",
            title: "Бонусы",
            body,
            data,
            tag: Some("message-1"),
        }
    }

    #[test]
    fn long_texts_fill_the_request_and_no_more() {
        let data = BTreeMap::from([("kind".to_owned(), "reminder".to_owned())]);
        let long = LONG.repeat(300);
        let text = body(&push(&long, &data)).unwrap();
        assert!((4080..=4096).contains(&text.len()), "{}", text.len());
        let sent: Value = serde_json::from_str(&text).unwrap();
        let cut = sent["message"]["notification"]["body"].as_str().unwrap();
        assert!(cut.ends_with('…') && long.starts_with(cut.trim_end_matches('…')));
        assert_eq!(sent["message"]["data"], json!({ "kind": "reminder" }));
    }

    #[test]
    fn a_title_that_leaves_no_room_is_refused() {
        let data = BTreeMap::from([("page".to_owned(), "x".repeat(4096))]);
        assert_eq!(body(&push("Текст", &data)), None);
    }

    #[test]
    fn characters_take_what_json_makes_of_them() {
        for letter in (0..0x300)
            .filter_map(char::from_u32)
            .chain(['…', '😀', '\u{2028}'])
        {
            let written = json!(letter.to_string()).to_string();
            assert_eq!(json_bytes(letter), written.len() - 2, "{letter:?}");
        }
    }
}
