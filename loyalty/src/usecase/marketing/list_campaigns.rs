//! The shop's campaigns: what there is, what came of it, and how to stop one.

use crate::Loyalty;
use crate::model::{Audience, CampaignStatus, CampaignTexts, Goods, Money, Tenant, Timestamp};
use crate::rules::lift::{Lift, Side, lift};
use crate::store::marketing::campaign::{self, CampaignRow, Outcome};
use crate::usecase::{Error, Page};

/// A campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// 1, 2, 3 … per shop.
    pub id: i64,
    /// Shown to the shop's staff.
    pub name: String,
    /// Who started it.
    pub author: String,
    /// Whom it is for.
    pub audience: Audience,
    /// What it says.
    pub texts: CampaignTexts,
    /// What it advertises.
    pub goods: Vec<Goods>,
    /// How many of a hundred members get nothing.
    pub hold_out_percent: i64,
    /// Messages of one portion.
    pub portion_size: i64,
    /// Seconds between portions.
    pub portion_pause_seconds: i64,
    /// Days, of 24 hours, that purchases count after a message.
    pub attribution_days: i64,
    /// How far it is.
    pub status: CampaignStatus,
    /// All members, those held out included.
    pub members: i64,
    /// Members that get nothing.
    pub held_out: i64,
    /// Messages written.
    pub sent: i64,
    /// Members that were blocked, or wanted no campaigns any more, when their turn came.
    pub skipped: i64,
    /// When it was started.
    pub created_at: Timestamp,
    /// When its first messages were written.
    pub first_portion_at: Option<Timestamp>,
    /// When its newest messages were written.
    pub last_portion_at: Option<Timestamp>,
}

/// What came of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignResult {
    /// The campaign.
    pub campaign: Campaign,
    /// As of when; none before the first count.
    pub measured_at: Option<Timestamp>,
    /// Whether purchases of its members count no more.
    pub is_final: bool,
    /// Those it was sent to.
    pub sent: CampaignSide,
    /// Those held out.
    pub held_out: CampaignSide,
    /// What it changed in who buys at all; none while either side is empty.
    pub lift: Option<Lift>,
    /// What it changed in who buys its goods.
    pub goods_lift: Option<Lift>,
}

/// What one side of a campaign bought after its turn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CampaignSide {
    /// Members whose turn has come.
    pub clients: i64,
    /// Those who bought within the campaign's days.
    pub buyers: i64,
    /// Their purchases.
    pub sales: i64,
    /// And what these came to.
    pub amount: Money,
    /// Those who bought the advertised goods.
    pub goods_buyers: i64,
}

/// One page of the shop's campaigns, the newest first; `page` counts from 1.
///
/// # Errors
/// The database refuses.
pub async fn campaigns(
    loyalty: &Loyalty,
    tenant: &Tenant,
    page: i64,
    per_page: i64,
) -> Result<Page<Campaign>, Error> {
    let mut scope = loyalty.db().tenant(tenant.id);
    let total = campaign::count(&mut scope).await?;
    let skip = page.saturating_sub(1).saturating_mul(per_page).max(0);
    let rows = campaign::list(&mut scope, skip, per_page).await?;
    let items = rows.into_iter().map(Campaign::from).collect();
    Ok(Page::new(items, total, page, per_page))
}

/// What came of a campaign as of the last [`crate::usecase::measure_campaigns`]; none when there is no such campaign.
///
/// # Errors
/// The database refuses.
pub async fn campaign_result(
    loyalty: &Loyalty,
    tenant: &Tenant,
    id: i64,
) -> Result<Option<CampaignResult>, Error> {
    let row = campaign::find(&mut loyalty.db().tenant(tenant.id), id).await?;
    Ok(row.map(CampaignResult::from))
}

/// Stops a campaign: no more messages are written; those that are on their way arrive. False when it is over already or
/// never was.
///
/// # Errors
/// The database refuses.
pub async fn stop_campaign(loyalty: &Loyalty, tenant: &Tenant, id: i64) -> Result<bool, Error> {
    Ok(campaign::stop(&mut loyalty.db().tenant(tenant.id), id).await?)
}

impl From<CampaignRow> for CampaignResult {
    fn from(row: CampaignRow) -> Self {
        let (sent, held_out) = (
            CampaignSide::from(row.of_sent),
            CampaignSide::from(row.of_held_out),
        );
        let side = |side: CampaignSide, buyers| Side {
            clients: side.clients,
            buyers,
        };
        let is_over = matches!(row.status, CampaignStatus::Sent | CampaignStatus::Stopped);
        let ends_at = row.last_portion_at.map(|at| at.plus_days(row.attribution_days));
        Self {
            measured_at: row.measured_at,
            is_final: is_over && row.measured_at.zip(ends_at).is_some_and(|(at, end)| at >= end),
            sent,
            held_out,
            lift: lift(side(sent, sent.buyers), side(held_out, held_out.buyers)),
            goods_lift: lift(
                side(sent, sent.goods_buyers),
                side(held_out, held_out.goods_buyers),
            ),
            campaign: Campaign::from(row),
        }
    }
}

impl From<CampaignRow> for Campaign {
    fn from(row: CampaignRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            author: row.author,
            audience: row.audience,
            texts: row.texts,
            goods: row.goods,
            hold_out_percent: row.hold_out_percent,
            portion_size: row.portion_size,
            portion_pause_seconds: row.portion_pause_seconds,
            attribution_days: row.attribution_days,
            status: row.status,
            members: row.members,
            held_out: row.held_out,
            sent: row.sent,
            skipped: row.skipped,
            created_at: row.created_at,
            first_portion_at: row.first_portion_at,
            last_portion_at: row.last_portion_at,
        }
    }
}

impl From<Outcome> for CampaignSide {
    fn from(outcome: Outcome) -> Self {
        Self {
            clients: outcome.clients,
            buyers: outcome.buyers,
            sales: outcome.sales,
            amount: outcome.amount,
            goods_buyers: outcome.goods_buyers,
        }
    }
}
