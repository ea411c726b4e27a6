//! A partner's server that takes webhooks: it keeps what came and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::Notify;

/// What came.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

/// An answer to give.
pub type Told = (u16, &'static [(&'static str, &'static str)]);

/// A server on a free port of this machine; it lives as long as the test.
#[derive(Clone, Default)]
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Told>>,
    always: Mutex<Option<Told>>,
    arrived: Notify,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            ..Self::default()
        };
        let router = Router::new()
            .fallback(take)
            .with_state(Arc::clone(&receiver.shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    /// Answers so to the next requests, one each; then 204 again.
    pub fn answer(&self, answers: &[Told]) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// Answers so from now on.
    pub fn always(&self, answer: Option<Told>) {
        *self.shared.always.lock().unwrap() = answer;
    }

    /// Waits until something has come.
    pub async fn arrived(&self) {
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), self.shared.arrived.notified());
        waited.await.expect("nothing came");
    }

    /// Everything since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.received.lock().unwrap())
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    shared.received.lock().unwrap().push(Received { headers, body });
    shared.arrived.notify_one();
    let next = shared.answers.lock().unwrap().pop_front();
    let (status, headers) = next.or(*shared.always.lock().unwrap()).unwrap_or((204, &[]));
    let mut response = StatusCode::from_u16(status).unwrap().into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}
