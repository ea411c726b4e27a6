//! What a delivery says: `{ "type", "timestamp", "data" }`, with the shapes of the API in `data`.

use loyalty::model::{Bonus, Money, Tenant, Zone};
use loyalty::usecase::{EntryFact, Event, ExpiringFact, Fact, ReferralFact, ReturnFact, TierFact};
use serde::Serialize;

use crate::rest::cashier::sale::CashierSaleResult;
use crate::rest::client::profile::ClientBody;
use crate::rest::explanation::ExplanationBody;
use crate::rest::explanation::contract_name;
use crate::rest::shapes::Tier;

/// The body of an event.
pub fn body(shop: &Tenant, event: &Event) -> String {
    let body = EventBody {
        r#type: event.kind.as_str(),
        timestamp: event.at.to_rfc3339(shop.zone),
        data: EventData::new(shop, event),
    };
    // Wire types are plain structs: serialising them can't fail.
    serde_json::to_string(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct EventBody {
    r#type: &'static str,
    timestamp: String,
    data: EventData,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EventData {
    Client(Box<ClientBody>),
    Entry(EntryBody),
    Sale(CashierSaleResult),
    Return(ReturnBody),
    Tier(TierBody),
    Referral(ReferralFact),
    Expiring(ExpiringBody),
    Test { message: &'static str },
}

#[derive(Serialize)]
struct EntryBody {
    id: i64,
    client_id: i64,
    r#type: &'static str,
    amount: Bonus,
    balance_after: Bonus,
    sale_id: Option<i64>,
    explanation: ExplanationBody,
    created_at: String,
}

#[derive(Serialize)]
struct ReturnBody {
    id: i64,
    client_id: i64,
    original_sale_id: i64,
    external_return_id: String,
    return_amount: Money,
    cash_refund_amount: Option<Money>,
    bonus_revoked: Bonus,
    bonus_restored: Bonus,
    bonus_shortage: Bonus,
    new_balance: Bonus,
    created_at: String,
}

#[derive(Serialize)]
struct TierBody {
    client_id: i64,
    from: Tier,
    to: Tier,
    total_spent: Money,
}

#[derive(Serialize)]
struct ExpiringBody {
    client_id: i64,
    amount: Bonus,
    expires_at: String,
}

impl EventData {
    fn new(shop: &Tenant, event: &Event) -> Self {
        let at = event.at.to_rfc3339(shop.zone);
        match &event.fact {
            Fact::Client(profile) => Self::Client(Box::new(ClientBody::new(shop, profile))),
            Fact::Entry(entry) => Self::Entry(EntryBody::new(entry, shop.zone, at)),
            Fact::Sale(sale) => Self::Sale(CashierSaleResult::new(sale, shop.zone)),
            Fact::Return(returned) => Self::Return(ReturnBody::new(returned, at)),
            Fact::Tier(moved) => Self::Tier(TierBody::new(moved)),
            Fact::Referral(referral) => Self::Referral(*referral),
            Fact::Expiring(expiring) => Self::Expiring(ExpiringBody::new(expiring, shop.zone)),
            Fact::Test => Self::Test {
                message: "Проверка вебхука Bonex.",
            },
        }
    }
}

impl EntryBody {
    fn new(entry: &EntryFact, zone: Zone, created_at: String) -> Self {
        Self {
            id: entry.id,
            client_id: entry.client_id,
            r#type: contract_name(entry.kind),
            amount: entry.amount,
            balance_after: entry.balance_after,
            sale_id: entry.sale_id,
            explanation: ExplanationBody::new(entry.kind, entry.amount, &entry.explanation, zone),
            created_at,
        }
    }
}

impl ReturnBody {
    fn new(returned: &ReturnFact, created_at: String) -> Self {
        Self {
            id: returned.id,
            client_id: returned.client_id,
            original_sale_id: returned.sale_id,
            external_return_id: returned.external_id.clone(),
            return_amount: returned.amount,
            cash_refund_amount: returned.cash_refund,
            bonus_revoked: returned.revoked,
            bonus_restored: returned.restored,
            bonus_shortage: returned.shortage,
            new_balance: returned.new_balance,
            created_at,
        }
    }
}

impl ExpiringBody {
    fn new(expiring: &ExpiringFact, zone: Zone) -> Self {
        Self {
            client_id: expiring.client_id,
            amount: expiring.amount,
            expires_at: expiring.expires_at.to_rfc3339(zone),
        }
    }
}

impl TierBody {
    fn new(moved: &TierFact) -> Self {
        Self {
            client_id: moved.client_id,
            from: Tier::from(&moved.from),
            to: Tier::from(&moved.to),
            total_spent: moved.total_spent,
        }
    }
}
