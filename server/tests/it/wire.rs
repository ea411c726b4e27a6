//! A real HTTP client for a real server process.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A server's address and a client that keeps its connections.
#[derive(Clone)]
pub struct Wire {
    address: String,
    client: Client<HttpConnector, Body>,
}

impl Wire {
    /// A client of the server at `address`.
    pub fn new(address: String) -> Self {
        Self {
            address,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Where the server is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `GET` of anybody; none when no whole answer came.
    pub async fn get(&self, path: &str) -> Option<(u16, Value)> {
        let request = Request::builder().uri(format!("http://{}{path}", self.address));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Waits until the server is ready.
    pub async fn ready(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            if let Some((200, _)) = self.get("/health/ready").await {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "the server at {} did not get ready",
                self.address
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `POST` of a register on its own device; none when no whole answer came.
    pub async fn post(
        &self,
        demo: &Value,
        register: usize,
        path: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let token = |value: &Value| value.as_str().unwrap().to_owned();
        let request = Request::builder()
            .method("POST")
            .uri(format!("http://{}/api/v1{path}", self.address))
            .header("X-Tenant-Token", token(&demo["tenant"]["token"]))
            .header(
                "X-Cashier-Token",
                token(&demo["cashier_nodes"][register - 1]["token"]),
            )
            .header("X-Device-Id", format!("device {register}"))
            .header("Content-Type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> Option<(u16, Value)> {
        let response = self.client.request(request).await.ok()?;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(Body::new(response.into_body()), 1_000_000)
            .await
            .ok()?;
        Some((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}
