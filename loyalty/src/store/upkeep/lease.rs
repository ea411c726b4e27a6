//! Rows that wait in a table and are taken with a lease: messages, deliveries, events, follow-ups, jobs.
//!
//! What is due follows the programme's clock (`due_at`), whose it is the machines' (`leased_until`). Each take counts as
//! an attempt, and whoever settles a row names the attempt: what a worker says after somebody else has taken the row comes
//! too late. Each table has one index over what waits, `(tenant_id, due_at)`, partial where rows may be done; shops are
//! found by jumping from one to the next in it, so that a shop with a million waiting rows costs no more than a shop with
//! one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Failure;
use crate::model::Timestamp;
use crate::store::Scope;

/// What waits in one table, in the texts that all such tables share.
pub(crate) struct Leased {
    /// The table's name.
    pub table: &'static str,
    /// Shops with something due: `$1` the programme's clock, `$2` the machines'.
    pub shops: &'static str,
    /// Takes what is due the longest, in each engine's words: `$2` now, `$3` the machines' clock, `$4` the lease's end,
    /// `$5` how many.
    pub take: (&'static str, &'static str),
    /// Nothing was tried: `$2` the row, `$3` the attempt, `$4` when it is due again.
    pub put_back: &'static str,
    /// The lease ends now: `$2` the row, `$3` the attempt.
    pub give_back: &'static str,
    /// Deletes some of what waits no more: `$2` the first id that stays.
    pub forget: &'static str,
}

/// The texts of a table whose rows wait while a condition holds; `order` is that of its index, `due` the name of its
/// `due_at`.
macro_rules! leased {
    ($table:literal, waiting: $waiting:expr, order: $order:literal) => {
        $crate::store::upkeep::lease::leased!($table, waiting: $waiting, due: "due_at", order: $order)
    };
    ($table:literal, waiting: $waiting:expr, due: $due:literal, order: $order:literal) => {
        $crate::store::upkeep::lease::Leased {
            table: $table,
            shops: concat!(
                "WITH RECURSIVE shops (tenant_id) AS (
                      SELECT (SELECT w.tenant_id FROM ", $table, " AS w WHERE w.", $waiting,
                "               ORDER BY w.tenant_id LIMIT 1)
                       UNION ALL
                      SELECT (SELECT w.tenant_id FROM ", $table, " AS w
                               WHERE w.", $waiting, " AND w.tenant_id > shops.tenant_id
                               ORDER BY w.tenant_id LIMIT 1)
                        FROM shops WHERE shops.tenant_id IS NOT NULL)
                 SELECT shops.tenant_id FROM shops
                  WHERE (SELECT 1 FROM ", $table, " AS w
                          WHERE w.tenant_id = shops.tenant_id AND w.", $waiting, " AND w.", $due, " <= $1
                            AND w.leased_until <= $2
                          ORDER BY w.", $due, " LIMIT 1) = 1"
            ),
            take: $crate::store::upkeep::lease::leased!(take $table, $waiting, "", $due, $order),
            put_back: concat!(
                "UPDATE ", $table, " SET ", $due, " = $4, leased_until = 0, attempts = attempts - 1
                  WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND ", $waiting
            ),
            give_back: concat!(
                "UPDATE ", $table, " SET leased_until = 0
                  WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND ", $waiting
            ),
            forget: concat!(
                "DELETE FROM ", $table, "
                  WHERE tenant_id = $1 AND id IN (SELECT id FROM ", $table, "
                         WHERE tenant_id = $1 AND id < $2 AND NOT (", $waiting, ") ORDER BY id LIMIT 2000)"
            ),
        }
    };
    (take $table:literal, $waiting:expr, $among:literal, $due:literal, $order:literal) => {
        (
            $crate::store::upkeep::lease::leased!(take $table, $waiting, $among, $due, $order, "IN (", ")"),
            $crate::store::upkeep::lease::leased!(take $table, $waiting, $among, $due, $order, "= ANY (ARRAY(",
                " FOR UPDATE SKIP LOCKED))"),
        )
    };
    (take $table:literal, $waiting:expr, $among:literal, $due:literal, $order:literal,
     $begin:literal, $end:literal) => {
        concat!(
            "UPDATE ", $table, " SET leased_until = $4, attempts = attempts + 1
              WHERE tenant_id = $1 AND id ", $begin, "SELECT id FROM ", $table, "
                     WHERE tenant_id = $1 AND ", $waiting, " AND ", $due, " <= $2 AND leased_until <= $3", $among,
            "        ORDER BY ", $order, " LIMIT $5", $end, "
             RETURNING id"
        )
    };
}
pub(in crate::store) use leased;

/// How long what is taken is its holder's, by the machines' clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    /// What is due then, by the programme's clock, may be taken.
    pub now: Timestamp,
    /// Leases that ended by now are over.
    pub clock: Timestamp,
    /// Until then it is nobody else's.
    pub until: Timestamp,
}

/// Shops with something due and nobody's, in their order.
pub(crate) async fn shops_with_work(
    scope: &mut Scope<'_>,
    of: &Leased,
    now: Timestamp,
    clock: Timestamp,
) -> Result<Vec<i64>, Failure> {
    let found = scope.query(of.shops).bind(now).bind(clock);
    Ok(found.numbers("tenant_id").await?)
}

