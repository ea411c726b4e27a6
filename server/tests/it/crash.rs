//! The server as a process. Killed in the middle of sales: what it acknowledged is there, exactly once. Told to stop: it
//! finishes. Logging: it keeps secrets.
//!
//! `BONEX_CRASH_ROUNDS` makes it as many rounds as one likes (`cargo xtask soak crash`).

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use crate::api::{Engine, fresh_postgres};
use crate::wire::Wire;

/// Rounds of starting, selling and killing.
fn rounds() -> usize {
    std::env::var("BONEX_CRASH_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(5)
}

/// A database and the commands that work on it.
pub struct Installation {
    pub url: String,
    folder: tempfile::TempDir,
    /// `BONEX_LOG`.
    log_level: &'static str,
    /// Where outside services are, for tests that have them.
    pub services: Vec<(&'static str, String)>,
}

/// A running server, and how many sales it has acknowledged.
pub struct Server {
    pub child: Child,
    pub wire: Wire,
    acknowledged: Arc<AtomicUsize>,
}

/// Acknowledged sales: id by external id.
type Ledger = Arc<Mutex<HashMap<String, i64>>>;

impl Installation {
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("bonex.db").display()),
            Engine::Postgres => fresh_postgres().await,
        };
        Self {
            url,
            folder,
            log_level: "info",
            services: Vec::new(),
        }
    }

    pub fn bonex(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bonex"));
        command
            .args(words)
            .env("BONEX_DATABASE_URL", &self.url)
            .env("BONEX_SECRET_KEY", "ab".repeat(32));
        command
            .envs(self.services.iter().cloned())
            .env("BONEX_LOG", self.log_level)
            .env("BONEX_RATE_LIMIT_FACTOR", "1000")
            .stdin(Stdio::null());
        command
    }

    pub fn demo(&self) -> Value {
        let output = self.bonex(&["provision-demo", "--json"]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub async fn serve(&self) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let child = self
            .bonex(&["serve", "--listen", &address])
            .stderr(log)
            .spawn()
            .unwrap();
        let wire = Wire::new(address);
        wire.ready().await;
        Server {
            child,
            wire,
            acknowledged: Arc::default(),
        }
    }

    /// Every invariant holds, nothing panicked.
    pub fn check(&self) {
        let output = self.bonex(&["check-ledger"]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        // A server that was started otherwise has no log here.
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        assert!(!log.contains("panicked at"), "{log}");
    }

    /// The only figure of a query on the database itself.
    pub async fn number(&self, sql: &'static str) -> i64 {
        if self.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            let number = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
            pool.close().await;
            number
        }
    }
}

impl Server {
    /// Two registers sell until the server is gone.
    fn sell(
        &self,
        demo: &Value,
        registers: [usize; 2],
        round: usize,
        ledger: &Ledger,
        told: &Arc<Notify>,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for register in registers {
            let (wire, demo, ledger) = (self.wire.clone(), demo.clone(), Arc::clone(ledger));
            let (told, acknowledged) = (Arc::clone(told), Arc::clone(&self.acknowledged));
            tasks.spawn(async move {
                for number in 0.. {
                    let name = format!("{round}-{register}-{number}");
                    let sale = sale(&demo, number, &name);
                    // The server is gone: whether this sale was made is not known.
                    let Some((status, body)) = wire.post(&demo, register, "/cashier/sale", &sale).await
                    else {
                        return;
                    };
                    assert_eq!(status, 201, "{body}");
                    ledger
                        .lock()
                        .await
                        .insert(name, body["data"]["id"].as_i64().unwrap());
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                    told.notify_one();
                }
            });
        }
        tasks
    }

    fn sold(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }
}

fn sale(demo: &Value, number: usize, name: &str) -> Value {
    let phone = demo["clients"][number % 5]["phone"].clone();
    json!({ "client_phone": phone, "total_amount": 50, "bonus_redeem_amount": 0.01, "external_sale_id": name })
}

