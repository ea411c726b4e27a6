//! Campaigns: what is said to whom, how far they are, what came of them.

use crate::Failure;
use crate::model::{
    Audience, CampaignDraft, CampaignStatus, CampaignTexts, Goods, Money, Timestamp, clean_name,
};
use crate::store::{Row, Scope};

/// A campaign as stored.
#[derive(Clone, Debug)]
pub(crate) struct CampaignRow {
    pub id: i64,
    pub name: String,
    pub author: String,
    pub audience: Audience,
    pub texts: CampaignTexts,
    pub goods: Vec<Goods>,
    pub hold_out_percent: i64,
    pub portion_size: i64,
    pub portion_pause_seconds: i64,
    pub attribution_days: i64,
    pub status: CampaignStatus,
    pub members: i64,
    pub held_out: i64,
    pub sent: i64,
    pub skipped: i64,
    pub created_at: Timestamp,
    pub first_portion_at: Option<Timestamp>,
    pub last_portion_at: Option<Timestamp>,
    pub measured_at: Option<Timestamp>,
    pub of_sent: Outcome,
    pub of_held_out: Outcome,
}

/// What one side of a campaign bought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Outcome {
    pub clients: i64,
    pub buyers: i64,
    pub sales: i64,
    pub amount: Money,
    pub goods_buyers: i64,
}

macro_rules! campaign_columns {
    () => {
        "id, name, author, audience, texts, goods, hold_out_percent, portion_size, portion_pause_seconds,
         attribution_days, status, members, held_out, sent, skipped, created_at, first_portion_at, last_portion_at,
         measured_at, sent_clients, sent_buyers, sent_sales, sent_amount, sent_goods_buyers, held_clients, held_buyers,
         held_sales, held_amount, held_goods_buyers"
    };
}

/// The campaign that an earlier request of this name made.
pub(crate) async fn find_by_request(scope: &mut Scope<'_>, key: &str) -> Result<Option<i64>, Failure> {
    let sql = "SELECT id FROM campaigns WHERE tenant_id = $1 AND request_key = $2";
    let row = scope.query(sql).bind(key).optional().await?;
    Ok(row.map(|row| row.int("id")).transpose()?)
}

/// Inserts a campaign without members; its number, the next free one. The shop is locked before.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    author: &str,
    draft: &CampaignDraft,
    now: Timestamp,
) -> Result<i64, Failure> {
    let sql = "INSERT INTO campaigns (tenant_id, id, request_key, name, author, audience, texts, goods,
                      hold_out_percent, portion_size, portion_pause_seconds, attribution_days, status, gathered_to,
                      next_portion_at, created_at)
               SELECT $1, COALESCE(MAX(id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'gathering', 0, $12, $12
                 FROM campaigns WHERE tenant_id = $1
               RETURNING id";
    let row = scope
        .query(sql)
        .bind(draft.request_key.as_deref())
        .bind(&*clean_name(&draft.name))
        .bind(author)
        .bind(serde_json::to_string(&draft.audience)?)
        .bind(serde_json::to_string(&draft.texts)?)
        .bind(serde_json::to_string(&draft.goods)?)
        .bind(draft.hold_out_percent)
        .bind(draft.portion_size)
        .bind(draft.portion_pause_seconds)
        .bind(draft.attribution_days)
        .bind(now)
        .one()
        .await?;
    Ok(row.int("id")?)
}

/// Takes a campaign whose members are being written down until the transaction ends; the last client looked at. None
/// when they are all there, or it was stopped.
pub(crate) async fn take_gathering(scope: &mut Scope<'_>, id: i64) -> Result<Option<i64>, Failure> {
    let sql = "UPDATE campaigns SET gathered_to = gathered_to
                WHERE tenant_id = $1 AND id = $2 AND status = 'gathering' RETURNING gathered_to";
    let row = scope.query(sql).bind(id).optional().await?;
    Ok(row.map(|row| row.int("gathered_to")).transpose()?)
}

/// Notes how far the members are, and how many more there are.
pub(crate) async fn note_gathered(
    scope: &mut Scope<'_>,
    id: i64,
    gathered_to: i64,
    members: i64,
    held_out: i64,
) -> Result<(), Failure> {
    let sql = "UPDATE campaigns SET gathered_to = $3, members = members + $4, held_out = held_out + $5
                WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(id)
        .bind(gathered_to)
        .bind(members)
        .bind(held_out)
        .execute()
        .await?;
    Ok(())
}

/// All members are there: its messages may go out.
pub(crate) async fn run(scope: &mut Scope<'_>, id: i64) -> Result<(), Failure> {
    let sql =
        "UPDATE campaigns SET status = 'running' WHERE tenant_id = $1 AND id = $2 AND status = 'gathering'";
    scope.query(sql).bind(id).execute().await?;
    Ok(())
}

/// Shops with a portion that is due.
pub(crate) async fn shops_with_portions(scope: &mut Scope<'_>, now: Timestamp) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT DISTINCT tenant_id FROM campaigns
                WHERE status IN ('gathering', 'running') AND next_portion_at <= $1";
    Ok(scope.query(sql).bind(now).numbers("tenant_id").await?)
}

/// Campaigns that are not over, the oldest first.
pub(crate) async fn unfinished(scope: &mut Scope<'_>) -> Result<Vec<CampaignRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        campaign_columns!(),
        " FROM campaigns WHERE tenant_id = $1 AND status IN ('gathering', 'running') ORDER BY id"
    );
    let rows = scope.query(sql).all().await?;
    rows.iter().map(campaign).collect()
}

