//! A database of an earlier program under this one: it is migrated as it stands, adds up, opens what was sealed, sends what
//! waited, and is the same demo. `schema_NNNN.sql` is the filled database, `schema_NNNN.json` what its program answered.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use loyalty::{Loyalty, Options, usecase};
use serde_json::{Value, json};
use server::outgoing::Reach;
use server::parts::Parts;
use server::router::router;
use server::workers::messages::Messages;
use server::workers::webhooks::Webhooks;
use sqlx::migrate::Migrator;

use crate::api::{Answer, Api, Engine, TestClock, fresh_postgres, settings};
use crate::fakes::Services;
use crate::receiver::Receiver;
use crate::webhooks::is_signed;

const ROWS: &str = include_str!("schema_0008.sql");
const TOLD: &str = include_str!("schema_0008.json");
const VERSION: i64 = 8;

/// The schema up to [`VERSION`], filled.
pub async fn fill(url: &str) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let own = if url.starts_with("sqlite") {
        "sqlite"
    } else {
        "postgres"
    };
    let (shared, own) = (
        Migrator::new(migrations.as_path()).await.unwrap(),
        Migrator::new(migrations.join(own)).await.unwrap(),
    );
    let known = shared.iter().chain(own.iter());
    let earlier = Migrator::with_migrations(known.filter(|one| one.version <= VERSION).cloned().collect());
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc"))
            .await
            .unwrap();
        earlier.run(&pool).await.unwrap();
        sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        earlier.run(&pool).await.unwrap();
        sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// The earlier database under this program, some seconds after it was left.
async fn upgraded(engine: Engine, test: impl AsyncFnOnce(&Api, Value)) {
    let folder = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.path().join("bonex.db").display()),
        Engine::Postgres => fresh_postgres().await,
    };
    fill(&url).await;
    let told: Value = serde_json::from_str(TOLD).unwrap();
    let clock = TestClock::at(told["now"].as_i64().unwrap() + 5_000);
    let options = Options {
        database_url: url.clone(),
        secret_key: Some("ab".repeat(32)),
        clock: Arc::new(clock.clone()),
    };
    let loyalty = Loyalty::connect(options).await.unwrap();
    if matches!(engine, Engine::Postgres) {
        loyalty.prepare().await.unwrap();
        assert!(
            !loyalty.is_ready().await.unwrap(),
            "an old schema waits for `bonex migrate`"
        );
        loyalty.migrate().await.unwrap();
    }
    loyalty.prepare().await.unwrap();
    assert!(loyalty.is_ready().await.unwrap());
    let base_url = told["demo"]["base_url"].as_str().unwrap();
    let demo = usecase::provision_demo(&loyalty, base_url).await.unwrap();
    let parts = Parts::new(loyalty.clone(), &settings()).unwrap();
    let api = Api {
        router: router(parts),
        loyalty,
        demo,
        clock,
        url,
    };
    test(&api, told).await;
    assert_eq!(usecase::check_ledger(&api.loyalty).await.unwrap(), []);
    api.loyalty.close().await;
}

/// The repetition of a request that the earlier program answered.
async fn repeat(api: &Api, request: axum::http::request::Builder, told: &Value) -> Answer {
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let request = request
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", text("key"))
        .body(Body::from(text("body")))
        .unwrap();
    let answer = api.send(request).await;
    assert_eq!(answer.headers["idempotent-replayed"], "true", "{answer:?}");
    answer
}

/// The demo is the same, and whoever had proved something before still can.
async fn callers_are_who_they_were(api: &Api, told: Value) {
    assert_eq!(serde_json::to_value(&api.demo).unwrap(), told["demo"]);
    let bearer = told["bearer"].as_str().unwrap();
    let profile = api.app("GET", "/client/profile", Some(bearer), Value::Null).await;
    assert_eq!(
        (profile.status, profile.data("bonus_balance")),
        (200, &json!(158)),
        "{profile:?}"
    );
    // The partner's secret was sealed in the first form.
    let listed = api.partner("GET", "/partner/webhooks", Value::Null).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    let sale = repeat(api, api.request(1, "POST", "/cashier/sale"), &told["sale"]).await;
    assert_eq!((sale.status, sale.data("id")), (201, &told["sale"]["id"]));
    let body = told["sign_in"]["body"].as_str().unwrap();
    let signed: Request<()> = api.signed("POST", "/partner/auth", body).body(()).unwrap();
    let mut request = Request::builder().method("POST").uri(signed.uri());
    for (name, value) in signed
        .headers()
        .iter()
        .filter(|(name, _)| *name != "content-type")
    {
        request = request.header(name, value);
    }
    let sign_in = repeat(api, request, &told["sign_in"]).await;
    assert_eq!(
        (sign_in.status, sign_in.data("token")),
        (200, &told["sign_in"]["token"])
    );
}