/// Takes up to `most` rows of a shop; their ids.
pub(crate) async fn take(
    scope: &mut Scope<'_>,
    (sqlite, postgres): (&'static str, &'static str),
    lease: Lease,
    most: i64,
) -> Result<Vec<i64>, Failure> {
    let taken = scope
        .query_by_engine(sqlite, postgres)
        .bind(lease.now)
        .bind(lease.clock)
        .bind(lease.until)
        .bind(most);
    Ok(taken.numbers("id").await?)
}

/// Nothing was tried: the row waits until `due_at` as it was before it was taken.
pub(crate) async fn put_back(
    scope: &mut Scope<'_>,
    of: &Leased,
    id: i64,
    attempts: i64,
    due_at: Timestamp,
) -> Result<(), Failure> {
    let query = scope.query(of.put_back).bind(id).bind(attempts).bind(due_at);
    query.execute().await?;
    Ok(())
}

/// Deletes some thousand rows with ids below `before` that wait no more; how many.
pub(crate) async fn forget(scope: &mut Scope<'_>, of: &Leased, before: i64) -> Result<u64, Failure> {
    Ok(scope.query(of.forget).bind(before).execute().await?)
}

/// A row that this process has taken.
#[derive(Clone, Copy)]
pub(crate) struct HeldRow {
    of: &'static Leased,
    pub tenant_id: i64,
    id: i64,
    attempts: i64,
}

/// What this process has taken and not settled yet, so that it can be given back when it stops.
#[derive(Default)]
pub(crate) struct Holdings(Mutex<Held>);

/// By table, shop and id.
type Held = BTreeMap<(&'static str, i64, i64), HeldRow>;

impl Holdings {
    /// Attempt number `attempts` at a row has begun.
    pub fn took(&self, of: &'static Leased, tenant_id: i64, id: i64, attempts: i64) {
        let row = HeldRow {
            of,
            tenant_id,
            id,
            attempts,
        };
        self.lock().insert((of.table, tenant_id, id), row);
    }

    /// It is settled.
    pub fn settled(&self, of: &'static Leased, tenant_id: i64, id: i64) {
        self.lock().remove(&(of.table, tenant_id, id));
    }

    /// Everything that is held, in the order in which rows are touched; nothing is held afterwards.
    pub fn take_all(&self) -> Vec<HeldRow> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the lease of a row now; false when somebody else has it, or it is settled.
pub(crate) async fn give_back(scope: &mut Scope<'_>, held: &HeldRow) -> Result<bool, Failure> {
    end(scope, held.of, held.id, held.attempts).await
}

/// As [`give_back`], of a row that is known by its parts.
pub(crate) async fn end(scope: &mut Scope<'_>, of: &Leased, id: i64, attempts: i64) -> Result<bool, Failure> {
    let query = scope.query(of.give_back).bind(id).bind(attempts);
    Ok(query.execute().await? == 1)
}

#[cfg(test)]
mod tests {
    use crate::store::account::follow_up::FOLLOW_UPS;
    use crate::store::messages::outbox::{CODES, MESSAGES};
    use crate::store::partners::webhook::EVENTS;
    use crate::store::partners::webhook_delivery::DELIVERIES;
    use crate::store::{Db, Place};

    /// How SQLite finds the rows of a statement.
    async fn plan(db: &Db, sql: &str) -> Vec<String> {
        let sql: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {sql}").into_boxed_str());
        let rows = db.global().query(sql).all().await.unwrap();
        rows.iter().map(|row| row.text("detail").unwrap()).collect()
    }

    #[tokio::test]
    async fn nothing_that_waits_is_found_by_a_scan_of_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(Place::Sqlite(folder.path().join("a.db"))).await.unwrap();
        db.migrate().await.unwrap();
        for (of, index) in [
            (&MESSAGES, "outbox_due"),
            (&CODES, "outbox_codes_due"),
            (&EVENTS, "webhook_events_due"),
            (&DELIVERIES, "webhook_deliveries_due"),
            (&FOLLOW_UPS, "follow_ups_due"),
        ] {
            // Any index of what waits begins with the shop.
            let shops = plan(&db, of.shops).await;
            let jumps = |line: &&String| line.starts_with("SEARCH w USING") && line.contains("tenant_id>?");
            let looks = |line: &&String| line.starts_with("SEARCH w USING") && line.contains("due_at<?");
            let counts = (
                shops.iter().filter(jumps).count(),
                shops.iter().filter(looks).count(),
            );
            assert_eq!(counts, (1, 1), "from shop to shop, and what is due: {shops:?}");
            let first = |line: &&String| line.starts_with("SCAN w USING");
            assert_eq!(
                shops.iter().filter(first).count(),
                1,
                "the first row of an index is the first shop: {shops:?}"
            );
            assert!(
                !shops.iter().any(|line| line.contains("autoindex")),
                "past what waits no more: {shops:?}"
            );
            for sql in [of.take.0, of.put_back, of.give_back, of.forget] {
                let lines = plan(&db, sql).await;
                assert!(
                    !lines.iter().any(|line| line.starts_with("SCAN")),
                    "{sql}: {lines:?}"
                );
            }
            let take = plan(&db, of.take.0).await;
            assert!(take.iter().any(|line| line.contains(index)), "{take:?}");
            assert!(
                !take.iter().any(|line| line.contains("TEMP B-TREE")),
                "sorted by its index: {take:?}"
            );
        }
        db.close().await;
    }
}
