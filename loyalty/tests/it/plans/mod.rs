//! No statement of the store reads a table from end to end, nor all of a shop: by the plan of either engine.

mod fill;
#[path = "../../../src/store/engine/many_rows.rs"]
mod many_rows;
mod source;

use std::collections::{BTreeSet, HashMap};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Engine, Shop};
use source::Text;

/// Tables that grow with trade: of these not even one shop's rows may be walked.
const LARGE: &[&str] = &[
    "clients",
    "lots",
    "entries",
    "entry_lots",
    "sales",
    "returns",
    "receipts",
    "idempotency_keys",
    "client_tokens",
    "otp_codes",
    "otp_sends",
    "outbox",
    "device_tokens",
    "stock_items",
    "webhook_events",
    "webhook_deliveries",
    "follow_ups",
    "promotion_uses",
    "client_interests",
    "campaign_members",
];

/// What may walk: words that tell a text, and why.
const MAY_WALK: &[(&str, &str)] = &[
    // Once a second for all shops, or now and then by people: tables with a row for each shop.
    (
        "SELECT id FROM tenants ORDER BY id",
        "jobs and check-ledger go through all shops",
    ),
    (
        "WHERE telegram_bot_token_sealed IS NOT NULL",
        "the shops' bots, every five minutes",
    ),
    (
        "FROM tenant_jobs AS j WHERE j.tenant_id = t.id",
        "shops that have not all jobs yet: a row for each shop",
    ),
    (
        "WITH RECURSIVE shops (tenant_id) AS ( SELECT (SELECT w.tenant_id FROM tenant_jobs AS w",
        "the first row of the index of what is due, from which it goes on from shop to shop",
    ),
    (
        "INSERT INTO tenants",
        "the highest number of a shop, when one is made",
    ),
    (
        "SELECT tenant_id FROM channels WHERE kind =",
        "shops with text messages, every few minutes",
    ),
    ("FROM id_nodes", "as many rows as processes"),
    // Once a day or week for a shop, of all its clients.
    (
        "NTILE(5) OVER (ORDER BY last_visit_at)",
        "classes are fifths of all buyers",
    ),
    (
        "clients_count <> (SELECT COUNT(*)",
        "check-ledger counts the clients of a shop once",
    ),
    (
        "p.used > COALESCE(a.applied, 0)",
        "check-ledger counts the uses of a shop's promotions once",
    ),
    // A report of a shop's whole stock, and the list of it.
    (
        "UPDATE stock_items SET active = FALSE",
        "a report of the whole stock, compared with the whole stock",
    ),
    (
        "quantity_on_hand > overstock_threshold",
        "the list of what does not sell looks at the whole stock",
    ),
    // What an estimate without figures says; no walk is meant.
    (
        "SELECT COALESCE(MAX(id), 0) AS last FROM clients",
        "the end of an index, read from behind",
    ),
    (
        "LEFT JOIN sales AS o",
        "check-ledger: planned anew for each page, by what is in it",
    ),
];

/// What a plan does that it should not.
fn faults(
    engine: Engine,
    text: &Text,
    plan: &[String],
    tables: &BTreeSet<String>,
    partial: &BTreeSet<String>,
) -> Vec<String> {
    let names = aliases(&text.sql, tables);
    let is_limited = text.sql.contains("LIMIT")
        && !plan.iter().any(|line| {
            line.contains("TEMP B-TREE FOR ORDER BY")
                || line.trim_start_matches([' ', '-', '>']).starts_with("Sort")
        });
    let mut found = Vec::new();
    for (number, line) in plan.iter().enumerate() {
        let walked = match engine {
            Engine::Sqlite => sqlite_step(line, &names),
            Engine::Postgres => postgres_step(&plan[number..], &names),
        };
        let Some(step) = walked else { continue };
        let is_large = LARGE.contains(&step.table.as_str());
        let is_queue = step.index.as_ref().is_some_and(|index| partial.contains(index));
        match step.bound.as_slice() {
            [] if is_queue => {}
            [] => found.push(format!("walks {}: {}", step.table, line.trim())),
            [only] if only == "tenant_id" && is_large && !is_queue && !is_limited => {
                found.push(format!("walks all of a shop in {}: {}", step.table, line.trim()));
            }
            _ => {}
        }
    }
    found
}

/// How one table is read.
struct Step {
    table: String,
    index: Option<String>,
    /// Columns by which rows are found.
    bound: Vec<String>,
}

fn sqlite_step(line: &str, names: &HashMap<String, String>) -> Option<Step> {
    let (how, rest) = line.split_once(' ')?;
    if !matches!(how, "SCAN" | "SEARCH") || line.contains("VIRTUAL TABLE") {
        return None;
    }
    let table = names.get(rest.split_whitespace().next()?)?.clone();
    let index = rest
        .split_once("INDEX ")
        .map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default().to_owned());
    let bound = rest
        .rsplit_once('(')
        .map(|(_, bound)| columns(bound))
        .unwrap_or_default();
    Some(Step {
        table,
        index,
        bound: if how == "SCAN" { Vec::new() } else { bound },
    })
}