/// Takes a running campaign whose next portion is due until the transaction ends, and puts the portion after it off by
/// its pause; false when somebody else has taken it.
pub(crate) async fn take_portion(scope: &mut Scope<'_>, id: i64, now: Timestamp) -> Result<bool, Failure> {
    let sql = "UPDATE campaigns
                  SET next_portion_at = $3 + portion_pause_seconds * 1000,
                      first_portion_at = COALESCE(first_portion_at, $3), last_portion_at = $3
                WHERE tenant_id = $1 AND id = $2 AND status = 'running' AND next_portion_at <= $3";
    Ok(scope.query(sql).bind(id).bind(now).execute().await? == 1)
}

/// Notes what became of a portion; after the last one the campaign is over.
pub(crate) async fn note_portion(
    scope: &mut Scope<'_>,
    id: i64,
    sent: i64,
    skipped: i64,
    is_last: bool,
) -> Result<(), Failure> {
    let sql = "UPDATE campaigns
                  SET sent = sent + $3, skipped = skipped + $4, status = CASE WHEN $5 = 1 THEN 'sent' ELSE status END
                WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(id)
        .bind(sent)
        .bind(skipped)
        .bind(i64::from(is_last))
        .execute()
        .await?;
    Ok(())
}

/// Stops a campaign that is not over; false when there is none.
pub(crate) async fn stop(scope: &mut Scope<'_>, id: i64) -> Result<bool, Failure> {
    let sql = "UPDATE campaigns SET status = 'stopped'
                WHERE tenant_id = $1 AND id = $2 AND status IN ('gathering', 'running')";
    Ok(scope.query(sql).bind(id).execute().await? == 1)
}

/// How many campaigns there are.
pub(crate) async fn count(scope: &mut Scope<'_>) -> Result<i64, Failure> {
    let sql = "SELECT COUNT(*) AS total FROM campaigns WHERE tenant_id = $1";
    Ok(scope.query(sql).one().await?.int("total")?)
}

/// One page of campaigns, the newest first.
pub(crate) async fn list(scope: &mut Scope<'_>, skip: i64, most: i64) -> Result<Vec<CampaignRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        campaign_columns!(),
        " FROM campaigns WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3"
    );
    let rows = scope.query(sql).bind(most).bind(skip).all().await?;
    rows.iter().map(campaign).collect()
}

/// One campaign.
pub(crate) async fn find(scope: &mut Scope<'_>, id: i64) -> Result<Option<CampaignRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        campaign_columns!(),
        " FROM campaigns WHERE tenant_id = $1 AND id = $2"
    );
    let row = scope.query(sql).bind(id).optional().await?;
    row.as_ref().map(campaign).transpose()
}

