//! The figures of a day, made again from what was posted that day.

use crate::Loyalty;
use crate::model::{Date, Tenant};
use crate::rules::figures::{Recount, SaleFact};
use crate::store::Scope;
use crate::store::figures::daily_figures;
use crate::store::figures::facts::{self, DayOfClient, Posted};
use crate::usecase::Error;

/// Recomputes what was posted on `day` of the shop's calendar, and puts it in the place of what was known of it. Done
/// twice it changes nothing; of two at once the one that read later stays. Late receipts count in the day they were
/// made, and a client once per day and place, whenever the receipts come. Raw rows are read in pages of one moment,
/// without holding anybody up.
///
/// # Errors
/// The database refuses.
pub async fn refresh_figures(loyalty: &Loyalty, tenant: &Tenant, day: Date) -> Result<(), Error> {
    let read_at = loyalty.now();
    let mut snapshot = loyalty.db().begin_snapshot().await?;
    let mut scope = snapshot.tenant(tenant.id);
    let mut recount = Recount::new(day, tenant.zone, facts::branches(&mut scope).await?);
    let (from, until) = recount.bounds();
    let posted = Posted { from, until };
    count_sales(&mut scope, posted, tenant, &mut recount).await?;
    count_the_rest(&mut scope, posted, &mut recount).await?;
    snapshot.commit().await?;
    let rows = recount.finish();
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(tenant.id);
    if daily_figures::claim_day(&mut scope, day, read_at).await? {
        daily_figures::replace_day(&mut scope, day, &rows).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn count_sales(
    scope: &mut Scope<'_>,
    posted: Posted,
    tenant: &Tenant,
    recount: &mut Recount,
) -> Result<(), Error> {
    let mut place = posted.start();
    while let Some((next, sales)) = facts::sales(scope, posted, place).await? {
        place = next;
        // Posted before midnight with a receipt of after it: counted with the day it was posted on.
        let (early, of_day): (Vec<_>, Vec<_>) =
            sales.into_iter().partition(|sale| sale.created_at < posted.from);
        for sale in early.iter().filter(|sale| sale.is_purchase) {
            recount.known_buyer(
                Date::at(sale.sale_at, tenant.zone),
                sale.client_id,
                sale.register_id,
            );
        }
        let late: Vec<DayOfClient> = of_day
            .iter()
            .filter_map(|sale| late(sale, tenant, recount))
            .collect();
        for asked in late.chunks(500) {
            for known in facts::known_purchases(scope, asked, posted.from).await? {
                let day = asked_day(known.day)?;
                recount.known_buyer(day, known.client_id, known.register_id);
            }
        }
        of_day.iter().for_each(|sale| recount.sale(sale));
    }
    Ok(())
}

/// A purchase of another day: its client may have been counted there already.
fn late(sale: &SaleFact, tenant: &Tenant, recount: &Recount) -> Option<DayOfClient> {
    let day = recount.other_day(sale.sale_at).filter(|_| sale.is_purchase)?;
    Some(DayOfClient {
        client_id: sale.client_id,
        day: day.number(),
        starts_at: day.starts_at(tenant.zone).millis(),
        ends_at: day.next().starts_at(tenant.zone).millis(),
    })
}

fn asked_day(number: i64) -> Result<Date, Error> {
    let day = Date::from_number(number);
    Ok(day.ok_or_else(|| crate::Failure::new(format_args!("no such day: {number}")))?)
}

async fn count_the_rest(scope: &mut Scope<'_>, posted: Posted, recount: &mut Recount) -> Result<(), Error> {
    let mut place = posted.start();
    while let Some((next, receipts)) = facts::receipts(scope, posted, place).await? {
        place = next;
        for receipt in receipts {
            recount.receipt(receipt.register_id, receipt.total, receipt.receipt_at);
        }
    }
    place = posted.start();
    while let Some((next, returns)) = facts::returns(scope, posted, place).await? {
        place = next;
        for returned in returns {
            recount.returned(returned.register_id, returned.amount);
        }
    }
    place = posted.start();
    while let Some((next, entries)) = facts::entries(scope, posted, place).await? {
        place = next;
        entries.iter().for_each(|entry| recount.entry(entry));
    }
    for enrolled in facts::enrolments(scope, posted).await? {
        recount.enrolled(enrolled.register_id, enrolled.clients);
    }
    Ok(())
}
