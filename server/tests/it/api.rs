//! A server on a fresh database, and a register that talks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use loyalty::model::{Programme, Tenant, Timestamp};
use loyalty::usecase::{self, Demo};
use loyalty::{Clock, Loyalty, Options};
use serde_json::Value;
use server::outgoing::Reach;
use server::parts::Parts;
use server::router::router;
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

/// 5 June 2026, 14:30 in Dushanbe, until a test moves it.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn new() -> Self {
        Self::at(1_780_651_800_000)
    }

    /// From this moment on.
    pub fn at(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }

    /// So many seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The server and the demo shop.
#[derive(Clone)]
pub struct Api {
    pub router: Router,
    pub loyalty: Loyalty,
    pub demo: Demo,
    pub clock: TestClock,
    /// Where the database is, for what no use case does yet.
    pub url: String,
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
    let clock = TestClock::new();
    let options = Options {
        database_url: url.clone(),
        secret_key,
        clock: Arc::new(clock.clone()),
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
        clock,
        url,
    };
    test(&api).await;
    assert_eq!(usecase::check_ledger(&api.loyalty).await.unwrap(), []);
    api.loyalty.close().await;
}

/// As of `bonex serve`, but receivers of webhooks may be on this machine.
pub fn settings() -> Settings {
    use clap::Parser;
    let mut settings = Bonex::parse_from(["bonex", "serve"]).settings;
    settings.reach = Reach::Anywhere;
    settings
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

/// Beside the requests: what the panel and other processes do.
impl Api {
    /// The demo shop, as it is now.
    pub async fn shop(&self) -> Arc<Tenant> {
        let found = usecase::identify_tenant(&self.loyalty, Some(&self.demo.tenant.token)).await;
        found.unwrap()
    }

    /// What another process has on the same database.
    pub async fn beside(&self) -> Loyalty {
        let options = Options {
            database_url: self.url.clone(),
            secret_key: Some("ab".repeat(32)),
            clock: Arc::new(self.clock.clone()),
        };
        Loyalty::connect(options).await.unwrap()
    }

    /// Changes the demo shop's rules.
    pub async fn change_programme(&self, change: impl FnOnce(&mut Programme)) {
        let shop = self.shop().await;
        let mut programme = Programme::clone(&shop.programme);
        change(&mut programme);
        let version = shop.programme.version;
        usecase::change_programme(&self.loyalty, &shop, "test", version, &programme)
            .await
            .unwrap();
    }

    /// A demo client's whole balance.
    pub async fn balance(&self, phone: &str) -> f64 {
        let path = format!("/cashier/client/{}", phone.replace('+', "%2B"));
        self.get(&path).await.data("bonus_balance").as_f64().unwrap()
    }
}

/// Behind the server's back.
impl Api {
    /// The only column of a query on the database itself.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = sqlx::AssertSqlSafe(sql);
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        }
    }

    /// Changes the database itself.
    pub async fn execute(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql);
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
    }

    /// A second shop with one register and a partner secret.
    pub async fn other_shop(&self) -> OtherShop {
        let shop = OtherShop {
            token: "b".repeat(64),
            cashier_token: "c".repeat(64),
            partner_secret: "another secret".to_owned(),
        };
        let (token, cashier) = (sha256(&shop.token), sha256(&shop.cashier_token));
        let sealed = seal(&shop.partner_secret);
        for sql in [
            format!(
                "INSERT INTO tenants (id, code, name, token_hash, token_sealed, status, currency, bonus_unit, zone,
                        programme_version, clients_count, cards_count, created_at, partner_secret_sealed)
                 VALUES (2, 'other', 'Другой магазин', '{token}', '', 'active', 'TJS', 'бонус', 'Asia/Dushanbe', 1, 0,
                         0, 0, '{sealed}')"
            ),
            "INSERT INTO programmes (tenant_id, version, document, created_at)
             SELECT 2, 1, document, 0 FROM programmes WHERE tenant_id = 1"
                .to_owned(),
            "INSERT INTO branches (tenant_id, id, name, address) VALUES (2, 1, 'Главный', NULL)".to_owned(),
            format!(
                "INSERT INTO registers (tenant_id, id, branch_id, name, token_hash, token_sealed, device_mismatch_count)
                 VALUES (2, 1, 1, 'Касса', '{cashier}', '', 0)"
            ),
        ] {
            self.execute(&sql).await;
        }
        shop
    }

    /// Opens what the server sealed for a field of the first shop.
    pub fn open(&self, field: &str, sealed: &str) -> String {
        open(1, field, sealed)
    }
}

