//! Gifts for birthdays (R-CLIENT-5, ruling 32).

use super::Error;
use super::batch::post_all;
use crate::Loyalty;
use crate::ledger::{Account, birthday_cause, decide_birthday};
use crate::model::{Date, Tenant, Timestamp};
use crate::store::batch;

/// Clients of one batch.
const AT_ONCE: i64 = 500;

/// Gives one batch of gifts to clients after number `after` whose birthday is the shop's `day`, or up to so many days later
/// as its programme says: how many, and where to go on; none when nobody is left. Around the new year a birthday is met in
/// two calendar years; its gift is given in the first.
pub(super) async fn give_some(
    loyalty: &Loyalty,
    shop: &Tenant,
    day: Date,
    after: i64,
) -> Result<Option<(i64, i64)>, Error> {
    let Some(terms) = shop.programme.birthday else {
        return Ok(None);
    };
    let days: Vec<i64> = (0..=terms.days_before)
        .flat_map(|later| day.plus_days(later).birthdays())
        .collect();
    let had = batch::HadBirthday {
        cause: &birthday_cause(day.year()),
        since: loyalty.now().plus_days(-terms.days_before - 1),
    };
    let mut scope = loyalty.db().tenant(shop.id);
    let clients = batch::birthdays(&mut scope, &days, after, had, AT_ONCE).await?;
    let Some(last) = clients.last().copied() else {
        return Ok(None);
    };
    let accounts = batch::plain(&mut scope, &clients).await?;
    let decide =
        |account: &Account, now: Timestamp| decide_birthday(account, &shop.programme, day.year(), now);
    Ok(Some((post_all(loyalty, shop, accounts, &decide).await?, last)))
}
