//! What calls of the REST API cost beside what they can't do without, in process: the real router, no sockets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use clap::Parser;
use loyalty::bench::{Bare, verify_partner_signature};
use loyalty::model::StockItem;
use loyalty::usecase::{self, Demo};
use serde_json::{Value, json};
use server::parts::Parts;
use server::router::router;
use server::settings::Bonex;
use tower::ServiceExt;

use crate::contender::median;
use crate::shop;

const ROUNDS: usize = 5;
/// Articles in a report: as many as one may hold.
const ARTICLES: usize = 5000;
/// Lines of the history of the client whose pages are read.
const ENTRIES: i64 = 12_000;
const FEW: i64 = 10_000;
const MANY: i64 = 1_000_000;

/// Prints every figure with its aim.
pub async fn compare() -> Result<()> {
    println!("\n| what | engine | measured | aim |\n|---|---|---:|---:|");
    signature();
    for engine in ["PostgreSQL", "SQLite"] {
        let folder = tempfile::tempdir()?;
        let few = Shop::open(&url(engine, &folder, "few").await?, FEW).await?;
        above_the_select(engine, &few).await?;
        stock(engine, &few).await?;
        history(engine, &few).await?;
        unknown_phones(engine, &few).await?;
        let many = Shop::open(&url(engine, &folder, "many").await?, MANY).await?;
        size(engine, &few, &many).await?;
    }
    Ok(())
}

async fn url(engine: &str, folder: &tempfile::TempDir, name: &str) -> Result<String> {
    match engine {
        "PostgreSQL" => shop::fresh_postgres(&format!("bench_api_{name}")).await,
        _ => Ok(format!(
            "sqlite://{}",
            folder.path().join(name).with_extension("db").display()
        )),
    }
}

/// A partner's signature over a body of a kilobyte.
fn signature() {
    let body = vec![b'x'; 1024];
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (count, started) = (20_000, Instant::now());
        for _ in 0..count {
            assert!(verify_partner_signature(
                "a partner's secret of some length",
                &body
            ));
        }
        times.push(started.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    }
    println!(
        "| a partner's signature over 1 KB | | {:.1} µs | 10 µs |",
        median(&times)
    );
}

/// A report in which every article has changed, beside its statements alone.
async fn stock(engine: &str, shop: &Shop) -> Result<()> {
    let bare = Bare::connect(&shop.url).await?;
    let mut ratios = Vec::new();
    // The first report creates the articles.
    for round in 0..=ROUNDS {
        let quantity = |offset: usize| i64::try_from(1000 * (round * 2 + offset)).unwrap_or_default();
        let items: Vec<Value> = (0..ARTICLES)
            .map(|number| json!({ "sku": format!("sku-{number}"), "quantity": quantity(0) / 1000 }))
            .collect();
        let report = json!({ "items": items });
        let through_api = timed(shop.ask("POST", "/integration/inventory/sync", Some(report))).await?;
        let items: Vec<StockItem> = (0..ARTICLES)
            .map(|number| StockItem {
                sku: format!("sku-{number}"),
                quantity: Some(quantity(1)),
                ..StockItem::default()
            })
            .collect();
        let sql_alone = timed(async { Ok(bare.stock(1, &items).await?) }).await?;
        if round > 0 {
            ratios.push(through_api.as_secs_f64() / sql_alone.as_secs_f64());
        }
    }
    row("5 000 changed articles ÷ their SQL", engine, &ratios, 1.5);
    Ok(())
}

/// What a look-up costs above its select, without sockets: microseconds, for whoever makes it faster.
async fn above_the_select(engine: &str, shop: &Shop) -> Result<()> {
    let bare = Bare::connect(&shop.url).await?;
    let path = format!("/cashier/client/{}", phone(1).replace('+', "%2B"));
    let one = loyalty::model::Phone::parse(&phone(1))?;
    let (mut whole, mut select) = (Vec::new(), Vec::new());
    let count = 2000;
    for _ in 0..ROUNDS {
        let time = shop.repeat(count, |_| ("GET", path.clone(), None)).await?;
        whole.push(time.as_secs_f64() * 1e6 / count as f64);
        let started = Instant::now();
        for _ in 0..count {
            bare.look_up(1, &one).await?;
        }
        select.push(started.elapsed().as_secs_f64() * 1e6 / count as f64);
    }
    let (whole, select) = (median(&whole), median(&select));
    println!("| a look-up in process, of it the select | {engine} | {whole:.0} µs, {select:.0} µs | |");
    Ok(())
}

/// Page 500 of a long history beside page 1.
async fn history(engine: &str, shop: &Shop) -> Result<()> {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let first = shop
            .repeat(500, |_| ("GET", "/client/transactions?page=1".to_owned(), None))
            .await?;
        let late = shop
            .repeat(500, |_| ("GET", "/client/transactions?page=500".to_owned(), None))
            .await?;
        ratios.push(late.as_secs_f64() / first.as_secs_f64());
    }
    row("page 500 of the history ÷ page 1", engine, &ratios, 1.2);
    Ok(())
}

/// A code asked for a phone that is enrolled beside one that is not: whoever measures learns nothing.
async fn unknown_phones(engine: &str, shop: &Shop) -> Result<()> {
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let offset = i64::try_from(round).unwrap_or_default() * 100;
        let code = |phone: String| {
            (
                "POST",
                "/auth/send-otp".to_owned(),
                Some(json!({ "phone": phone })),
            )
        };
        let known = shop.repeat(100, |number| code(phone(offset + number))).await?;
        let unknown = shop
            .repeat(100, |number| code(phone(5_000_000 + offset + number)))
            .await?;
        ratios.push(unknown.as_secs_f64() / known.as_secs_f64());
    }
    row(
        "a code for an unknown phone ÷ for an enrolled one",
        engine,
        &ratios,
        1.1,
    );
    Ok(())
}

