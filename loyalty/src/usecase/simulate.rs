//! What a programme would have given on the shop's own sales: for an owner who thinks of changing it.

use super::Error;
use crate::Loyalty;
use crate::ledger::{Account, Simulation, Simulator};
use crate::model::{Date, Money, Programme, Promotion, Spending, Tenant, TierBasis, Timestamp};
use crate::store::simulation::{self, PastClient};

/// The most days that are replayed.
pub const SIMULATION_DAYS_MAX: i64 = 90;
/// Clients that are read together.
const CLIENTS_AT_ONCE: i64 = 500;
/// What tiers by the spending of a year look back to.
const YEAR_DAYS: i64 = 365;

/// Replays the sales of the last `days` (1 to 90, of 24 hours) by these rules: what they would have given, rule by rule,
/// and to how many clients. Redemptions are taken as they were. Writes nothing. Interest tags are not known for the past,
/// so promotions for them are left out.
///
/// # Errors
/// [`Error::Programme`] or [`Error::Promotion`], when the rules make no sense.
pub async fn simulate(
    loyalty: &Loyalty,
    shop: &Tenant,
    programme: &Programme,
    promotions: &[Promotion],
    days: i64,
) -> Result<Simulation, Error> {
    programme.check()?;
    for promotion in promotions {
        promotion.check()?;
    }
    let now = loyalty.now();
    let from = now.plus_days(-days.clamp(1, SIMULATION_DAYS_MAX));
    let read_from = match programme.tier_basis {
        TierBasis::TotalSpent => from,
        TierBasis::TwelveMonths => from.plus_days(-YEAR_DAYS),
    };
    // Limits begin with the time that is looked at.
    let fresh = promotions
        .iter()
        .cloned()
        .map(|promotion| Promotion { used: 0, ..promotion });
    let promotions: Vec<Promotion> = fresh.collect();
    let mut simulator = Simulator::new(programme, &promotions, shop.zone, from);
    let mut tx = loyalty.db().begin_snapshot().await?;
    let mut scope = tx.tenant(shop.id);
    let mut after = 0;
    loop {
        let clients = simulation::clients(&mut scope, after, read_from, CLIENTS_AT_ONCE).await?;
        let Some(last) = clients.last().map(|client| client.row.account.client_id) else {
            break;
        };
        let mut sales = simulation::sales(&mut scope, (after, last), read_from).await?;
        for client in clients {
            gifts(&mut simulator, shop, programme, &client, (from, now));
            let own = sales.remove(&client.row.account.client_id).unwrap_or_default();
            let left: Money = own.iter().map(|sale| sale.total - sale.returned).sum();
            let account = as_before(client, left, own.len());
            simulator.client(account, &own);
        }
        after = last;
    }
    Ok(simulator.finish())
}

/// The account as it was before the sales that are replayed, which left so much spent.
fn as_before(client: PastClient, left: Money, sales: usize) -> Account {
    let account = client.row.account;
    Account {
        spent: Spending {
            total: (account.spent.total - left).or_zero(),
            year: Money::ZERO,
        },
        sales_count: (account.sales_count - sales as i64).max(0),
        last_visit_at: client.last_purchase_before,
        last_purchase_at: client.last_purchase_before,
        // Blocked now, perhaps not then.
        is_blocked: false,
        lots: Vec::new(),
        ..account
    }
}

/// Welcome and birthday gifts of a client within the time.
fn gifts(
    simulator: &mut Simulator<'_>,
    shop: &Tenant,
    programme: &Programme,
    client: &PastClient,
    (from, now): (Timestamp, Timestamp),
) {
    let client_id = client.row.account.client_id;
    if client.enrolled_at >= from {
        simulator.gift("welcome", client_id, programme.welcome_bonus);
    }
    let (Some(terms), Some(born)) = (programme.birthday, client.row.account.birth_date) else {
        return;
    };
    let (first, last) = (
        Date::at(from.max(client.enrolled_at), shop.zone),
        Date::at(now, shop.zone),
    );
    let mut day = first;
    while day <= last {
        if day
            .plus_days(terms.days_before)
            .birthdays()
            .contains(&born.month_day())
        {
            simulator.gift("birthday", client_id, terms.bonus);
            return;
        }
        day = day.plus_days(1);
    }
}
