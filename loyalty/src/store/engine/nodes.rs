//! Which node number this process may use in its ids.

use super::ids::NODES;
use crate::Failure;
use crate::model::Timestamp;
use crate::store::{Db, Scope};

/// How long a node number belongs to a process that does not renew it.
pub(crate) const LEASE_SECONDS: i64 = 60;

/// How far a machine's clock may be ahead of the database's, in milliseconds: ids made by it would sort after everybody
/// else's, and its sales would count on a day that has not come.
pub(crate) const AHEAD_MAX_MILLIS: i64 = 60_000;

/// The database's own clock; of a SQLite file, the machine's.
pub(crate) async fn database_now(scope: &mut Scope<'_>) -> Result<Timestamp, Failure> {
    let query = scope.query_by_engine(
        "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
        "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now",
    );
    Ok(query.one().await?.time("now")?)
}

/// Leases a node number that nobody uses, or renews one's own.
pub(crate) async fn lease(db: &Db, owner: &str, now: Timestamp) -> Result<i64, Failure> {
    let mut tx = db.begin().await?;
    let mut scope = tx.global();
    let until = now.plus_seconds(LEASE_SECONDS);
    for node in 0..NODES {
        let sql = "INSERT INTO id_nodes (node, owner, leased_until) VALUES ($1, $2, $3)
                   ON CONFLICT (node) DO UPDATE SET owner = EXCLUDED.owner, leased_until = EXCLUDED.leased_until
                   WHERE id_nodes.owner = EXCLUDED.owner OR id_nodes.leased_until < $4";
        let taken = scope
            .query(sql)
            .bind(node)
            .bind(owner)
            .bind(until)
            .bind(now)
            .execute()
            .await?;
        if taken == 1 {
            tx.commit().await?;
            return Ok(node);
        }
    }
    // Processes that were killed keep theirs for a minute: the one that has not renewed for longest is taken. Should it
    // live after all, a repeated id is refused by its unique key and taken anew.
    let sql = "SELECT node, leased_until FROM id_nodes ORDER BY leased_until, node LIMIT 1";
    let oldest = scope.query(sql).one().await?;
    let (node, leased_until) = (oldest.int("node")?, oldest.int("leased_until")?);
    let sql = "UPDATE id_nodes SET owner = $2, leased_until = $3 WHERE node = $1 AND leased_until = $4";
    let taken = scope
        .query(sql)
        .bind(node)
        .bind(owner)
        .bind(until)
        .bind(leased_until)
        .execute()
        .await?;
    if taken == 1 {
        tx.commit().await?;
        return Ok(node);
    }
    Err(Failure::new(format_args!(
        "all {NODES} node numbers are in use: too many processes share this database"
    )))
}

/// Renews the lease of `node`; false when it was lost.
pub(crate) async fn renew(
    scope: &mut Scope<'_>,
    node: i64,
    owner: &str,
    now: Timestamp,
) -> Result<bool, Failure> {
    let sql = "UPDATE id_nodes SET leased_until = $3 WHERE node = $1 AND owner = $2";
    let until = now.plus_seconds(LEASE_SECONDS);
    Ok(scope
        .query(sql)
        .bind(node)
        .bind(owner)
        .bind(until)
        .execute()
        .await?
        == 1)
}

/// Gives the node number of `owner` back.
pub(crate) async fn release(scope: &mut Scope<'_>, owner: &str) -> Result<(), Failure> {
    scope
        .query("DELETE FROM id_nodes WHERE owner = $1")
        .bind(owner)
        .execute()
        .await?;
    Ok(())
}
