//! A posting as rows: the one shape that both engines read from JSON.

use serde::Serialize;

use crate::ledger::Posting;
use crate::model::{Seller, Tenant, Timestamp};
use crate::store::messages::outbox::MessageRow;
use crate::store::partners::webhook::EventRow;
use crate::store::upkeep::keys::KeyRow;

/// The rows of one posting.
#[derive(Clone, Debug)]
pub(crate) struct PostingRows {
    pub client: ClientRow,
    pub lots: Vec<LotRow>,
    pub changed: Vec<ChangedRow>,
    pub entries: Vec<EntryRow>,
    pub entry_lots: Vec<EntryLotRow>,
    pub sale: Option<SaleRow>,
    pub returned: Option<ReturnRow>,
    pub uses: Vec<UseRow>,
    pub follow_ups: Vec<FollowUpRow>,
    pub keys: Vec<KeyRow>,
    pub events: Vec<EventRow>,
    pub messages: Vec<MessageRow>,
}

/// What is written beside a posting: stored replies, what partners are told, what the client is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub keys: Vec<KeyRow>,
    pub events: Vec<EventRow>,
    pub messages: Vec<MessageRow>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ClientRow {
    pub tenant_id: i64,
    pub id: i64,
    /// The version the posting was decided on.
    pub version: i64,
    pub balance: i64,
    pub total_spent: i64,
    pub sales_count: i64,
    pub entry_number: i64,
    pub sale_number: i64,
    pub last_visit_at: Option<i64>,
    pub last_id: i64,
    pub year_spent: i64,
    pub year_from: i64,
    pub last_purchase_at: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LotRow {
    pub tenant_id: i64,
    pub id: i64,
    pub client_id: i64,
    pub kind: &'static str,
    pub amount: i64,
    pub remaining: i64,
    pub available_at: i64,
    pub expires_at: i64,
    pub open: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChangedRow {
    pub tenant_id: i64,
    pub client_id: i64,
    pub id: i64,
    pub before: i64,
    pub remaining: i64,
    pub open: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct EntryRow {
    pub tenant_id: i64,
    pub client_id: i64,
    pub number: i64,
    pub id: i64,
    pub kind: &'static str,
    pub amount: i64,
    pub balance_after: i64,
    pub sale_id: Option<i64>,
    pub return_id: Option<i64>,
    pub explanation: String,
    pub cause: Option<String>,
    pub created_at: i64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct EntryLotRow {
    pub tenant_id: i64,
    pub client_id: i64,
    pub number: i64,
    pub lot_id: i64,
    pub amount: i64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SaleRow {
    pub tenant_id: i64,
    pub id: i64,
    pub client_id: i64,
    pub number: i64,
    pub kind: &'static str,
    pub register_id: Option<i64>,
    pub external_id: Option<String>,
    pub total: i64,
    pub gross: i64,
    pub redeemed: i64,
    pub accrued: i64,
    pub mode: &'static str,
    pub receipt_number: Option<String>,
    pub cashier_id: Option<i64>,
    pub payment_method: Option<String>,
    pub sale_at: i64,
    pub lines: String,
    pub balance_after: i64,
    pub entry_first: i64,
    pub entry_last: i64,
    pub programme_version: i64,
    pub created_at: i64,
}

/// A limited promotion had once more.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UseRow {
    pub tenant_id: i64,
    pub client_id: i64,
    pub promotion_id: i64,
    pub per_client: bool,
    pub in_all: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FollowUpRow {
    pub tenant_id: i64,
    pub id: i64,
    pub client_id: i64,
    pub task: String,
    pub created_at: i64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReturnRow {
    pub tenant_id: i64,
    pub id: i64,
    pub client_id: i64,
    pub sale_id: i64,
    pub register_id: Option<i64>,
    pub external_id: String,
    pub amount: i64,
    pub cash_refund: Option<i64>,
    pub revoked: i64,
    pub shortage: i64,
    pub settled: i64,
    pub restored: i64,
    pub put_back: String,
    pub balance_after: i64,
    pub entry_first: i64,
    pub entry_last: i64,
    pub created_at: i64,
}

/// Who posts: the tenant, and the register where there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poster<'a> {
    pub tenant: &'a Tenant,
    pub register_id: Option<i64>,
}

impl<'a> From<Seller<'a>> for Poster<'a> {
    fn from(seller: Seller<'a>) -> Self {
        Self {
            tenant: seller.tenant(),
            register_id: seller.register_id(),
        }
    }
}

impl PostingRows {
    /// The rows of `posting`, whose ids have been assigned, with what is written beside it.
    pub fn new(poster: Poster<'_>, posting: &Posting, beside: Beside) -> Result<Self, serde_json::Error> {
        let (tenant_id, client_id) = (poster.tenant.id, posting.client_id);
        Ok(Self {
            client: client_row(tenant_id, posting),
            lots: lot_rows(tenant_id, posting),
            changed: changed_rows(tenant_id, posting),
            entries: entry_rows(tenant_id, posting)?,
            entry_lots: posting
                .entries
                .iter()
                .flat_map(|entry| {
                    entry
                        .lots
                        .iter()
                        .map(move |(lot, amount)| (entry.number, *lot, *amount))
                })
                .map(|(number, lot, amount)| EntryLotRow {
                    tenant_id,
                    client_id,
                    number,
                    lot_id: posting.lot_id(lot),
                    amount: amount.hundredths(),
                })
                .collect(),
            sale: sale_row(poster, posting)?,
            returned: return_row(poster, posting)?,
            uses: use_rows(tenant_id, posting),
            follow_ups: follow_up_rows(tenant_id, posting)?,
            keys: beside.keys,
            events: beside.events,
            messages: beside.messages,
        })
    }
}

fn client_row(tenant_id: i64, posting: &Posting) -> ClientRow {
    let figures = &posting.figures;
    let ids = posting
        .opened
        .iter()
        .map(|lot| lot.id)
        .chain(posting.entries.iter().map(|entry| entry.id));
    let ids = ids.chain(posting.sale.iter().map(|sale| sale.id));
    let ids = ids.chain(posting.returned.iter().map(|returned| returned.id));
    ClientRow {
        tenant_id,
        id: posting.client_id,
        version: posting.version,
        balance: figures.balance.hundredths(),
        total_spent: figures.spent.total.hundredths(),
        sales_count: figures.sales_count,
        entry_number: figures.entry_number,
        sale_number: figures.sale_number,
        last_visit_at: figures.last_visit_at.map(Timestamp::millis),
        // A posting without rows of its own takes no ids: the newest stays the newest.
        last_id: ids.max().unwrap_or(0),
        year_spent: figures.spent.year.hundredths(),
        year_from: figures.year_from.millis(),
        last_purchase_at: figures.last_purchase_at.map(Timestamp::millis),
    }
}

fn lot_rows(tenant_id: i64, posting: &Posting) -> Vec<LotRow> {
    let row = |lot: &crate::ledger::OpenedLot| LotRow {
        tenant_id,
        id: lot.id,
        client_id: posting.client_id,
        kind: lot.kind.as_str(),
        amount: lot.amount.hundredths(),
        remaining: lot.remaining.hundredths(),
        available_at: lot.available_at.millis(),
        expires_at: lot.expires_at.millis(),
        open: lot.remaining.is_positive(),
    };
    posting.opened.iter().map(row).collect()
}

fn changed_rows(tenant_id: i64, posting: &Posting) -> Vec<ChangedRow> {
    let row = |lot: &crate::ledger::ChangedLot| ChangedRow {
        tenant_id,
        client_id: posting.client_id,
        id: lot.id,
        before: lot.before.hundredths(),
        remaining: lot.remaining.hundredths(),
        open: lot.remaining.is_positive(),
    };
    posting.changed.iter().map(row).collect()
}

fn entry_rows(tenant_id: i64, posting: &Posting) -> Result<Vec<EntryRow>, serde_json::Error> {
    let row = |entry: &crate::ledger::PostedEntry| {
        Ok(EntryRow {
            tenant_id,
            client_id: posting.client_id,
            number: entry.number,
            id: entry.id,
            kind: entry.kind.as_str(),
            amount: entry.amount.hundredths(),
            balance_after: entry.balance_after.hundredths(),
            sale_id: posting.sale.as_ref().map(|sale| sale.id),
            return_id: posting.returned.as_ref().map(|returned| returned.id),
            explanation: serde_json::to_string(&entry.explanation)?,
            cause: entry.cause.clone(),
            created_at: posting.at.millis(),
        })
    };
    posting.entries.iter().map(row).collect()
}

/// The entries of a posting are those numbered first + 1 to last.
fn entry_range(posting: &Posting) -> (i64, i64) {
    let last = posting.figures.entry_number;
    (last - posting.entries.len() as i64, last)
}

fn sale_row(poster: Poster<'_>, posting: &Posting) -> Result<Option<SaleRow>, serde_json::Error> {
    let Some(sale) = &posting.sale else {
        return Ok(None);
    };
    let (entry_first, entry_last) = entry_range(posting);
    Ok(Some(SaleRow {
        tenant_id: poster.tenant.id,
        id: sale.id,
        client_id: posting.client_id,
        number: sale.number,
        kind: sale.kind.as_str(),
        register_id: poster.register_id,
        external_id: sale.external_id.clone(),
        total: sale.total.hundredths(),
        gross: sale.gross.hundredths(),
        redeemed: sale.redeemed.hundredths(),
        accrued: sale.accrued.hundredths(),
        mode: match sale.mode {
            crate::model::RedeemMode::PaymentType => "payment_type",
            crate::model::RedeemMode::Discount => "discount",
        },
        receipt_number: sale.receipt_number.clone(),
        cashier_id: sale.cashier_id,
        payment_method: sale.payment_method.clone(),
        sale_at: sale.sale_at.millis(),
        lines: serde_json::to_string(&sale.lines)?,
        balance_after: sale.balance_after.hundredths(),
        entry_first,
        entry_last,
        programme_version: sale.programme_version,
        created_at: posting.at.millis(),
    }))
}

fn use_rows(tenant_id: i64, posting: &Posting) -> Vec<UseRow> {
    let row = |used: &crate::ledger::PromotionUse| UseRow {
        tenant_id,
        client_id: posting.client_id,
        promotion_id: used.promotion_id,
        per_client: used.per_client,
        in_all: used.in_all,
    };
    posting.uses.iter().map(row).collect()
}

fn follow_up_rows(tenant_id: i64, posting: &Posting) -> Result<Vec<FollowUpRow>, serde_json::Error> {
    let row = |follow_up: &crate::ledger::FollowUp| {
        Ok(FollowUpRow {
            tenant_id,
            id: follow_up.id,
            client_id: follow_up.client_id,
            task: serde_json::to_string(&follow_up.task)?,
            created_at: posting.at.millis(),
        })
    };
    posting.follow_ups.iter().map(row).collect()
}

fn return_row(poster: Poster<'_>, posting: &Posting) -> Result<Option<ReturnRow>, serde_json::Error> {
    let Some(returned) = &posting.returned else {
        return Ok(None);
    };
    let put_back: Vec<(i64, i64)> = returned
        .put_back
        .iter()
        .map(|(lot_id, part)| (*lot_id, part.hundredths()))
        .collect();
    let (entry_first, entry_last) = entry_range(posting);
    Ok(Some(ReturnRow {
        tenant_id: poster.tenant.id,
        id: returned.id,
        client_id: posting.client_id,
        sale_id: returned.sale_id,
        register_id: poster.register_id,
        external_id: returned.request.external_id.clone(),
        amount: returned.request.amount.hundredths(),
        cash_refund: returned.request.cash_refund.map(crate::model::Money::hundredths),
        revoked: returned.revoked.hundredths(),
        shortage: returned.shortage.hundredths(),
        settled: returned.settled.hundredths(),
        restored: returned.restored.hundredths(),
        put_back: serde_json::to_string(&put_back)?,
        balance_after: returned.balance_after.hundredths(),
        entry_first,
        entry_last,
        created_at: posting.at.millis(),
    }))
}
