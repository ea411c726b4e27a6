//! A server on a fresh database, and a register that talks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use loyalty::model::Timestamp;
use loyalty::usecase::{self, Demo};
use loyalty::{Clock, Loyalty, Options};
use serde_json::Value;
use server::router::{Parts, router};
use server::settings::{Bonex, Settings};
use tower::ServiceExt;

use crate::contract;

/// Makes two tests of one: on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($api:ident: Api) $body:block)*) => {
        $($(#[$doc])*
        async fn $name($api: &$crate::api::Api) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::api::run($crate::api::Engine::Sqlite, async |api| super::$name(api).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::api::run($crate::api::Engine::Postgres, async |api| super::$name(api).await).await;
            }
        })*
    };
}

/// Which database.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Always 5 June 2026, 14:30 in Dushanbe.
struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_780_651_800_000)
    }
}

/// The server and the demo shop.
pub struct Api {
    pub router: Router,
    pub loyalty: Loyalty,
    pub demo: Demo,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Runs one test on a fresh database, then checks every invariant of the ledger.
pub async fn run(engine: Engine, test: impl AsyncFnOnce(&Api)) {
    let folder = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.path().join("bonex.db").display()),
        Engine::Postgres => fresh_postgres().await,
    };
    let secret_key = Some("ab".repeat(32));
    let options = Options {
        database_url: url,
        secret_key,
        clock: Arc::new(TestClock),
    };
    let loyalty = Loyalty::connect(options).await.unwrap();
    loyalty.prepare().await.unwrap();
    let demo = usecase::provision_demo(&loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    let parts = Parts::new(loyalty.clone(), &settings()).unwrap();
    let api = Api {
        router: router(parts),
        loyalty,
        demo,
    };
    test(&api).await;
    assert_eq!(usecase::check_ledger(&api.loyalty).await.unwrap(), []);
    api.loyalty.close().await;
}

fn settings() -> Settings {
    use clap::Parser;
    Bonex::parse_from(["bonex", "serve"]).settings
}

/// An empty database on the server that the test command starts.
pub async fn fresh_postgres() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let server = std::env::var("BONEX_TEST_POSTGRES_URL")
        .expect("BONEX_TEST_POSTGRES_URL names no PostgreSQL server: run the tests with `cargo xtask test`");
    let name = format!(
        "http_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::SeqCst)
    );
    let pool = sqlx::PgPool::connect(&server).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

impl Api {
    /// Any request at all.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// A request of register `number` on its own device, with its headers; more can be added.
    pub fn request(&self, number: usize, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("X-Tenant-Token", &self.demo.tenant.token)
            .header("X-Cashier-Token", &self.demo.cashier_nodes[number - 1].token)
            .header("X-Device-Id", format!("device {number}"))
    }

    /// `GET` of register 1, checked against the contract.
    pub async fn get(&self, path: &str) -> Answer {
        let answer = self
            .send(self.request(1, "GET", path).body(Body::empty()).unwrap())
            .await;
        let template = path.split('?').next().unwrap();
        contract::check("GET", template, answer.status, &answer.body);
        answer
    }

    /// `POST` of register 1, checked against the contract.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_text(path, &body.to_string(), None).await
    }

    /// `POST` of register 1 with an idempotency key, checked against the contract.
    pub async fn post_with_key(&self, path: &str, body: Value, key: &str) -> Answer {
        self.post_text(path, &body.to_string(), Some(key)).await
    }

    /// `POST` of any text, checked against the contract.
    pub async fn post_text(&self, path: &str, body: &str, key: Option<&str>) -> Answer {
        let mut request = self
            .request(1, "POST", path)
            .header("Content-Type", "application/json");
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = self
            .send(request.body(Body::from(body.to_owned())).unwrap())
            .await;
        contract::check("POST", path, answer.status, &answer.body);
        answer
    }

    /// Phone of demo client `number`.
    pub fn phone(&self, number: usize) -> &str {
        &self.demo.clients[number - 1].phone
    }

    /// Brings a demo client's balance to exactly so many whole bonuses.
    pub async fn set_balance(&self, number: usize, whole: i64) {
        use loyalty::ledger::AdjustmentRequest;
        use loyalty::model::Bonus;
        let path = format!("/cashier/client/{}", self.phone(number).replace('+', "%2B"));
        let balance = self.get(&path).await.body["data"]["bonus_balance"]
            .as_f64()
            .unwrap();
        let amount = Bonus::whole(whole) - Bonus::from_number(balance).unwrap();
        let (tenant, cashier) = (&self.demo.tenant.token, &self.demo.cashier_nodes[0].token);
        let register =
            usecase::identify_register(&self.loyalty, Some(tenant), Some(cashier), Some(b"device 1"));
        let register = register.await.unwrap();
        let request = AdjustmentRequest {
            amount,
            reason: "test".to_owned(),
        };
        usecase::adjust(&self.loyalty, &register.tenant, number as i64, &request)
            .await
            .unwrap();
    }
}

impl Answer {
    /// The text of the error.
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    /// One field of the data.
    pub fn data(&self, name: &str) -> &Value {
        &self.body["data"][name]
    }
}

/// Requests of partners, clients and apps.
impl Api {
    /// A request that a partner signs now, with its headers; more can be added.
    pub fn signed(&self, method: &str, path: &str, body: &str) -> axum::http::request::Builder {
        self.signed_at(self.loyalty.now().millis() / 1000, method, path, body)
    }

    /// A request that a partner signed at this second.
    pub fn signed_at(&self, at: i64, method: &str, path: &str, body: &str) -> axum::http::request::Builder {
        let path = format!("/api/v1{path}");
        let signed_path = path.split('?').next().unwrap();
        let signature = sign(
            &self.demo.tenant.partner_secret,
            &format!("{at}.{method}.{signed_path}.{body}"),
        );
        Request::builder()
            .method(method)
            .uri(&path)
            .header("Content-Type", "application/json")
            .header("X-Tenant-Token", &self.demo.tenant.token)
            .header("X-Partner-Timestamp", at)
            .header("X-Partner-Signature", signature)
    }

    /// A partner's request, checked against the contract.
    pub async fn partner(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = self.signed(method, path, &body).body(Body::from(body)).unwrap();
        let answer = self.send(request).await;
        contract::check_known(method, path, answer.status, &answer.body);
        answer
    }

    /// A request with the shop's token, and a bearer token where one is given, checked against the contract.
    pub async fn app(&self, method: &str, path: &str, bearer: Option<&str>, body: Value) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("Content-Type", "application/json")
            .header("X-Tenant-Token", &self.demo.tenant.token);
        if let Some(bearer) = bearer {
            request = request.header("Authorization", format!("Bearer {bearer}"));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let answer = self.send(request.body(body).unwrap()).await;
        contract::check_known(method, path, answer.status, &answer.body);
        answer
    }
}

/// HMAC-SHA256 in hex.
pub fn sign(secret: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