/// Messages go to the accounts that were stored, the code that waited among them, and deliveries are signed with the
/// secrets that the partner knows.
async fn what_waited_is_sent(api: &Api, told: Value) {
    let services = Services::start().await;
    let messages = Messages::worker(api.loyalty.clone(), services.channels());
    messages.do_due().await.unwrap();
    let codes = Messages::codes(api.loyalty.clone(), services.channels());
    codes.do_due().await.unwrap();
    assert_eq!(
        services.google.pushes("app-of-1").len(),
        3,
        "a welcome, a gift and a sale"
    );
    let sms = services.osonsms.messages("992901112233");
    let text = sms[0]["msg"]
        .strip_prefix("Сеть «Хорошо»: код ")
        .expect("the words of a code");
    let code = text.split('.').next().unwrap();
    let body = json!({ "phone": "+992901112233", "code": code });
    let made = api.app("POST", "/auth/register", None, body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let receiver = Receiver::start().await;
    api.execute(&format!("UPDATE webhook_endpoints SET url = '{}'", receiver.url))
        .await;
    let deliveries = Webhooks::worker(api.loyalty.clone(), Reach::Anywhere).unwrap();
    assert!(deliveries.do_due().await.unwrap() >= 6);
    for received in receiver.take() {
        for secret in ["webhook_secret", "previous_webhook_secret"] {
            assert!(
                is_signed(&received, told[secret].as_str().unwrap()),
                "{secret}: {received:?}"
            );
        }
    }
}

/// What was sealed without a version gets one as soon as its row is written, even when nothing of it changes.
async fn what_is_written_is_sealed_anew(api: &Api, told: Value) {
    let sealed = "SELECT secret_sealed || ' ' || previous_secret_sealed FROM webhook_endpoints";
    let before = api.texts(sealed).await;
    assert!(!before[0].contains("2:"), "{before:?}");
    let changed = api
        .partner("PATCH", "/partner/webhooks/1", json!({ "enabled": true }))
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let after = api.texts(sealed).await.remove(0);
    assert_eq!(
        after.split(' ').filter(|text| text.starts_with("2:")).count(),
        2,
        "{after}"
    );
    for (text, secret) in after
        .split(' ')
        .zip(["webhook_secret", "previous_webhook_secret"])
    {
        assert_eq!(api.open("webhook secret", text), told[secret].as_str().unwrap());
    }
}

/// Before a schema is changed the file is copied beside itself; what is in the copy is the database as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migrated_file_is_copied_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bonex.db");
    let copies = || -> Vec<String> {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("schema")).collect()
    };
    let url = format!("sqlite://{}", file.display());
    fill(&url).await;
    let prepare = async || {
        let clock = Arc::new(TestClock::at(1_795_815_610_000));
        let (database_url, secret_key) = (url.clone(), Some("ab".repeat(32)));
        let loyalty = Loyalty::connect(Options {
            database_url,
            secret_key,
            clock,
        })
        .await
        .unwrap();
        let prepared = loyalty.prepare().await;
        let is_ready = loyalty.is_ready().await.unwrap();
        loyalty.close().await;
        (prepared, is_ready)
    };
    // Where no copy can be made, nothing is changed.
    let in_the_way = folder.path().join("bonex.db.schema-0008.part");
    std::fs::create_dir_all(in_the_way.join("full")).unwrap();
    let (prepared, is_ready) = prepare().await;
    let refused = prepared.unwrap_err().to_string();
    assert!(
        !is_ready && refused.contains("nothing was changed") && refused.contains("room"),
        "{refused}"
    );
    std::fs::remove_dir_all(&in_the_way).unwrap();
    for _ in 0..2 {
        let (prepared, is_ready) = prepare().await;
        prepared.unwrap();
        assert!(is_ready);
        assert_eq!(copies(), ["bonex.db.schema-0008"], "once");
    }
    let copy = sqlx::SqlitePool::connect(&format!("sqlite://{}.schema-0008", file.display()))
        .await
        .unwrap();
    let number = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&copy).await.unwrap() };
    assert_eq!(number("SELECT MAX(version) FROM _sqlx_migrations").await, VERSION);
    assert_eq!(number("SELECT COUNT(*) FROM sales").await, 2);
    copy.close().await;
    // A new database has nothing to copy.
    let empty = folder.path().join("empty.db");
    let installation = Options {
        database_url: format!("sqlite://{}", empty.display()),
        secret_key: Some("ab".repeat(32)),
        clock: Arc::new(TestClock::at(1_795_815_610_000)),
    };
    let loyalty = Loyalty::connect(installation).await.unwrap();
    loyalty.prepare().await.unwrap();
    loyalty.close().await;
    assert_eq!(copies(), ["bonex.db.schema-0008"]);
}

macro_rules! on_each_engine {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::upgraded(super::Engine::Sqlite, async |api, told| super::$name(api, told).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::upgraded(super::Engine::Postgres, async |api, told| super::$name(api, told).await).await;
            })*
        }
    };
}

on_each_engine! { callers_are_who_they_were what_waited_is_sent what_is_written_is_sealed_anew }
