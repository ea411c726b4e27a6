//! What is done is deleted all through the year: tables stop growing. What was deleted is kept beside them, so that the
//! whole year can be looked at in the end.

use std::collections::BTreeSet;

use loyalty::model::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};

/// Tables from which what the checks ask for is deleted meanwhile.
const KEPT_ASIDE: [&str; 4] = ["job_runs", "follow_ups", "outbox", "campaign_members"];

/// What a table may not hold in the end: rows that are over, each for longer than it is kept; `DAYS (n)` is so many days
/// ago, as stored.
const BOUNDED: &[(&str, &str)] = &[
    ("follow_ups", "done_at IS NOT NULL AND created_at < DAYS (31)"),
    ("outbox", "status <> 'waiting' AND created_at < DAYS (181)"),
    ("job_runs", "scheduled_at < DAYS (92)"),
    ("idempotency_keys", "created_at < DAYS (9)"),
    ("otp_codes", "expires_at < DAYS (3)"),
    ("otp_sends", "created_at < DAYS (3)"),
    ("wrong_codes", "created_at < DAYS (3)"),
    ("sign_ins", "hour < DAYS (3)"),
    ("client_tokens", "revoked_at < DAYS (31)"),
    ("webhook_events", "NOT fresh AND created_at < DAYS (31)"),
    (
        "webhook_deliveries",
        "status <> 'waiting' AND created_at < DAYS (31)",
    ),
    (
        "promotion_uses",
        "(SELECT ends_at FROM promotions AS p WHERE p.tenant_id = t.tenant_id AND p.id = t.promotion_id) < DAYS (91)",
    ),
    // The year's campaigns are over and measured.
    ("campaign_members", "tenant_id > 1"),
];

/// What is kept as long as the shop: its accounts and their history, what it has set, and its figures.
const KEPT: &[&str] = &[
    "_sqlx_migrations",
    "branches",
    "campaigns",
    "channels",
    "client_interests",
    "clients",
    "cohorts",
    "daily_figures",
    "device_tokens",
    "entries",
    "entry_lots",
    "figure_days",
    "id_nodes",
    "installation",
    "interest_cursors",
    "lots",
    "message_templates",
    "programmes",
    "promotions",
    "receipts",
    "registers",
    "returns",
    "rfm_figures",
    "sales",
    "stock_items",
    "tenant_jobs",
    "tenants",
    "webhook_endpoints",
];

/// From now on what is deleted is kept aside.
pub async fn keep_aside(pool: &PgPool) {
    pool.execute("CREATE SCHEMA aside; CREATE SCHEMA whole")
        .await
        .unwrap();
    for table in KEPT_ASIDE {
        let sql = format!(
            "CREATE TABLE aside.{table} (LIKE public.{table});
             CREATE FUNCTION aside.keep_{table} () RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO aside.{table} SELECT OLD.*; RETURN NULL; END $$;
             CREATE TRIGGER keep_aside AFTER DELETE ON public.{table}
                FOR EACH ROW EXECUTE FUNCTION aside.keep_{table} ();
             CREATE VIEW whole.{table} AS SELECT * FROM public.{table} UNION ALL SELECT * FROM aside.{table}"
        );
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}

/// Connections to which those tables are as if nothing had been deleted.
pub async fn whole_year(url: &str) -> PgPool {
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.options([("search_path", "whole,public")]);
    PgPoolOptions::new().connect_with(options).await.unwrap()
}

/// No table holds what is over.
pub async fn check(pool: &PgPool, now: Timestamp) {
    let number = async |sql: String| -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(pool)
            .await
            .unwrap()
    };
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(pool)
            .await
            .unwrap();
    let tables: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    let bounded = BOUNDED.iter().map(|(table, _)| *table);
    let known: BTreeSet<&str> = bounded.chain(KEPT.iter().copied()).collect();
    assert_eq!(
        tables, known,
        "of each table it is told how long its rows are kept"
    );
    for (table, over) in BOUNDED {
        let over = over.replace("DAYS (", &format!("({} - 86400000::BIGINT * ", now.millis()));
        let left = number(format!("SELECT COUNT(*) FROM {table} AS t WHERE {over}")).await;
        assert_eq!(left, 0, "rows of {table} that are over");
    }
    // There was something to delete.
    for table in KEPT_ASIDE {
        let deleted = number(format!("SELECT COUNT(*) FROM aside.{table}")).await;
        assert!(deleted > 0, "nothing was deleted from {table} in a whole year");
    }
    let sales = number("SELECT COUNT(*) FROM sales WHERE kind = 'sale'".to_owned()).await;
    let keys = number("SELECT COUNT(*) FROM idempotency_keys".to_owned()).await;
    assert!(keys < sales / 4, "{keys} keys of {sales} sales are kept");
}
