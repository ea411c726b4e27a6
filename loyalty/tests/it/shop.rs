//! A shop on a fresh database of either engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use loyalty::ledger::{AdjustmentRequest, SaleRequest};
use loyalty::model::{Bonus, Identifier, Money, Phone, RedeemMode, Register, Timestamp};
use loyalty::usecase::{self, ClientCard, Demo, Error, Once, Outcome, Reply, SaleRecord};
use loyalty::{Clock, Loyalty, Options};

/// Makes two tests of one: on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($shop:ident: Shop) $body:block)*) => {
        $($(#[$doc])*
        async fn $name($shop: &$crate::shop::Shop) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::shop::run($crate::shop::Engine::Sqlite, async |shop| super::$name(shop).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::shop::run($crate::shop::Engine::Postgres, async |shop| super::$name(shop).await).await;
            }
        })*
    };
}

/// Which database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Time that a test sets.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The demo shop on a database of its own.
pub struct Shop {
    pub loyalty: Loyalty,
    pub demo: Demo,
    pub clock: Arc<TestClock>,
    pub url: String,
}

/// Runs one test on a fresh database, then checks every invariant of the ledger.
pub async fn run(engine: Engine, test: impl AsyncFnOnce(&Shop)) {
    run_unchecked(engine, async |shop| {
        test(shop).await;
        assert_eq!(usecase::check_ledger(&shop.loyalty).await.unwrap(), []);
    })
    .await;
}

/// Runs one test that writes past the ledger on a fresh database.
pub async fn run_unchecked(engine: Engine, test: impl AsyncFnOnce(&Shop)) {
    let (folder, url) = match engine {
        Engine::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("bonex.db").display());
            (Some(folder), url)
        }
        Engine::Postgres => (None, fresh_postgres().await),
    };
    // 5 June 2026, 14:30 in Dushanbe.
    let clock = Arc::new(TestClock(AtomicI64::new(1_780_651_800_000)));
    let loyalty = connect(&url, Arc::clone(&clock)).await;
    loyalty.prepare().await.unwrap();
    let demo = usecase::provision_demo(&loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    let shop = Shop {
        loyalty,
        demo,
        clock,
        url,
    };
    test(&shop).await;
    shop.loyalty.close().await;
    drop(folder);
}

/// Opens the database of this URL.
pub async fn connect(url: &str, clock: Arc<TestClock>) -> Loyalty {
    let secret_key = Some("ab".repeat(32));
    Loyalty::connect(Options {
        database_url: url.to_owned(),
        secret_key,
        clock,
    })
    .await
    .unwrap()
}

/// An empty database on the server that the test command starts.
async fn fresh_postgres() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let server = std::env::var("BONEX_TEST_POSTGRES_URL")
        .expect("BONEX_TEST_POSTGRES_URL names no PostgreSQL server: run the tests with `cargo xtask test`");
    let name = format!(
        "it_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::SeqCst)
    );
    let pool = sqlx::PgPool::connect(&server).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.unwrap();
    pool.close().await;
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

impl Shop {
    /// The register with this number, on its own device.
    pub async fn register(&self, id: usize) -> Register {
        let token = &self.demo.cashier_nodes[id - 1].token;
        let device = format!("device {id}");
        usecase::identify_register(
            &self.loyalty,
            Some(&self.demo.tenant.token),
            Some(token),
            Some(device.as_bytes()),
        )
        .await
        .unwrap()
    }

    /// The client with this number.
    pub fn client(&self, id: usize) -> Identifier {
        Identifier::Phone(Phone::parse(&self.demo.clients[id - 1].phone).unwrap())
    }

    /// What a register sees of a client.
    pub async fn card(&self, client: &Identifier) -> ClientCard {
        usecase::look_up(&self.loyalty, &self.register(1).await, client, None)
            .await
            .unwrap()
    }

    /// The balance of a client.
    pub async fn balance(&self, client: &Identifier) -> Bonus {
        self.card(client).await.balance
    }

    /// The only column of a query on the database itself.
    pub async fn numbers(&self, sql: &'static str) -> Vec<i64> {
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        }
    }

    /// The same where it is a text.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        }
    }

    /// Changes the database behind everybody's back.
    pub async fn execute(&self, sql: &'static str) {
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
    }

    /// The same where each engine has words of its own.
    pub async fn execute_by_engine(&self, sqlite: &'static str, postgres: &'static str) {
        let is_sqlite = self.url.starts_with("sqlite");
        self.execute(if is_sqlite { sqlite } else { postgres }).await;
    }

    /// Time goes on.
    pub fn wait_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Corrects a client's balance to exactly `balance`.
    pub async fn set_balance(&self, client: &Identifier, balance: Bonus) {
        let card = self.card(client).await;
        let request = AdjustmentRequest {
            amount: balance - card.balance,
            reason: "test".to_owned(),
        };
        let register = self.register(1).await;
        usecase::adjust(&self.loyalty, &register.tenant, card.id, &request)
            .await
            .unwrap();
    }

    /// A sale from register 1 without an idempotency key.
    pub async fn sell(&self, client: &Identifier, request: &SaleRequest) -> Result<SaleRecord, Error> {
        self.sell_at(1, client, request, None).await.map(fresh)
    }

    /// A sale from any register, perhaps with a key.
    pub async fn sell_at(
        &self,
        register: usize,
        client: &Identifier,
        request: &SaleRequest,
        key: Option<&str>,
    ) -> Result<Outcome<SaleRecord>, Error> {
        let register = self.register(register).await;
        let body = format!("{request:?}");
        let once = Once {
            key,
            body: body.as_bytes(),
            reply: &json,
        };
        usecase::sell(&self.loyalty, &register, client, request, once).await
    }
}

/// The stored reply of tests: the record itself.
pub fn json<T: serde::Serialize>(record: &T) -> Reply {
    Reply {
        status: 201,
        body: serde_json::to_string(record).unwrap(),
    }
}

/// What was done just now.
pub fn fresh<T>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Fresh(done) => done,
        Outcome::Replayed(reply) => panic!("replayed: {reply:?}"),
    }
}

/// A sale in `payment_type`.
pub fn sale(total: Money, redeem: Bonus, external_id: Option<&str>) -> SaleRequest {
    SaleRequest {
        total,
        gross: None,
        redeem,
        mode: RedeemMode::PaymentType,
        external_id: external_id.map(str::to_owned),
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: Vec::new(),
    }
}