/// Campaigns whose purchases still count, or were not counted since their time ended.
pub(crate) async fn unmeasured(scope: &mut Scope<'_>) -> Result<Vec<CampaignRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        campaign_columns!(),
        " FROM campaigns
         WHERE tenant_id = $1 AND first_portion_at IS NOT NULL
           AND (measured_at IS NULL OR measured_at < last_portion_at + attribution_days * 86400000)
         ORDER BY id"
    );
    let rows = scope.query(sql).all().await?;
    rows.iter().map(campaign).collect()
}

/// Campaigns that are over and were measured after their time, or never reached anybody, and have members still.
pub(crate) async fn over_with_members(scope: &mut Scope<'_>) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT c.id FROM campaigns AS c
                WHERE c.tenant_id = $1 AND c.status IN ('sent', 'stopped')
                  AND (c.first_portion_at IS NULL
                       OR c.measured_at >= c.last_portion_at + c.attribution_days * 86400000)
                  AND (SELECT 1 FROM campaign_members AS m
                        WHERE m.tenant_id = $1 AND m.campaign_id = c.id LIMIT 1) = 1
                ORDER BY c.id";
    Ok(scope.query(sql).numbers("id").await?)
}

/// Notes what came of a campaign as of `now`; an older reading does not replace a newer one, and nothing the one after its
/// time: its members may be gone.
pub(crate) async fn set_outcomes(
    scope: &mut Scope<'_>,
    id: i64,
    sent: &Outcome,
    held_out: &Outcome,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE campaigns
                  SET measured_at = $3, sent_clients = $4, sent_buyers = $5, sent_sales = $6, sent_amount = $7,
                      sent_goods_buyers = $8, held_clients = $9, held_buyers = $10, held_sales = $11,
                      held_amount = $12, held_goods_buyers = $13
                WHERE tenant_id = $1 AND id = $2
                  AND (measured_at IS NULL
                       OR measured_at <= $3 AND measured_at < last_portion_at + attribution_days * 86400000)";
    let mut query = scope.query(sql).bind(id).bind(now);
    for outcome in [sent, held_out] {
        query = query
            .bind(outcome.clients)
            .bind(outcome.buyers)
            .bind(outcome.sales)
            .bind(outcome.amount)
            .bind(outcome.goods_buyers);
    }
    query.execute().await?;
    Ok(())
}

fn campaign(row: &Row) -> Result<CampaignRow, Failure> {
    let status = row.text("status")?;
    Ok(CampaignRow {
        id: row.int("id")?,
        name: row.text("name")?,
        author: row.text("author")?,
        audience: serde_json::from_str(&row.text("audience")?)?,
        texts: serde_json::from_str(&row.text("texts")?)?,
        goods: serde_json::from_str(&row.text("goods")?)?,
        hold_out_percent: row.int("hold_out_percent")?,
        portion_size: row.int("portion_size")?,
        portion_pause_seconds: row.int("portion_pause_seconds")?,
        attribution_days: row.int("attribution_days")?,
        status: CampaignStatus::named(&status)
            .ok_or_else(|| Failure::new(format_args!("stored status: {status}")))?,
        members: row.int("members")?,
        held_out: row.int("held_out")?,
        sent: row.int("sent")?,
        skipped: row.int("skipped")?,
        created_at: row.time("created_at")?,
        first_portion_at: row.time_opt("first_portion_at")?,
        last_portion_at: row.time_opt("last_portion_at")?,
        measured_at: row.time_opt("measured_at")?,
        of_sent: Outcome {
            clients: row.int("sent_clients")?,
            buyers: row.int("sent_buyers")?,
            sales: row.int("sent_sales")?,
            amount: row.money("sent_amount")?,
            goods_buyers: row.int("sent_goods_buyers")?,
        },
        of_held_out: Outcome {
            clients: row.int("held_clients")?,
            buyers: row.int("held_buyers")?,
            sales: row.int("held_sales")?,
            amount: row.money("held_amount")?,
            goods_buyers: row.int("held_goods_buyers")?,
        },
    })
}
