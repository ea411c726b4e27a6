//! What became of text messages.

use crate::Failure;
use crate::model::{Delivery, Timestamp};
use crate::store::Scope;

/// An SMS that may have arrived by now.
#[derive(Clone, Debug)]
pub(crate) struct UnreportedSms {
    pub id: i64,
    pub remote_id: String,
}

/// SMS sent after `since` and up to `until` whose delivery is not known, and was not asked for after `asked_before`.
pub(crate) async fn unreported(
    scope: &mut Scope<'_>,
    (since, until): (Timestamp, Timestamp),
    asked_before: Timestamp,
    most: i64,
) -> Result<Vec<UnreportedSms>, Failure> {
    let sql = "SELECT id, remote_id FROM outbox
                WHERE tenant_id = $1 AND status = 'sent' AND remote_id IS NOT NULL AND channels LIKE '%sms%'
                  AND COALESCE(delivery, 'on_its_way') = 'on_its_way' AND sent_at > $2 AND sent_at <= $3
                  AND (delivery_at IS NULL OR delivery_at <= $4)
                ORDER BY sent_at LIMIT $5";
    let rows = scope
        .query(sql)
        .bind(since)
        .bind(until)
        .bind(asked_before)
        .bind(most)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(UnreportedSms {
                id: row.int("id")?,
                remote_id: row.text("remote_id")?,
            })
        })
        .collect()
}

/// Notes what became of a message.
pub(crate) async fn note_delivery(
    scope: &mut Scope<'_>,
    id: i64,
    delivery: Delivery,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE outbox SET delivery = $3, delivery_at = $4 WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(id)
        .bind(delivery.as_str())
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