/// The step of the first of these lines.
fn postgres_step(plan: &[String], names: &HashMap<String, String>) -> Option<Step> {
    let line = plan[0].trim_start_matches([' ', '-', '>']);
    let is_node = |line: &&String| line.trim_start().starts_with("->");
    let condition = plan[1..]
        .iter()
        .take_while(|line| !is_node(line))
        .find_map(|line| line.trim_start().strip_prefix("Index Cond: "));
    let bound = condition.map(columns).unwrap_or_default();
    if let Some(rest) = line.strip_prefix("Seq Scan on ") {
        let table = names.get(rest.split_whitespace().next()?)?.clone();
        return Some(Step {
            table,
            index: None,
            bound: Vec::new(),
        });
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let using = words.iter().position(|word| *word == "using");
    if let (true, Some(using)) = (line.starts_with("Index"), using) {
        let on = words.iter().position(|word| *word == "on")?;
        let table = names.get(*words.get(on + 1)?)?.clone();
        return Some(Step {
            table,
            index: Some(words[using + 1].to_owned()),
            bound,
        });
    }
    if let Some(rest) = line.strip_prefix("Bitmap Index Scan on ") {
        let index = rest.split_whitespace().next()?.to_owned();
        let table = names
            .values()
            .filter(|table| index.starts_with(table.as_str()))
            .max_by_key(|table| table.len())?;
        return Some(Step {
            table: table.clone(),
            index: Some(index),
            bound,
        });
    }
    None
}

/// The columns that a condition names: `(tenant_id=? AND id>?)`, `((c.tenant_id = $1) AND (c.id > $2))`.
fn columns(condition: &str) -> Vec<String> {
    let mut found: Vec<String> = condition
        .split(" AND ")
        .filter_map(|part| {
            let part = part.trim_start_matches(['(', ' ']);
            // The other side of a comparison by rows is a column as well.
            let name: String = part
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '.')
                .collect();
            Some(name.rsplit('.').next()?.to_owned()).filter(|name| !name.is_empty())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Which table each name in the text means.
fn aliases(sql: &str, tables: &BTreeSet<String>) -> HashMap<String, String> {
    let cleaned: String = sql
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' { c } else { ' ' })
        .collect();
    let words: Vec<&str> = cleaned.split_whitespace().collect();
    let mut found: HashMap<String, String> = tables
        .iter()
        .map(|table| (table.clone(), table.clone()))
        .collect();
    for three in words.windows(3) {
        if tables.contains(three[0]) && three[1] == "AS" {
            found.insert(three[2].to_owned(), three[0].to_owned());
        }
    }
    // What a statement has made itself may be walked; it bears no name that a table bears as well.
    for three in words
        .windows(3)
        .filter(|three| three[0] == "needed" && three[1] == "AS")
    {
        found.remove(three[2]);
    }
    found
}

/// The text on one line.
fn plain(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The largest number among `$1`, `$2` and so on.
fn parameters(sql: &str) -> usize {
    sql.split('$')
        .skip(1)
        .filter_map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .ok()
        })
        .max()
        .unwrap_or(0)
}

/// The types of the parameters where PostgreSQL can't tell them by itself, as the store does when it binds them.
fn types(sql: &str) -> Option<String> {
    const TEXTS_OF_A_PLAIN_SALE: [usize; 9] = [12, 18, 19, 22, 25, 26, 28, 30, 34];
    sql.contains("SELECT $1, $11, id, $12").then(|| {
        let types = (1..=parameters(sql)).map(|number| match TEXTS_OF_A_PLAIN_SALE.contains(&number) {
            true => "TEXT",
            false => "BIGINT",
        });
        format!(" ({})", types.collect::<Vec<_>>().join(", "))
    })
}

async fn check(shop: &Shop, engine: Engine) {
    let raw = Raw::of(shop).await;
    fill::fill(shop, &raw).await;
    let tables: BTreeSet<String> = raw.tables().await.into_iter().collect();
    let partial: BTreeSet<String> = raw.partial_indexes().await.into_iter().collect();
    let mut found = Vec::new();
    let texts = source::texts();
    assert!(texts.len() > 150, "the sources are read: {}", texts.len());
    for text in &texts {
        if text.engine.is_some_and(|of| of != engine) {
            continue;
        }
        let plan = match raw.plan(&text.sql, parameters(&text.sql), types(&text.sql)).await {
            Ok(plan) => plan,
            Err(error) => {
                found.push(format!("{}: {error}\n{}", text.file, text.sql));
                continue;
            }
        };
        let faults = faults(engine, text, &plan, &tables, &partial);
        let excuse = MAY_WALK
            .iter()
            .find(|(words, _)| plain(&text.sql).contains(words));
        if excuse.is_none() {
            found.extend(
                faults
                    .iter()
                    .map(|fault| format!("{}: {fault}\n    {}", text.file, text.sql)),
            );
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn everything_that_may_walk_is_there() {
    let texts = source::texts();
    for (words, _) in MAY_WALK {
        assert!(
            texts.iter().any(|text| plain(&text.sql).contains(words)),
            "{words}"
        );
    }
}

on_both_engines! {
    async fn no_statement_walks_a_table(shop: Shop) {
        let engine = match shop.url.starts_with("sqlite") {
            true => Engine::Sqlite,
            false => Engine::Postgres,
        };
        check(shop, engine).await;
    }
}
