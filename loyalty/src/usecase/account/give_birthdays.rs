//! Gifts for birthdays (R-CLIENT-5, ruling 32).

use super::post_all::post_all;
use crate::Loyalty;
use crate::ledger::{Account, birthday_cause, decide_birthday};
use crate::model::{Date, Tenant, Timestamp};
use crate::rules::birthday::due_on;
use crate::store::account::batch;
use crate::usecase::Error;

/// Clients of one batch.
const AT_ONCE: i64 = 500;

/// Gives one batch of the gifts of the shop's `day` to clients after number `after`: how many, and where to go on; none
/// when nobody is left.
pub(in crate::usecase) async fn give_some(
    loyalty: &Loyalty,
    shop: &Tenant,
    day: Date,
    after: i64,
) -> Result<Option<(i64, i64)>, Error> {
    let Some(terms) = shop.programme.birthday else {
        return Ok(None);
    };
    let due = due_on(day, terms.days_before);
    let had = batch::HadBirthday {
        cause: &birthday_cause(day.year()),
        since: due.had_since.at_minute(0, shop.zone),
    };
    let mut scope = loyalty.db().tenant(shop.id);
    let clients = batch::birthdays(&mut scope, &due.birthdays, after, had, AT_ONCE).await?;
    let Some(last) = clients.last().copied() else {
        return Ok(None);
    };
    let accounts = batch::plain(&mut scope, &clients).await?;
    let decide =
        |account: &Account, now: Timestamp| decide_birthday(account, &shop.programme, day.year(), now);
    Ok(Some((
        post_all(loyalty, shop, accounts, None, &decide).await?,
        last,
    )))
}
