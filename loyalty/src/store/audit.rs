//! Every invariant of the ledger as a query that finds what breaks it.

use super::Db;
use crate::Failure;

/// One broken invariant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// Whose.
    pub tenant_id: i64,
    /// Whose; 0 where no client is concerned.
    pub client_id: i64,
    /// What was found.
    pub found: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            rule,
            tenant_id,
            client_id,
            found,
        } = self;
        write!(out, "{rule}: tenant {tenant_id}, client {client_id}: {found}")
    }
}

/// The checks: what is broken, and rows of `tenant_id`, `client_id`, `found`.
const CHECKS: &[(&str, &str)] = &[
    (
        "the balance is the sum of the entries",
        "SELECT c.tenant_id, c.id AS client_id,
                'balance ' || c.balance || ', entries ' || COALESCE(SUM(e.amount), 0) AS found
           FROM clients AS c
           LEFT JOIN entries AS e ON e.tenant_id = c.tenant_id AND e.client_id = c.id
          GROUP BY c.tenant_id, c.id, c.balance
         HAVING c.balance <> COALESCE(SUM(e.amount), 0)",
    ),
    (
        "the balance is the sum of the open lots, or a debt without any",
        "SELECT c.tenant_id, c.id AS client_id,
                'balance ' || c.balance || ', open lots ' || COALESCE(SUM(l.remaining), 0) AS found
           FROM clients AS c
           LEFT JOIN lots AS l ON l.tenant_id = c.tenant_id AND l.client_id = c.id AND l.open
          GROUP BY c.tenant_id, c.id, c.balance
         HAVING COALESCE(SUM(l.remaining), 0) <> CASE WHEN c.balance > 0 THEN c.balance ELSE 0 END",
    ),
    (
        "a lot is between nothing and its amount, and open while something remains",
        "SELECT tenant_id, client_id, 'lot ' || id || ': ' || remaining || ' of ' || amount AS found
           FROM lots
          WHERE remaining < 0 OR remaining > amount OR open <> (remaining > 0)",
    ),
    (
        "a lot holds what its entries gave and took",
        "SELECT l.tenant_id, l.client_id,
                'lot ' || l.id || ': ' || l.remaining || ', entries ' || COALESCE(SUM(t.amount), 0) AS found
           FROM lots AS l
           LEFT JOIN entry_lots AS t ON t.tenant_id = l.tenant_id AND t.client_id = l.client_id AND t.lot_id = l.id
          GROUP BY l.tenant_id, l.client_id, l.id, l.remaining
         HAVING l.remaining <> COALESCE(SUM(t.amount), 0)",
    ),
    (
        "the newest entry carries the balance",
        "SELECT c.tenant_id, c.id AS client_id,
                'balance ' || c.balance || ', newest entry ' || COALESCE(e.balance_after, 0) AS found
           FROM clients AS c
           LEFT JOIN entries AS e ON e.tenant_id = c.tenant_id AND e.client_id = c.id AND e.number = c.entry_number
          WHERE COALESCE(e.balance_after, 0) <> c.balance",
    ),
    (
        "entries are numbered without gaps",
        "SELECT c.tenant_id, c.id AS client_id,
                'numbered to ' || c.entry_number || ', there are ' || COUNT(e.number) AS found
           FROM clients AS c
           LEFT JOIN entries AS e ON e.tenant_id = c.tenant_id AND e.client_id = c.id
          GROUP BY c.tenant_id, c.id, c.entry_number
         HAVING COUNT(e.number) <> c.entry_number OR COALESCE(MAX(e.number), 0) <> c.entry_number",
    ),
    (
        "each entry continues the balance before it",
        "SELECT e.tenant_id, e.client_id, 'entry ' || e.number || ': ' || e.balance_after AS found
           FROM entries AS e
           LEFT JOIN entries AS p
             ON p.tenant_id = e.tenant_id AND p.client_id = e.client_id AND p.number = e.number - 1
          WHERE e.balance_after <> COALESCE(p.balance_after, 0) + e.amount",
    ),
    (
        "sales are numbered without gaps",
        "SELECT c.tenant_id, c.id AS client_id,
                'numbered to ' || c.sale_number || ', there are ' || COUNT(s.number) AS found
           FROM clients AS c
           LEFT JOIN sales AS s ON s.tenant_id = c.tenant_id AND s.client_id = c.id
          GROUP BY c.tenant_id, c.id, c.sale_number
         HAVING COUNT(s.number) <> c.sale_number OR COALESCE(MAX(s.number), 0) <> c.sale_number",
    ),
    (
        "a sale's figures are those of its entries",
        "SELECT s.tenant_id, s.client_id, 'sale ' || s.id || ': redeemed ' || s.redeemed || ', accrued ' || s.accrued
                || ', entries ' || COALESCE(SUM(e.amount), 0) AS found
           FROM sales AS s
           LEFT JOIN entries AS e ON e.tenant_id = s.tenant_id AND e.client_id = s.client_id
            AND e.number > s.entry_first AND e.number <= s.entry_last
          GROUP BY s.tenant_id, s.client_id, s.id, s.redeemed, s.accrued
         HAVING s.redeemed <> COALESCE(SUM(CASE WHEN e.kind = 'redemption' THEN -e.amount END), 0)
             OR s.accrued <> COALESCE(SUM(CASE WHEN e.kind = 'accrual' THEN e.amount END), 0)",
    ),
    (
        "what a client spent is the sum of purchases less returns",
        "SELECT c.tenant_id, c.id AS client_id, 'total_spent ' || c.total_spent AS found
           FROM clients AS c
          WHERE c.total_spent
             <> COALESCE((SELECT SUM(s.total) FROM sales AS s
                           WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id AND s.kind = 'sale'), 0)
              - COALESCE((SELECT SUM(r.amount) FROM returns AS r
                            JOIN sales AS s ON s.tenant_id = r.tenant_id AND s.id = r.sale_id AND s.kind = 'sale'
                           WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id), 0)",
    ),
    (
        "the last twelve months are the purchases after their beginning less returns",
        "SELECT c.tenant_id, c.id AS client_id, 'year_spent ' || c.year_spent AS found
           FROM clients AS c
          WHERE c.year_spent
             <> COALESCE((SELECT SUM(s.total) FROM sales AS s
                           WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id AND s.kind = 'sale'
                             AND s.created_at > c.year_from), 0)
              - COALESCE((SELECT SUM(r.amount) FROM returns AS r
                            JOIN sales AS s ON s.tenant_id = r.tenant_id AND s.id = r.sale_id AND s.kind = 'sale'
                             AND s.created_at > c.year_from
                           WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id), 0)",
    ),
    (
        "what happens once happened once",
        "SELECT tenant_id, client_id, cause || ': ' || COUNT(*) AS found
           FROM entries
          WHERE cause IS NOT NULL
          GROUP BY tenant_id, client_id, cause
         HAVING COUNT(*) > 1",
    ),
    (
        "the returns of a sale never exceed it",
        "SELECT s.tenant_id, s.client_id, 'sale ' || s.id || ': ' || s.total || ', returned ' || SUM(r.amount) AS found
           FROM sales AS s
           JOIN returns AS r ON r.tenant_id = s.tenant_id AND r.sale_id = s.id
          GROUP BY s.tenant_id, s.client_id, s.id, s.total, s.accrued
         HAVING SUM(r.amount) > s.total OR SUM(r.revoked) > s.accrued",
    ),
    (
        "nothing is posted twice",
        "SELECT tenant_id, 0 AS client_id, kind || ' ' || external_id || ': ' || COUNT(*) AS found
           FROM sales
          WHERE external_id IS NOT NULL
          GROUP BY tenant_id, kind, external_id
         HAVING COUNT(*) > 1",
    ),
];

/// Runs every check over the whole database.
pub(crate) async fn check(db: &Db) -> Result<Vec<Violation>, Failure> {
    // One transaction, so that all checks see the same moment.
    let mut tx = db.begin_snapshot().await?;
    let mut violations = Vec::new();
    for (rule, sql) in CHECKS {
        for row in tx.global().query(sql).all().await? {
            violations.push(Violation {
                rule,
                tenant_id: row.int("tenant_id")?,
                client_id: row.int("client_id")?,
                found: row.text("found")?,
            });
        }
    }
    Ok(violations)
}
