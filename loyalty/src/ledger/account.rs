//! What is read of a client before deciding.

use super::Lots;
use crate::model::{Bonus, Date, EntryKind, Lot, Money, RfmClass, Spending, Timestamp};

/// A client's figures, the version they were read at, and the lots the operation needs.
#[derive(Clone, Debug)]
pub struct Account {
    /// Number within the tenant.
    pub client_id: i64,
    /// Rises with every posting: a posting applies only to the version it was decided on.
    pub version: i64,
    /// The whole balance; below zero it is a debt.
    pub balance: Bonus,
    /// Purchases less returns; decides the tier.
    pub spent: Spending,
    /// Purchases after this moment are in `spent.year`.
    pub year_from: Timestamp,
    /// Purchases made.
    pub sales_count: i64,
    /// Number of the newest entry of the history.
    pub entry_number: i64,
    /// Number of the newest sale.
    pub sale_number: i64,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
    /// The newest purchase.
    pub last_purchase_at: Option<Timestamp>,
    /// As told.
    pub birth_date: Option<Date>,
    /// The class of the last review.
    pub rfm: Option<RfmClass>,
    /// The client whose invitation this one followed.
    pub invited_by: Option<i64>,
    /// No operations are allowed.
    pub is_blocked: bool,
    /// The open lots that the operation needs.
    pub lots: Lots,
}

/// One order as a return sees it: the sale, the redemption made before it under the same external id, or both.
#[derive(Clone, Debug)]
pub struct Order {
    /// The sale, or the redemption when there is no sale.
    pub sale: OrderSale,
    /// True when there is a sale: only then does a return lower `total_spent`.
    pub is_purchase: bool,
    /// Spent on the whole order.
    pub redeemed: Bonus,
    /// The lot that the sale's accrual opened.
    pub accrual_lot: Option<i64>,
    /// What was given with the sale beside its accrual.
    pub gifts: Vec<OrderGift>,
    /// Whose invitation the sale rewarded.
    pub inviter_id: Option<i64>,
    /// The lots the order spent, in spending order, open or not.
    pub spent: Vec<SpentLot>,
    /// Returned by earlier returns.
    pub returned: Money,
    /// Revoked by earlier returns.
    pub revoked: Bonus,
    /// Restored by earlier returns.
    pub restored: Bonus,
}

/// The row that a return names.
#[derive(Clone, Copy, Debug)]
pub struct OrderSale {
    /// Its id.
    pub id: i64,
    /// Its total.
    pub total: Money,
    /// What it earned.
    pub accrued: Bonus,
    /// When it was posted.
    pub created_at: Timestamp,
}

/// A gift that came with a sale.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OrderGift {
    /// Which one.
    pub kind: EntryKind,
    /// Given.
    pub amount: Bonus,
    /// The lot it opened.
    pub lot_id: Option<i64>,
}

/// A lot and what an order took from it.
#[derive(Clone, Debug)]
pub struct SpentLot {
    /// The lot as it is now.
    pub lot: Lot,
    /// What the order took.
    pub spent: Bonus,
    /// What earlier returns gave back of it, wherever it went.
    pub restored: Bonus,
}
