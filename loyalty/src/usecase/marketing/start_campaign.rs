//! A campaign begins: its members are written down and some of them held out.

use super::preview_audience::Walk;
use crate::Loyalty;
use crate::model::{Audience, CampaignDraft, Tenant, Timestamp};
use crate::rules::hold_out::is_held_out;
use crate::store::marketing::campaign;
use crate::store::marketing::campaign_members::{self, NewMember};
use crate::store::platform::tenant;
use crate::usecase::Error;

/// Starts a campaign; its number. Who belongs to it is decided as of now and written down in batches; a start that is
/// cut short is finished by [`crate::usecase::send_portion`]. The same `request_key` again is the same campaign. `author` is who
/// did it, for the shop's own records.
///
/// # Errors
/// [`Error::Campaign`], when the draft makes no sense.
pub async fn start_campaign(
    loyalty: &Loyalty,
    shop: &Tenant,
    author: &str,
    draft: &CampaignDraft,
) -> Result<i64, Error> {
    draft.check()?;
    let now = loyalty.now();
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    tenant::lock(&mut scope).await?;
    if let Some(key) = &draft.request_key
        && let Some(known) = campaign::find_by_request(&mut scope, key).await?
    {
        return Ok(known);
    }
    let id = campaign::insert(&mut scope, author, draft, now).await?;
    tx.commit().await?;
    gather(loyalty, shop, id, &draft.audience, draft.hold_out_percent, now).await?;
    Ok(id)
}

/// Writes down the members that are still missing, as of `at`. Several processes may do it at once: each batch goes on
/// where the last one ended.
pub(in crate::usecase) async fn gather(
    loyalty: &Loyalty,
    shop: &Tenant,
    id: i64,
    audience: &Audience,
    hold_out_percent: i64,
    at: Timestamp,
) -> Result<(), Error> {
    let walk = Walk::begin(&mut loyalty.db().tenant(shop.id), shop, audience, at).await?;
    loop {
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(shop.id);
        let Some(after) = campaign::take_gathering(&mut scope, id).await? else {
            return Ok(());
        };
        let Some((last, rows)) = walk.members_after(&mut scope, after).await? else {
            campaign::run(&mut scope, id).await?;
            tx.commit().await?;
            return Ok(());
        };
        let members: Vec<NewMember> = rows
            .iter()
            .map(|row| NewMember {
                client_id: row.client_id,
                held_out: is_held_out(id, row.client_id, hold_out_percent),
            })
            .collect();
        let held_out = members.iter().filter(|member| member.held_out).count();
        campaign_members::insert(&mut scope, id, &members).await?;
        campaign::note_gathered(&mut scope, id, last, members.len() as i64, held_out as i64).await?;
        tx.commit().await?;
    }
}
