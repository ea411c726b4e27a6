//! pgbench on the same tables: naively in nine round trips, and with our own posting statement.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::shop::CLIENTS;

/// A sale as one would write it at first: nine round trips.
const NAIVE: &str = "\\set client random(6, 1005)
\\set lot random(1, 900000000000)
\\set entry random(1, 900000000000)
\\set sale random(1, 900000000000)
BEGIN;
SELECT balance, entry_number, sale_number FROM clients WHERE tenant_id = 1 AND id = :client FOR UPDATE \\gset
INSERT INTO sales (tenant_id, id, client_id, number, kind, register_id, external_id, total, gross, redeemed, accrued, mode, sale_at, lines, balance_after, entry_first, entry_last, created_at) VALUES (1, :sale, :client, :sale_number + 1, 'sale', 1, 'n-' || :sale, 5000, 5000, 0, 250, 'payment_type', 1780651800000, '[]', :balance + 250, :entry_number, :entry_number + 1, 1780651800000);
INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open) VALUES (1, :lot, :client, 'regular', 250, 250, 1780651801000, 1796203800000, TRUE);
INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, explanation, created_at) VALUES (1, :client, :entry_number + 1, :entry, 'accrual', 250, :balance + 250, :sale, '{\"rule\":\"accrual\"}', 1780651800000);
INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount) VALUES (1, :client, :entry_number + 1, :lot, 250);
INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at, leased_until, attempts, channels, created_at) VALUES (1, :sale, :client, 'sale', '{\"total\":50,\"accrued\":2.5,\"balance\":100}', 'waiting', 1780651800000, 1780738200000, 0, 0, '', 1780651800000);
UPDATE clients SET balance = balance + 250, total_spent = total_spent + 5000, sales_count = sales_count + 1, entry_number = entry_number + 1, sale_number = sale_number + 1, version = version + 1 WHERE tenant_id = 1 AND id = :client;
COMMIT;
";

/// The read, then the statement that posts a plain sale.
fn same_statements() -> String {
    let mut post = loyalty::bench::POST_PLAIN_SALE
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    // From the last parameter on, so that `$1` is not taken for the beginning of `$10`.
    let values = [
        "1",
        ":client",
        ":version",
        ":balance + 250",
        ":total_spent + 5000",
        ":sales_count + 1",
        "(:entry_number + 1)",
        "(:sale_number + 1)",
        "1780651800000",
        ":sale",
        ":lot",
        "'regular'",
        "250",
        "250",
        "1780651801000",
        "1796203800000",
        ":entry",
        "'accrual'",
        EXPLANATION,
        "1780651800000",
        "1",
        "'s-' || :sale",
        "5000",
        "5000",
        "'payment_type'",
        "NULL::text",
        "NULL::bigint",
        "NULL::text",
        "1780651800000",
        "'[]'",
        ":total_spent + 5000",
        "1",
        ":sale",
        "'{\"total\":50,\"accrued\":2.5,\"balance\":100}'",
        "1780738200000",
    ];
    for (place, value) in values.iter().enumerate().rev() {
        post = post.replace(&format!("${}", place + 1), value);
    }
    format!(
        "\\set client random(6, 1005)\n\\set lot random(1, 900000000000)\n\\set entry random(1, 900000000000)\n\
         \\set sale random(1, 900000000000)\n\
         SELECT balance, entry_number, sale_number, sales_count, total_spent, version FROM clients \
         WHERE tenant_id = 1 AND id = :client \\gset\n{post};\n"
    )
}

/// As long as the real one.
const EXPLANATION: &str = "'{\"rule\":\"accrual\",\"base\":\"net_cash\",\"of\":50,\"percent\":500,\"tier\":\"Bronze\",\"available_at\":1780651801000,\"expires_at\":1796203800000,\"paid_debt\":0}'";

/// Which script, and how durable.
#[derive(Clone, Copy, Debug)]
pub enum Script {
    Naive,
    Same,
    SameNotDurable,
}

/// Sales in a second.
pub fn per_second(url: &str, script: Script, connections: u64, time: Duration) -> Result<f64> {
    assert_eq!(CLIENTS, 1000, "the scripts draw from clients 6 to 1005");
    let text = match script {
        Script::Naive => NAIVE.to_owned(),
        Script::Same | Script::SameNotDurable => same_statements(),
    };
    let file = std::env::temp_dir().join(format!("bonex-pgbench-{}.sql", std::process::id()));
    std::fs::write(&file, text)?;
    let program = std::env::var("BONEX_PGBENCH").unwrap_or_else(|_| "pgbench".to_owned());
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
    command.args([
        format!("--client={connections}"),
        format!("--time={}", time.as_secs()),
    ]);
    command.arg("--file").arg(&file).arg(url);
    if let Script::SameNotDurable = script {
        command.env("PGOPTIONS", "-c synchronous_commit=off");
    }
    let output = command.output().context("pgbench can't be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| {
        line.strip_prefix("tps = ")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    match rate {
        Some(rate) if output.status.success() => Ok(rate),
        _ => bail!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}