/// A shop with a million clients beside one with ten thousand.
async fn size(engine: &str, few: &Shop, many: &Shop) -> Result<()> {
    for (name, kind) in [("a look-up", 0), ("a profile", 1), ("a sale", 2)] {
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            let ask = |shop: &Shop, number: i64| {
                let phone = phone(number.wrapping_mul(7919) % shop.clients);
                match kind {
                    0 => (
                        "GET",
                        format!("/cashier/client/{}", phone.replace('+', "%2B")),
                        None,
                    ),
                    1 => ("GET", "/client/profile".to_owned(), None),
                    _ => (
                        "POST",
                        "/cashier/sale".to_owned(),
                        Some(json!({ "client_phone": phone, "total_amount": 50 })),
                    ),
                }
            };
            let offset = i64::try_from(round).unwrap_or_default() * 500;
            let in_few = few.repeat(500, |number| ask(few, offset + number)).await?;
            let in_many = many.repeat(500, |number| ask(many, offset + number)).await?;
            // The first round warms caches up.
            if round > 0 {
                ratios.push(in_many.as_secs_f64() / in_few.as_secs_f64());
            }
        }
        row(
            &format!("{name} among 1 000 000 clients ÷ among 10 000"),
            engine,
            &ratios,
            1.2,
        );
    }
    Ok(())
}

fn row(what: &str, engine: &str, ratios: &[f64], aim: f64) {
    println!("| {what} | {engine} | {:.2} | {aim:.1} |", median(ratios));
}

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<Duration> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

/// Clients that are there beside those of the demo.
fn phone(number: i64) -> String {
    format!("+99291{}", 1_000_000 + number)
}

/// A shop of a size, and its server in this process.
struct Shop {
    url: String,
    clients: i64,
    router: Router,
    demo: Demo,
    bearer: String,
}

impl Shop {
    async fn open(url: &str, clients: i64) -> Result<Self> {
        let mut settings = Bonex::parse_from(["bonex", "serve", "--rate-limit-factor", "1000000"]).settings;
        settings.database_url = url.to_owned();
        settings.secret_key = Some(shop::KEY.to_owned());
        let loyalty = settings.connect().await?;
        loyalty.prepare().await?;
        let demo = usecase::provision_demo(&loyalty, "http://127.0.0.1").await?;
        fill(url, clients).await?;
        let router = router(Parts::new(loyalty.clone(), &settings)?);
        let mut shop = Self {
            url: url.to_owned(),
            clients,
            router,
            demo,
            bearer: String::new(),
        };
        shop.bearer = shop.log_in().await?;
        Ok(shop)
    }

    async fn log_in(&self) -> Result<String> {
        let phone = &self.demo.clients[0].phone;
        self.ask("POST", "/auth/send-otp", Some(json!({ "phone": phone })))
            .await?;
        let code = json!({ "phone": phone, "code": self.demo.clients[0].otp });
        let answer = self.ask("POST", "/auth/verify-otp", Some(code)).await?;
        Ok(answer["data"]["token"].as_str().context("no token")?.to_owned())
    }

    async fn repeat(
        &self,
        count: i64,
        request: impl Fn(i64) -> (&'static str, String, Option<Value>),
    ) -> Result<Duration> {
        let started = Instant::now();
        for number in 0..count {
            let (method, path, body) = request(number);
            self.ask(method, &path, body).await?;
        }
        Ok(started.elapsed())
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("X-Tenant-Token", &self.demo.tenant.token)
            .header("X-Cashier-Token", &self.demo.cashier_nodes[0].token)
            .header("X-Device-Id", "bench")
            .header("Authorization", format!("Bearer {}", self.bearer));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body)?).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 10_000_000).await?;
        ensure!(
            status.is_success(),
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&bytes)
        );
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// Clients without a history, and one with a long one, behind the server's back.
async fn fill(url: &str, clients: i64) -> Result<()> {
    let clients = format!(
        "INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                sale_number, last_id, version, is_blocked, created_at)
         WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {clients})
         SELECT 1, 1000 + n, '+99291' || CAST(1000000 + n AS TEXT), 1000 + n, 0, 0, 0, 0, 0, 0, 1, FALSE, 0
           FROM numbers"
    );
    let entries = format!(
        "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, explanation, created_at)
         WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {ENTRIES})
         SELECT 1, 1, 100 + n, 1000 + n, 'adjustment', 0, 0,
                '{{\"rule\":\"adjustment\",\"reason\":\"bench\",\"paid_debt\":0}}', 0
           FROM numbers"
    );
    let newest = format!(
        "UPDATE clients SET entry_number = {} WHERE tenant_id = 1 AND id = 1",
        ENTRIES + 99
    );
    for sql in [clients, entries, newest, "ANALYZE".to_owned()] {
        let sql = sqlx::AssertSqlSafe(sql);
        match url.starts_with("sqlite") {
            true => {
                let pool = sqlx::SqlitePool::connect(url).await?;
                sqlx::query(sql).execute(&pool).await?;
                pool.close().await;
            }
            false => {
                let pool = sqlx::PgPool::connect(url).await?;
                sqlx::query(sql).execute(&pool).await?;
                pool.close().await;
            }
        }
    }
    Ok(())
}
