//! A campaign's messages go out, portion by portion.

use serde_json::json;

use super::start_campaign::gather;
use crate::Loyalty;
use crate::model::{CampaignStatus, MessageKind, Tenant, Timestamp};
use crate::store::marketing::campaign::{self, CampaignRow};
use crate::store::marketing::campaign_members::{self, Reached};
use crate::store::messages::outbox::{self, MessageRow};
use crate::store::platform::tenant;
use crate::usecase::Error;
use crate::usecase::messages::write_message;

/// Writes every portion that is due now, of every shop's campaigns; how many shops had one. A shop whose portion fails
/// holds up no other.
///
/// # Errors
/// The database refuses to tell which shops.
pub async fn send_portions(loyalty: &Loyalty) -> Result<usize, Error> {
    let now = loyalty.now();
    let shops = campaign::shops_with_portions(&mut loyalty.db().global(), now).await?;
    for tenant_id in &shops {
        match send_portion_of(loyalty, *tenant_id, now).await {
            Ok(()) => loyalty.wake_messages(*tenant_id),
            Err(error) => {
                tracing::warn!(%error, tenant = tenant_id, "a portion of a campaign is tried again");
            }
        }
    }
    Ok(shops.len())
}

async fn send_portion_of(loyalty: &Loyalty, tenant_id: i64, now: Timestamp) -> Result<(), Error> {
    if let Some(shop) = tenant::by_id(&mut loyalty.db().global(), tenant_id).await? {
        send_portion(loyalty, &shop, now).await?;
    }
    Ok(())
}

/// Writes the next portion of each of the shop's campaigns that is due at `now`; whether any is not over. A message and
/// the note that it is written are one transaction, which takes the campaign first: cut short anywhere, or done by two
/// processes at once, it writes to nobody twice. Those who were blocked or want no campaigns any more are skipped.
///
/// # Errors
/// The database refuses.
pub async fn send_portion(loyalty: &Loyalty, tenant: &Tenant, now: Timestamp) -> Result<bool, Error> {
    let campaigns = campaign::unfinished(&mut loyalty.db().tenant(tenant.id)).await?;
    let mut is_more = false;
    for row in campaigns {
        if row.status == CampaignStatus::Gathering {
            // Its start was cut short.
            gather(
                loyalty,
                tenant,
                row.id,
                &row.audience,
                row.hold_out_percent,
                row.created_at,
            )
            .await?;
        }
        is_more |= !write_portion(loyalty, tenant, &row, now).await?;
    }
    Ok(is_more)
}

/// Whether that was the last portion.
async fn write_portion(
    loyalty: &Loyalty,
    tenant: &Tenant,
    row: &CampaignRow,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(tenant.id);
    if !campaign::take_portion(&mut scope, row.id, now).await? {
        return Ok(false);
    }
    let members = campaign_members::next(&mut scope, row.id, row.portion_size).await?;
    let is_last = (members.len() as i64) < row.portion_size;
    let up_to = match (is_last, members.last()) {
        (false, Some(last)) => last.client_id,
        _ => i64::MAX,
    };
    let reached: Vec<Reached> = members
        .iter()
        .map(|member| Reached {
            client_id: member.client_id,
            message_id: member.is_allowed.then(&mut ids),
        })
        .collect();
    let messages: Vec<MessageRow> = reached
        .iter()
        .filter_map(|member| Some(message(tenant, row, member.client_id, member.message_id?, now)))
        .collect();
    outbox::insert(&mut scope, &messages).await?;
    campaign_members::note_reached(&mut scope, row.id, &reached, now).await?;
    campaign_members::note_held_out(&mut scope, row.id, up_to, now).await?;
    let (sent, all) = (messages.len() as i64, members.len() as i64);
    campaign::note_portion(&mut scope, row.id, sent, all - sent, is_last).await?;
    tx.commit().await?;
    Ok(is_last)
}

fn message(tenant: &Tenant, campaign: &CampaignRow, client_id: i64, id: i64, now: Timestamp) -> MessageRow {
    let params = json!({ "campaign_id": campaign.id, "text": campaign.texts });
    MessageRow {
        campaign_id: Some(campaign.id),
        ..write_message::row(tenant.id, id, client_id, MessageKind::Campaign, params, now)
    }
}
