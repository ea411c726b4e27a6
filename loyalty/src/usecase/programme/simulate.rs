//! What a programme would have given on the shop's own sales: for an owner who thinks of changing it.

use std::collections::HashMap;

use super::run_apart::apart;
use crate::ledger::{Account, Lots, Replay, Simulation, Simulator};
use crate::model::{
    BirthdayTerms, Bonus, Date, Money, Programme, Promotion, Spending, Tenant, TierBasis, Timestamp, Zone,
};
use crate::store::Scope;
use crate::store::programme::simulation::{self, PastClient, Replayed, SalePlace, StoredPastSale};
use crate::usecase::Error;
use crate::{Failure, Loyalty};

/// The most days that are replayed.
pub const SIMULATION_DAYS_MAX: i64 = 90;
/// Clients that are read together.
const CLIENTS_AT_ONCE: i64 = 500;
/// Sales that are read together: a client may have as many as a whole shop.
const SALES_AT_ONCE: i64 = 500;
/// What tiers by the spending of a year look back to.
const YEAR_DAYS: i64 = 365;

/// Replays the sales of the last `days` (1 to 90, of 24 hours) by these rules: what they would have given, rule by rule,
/// and to how many clients. Redemptions are taken as they were. Writes nothing. Interest tags are not known for the past,
/// so promotions for them are left out.
///
/// Sales are read in parts and decided apart from the threads that answer requests: a client with very many of them holds
/// nobody up, and is never in memory as a whole.
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
    let gifts = Gifts {
        welcome: programme.welcome_bonus,
        birthday: programme.birthday,
        zone: shop.zone,
        from,
        now,
    };
    let mut simulator = Simulator::new(programme, &promotions, shop.zone, from);
    let mut tx = loyalty.db().begin_snapshot().await?;
    let mut scope = tx.tenant(shop.id);
    let mut after = 0;
    loop {
        let clients = simulation::clients(&mut scope, after, read_from, CLIENTS_AT_ONCE).await?;
        let Some(last) = clients.last().map(|client| client.row.account.client_id) else {
            break;
        };
        let replayed = simulation::replayed(&mut scope, (after, last), read_from).await?;
        let begun = apart(move || begin(simulator, &gifts, clients, &replayed)).await?;
        simulator = replay(&mut scope, begun, (after, last), read_from).await?;
        after = last;
    }
    Ok(simulator.finish())
}

/// Some clients whose sales are being replayed.
struct Begun {
    simulator: Simulator,
    clients: HashMap<i64, Replay>,
}

/// Clients as they were before the sales that are replayed; what they got without a purchase is counted.
fn begin(
    mut simulator: Simulator,
    gifts: &Gifts,
    clients: Vec<PastClient>,
    replayed: &HashMap<i64, Replayed>,
) -> Begun {
    let mut begun = HashMap::with_capacity(clients.len());
    for client in clients {
        let id = client.row.account.client_id;
        gifts.count(&mut simulator, &client);
        // Nobody else's sales follow.
        if let Some(replayed) = replayed.get(&id) {
            begun.insert(id, Replay::of(as_before(client, replayed)));
        }
    }
    Begun {
        simulator,
        clients: begun,
    }
}

/// Replays the sales of clients numbered above `after`, up to `up_to`.
async fn replay(
    scope: &mut Scope<'_>,
    mut begun: Begun,
    (after, up_to): (i64, i64),
    from: Timestamp,
) -> Result<Simulator, Error> {
    let mut place = SalePlace {
        client_id: after,
        number: i64::MAX,
    };
    loop {
        let sales = simulation::sales(scope, place, up_to, from, SALES_AT_ONCE).await?;
        let Some(last) = sales.last() else { break };
        place = last.place;
        begun = apart(move || replay_part(begun, sales)).await??;
    }
    Ok(begun.simulator)
}

fn replay_part(mut begun: Begun, sales: Vec<StoredPastSale>) -> Result<Begun, Failure> {
    for sale in sales {
        let client_id = sale.place.client_id;
        if let Some(client) = begun.clients.get_mut(&client_id) {
            begun.simulator.replay(client, &[sale.read()?]);
        }
    }
    Ok(begun)
}

/// The account as it was before the sales that are replayed.
fn as_before(client: PastClient, replayed: &Replayed) -> Account {
    let account = client.row.account;
    Account {
        spent: Spending {
            total: (account.spent.total - replayed.left).or_zero(),
            year: Money::ZERO,
        },
        sales_count: (account.sales_count - replayed.sales).max(0),
        last_visit_at: client.last_purchase_before,
        last_purchase_at: client.last_purchase_before,
        // Blocked now, perhaps not then.
        is_blocked: false,
        lots: Lots::none(),
        ..account
    }
}

/// What the rules give without a purchase, within the time.
#[derive(Clone, Copy)]
struct Gifts {
    welcome: Bonus,
    birthday: Option<BirthdayTerms>,
    zone: Zone,
    from: Timestamp,
    now: Timestamp,
}

impl Gifts {
    fn count(&self, simulator: &mut Simulator, client: &PastClient) {
        let client_id = client.row.account.client_id;
        if client.enrolled_at >= self.from {
            simulator.gift("welcome", client_id, self.welcome);
        }
        let (Some(terms), Some(born)) = (self.birthday, client.row.account.birth_date) else {
            return;
        };
        let (first, last) = (
            Date::at(self.from.max(client.enrolled_at), self.zone),
            Date::at(self.now, self.zone),
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
}