/// Starts one server, or two on one SQLite file, kills them when each has sold, and looks at what is left.
async fn kill_nine(engine: Engine) {
    let installation = Installation::new(engine).await;
    let (demo, ledger) = (installation.demo(), Ledger::default());
    for round in 0..rounds() {
        let told = Arc::new(Notify::new());
        // The second one writes to the same database meanwhile, and is never starved.
        let mut servers = [installation.serve().await, installation.serve().await];
        let mut selling = servers[0].sell(&demo, [1, 2], round, &ledger, &told);
        let mut beside = servers[1].sell(&demo, [3, 4], round, &ledger, &told);
        while servers.iter().any(|server| server.sold() < 15 + round % 7) {
            told.notified().await;
        }
        for server in &mut servers {
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        }
        while let Some(done) = selling.join_next().await {
            done.unwrap();
        }
        while let Some(done) = beside.join_next().await {
            done.unwrap();
        }
        installation.check();
    }
    let mut server = installation.serve().await;
    for (name, id) in ledger.lock().await.iter() {
        let mut parts = name.split('-').skip(1);
        let register = parts.next().unwrap().parse().unwrap();
        let number: usize = parts.next().unwrap().parse().unwrap();
        let answer = server
            .wire
            .post(&demo, register, "/cashier/sale", &sale(&demo, number, name))
            .await;
        let (status, body) = answer.unwrap();
        assert_eq!(
            (status, body["data"]["id"].as_i64()),
            (422, Some(*id)),
            "{name} was acknowledged: {body}"
        );
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    installation.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_on_sqlite() {
    kill_nine(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_on_postgres() {
    kill_nine(Engine::Postgres).await;
}

/// Told to stop, the server finishes what it began: every sale is answered or was never taken.
async fn told_to_stop(engine: Engine) {
    let installation = Installation::new(engine).await;
    let (demo, ledger, told) = (installation.demo(), Ledger::default(), Arc::new(Notify::new()));
    let mut server = installation.serve().await;
    let mut selling = server.sell(&demo, [1, 2], 0, &ledger, &told);
    while server.sold() < 20 {
        told.notified().await;
    }
    let terminated = Command::new("kill")
        .args(["-TERM", &server.child.id().to_string()])
        .status()
        .unwrap();
    assert!(terminated.success());
    let status = tokio::task::spawn_blocking(move || server.child.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "{status}");
    while let Some(done) = selling.join_next().await {
        done.unwrap();
    }
    installation.check();
    let server = &mut installation.serve().await;
    for (name, id) in ledger.lock().await.iter() {
        let (register, number) = name.strip_prefix("0-").unwrap().split_once('-').unwrap();
        let sale = sale(&demo, number.parse().unwrap(), name);
        let answer = server
            .wire
            .post(&demo, register.parse().unwrap(), "/cashier/sale", &sale)
            .await
            .unwrap();
        assert_eq!(
            answer.1["data"]["id"].as_i64(),
            Some(*id),
            "{name} was acknowledged"
        );
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_loses_nothing_on_sqlite() {
    told_to_stop(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_loses_nothing_on_postgres() {
    told_to_stop(Engine::Postgres).await;
}

/// Whatever happens and however much is logged: no phone, no token, no code.
async fn the_log_keeps_secrets(engine: Engine) {
    let mut installation = Installation::new(engine).await;
    installation.log_level = "debug";
    let demo = installation.demo();
    let mut server = installation.serve().await;
    let phone = demo["clients"][0]["phone"].as_str().unwrap();
    let mut stranger = demo.clone();
    stranger["tenant"]["token"] = json!("no such token, but a secret of somebody");
    let named = format!("/cashier/client/{}", phone.replace('+', "%2B"));
    let code = json!({ "phone": phone, "code": "123456" });
    for (who, path, body, status) in [
        (
            &demo,
            "/cashier/sale",
            json!({ "client_phone": phone, "total_amount": 50 }),
            201,
        ),
        (
            &demo,
            "/cashier/sale",
            json!({ "client_phone": phone, "total_amount": 1 }),
            422,
        ),
        (
            &demo,
            "/cashier/client/register",
            json!({ "phone": "+992901112233" }),
            201,
        ),
        (&demo, &named, json!({}), 405),
        (&demo, "/auth/send-otp", json!({ "phone": phone }), 200),
        (&demo, "/auth/verify-otp", code, 200),
        (&demo, "/partner/auth", json!({ "phone": phone }), 401),
        (
            &stranger,
            "/cashier/sale",
            json!({ "client_phone": phone, "total_amount": 50 }),
            401,
        ),
    ] {
        let answer = server.wire.post(who, 1, path, &body).await.unwrap();
        assert_eq!(answer.0, status, "{path}: {answer:?}");
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let log = std::fs::read_to_string(installation.log()).unwrap();
    assert!(
        log.contains("/api/v1/cashier/sale") && log.contains("caller=\"register 1\""),
        "{log}"
    );
    let secrets = [
        phone.trim_start_matches("+992"),
        "901112233",
        demo["tenant"]["token"].as_str().unwrap(),
        demo["tenant"]["partner_secret"].as_str().unwrap(),
        demo["cashier_nodes"][0]["token"].as_str().unwrap(),
        "a secret of somebody",
        "123456",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_keeps_secrets_on_sqlite() {
    the_log_keeps_secrets(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_keeps_secrets_on_postgres() {
    the_log_keeps_secrets(Engine::Postgres).await;
}
