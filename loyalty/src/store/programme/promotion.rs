//! Promotions, and how often they were had.

use std::collections::HashMap;

use crate::Failure;
use crate::model::{Promotion, Timestamp};
use crate::store::{Row, Scope};

macro_rules! promotion_columns {
    () => {
        "id, name, description, condition, reward, limits, starts_at, ends_at, combinable, personalized, segment,
         enabled, used"
    };
}

/// Promotions that are switched on and were not over at `since`, in the order of their numbers; each tells itself when it
/// runs. One that can't be read is left out and logged.
pub(crate) async fn living(scope: &mut Scope<'_>, since: Timestamp) -> Result<Vec<Promotion>, Failure> {
    let sql = concat!(
        "SELECT ",
        promotion_columns!(),
        " FROM promotions WHERE tenant_id = $1 AND enabled AND (ends_at IS NULL OR ends_at > $2) ORDER BY id"
    );
    let query = scope.query(sql).bind(since);
    Ok(query.all().await?.iter().filter_map(readable).collect())
}

/// All promotions, the newest first; those that can't be read are left out.
pub(crate) async fn all(scope: &mut Scope<'_>) -> Result<Vec<Promotion>, Failure> {
    let sql = concat!(
        "SELECT ",
        promotion_columns!(),
        " FROM promotions WHERE tenant_id = $1 ORDER BY id DESC"
    );
    Ok(scope
        .query(sql)
        .all()
        .await?
        .iter()
        .filter_map(readable)
        .collect())
}

/// The next free number.
pub(crate) async fn next_id(scope: &mut Scope<'_>) -> Result<i64, Failure> {
    let sql = "SELECT COALESCE(MAX(id), 0) + 1 AS next FROM promotions WHERE tenant_id = $1";
    Ok(scope.query(sql).one().await?.int("next")?)
}

/// Stores a promotion, new or known. What was counted stays.
pub(crate) async fn put(
    scope: &mut Scope<'_>,
    promotion: &Promotion,
    author: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO promotions (tenant_id, id, name, description, kind, condition, reward, limits, starts_at,
                      ends_at, combinable, personalized, segment, enabled, used, author, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16, $16)
               ON CONFLICT (tenant_id, id)
               DO UPDATE SET name = EXCLUDED.name, description = EXCLUDED.description, kind = EXCLUDED.kind,
                             condition = EXCLUDED.condition, reward = EXCLUDED.reward, limits = EXCLUDED.limits,
                             starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
                             combinable = EXCLUDED.combinable, personalized = EXCLUDED.personalized,
                             segment = EXCLUDED.segment, enabled = EXCLUDED.enabled, author = EXCLUDED.author,
                             updated_at = EXCLUDED.updated_at";
    let segment = promotion
        .segment
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?;
    scope
        .query(sql)
        .bind(promotion.id)
        .bind(promotion.name.as_str())
        .bind(promotion.description.as_deref())
        .bind(promotion.kind())
        .bind(serde_json::to_string(&promotion.condition)?)
        .bind(serde_json::to_string(&promotion.reward)?)
        .bind(serde_json::to_string(&promotion.limits)?)
        .bind(promotion.starts_at)
        .bind(promotion.ends_at)
        .bind(promotion.combinable)
        .bind(segment.is_some())
        .bind(segment)
        .bind(promotion.enabled)
        .bind(author)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// How often a promotion was had.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    /// By everybody; counted where it is limited in all.
    pub in_all: i64,
    /// By the client; counted where it is limited per client.
    pub by_client: i64,
}

/// How often each living promotion was had, now.
pub(crate) async fn uses(scope: &mut Scope<'_>, client_id: i64) -> Result<HashMap<i64, Uses>, Failure> {
    let sql = "SELECT p.id, p.used, COALESCE(u.times, 0) AS times
                 FROM promotions AS p
                 LEFT JOIN promotion_uses AS u
                   ON u.tenant_id = p.tenant_id AND u.promotion_id = p.id AND u.client_id = $2
                WHERE p.tenant_id = $1 AND p.enabled";
    let rows = scope.query(sql).bind(client_id).all().await?;
    rows.iter()
        .map(|row| {
            let uses = Uses {
                in_all: row.int("used")?,
                by_client: row.int("times")?,
            };
            Ok((row.int("id")?, uses))
        })
        .collect()
}

/// Deletes some of the uses by clients of promotions that ended before a moment; how many.
pub(crate) async fn forget_uses(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    let sql = "DELETE FROM promotion_uses
                WHERE tenant_id = $1 AND (promotion_id, client_id) IN (
                      SELECT u.promotion_id, u.client_id
                        FROM promotions AS p CROSS JOIN promotion_uses AS u
                       WHERE p.tenant_id = $1 AND p.ends_at < $2 AND u.tenant_id = $1 AND u.promotion_id = p.id
                       LIMIT 2000)";
    Ok(scope.query(sql).bind(before).execute().await?)
}

fn readable(row: &Row) -> Option<Promotion> {
    promotion(row)
        .inspect_err(|error| tracing::warn!(%error, "a promotion can't be read and is left out"))
        .ok()
}

fn promotion(row: &Row) -> Result<Promotion, Failure> {
    let document = |text: Option<String>| text.unwrap_or_else(|| "{}".to_owned());
    let is_personal = row.flag("personalized")?;
    let segment = row.text_opt("segment")?;
    if is_personal && segment.is_none() {
        return Err(Failure::new("a personal promotion names no segment"));
    }
    Ok(Promotion {
        id: row.int("id")?,
        name: row.text("name")?,
        description: row.text_opt("description")?,
        condition: serde_json::from_str(&document(row.text_opt("condition")?))?,
        reward: serde_json::from_str(&document(row.text_opt("reward")?))?,
        limits: serde_json::from_str(&document(row.text_opt("limits")?))?,
        starts_at: row.time_opt("starts_at")?,
        ends_at: row.time_opt("ends_at")?,
        combinable: row.flag("combinable")?,
        segment: match is_personal {
            true => segment.as_deref().map(serde_json::from_str).transpose()?,
            false => None,
        },
        enabled: row.flag("enabled")?,
        used: row.int("used")?,
    })
}
