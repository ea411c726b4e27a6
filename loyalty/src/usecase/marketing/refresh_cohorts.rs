//! Cohorts: how long clients stay, by the month of their enrolment.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::Loyalty;
use crate::model::{Date, Money, Month, Tenant, Timestamp};
use crate::store::Scope;
use crate::store::figures::facts::{self, Posted};
use crate::store::marketing::cohort::{self, CohortRow};
use crate::usecase::Error;

#[derive(Default)]
struct Activity {
    buyers: HashSet<i64>,
    sales: i64,
    amount: Money,
}

/// Recomputes the cohorts of this month and of the one before; how many rows. A receipt that comes later than that does
/// not count any more. Done twice it changes nothing.
///
/// # Errors
/// The database refuses.
pub async fn refresh_cohorts(loyalty: &Loyalty, tenant: &Tenant) -> Result<u64, Error> {
    let this = Month::of(Date::at(loyalty.now(), tenant.zone));
    refresh_cohorts_of(loyalty, tenant, this.previous(), this).await
}

/// Recomputes the cohorts of these months, both included, from every purchase of them that has come by now: what a
/// shop needs that was away for longer than a month, or brings its history.
///
/// # Errors
/// The database refuses.
pub async fn refresh_cohorts_of(
    loyalty: &Loyalty,
    tenant: &Tenant,
    from: Month,
    to: Month,
) -> Result<u64, Error> {
    let mut snapshot = loyalty.db().begin_snapshot().await?;
    let mut scope = snapshot.tenant(tenant.id);
    let Some(first) = cohort::first_enrolment(&mut scope).await? else {
        return Ok(0);
    };
    let month_of = |at: Timestamp| Month::of(Date::at(at, tenant.zone));
    let sizes = sizes(&mut scope, tenant, month_of(first), to).await?;
    let mut bought: HashMap<(Month, Month), Activity> = HashMap::new();
    let posted = Posted {
        from: from.first_day().starts_at(tenant.zone),
        until: loyalty.now().plus_days(1),
    };
    let mut place = posted.start();
    while let Some((next, sales)) = facts::sales(&mut scope, posted, place).await? {
        place = next;
        for sale in sales.iter().filter(|sale| sale.is_purchase) {
            let month = month_of(sale.sale_at);
            if from <= month && month <= to {
                let activity = bought.entry((month_of(sale.enrolled_at), month)).or_default();
                activity.buyers.insert(sale.client_id);
                activity.sales += 1;
                activity.amount += sale.total;
            }
        }
    }
    snapshot.commit().await?;
    let mut month = from;
    let mut written = 0;
    while month <= to {
        let rows = rows(month, &sizes, &bought);
        cohort::write(&mut loyalty.db().tenant(tenant.id), &rows).await?;
        written += rows.len() as u64;
        month = month.next();
    }
    Ok(written)
}

/// How many clients each month brought.
async fn sizes(
    scope: &mut Scope<'_>,
    tenant: &Tenant,
    first: Month,
    last: Month,
) -> Result<BTreeMap<Month, i64>, Error> {
    let mut sizes = BTreeMap::new();
    let mut month = first;
    while month <= last {
        let posted = Posted {
            from: month.first_day().starts_at(tenant.zone),
            until: month.next().first_day().starts_at(tenant.zone),
        };
        let enrolled = facts::enrolments(scope, posted).await?;
        sizes.insert(month, enrolled.iter().map(|fact| fact.clients).sum());
        month = month.next();
    }
    Ok(sizes)
}

/// Every cohort that is there by `month`, those who bought nothing included.
fn rows(
    month: Month,
    sizes: &BTreeMap<Month, i64>,
    bought: &HashMap<(Month, Month), Activity>,
) -> Vec<CohortRow> {
    let nothing = Activity::default();
    sizes
        .range(..=month)
        .filter(|(_, clients)| **clients > 0)
        .map(|(enrolled, clients)| {
            let activity = bought.get(&(*enrolled, month)).unwrap_or(&nothing);
            CohortRow {
                enrolled: *enrolled,
                month,
                clients: *clients,
                buyers: activity.buyers.len() as i64,
                sales: activity.sales,
                amount: activity.amount,
            }
        })
        .collect()
}
