//! Who belongs to a campaign: written down once, reached in portions, looked at for what they bought.

use serde::Serialize;

use crate::Failure;
use crate::model::{Money, Timestamp};
use crate::store::Scope;

/// A member that comes into being.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NewMember {
    pub client_id: i64,
    pub held_out: bool,
}

/// A member whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextMember {
    pub client_id: i64,
    /// Not blocked, and wants campaigns still.
    pub is_allowed: bool,
}

/// What became of a member's turn.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Reached {
    pub client_id: i64,
    /// None: skipped.
    pub message_id: Option<i64>,
}

/// What a member bought after its turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberPurchases {
    pub client_id: i64,
    pub held_out: bool,
    pub reached_at: Timestamp,
    pub sales: i64,
    pub amount: Money,
}

/// Writes members down.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    campaign_id: i64,
    members: &[NewMember],
) -> Result<(), Failure> {
    if members.is_empty() {
        return Ok(());
    }
    scope
        .query_many(
            "INSERT INTO campaign_members (tenant_id, campaign_id, client_id, held_out, status)
             SELECT $1, $2, client_id, held_out, 'waiting'
               FROM ROWS ($3) AS new (client_id BIGINT, held_out BOOLEAN)",
        )
        .bind(campaign_id)
        .bind(serde_json::to_string(members)?)
        .execute()
        .await?;
    Ok(())
}

/// The next members that are not held out, in order of clients.
pub(crate) async fn next(
    scope: &mut Scope<'_>,
    campaign_id: i64,
    most: i64,
) -> Result<Vec<NextMember>, Failure> {
    // Asked for one by one: a join with a LIMIT that is not known when planned would read all clients.
    let sql = "SELECT m.client_id,
                      (SELECT CASE WHEN c.is_blocked OR c.consent <> 'all' THEN FALSE ELSE TRUE END FROM clients AS c
                        WHERE c.tenant_id = m.tenant_id AND c.id = m.client_id) AS is_allowed
                 FROM campaign_members AS m
                WHERE m.tenant_id = $1 AND m.campaign_id = $2 AND m.status = 'waiting' AND NOT m.held_out
                ORDER BY m.client_id LIMIT $3";
    let rows = scope.query(sql).bind(campaign_id).bind(most).all().await?;
    rows.iter()
        .map(|row| {
            Ok(NextMember {
                client_id: row.int("client_id")?,
                is_allowed: row.flag("is_allowed")?,
            })
        })
        .collect()
}

/// Notes what became of these members' turn.
pub(crate) async fn note_reached(
    scope: &mut Scope<'_>,
    campaign_id: i64,
    reached: &[Reached],
    now: Timestamp,
) -> Result<(), Failure> {
    if reached.is_empty() {
        return Ok(());
    }
    // As an insert that always finds its row, so that both engines look members up one by one.
    scope
        .query_many("INSERT INTO campaign_members (tenant_id, campaign_id, client_id, held_out, status, reached_at, message_id)
             SELECT $1, $2, client_id, FALSE, CASE WHEN message_id IS NULL THEN 'skipped' ELSE 'reached' END, $4,
                    message_id
               FROM ROWS ($3) AS new (client_id BIGINT, message_id BIGINT)
             WHERE TRUE
             ON CONFLICT (tenant_id, campaign_id, client_id) DO UPDATE
                SET status = excluded.status, reached_at = excluded.reached_at, message_id = excluded.message_id")
        .bind(campaign_id)
        .bind(serde_json::to_string(reached)?)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// The turn of those held out, up to a client: from now on their purchases count, as do those of the others. Whoever
/// would have got nothing anyway is skipped.
pub(crate) async fn note_held_out(
    scope: &mut Scope<'_>,
    campaign_id: i64,
    up_to: i64,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE campaign_members
                  SET reached_at = $4,
                      status = (SELECT CASE WHEN c.is_blocked OR c.consent <> 'all' THEN 'skipped' ELSE 'reached' END
                                  FROM clients AS c
                                 WHERE c.tenant_id = campaign_members.tenant_id
                                   AND c.id = campaign_members.client_id)
                WHERE tenant_id = $1 AND campaign_id = $2 AND client_id <= $3 AND held_out AND status = 'waiting'";
    scope
        .query(sql)
        .bind(campaign_id)
        .bind(up_to)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Deletes some of a campaign's members; how many.
pub(crate) async fn delete_some(scope: &mut Scope<'_>, campaign_id: i64) -> Result<u64, Failure> {
    // Up to a client rather than a list of them, which would be looked for among all members.
    let sql = "DELETE FROM campaign_members
                WHERE tenant_id = $1 AND campaign_id = $2
                  AND client_id <= (SELECT MAX(part.client_id)
                                      FROM (SELECT client_id FROM campaign_members
                                             WHERE tenant_id = $1 AND campaign_id = $2
                                             ORDER BY client_id LIMIT 2000) AS part)";
    Ok(scope.query(sql).bind(campaign_id).execute().await?)
}

/// What members above a client bought within so many milliseconds after their turn, in order of clients.
pub(crate) async fn purchases(
    scope: &mut Scope<'_>,
    campaign_id: i64,
    after: i64,
    within_millis: i64,
    most: i64,
) -> Result<Vec<MemberPurchases>, Failure> {
    // Asked for one by one, as in `next`.
    let sql = "SELECT m.client_id, m.held_out, m.reached_at,
                      (SELECT COUNT(*) FROM sales AS s
                        WHERE s.tenant_id = m.tenant_id AND s.client_id = m.client_id AND s.kind = 'sale'
                          AND s.created_at >= m.reached_at AND s.created_at < m.reached_at + $4) AS sales,
                      (SELECT CAST(COALESCE(SUM(s.total), 0) AS BIGINT) FROM sales AS s
                        WHERE s.tenant_id = m.tenant_id AND s.client_id = m.client_id AND s.kind = 'sale'
                          AND s.created_at >= m.reached_at AND s.created_at < m.reached_at + $4) AS amount
                 FROM campaign_members AS m
                WHERE m.tenant_id = $1 AND m.campaign_id = $2 AND m.client_id > $3 AND m.status = 'reached'
                ORDER BY m.client_id LIMIT $5";
    let rows = scope
        .query(sql)
        .bind(campaign_id)
        .bind(after)
        .bind(within_millis)
        .bind(most)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(MemberPurchases {
                client_id: row.int("client_id")?,
                held_out: row.flag("held_out")?,
                reached_at: row.time("reached_at")?,
                sales: row.int("sales")?,
                amount: row.money("amount")?,
            })
        })
        .collect()
}
