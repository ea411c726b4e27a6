//! OsonSMS.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desk::{Desk, broken, hang, html_answer, json_answer, serve};

/// The one account.
pub const LOGIN: &str = "demo";
/// Its registered sender name.
pub const SENDER: &str = "Bonex";
/// Its token in the new interface.
pub const TOKEN: &str = "osonsms-token";
/// The hash of its password in the old one.
pub const PASS_HASH: &str = "PASSHASH";

/// A request: the file's name and its parameters.
#[derive(Clone, Debug)]
pub struct Asked {
    pub file: String,
    pub query: HashMap<String, String>,
}

/// What to answer instead of the truth.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// An error with this status and code.
    Error(u16, i64),
    /// Any status, with a page in HTML.
    Status(u16),
    /// Nothing, ever; the message is not taken.
    Hang,
    /// Takes the message, and breaks the connection before it says so.
    TakeThenBreak,
    /// Takes the message, and never says so.
    TakeThenHang,
}

/// How the delivery state is told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Version {
    /// Before 2.0.2.
    Old,
    /// 2.0.2.
    #[default]
    New,
}

/// OsonSMS, with one account that may prove itself in both ways. Clones are one server.
#[derive(Clone)]
pub struct OsonSms {
    /// The address for `BONEX_OSONSMS_API_URL`.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    desk: Desk<Asked, Answer>,
    /// By `txn_id`.
    taken: Mutex<HashMap<String, Taken>>,
    state: Mutex<(Version, &'static str)>,
    balance: Mutex<f64>,
}

struct Taken {
    msg_id: usize,
    query: HashMap<String, String>,
}

impl OsonSms {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        *shared.state.lock().unwrap() = (Version::New, "DELIVERED");
        *shared.balance.lock().unwrap() = 100.0;
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        Self {
            url: serve(router).await,
            shared,
        }
    }

    /// What a phone got, digits alone: parameters of `sendsms_v1.php`, oldest first.
    pub fn messages(&self, phone: &str) -> Vec<HashMap<String, String>> {
        let taken = self.shared.taken.lock().unwrap();
        let mut messages: Vec<&Taken> = taken
            .values()
            .filter(|sms| sms.query["phone_number"] == phone)
            .collect();
        messages.sort_by_key(|sms| sms.msg_id);
        messages.into_iter().map(|sms| sms.query.clone()).collect()
    }

    /// Tells so of every message.
    pub fn set_state(&self, version: Version, state: &'static str) {
        *self.shared.state.lock().unwrap() = (version, state);
    }

    /// What is left on the account. With nothing left it sends nothing.
    pub fn set_balance(&self, somoni: f64) {
        *self.shared.balance.lock().unwrap() = somoni;
    }
}

impl Deref for OsonSms {
    type Target = Desk<Asked, Answer>;

