//! What came to a fake, and what it answers.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::Value;
use tokio::sync::Notify;

/// What came (`R`), and what to answer (`A`) instead of the truth.
pub struct Desk<R, A> {
    received: Mutex<Vec<R>>,
    answers: Mutex<VecDeque<A>>,
    always: Mutex<Option<A>>,
    faults: Mutex<Vec<String>>,
    arrived: Notify,
}

impl<R, A> Default for Desk<R, A> {
    fn default() -> Self {
        Self {
            received: Mutex::default(),
            answers: Mutex::default(),
            always: Mutex::default(),
            faults: Mutex::default(),
            arrived: Notify::new(),
        }
    }
}

impl<R: Clone, A: Clone> Desk<R, A> {
    /// Answers so to the next requests, one each; then truthfully again.
    pub fn answer(&self, answers: &[A]) {
        self.answers.lock().unwrap().extend(answers.iter().cloned());
    }

    /// Answers so from now on.
    pub fn always(&self, answer: Option<A>) {
        *self.always.lock().unwrap() = answer;
    }

    /// Waits until something has come.
    pub async fn arrived(&self) {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.arrived.notified());
        waited.await.expect("nothing came");
    }

    /// Everything that came, refused or not. Fails when something broke the protocol.
    pub fn received(&self) -> Vec<R> {
        let faults = self.faults.lock().unwrap();
        assert!(faults.is_empty(), "against the protocol: {faults:#?}");
        self.received.lock().unwrap().clone()
    }

    /// Everything since the last call; fails as [`Desk::received`] does.
    pub fn take(&self) -> Vec<R> {
        let received = self.received();
        self.received.lock().unwrap().clear();
        received
    }

    /// Keeps what came and tells those who wait.
    pub fn note(&self, received: R) {
        self.received.lock().unwrap().push(received);
        self.arrived.notify_one();
    }

    /// Notes what no client of the service may do.
    pub fn fault(&self, what: impl Into<String>) {
        self.faults.lock().unwrap().push(what.into());
    }

    /// What to answer to this request instead of the truth.
    pub fn told(&self) -> Option<A> {
        let next = self.answers.lock().unwrap().pop_front();
        next.or_else(|| self.always.lock().unwrap().clone())
    }
}

/// Serves on a free port for as long as the test lives; the address, without a slash at the end.
pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

pub fn json_answer(status: u16, body: &Value) -> Response {
    let headers = [("content-type", "application/json; charset=utf-8")];
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

/// What a gateway before the service says; a redirect leads to another path of the same server.
pub fn html_answer(status: u16) -> Response {
    let headers = [("content-type", "text/html"), ("location", "/elsewhere")];
    let body = "<html><body>gateway</body></html>";
    (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
}

pub fn with_retry_after(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

/// Never comes: the other side loses patience.
pub async fn hang() -> Response {
    std::future::pending().await
}

/// The connection breaks before the answer is whole.
pub fn broken() -> Response {
    let error = std::io::Error::other("cut");
    Body::from_stream(stream::iter([Err::<Bytes, _>(error)])).into_response()
}
