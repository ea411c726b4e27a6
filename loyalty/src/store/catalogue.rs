//! What a shop shows to everybody: branches and promotions.

use super::Scope;
use crate::Failure;
use crate::model::{Branch, Timestamp};

/// A promotion as stored.
#[derive(Clone, Debug)]
pub(crate) struct PromotionRow {
    pub id: i64,
    pub name: String,
    pub description: Option<String>,
    pub kind: String,
    pub condition: Option<String>,
    pub reward: Option<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub personalized: bool,
    /// Whom a personal one is for: a JSON object.
    pub segment: Option<String>,
}

/// All branches.
pub(crate) async fn branches(scope: &mut Scope<'_>) -> Result<Vec<Branch>, Failure> {
    let sql = "SELECT id, name, address FROM branches WHERE tenant_id = $1 ORDER BY id";
    let rows = scope.query(sql).all().await?;
    rows.iter()
        .map(|row| {
            Ok(Branch {
                id: row.int("id")?,
                name: row.text("name")?,
                address: row.text_opt("address")?,
            })
        })
        .collect()
}

/// Promotions that run at `now`, those for everybody and the personal ones.
pub(crate) async fn running_promotions(
    scope: &mut Scope<'_>,
    now: Timestamp,
) -> Result<Vec<PromotionRow>, Failure> {
    let sql =
        "SELECT id, name, description, kind, condition, reward, starts_at, ends_at, personalized, segment
                 FROM promotions
                WHERE tenant_id = $1 AND enabled
                  AND (starts_at IS NULL OR starts_at <= $2) AND (ends_at IS NULL OR ends_at > $2)
                ORDER BY id";
    let rows = scope.query(sql).bind(now).all().await?;
    rows.iter()
        .map(|row| {
            Ok(PromotionRow {
                id: row.int("id")?,
                name: row.text("name")?,
                description: row.text_opt("description")?,
                kind: row.text("kind")?,
                condition: row.text_opt("condition")?,
                reward: row.text_opt("reward")?,
                starts_at: row.time_opt("starts_at")?,
                ends_at: row.time_opt("ends_at")?,
                personalized: row.flag("personalized")?,
                segment: row.text_opt("segment")?,
            })
        })
        .collect()
}
