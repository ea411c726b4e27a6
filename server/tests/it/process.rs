//! The server as a process: a log that nobody reads, connections that stall, an end within its time, a schema that is not
//! there yet.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::Engine;
use crate::crash::Installation;
use crate::upgrade;
use crate::wire::Wire;

/// How long a stop may take in all.
const STOP: Duration = Duration::from_secs(12);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a free port, that may not be ready; and where it is.
fn start(command: &mut Command) -> (Child, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let child = command.args(["--listen", &address]).spawn().unwrap();
    (child, address)
}

fn sale(demo: &Value, name: &str) -> Value {
    json!({ "client_phone": demo["clients"][0]["phone"], "total_amount": 50, "external_sale_id": name })
}

/// Sells once, asks again under the same name, and ends the server.
async fn sells_once(installation: &Installation, mut child: Child, wire: &Wire) {
    let demo = installation.demo();
    let sold = wire.post(&demo, 1, "/cashier/sale", &sale(&demo, "unread")).await;
    let (status, body) = sold.expect("an answer");
    assert_eq!(status, 201, "{body}");
    let again = wire.post(&demo, 1, "/cashier/sale", &sale(&demo, "unread")).await;
    let (status, stored) = again.expect("an answer");
    assert_eq!(
        (status, &stored["data"]["id"]),
        (422, &body["data"]["id"]),
        "{stored}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    installation.check();
}

async fn a_log_whose_reader_is_gone(engine: Engine) {
    let installation = Installation::new(engine).await;
    installation.demo();
    let mut command = installation.bonex(&["serve"]);
    command
        .env("BONEX_LOG", "debug")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let (mut child, address) = start(&mut command);
    let wire = Wire::new(address);
    wire.ready().await;
    drop((child.stderr.take(), child.stdout.take()));
    sells_once(&installation, child, &wire).await;
}

async fn a_log_whose_reader_sleeps(engine: Engine) {
    let installation = Installation::new(engine).await;
    let demo = installation.demo();
    let mut command = installation.bonex(&["serve"]);
    command.env("BONEX_LOG", "debug").stderr(Stdio::piped());
    let (mut child, address) = start(&mut command);
    let unread = child.stderr.take();
    let wire = Wire::new(address);
    wire.ready().await;
    // More lines than the pipe holds.
    let nothing = json!({});
    for _ in 0..1500 {
        let asked = tokio::time::timeout(PATIENCE, wire.post(&demo, 1, "/cashier/nothing", &nothing));
        assert_eq!(asked.await.expect("an answer").expect("a whole one").0, 404);
    }
    sells_once(&installation, child, &wire).await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_is_gone_stops_no_sale_on_sqlite() {
    a_log_whose_reader_is_gone(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_is_gone_stops_no_sale_on_postgres() {
    a_log_whose_reader_is_gone(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_sleeps_stops_no_sale() {
    a_log_whose_reader_sleeps(Engine::Sqlite).await;
}

/// What a command prints is for people too: nobody listens, and the work is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_reader_is_gone_ends_well() {
    let installation = Installation::new(Engine::Sqlite).await;
    for words in [
        &["provision-demo"][..],
        &["provision-demo", "--json"],
        &["expire-bonuses"],
        &["expiring-bonus-reminders"],
        &["check-ledger"],
        &["openapi"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = installation.bonex(words);
        let status = command.stdout(writer).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{words:?}: {status}");
    }
}

/// Connections that never get on: half a head, half a body, an answer that nobody takes, and one that says nothing.
fn stalled(address: &str, demo: &Value) -> Vec<TcpStream> {
    let token = demo["tenant"]["token"].as_str().unwrap();
    let head =
        format!("POST /api/v1/auth/send-otp HTTP/1.1\r\nHost: {address}\r\nX-Tenant-Token: {token}\r\n");
    let asked = format!("GET /openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n").repeat(200);
    let half_a_body = format!("{head}Content-Length: 100\r\n\r\n{{");
    let begun = ["", "GET / HTTP/1.1\r\nHost: x\r\n", &half_a_body, &asked];
    let stall = |sent: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        stream
    };
    begun.into_iter().map(stall).collect()
}

async fn a_stop_with_stalled_connections(engine: Engine) {
    let installation = Installation::new(engine).await;
    let demo = installation.demo();
    let mut server = installation.serve().await;
    let stalled = stalled(server.wire.address(), &demo);
    // The server has a node number, which it leased for its ids.
    let sold = server
        .wire
        .post(&demo, 1, "/cashier/sale", &sale(&demo, "before"))
        .await;
    assert_eq!(sold.unwrap().0, 201);
    assert_eq!(installation.number("SELECT COUNT(*) FROM id_nodes").await, 1);
    let told = Command::new("kill")
        .args(["-TERM", &server.child.id().to_string()])
        .status();
    assert!(told.unwrap().success());
    let begun = Instant::now();
    let ended = tokio::task::spawn_blocking(move || server.child.wait().unwrap());
    let status = tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("it ends")
        .unwrap();
    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < STOP, "it took {:?}", begun.elapsed());
    assert_eq!(
        installation.number("SELECT COUNT(*) FROM id_nodes").await,
        0,
        "the lease is back"
    );
    drop(stalled);
    installation.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_with_stalled_connections_ends_in_time_on_sqlite() {
    a_stop_with_stalled_connections(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_with_stalled_connections_ends_in_time_on_postgres() {
    a_stop_with_stalled_connections(Engine::Postgres).await;
}

/// A head that does not come to its end holds no place for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_does_not_finish_its_head_is_cut() {
    let installation = Installation::new(Engine::Sqlite).await;
    let mut server = installation.serve().await;
    for sent in ["", "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(server.wire.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let cut = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            // Closed with or without a word.
            stream.read_to_string(&mut answer).map(|_| answer)
        });
        let cut = cut.await.unwrap();
        let is_open = cut
            .as_ref()
            .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!is_open, "{sent:?} is still waited for");
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
}

/// On a schema that is not there yet nobody serves and nobody works; once it is migrated both begin by themselves.
async fn an_old_schema(words: &[&str]) {
    let installation = Installation::new(Engine::Postgres).await;
    upgrade::fill(&installation.url).await;
    let mut command = installation.bonex(words);
    let (mut child, address) = start(command.stderr(Stdio::null()));
    let wire = Wire::new(address);
    let is_serving = words[0] == "serve";
    let jobs = "SELECT COUNT(*) FROM tenant_jobs";
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        if is_serving && let Some((status, _)) = wire.get("/health/ready").await {
            assert_eq!(status, 503);
        }
        assert!(child.try_wait().unwrap().is_none(), "it waits");
        assert_eq!(
            installation.number(jobs).await,
            0,
            "nobody works on an old schema"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(installation.bonex(&["migrate"]).status().unwrap().success());
    if is_serving {
        wire.ready().await;
    }
    let begun = Instant::now();
    while installation.number(jobs).await == 0 {
        assert!(begun.elapsed() < PATIENCE, "workers begin by themselves");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    installation.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_an_old_schema_waits_for_its_migration() {
    an_old_schema(&["serve", "--demo"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_on_an_old_schema_waits_for_its_migration() {
    an_old_schema(&["work"]).await;
}
