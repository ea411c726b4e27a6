//! What became of text messages, and what is left on the account that sends them.

use crate::Loyalty;
use crate::model::{Channel, Delivery, Money};
use crate::sealed::Field;
use crate::store::messages::{channel, sms_reports};
use crate::store::platform::tenant;
use crate::usecase::Error;

/// A message is asked about from so many seconds after its sending on, so often, and for a day.
const FIRST_SECONDS: i64 = 60;
const AGAIN_SECONDS: i64 = 600;
const DAYS: i64 = 1;
/// Messages of one shop in one round.
const AT_ONCE: i64 = 50;

/// What to ask OsonSMS for a shop. Not `Debug`: it holds a secret.
pub struct SmsReport {
    /// Which shop's.
    pub tenant_id: i64,
    /// Whether it is the demo shop.
    pub is_demo: bool,
    /// The shop's account, a JSON document.
    pub account: String,
    /// Messages whose delivery is not known: our id, and OsonSMS's.
    pub messages: Vec<(i64, String)>,
}

/// Shops that send text messages.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_sms(loyalty: &Loyalty) -> Result<Vec<i64>, Error> {
    Ok(channel::shops_with(&mut loyalty.db().global(), Channel::Sms).await?)
}

/// What is to be asked for this shop now; none when it sends no text messages any more.
///
/// # Errors
/// The database refuses.
pub async fn sms_report(loyalty: &Loyalty, tenant_id: i64) -> Result<Option<SmsReport>, Error> {
    let now = loyalty.now();
    let Some(shop) = tenant::by_id(&mut loyalty.db().global(), tenant_id).await? else {
        return Ok(None);
    };
    let mut scope = loyalty.db().tenant(tenant_id);
    let rows = channel::all(&mut scope).await?;
    let row = rows
        .into_iter()
        .find(|row| row.channel == Channel::Sms && row.enabled);
    let Some(sealed) = row.and_then(|row| row.config_sealed) else {
        return Ok(None);
    };
    let sent = (now.plus_days(-DAYS), now.plus_seconds(-FIRST_SECONDS));
    let asked_before = now.plus_seconds(-AGAIN_SECONDS);
    let messages = sms_reports::unreported(&mut scope, sent, asked_before, AT_ONCE).await?;
    Ok(Some(SmsReport {
        tenant_id,
        is_demo: shop.is_demo,
        account: loyalty
            .key()
            .at(tenant_id, Field::ChannelAccount(Channel::Sms))
            .open(&sealed)?,
        messages: messages.into_iter().map(|sms| (sms.id, sms.remote_id)).collect(),
    }))
}

/// Notes what became of a message.
///
/// # Errors
/// The database refuses.
pub async fn note_delivery(
    loyalty: &Loyalty,
    tenant_id: i64,
    id: i64,
    delivery: Delivery,
) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(tenant_id);
    Ok(sms_reports::note_delivery(&mut scope, id, delivery, loyalty.now()).await?)
}

/// Notes what is left on the shop's account.
///
/// # Errors
/// The database refuses.
pub async fn note_sms_balance(loyalty: &Loyalty, tenant_id: i64, balance: Money) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(tenant_id);
    Ok(channel::note_balance(&mut scope, Channel::Sms, balance, loyalty.now()).await?)
}
