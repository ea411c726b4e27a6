//! What came of campaigns: those they were sent to against those held out.

use crate::Loyalty;
use crate::model::Tenant;
use crate::store::marketing::campaign::{self, CampaignRow, Outcome};
use crate::store::marketing::{campaign_members, interest};
use crate::usecase::Error;

/// Members of one statement.
const MEMBERS_AT_ONCE: i64 = 1000;
const DAY_MILLIS: i64 = 86_400_000;

/// Counts what the members of the shop's campaigns have bought since their turn, and notes it; how many campaigns. Each
/// is counted anew while its days last, and once more after them; a purchase counts by its posting. Purchases of the
/// goods are as of the last [`crate::usecase::refresh_interests`], and are those since the member's turn.
///
/// # Errors
/// The database refuses.
pub async fn measure_campaigns(loyalty: &Loyalty, tenant: &Tenant) -> Result<u64, Error> {
    let campaigns = campaign::unmeasured(&mut loyalty.db().tenant(tenant.id)).await?;
    for row in &campaigns {
        measure(loyalty, tenant, row).await?;
    }
    Ok(campaigns.len() as u64)
}

async fn measure(loyalty: &Loyalty, tenant: &Tenant, row: &CampaignRow) -> Result<(), Error> {
    let now = loyalty.now();
    let within = row.attribution_days * DAY_MILLIS;
    let (mut sent, mut held_out) = (Outcome::default(), Outcome::default());
    let mut scope = loyalty.db().tenant(tenant.id);
    let mut after = 0;
    loop {
        let members = campaign_members::purchases(&mut scope, row.id, after, within, MEMBERS_AT_ONCE).await?;
        let Some(last) = members.last() else { break };
        after = last.client_id;
        let ids: Vec<i64> = members.iter().map(|member| member.client_id).collect();
        let bought = interest::of_clients(&mut scope, &ids, &row.goods).await?;
        for member in &members {
            let side = match member.held_out {
                true => &mut held_out,
                false => &mut sent,
            };
            let has_goods = bought
                .get(&member.client_id)
                .is_some_and(|goods| goods.values().any(|last_at| *last_at >= member.reached_at));
            side.clients += 1;
            side.buyers += i64::from(member.sales > 0);
            side.sales += member.sales;
            side.amount += member.amount;
            side.goods_buyers += i64::from(has_goods);
        }
    }
    Ok(campaign::set_outcomes(&mut scope, row.id, &sent, &held_out, now).await?)
}