    fn deref(&self) -> &Self::Target {
        &self.shared.desk
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET {
        shared.desk.fault(format!("{method} {}", uri.path()));
    }
    let asked = Asked {
        file: uri.path().trim_start_matches('/').to_owned(),
        query,
    };
    shared.desk.note(asked.clone());
    let bearer = headers.get("authorization").map(|value| value.to_str().unwrap());
    match shared.desk.told() {
        Some(Answer::Error(status, code)) => error(status, code),
        Some(Answer::Status(status)) => html_answer(status),
        Some(Answer::Hang) => hang().await,
        Some(Answer::TakeThenBreak) => {
            shared.answer(&asked, bearer);
            broken()
        }
        Some(Answer::TakeThenHang) => {
            shared.answer(&asked, bearer);
            hang().await
        }
        None => shared.answer(&asked, bearer),
    }
}

impl Shared {
    fn answer(&self, asked: &Asked, bearer: Option<&str>) -> Response {
        let (parameters, signed): (&[&str], &[&str]) = match asked.file.as_str() {
            "sendsms_v1.php" => (
                &["login", "from", "phone_number", "msg", "txn_id"],
                &["txn_id", "login", "from", "phone_number"],
            ),
            "check_balance.php" => (&["login", "txn_id"], &["txn_id", "login"]),
            "query_sms.php" => (&["login", "txn_id", "msg_id"], &["login", "txn_id"]),
            file => {
                self.desk.fault(format!("no file {file} is known here"));
                return html_answer(404);
            }
        };
        for name in asked.query.keys() {
            if !parameters.contains(&name.as_str())
                && !["str_hash", "is_confidential"].contains(&name.as_str())
            {
                self.desk.fault(format!("no parameter {name} is known here"));
            }
        }
        match () {
            () if parameters.iter().any(|name| asked.get(name).is_empty()) => error(400, 100),
            () if asked.get("login") != LOGIN => error(401, 103),
            () if !asked.is_proven(bearer, signed) => error(401, 106),
            () if asked.file == "sendsms_v1.php" => self.send(asked),
            () if asked.file == "check_balance.php" => {
                let balance = *self.balance.lock().unwrap();
                json_answer(
                    200,
                    &json!({ "balance": balance, "timestamp": "2026-06-12 12:00:00" }),
                )
            }
            () => self.state(asked),
        }
    }

    fn send(&self, asked: &Asked) -> Response {
        let phone = asked.get("phone_number");
        let is_tajik =
            phone.len() == 12 && phone.starts_with("992") && phone.bytes().all(|byte| byte.is_ascii_digit());
        let mut taken = self.taken.lock().unwrap();
        let txn_id = asked.get("txn_id");
        match () {
            () if asked.get("from") != SENDER => return error(400, 107),
            () if !is_tajik => return error(422, 100),
            () if taken.contains_key(txn_id) => return error(409, 108),
            () if *self.balance.lock().unwrap() <= 0.0 => return error(400, 119),
            () => {}
        }
        let msg_id = taken.len() + 1;
        let query = asked.query.clone();
        taken.insert(txn_id.to_owned(), Taken { msg_id, query });
        let body = json!({
            "status": "ok",
            "timestamp": "2026-06-12 12:00:00",
            "txn_id": txn_id,
            "msg_id": msg_id,
            "smsc_msg_id": format!("smsc-{msg_id}"),
            "smsc_msg_status": "success",
            "smsc_msg_parts": 1,
        });
        json_answer(201, &body)
    }

    fn state(&self, asked: &Asked) -> Response {
        let taken = self.taken.lock().unwrap();
        if !taken
            .values()
            .any(|sms| sms.msg_id.to_string() == asked.get("msg_id"))
        {
            return error(400, 107);
        }
        let (version, state) = *self.state.lock().unwrap();
        let body: Value = match version {
            Version::New => json!({ "status": state, "timestamp": "2026-06-12 12:00:00" }),
            Version::Old => json!({
                "message_id": asked.get("msg_id"),
                "final_date": { "date": "2026-06-12 12:00:00.000000", "timezone_type": 3, "timezone": "Asia/Dushanbe" },
                "message_state_code": 2,
                "error_code": 0,
                "message_state": state,
            }),
        };
        json_answer(200, &body)
    }
}

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// By the token, or by a signature; never by both.
    fn is_proven(&self, bearer: Option<&str>, signed: &[&str]) -> bool {
        let Some(signature) = self.query.get("str_hash") else {
            return bearer == Some(&format!("Bearer {TOKEN}"));
        };
        let values = signed.iter().map(|name| self.get(name)).collect::<Vec<_>>();
        let digest = Sha256::digest(format!("{};{PASS_HASH}", values.join(";")));
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        bearer.is_none() && *signature == expected
    }
}

fn error(status: u16, code: i64) -> Response {
    let error = json!({ "code": code, "msg": "error", "timestamp": "2026-06-12 12:00:00" });
    json_answer(status, &json!({ "error": error }))
}