/// Seals in the first form, which is bound to no place.
pub fn seal(plain: &str) -> String {
    use aes_gcm::aead::{Aead, KeyInit};
    let nonce = [7_u8; 12];
    let cipher = aes_gcm::Aes256Gcm::new(&[0xab; 32].into());
    let sealed = cipher.encrypt(&nonce.into(), plain.as_bytes()).unwrap();
    hex(&[nonce.as_slice(), &sealed].concat())
}

/// Opens what the server sealed for a field of a shop: `2:`, then a nonce and AES-256-GCM, in hex, with a key of HKDF.
pub fn open(shop: i64, field: &str, sealed: &str) -> String {
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    let hex = sealed.strip_prefix("2:").expect("the form of today");
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let extracted = hmac_bytes(b"bonex installation key", &[0xab; 32]);
    let key: [u8; 32] = hmac_bytes(&extracted, b"sealed texts\x01").try_into().unwrap();
    let nonce: [u8; 12] = bytes[..12].try_into().unwrap();
    let place = format!("shop {shop} {field}");
    let payload = Payload {
        msg: &bytes[12..],
        aad: place.as_bytes(),
    };
    let plain = aes_gcm::Aes256Gcm::new(&key.into()).decrypt(&nonce.into(), payload);
    String::from_utf8(plain.unwrap()).unwrap()
}

/// Credentials of a second shop.
pub struct OtherShop {
    pub token: String,
    pub cashier_token: String,
    pub partner_secret: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(text.as_bytes()))
}

/// HMAC-SHA256 in hex.
pub fn sign(secret: &str, text: &str) -> String {
    hex(&hmac(secret.as_bytes(), text))
}

/// HMAC-SHA256 of any bytes, in hex.
pub fn sign_bytes(secret: &str, bytes: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(bytes);
    hex(&mac.finalize().into_bytes())
}

/// What Telegram would sign with this bot: pairs as a query string with their hash.
pub fn signed_by_telegram(bot_token: &str, pairs: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    lines.sort();
    let hash = hex(&hmac(&hmac(b"WebAppData", bot_token), &lines.join("\n")));
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let mut text: String = pairs
        .iter()
        .map(|(key, value)| format!("{key}={}&", encoded(value)))
        .collect();
    text += &format!("hash={hash}");
    text
}

pub fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    hmac_bytes(key, text.as_bytes())
}

fn hmac_bytes(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

impl Api {
    /// A request without a body that shows a bearer token.
    pub fn bearer_request(&self, method: &str, path: &str, bearer: &str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("X-Tenant-Token", &self.demo.tenant.token)
            .header("Authorization", format!("Bearer {bearer}"))
            .body(Body::empty())
            .unwrap()
    }

    /// The bearer token of demo client `number`, who logs in by the code.
    pub async fn log_in(&self, number: usize) -> String {
        let phone = self.phone(number);
        let sent = self
            .app(
                "POST",
                "/auth/send-otp",
                None,
                serde_json::json!({ "phone": phone }),
            )
            .await;
        assert_eq!(sent.status, 200, "{sent:?}");
        let body = serde_json::json!({ "phone": phone, "code": "123456" });
        let answer = self.app("POST", "/auth/verify-otp", None, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.data("token").as_str().unwrap().to_owned()
    }
}
