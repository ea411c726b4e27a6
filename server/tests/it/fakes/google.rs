//! Google: access tokens for the demo service account, and Firebase Cloud Messaging.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use serde_json::{Value, json};

use super::desk::{Desk, broken, hang, html_answer, json_answer, serve};
pub use super::google_answer::Answer;
use super::google_answer::told;
use super::google_check::{claims, fault};

/// The account whose messages are taken: Google's own file, as a shop uploads it.
pub const SERVICE_ACCOUNT: &str =
    include_str!("../../../../loyalty/src/usecase/platform/demo_service_account.json");

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What to answer instead of an access token.
#[derive(Clone, Copy, Debug)]
pub enum TokenAnswer {
    /// 400: the key was withdrawn.
    InvalidGrant,
    /// Any status, with a page in HTML.
    Status(u16),
    /// Nothing, ever.
    Hang,
}

/// Google, on one address for both. Clones are one server.
#[derive(Clone)]
pub struct Google {
    /// The address for `BONEX_FCM_API_URL`.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// `message` of every request.
    desk: Desk<Value, Answer>,
    /// Claims of every assertion.
    tokens: Desk<Value, TokenAnswer>,
    issued: Mutex<(usize, HashSet<String>)>,
    phones: Mutex<HashMap<String, Vec<Value>>>,
    unregistered: Mutex<HashSet<String>>,
}

impl Google {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/token", post(give_token))
            .route("/v1/projects/{project_id}/messages:send", post(take))
            .with_state(Arc::clone(&shared));
        Self {
            url: serve(router).await,
            shared,
        }
    }

    /// Requests for access tokens, by their claims.
    pub fn tokens(&self) -> &Desk<Value, TokenAnswer> {
        &self.shared.tokens
    }

    /// Withdraws every access token given so far.
    pub fn withdraw_tokens(&self) {
        self.shared.issued.lock().unwrap().1.clear();
    }

    /// What a phone got, oldest first.
    pub fn pushes(&self, phone: &str) -> Vec<Value> {
        let phones = self.shared.phones.lock().unwrap();
        phones.get(phone).cloned().unwrap_or_default()
    }

    /// The app is gone from the phone.
    pub fn unregister(&self, phone: &str) {
        self.shared.unregistered.lock().unwrap().insert(phone.to_owned());
    }
}

impl Deref for Google {
    type Target = Desk<Value, Answer>;

    fn deref(&self) -> &Self::Target {
        &self.shared.desk
    }
}

async fn give_token(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if form.get("grant_type").map(String::as_str) != Some(GRANT) || form.len() != 2 {
        shared.tokens.fault(format!("no request for a token: {form:?}"));
        let body = json!({ "error": "unsupported_grant_type", "error_description": "Invalid grant_type" });
        return json_answer(400, &body);
    }
    let claims = claims(form.get("assertion").map_or("", String::as_str));
    shared.tokens.note(claims.clone().unwrap_or_default());
    match (shared.tokens.told(), claims) {
        (Some(TokenAnswer::InvalidGrant), _) => invalid_grant("Invalid JWT Signature."),
        (Some(TokenAnswer::Status(status)), _) => html_answer(status),
        (Some(TokenAnswer::Hang), _) => hang().await,
        (None, Err(why)) => invalid_grant(&why),
        (None, Ok(_)) => {
            let mut issued = shared.issued.lock().unwrap();
            issued.0 += 1;
            let token = format!("ya29.access-{}", issued.0);
            issued.1.insert(token.clone());
            let body = json!({ "access_token": token, "expires_in": 3599, "token_type": "Bearer" });
            json_answer(200, &body)
        }
    }
}

fn invalid_grant(description: &str) -> Response {
    let body = json!({ "error": "invalid_grant", "error_description": description });
    json_answer(400, &body)
}

async fn take(
    State(shared): State<Arc<Shared>>,
    Path(project_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    shared.desk.note(request["message"].clone());
    let bearer = header("authorization")
        .strip_prefix("Bearer ")
        .unwrap_or_default();
    if !shared.issued.lock().unwrap().1.contains(bearer) {
        return told(Answer::Unauthenticated).await;
    }
    if project_id != "bonex-demo" {
        return told(Answer::PermissionDenied).await;
    }
    if header("content-type") != "application/json" {
        shared.desk.fault("a message that is not JSON");
    }
    let taken = match shared.desk.told() {
        Some(Answer::TakeThenBreak) => shared.push(&request, body.len()).map(|_| broken()),
        Some(answer) => Err(answer),
        None => shared.push(&request, body.len()),
    };
    match taken {
        Ok(response) => response,
        Err(answer) => told(answer).await,
    }
}

impl Shared {
    fn push(&self, request: &Value, bytes: usize) -> Result<Response, Answer> {
        if let Some(what) = fault(request, bytes) {
            self.desk.fault(what);
            return Err(Answer::BadPayload);
        }
        let message = &request["message"];
        let phone = message["token"].as_str().unwrap();
        if self.unregistered.lock().unwrap().contains(phone) {
            return Err(Answer::Unregistered);
        }
        let mut phones = self.phones.lock().unwrap();
        let id = phones.values().map(Vec::len).sum::<usize>() + 1;
        phones.entry(phone.to_owned()).or_default().push(message.clone());
        let name = format!("projects/bonex-demo/messages/0:{id}");
        Ok(json_answer(200, &json!({ "name": name })))
    }
}
