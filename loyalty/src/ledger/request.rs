//! What registers ask for.

use serde::{Deserialize, Serialize};

use crate::model::{Bonus, Money, Price, RedeemMode, Timestamp};

/// A sale as a register asks for it.
#[derive(Clone, Debug)]
pub struct SaleRequest {
    /// Whole in `payment_type`, after the discount in `discount`.
    pub total: Money,
    /// Before bonuses; looked at in `discount` only.
    pub gross: Option<Money>,
    /// Bonuses to spend.
    pub redeem: Bonus,
    /// How the register books them.
    pub mode: RedeemMode,
    /// The register's own id of the sale.
    pub external_id: Option<String>,
    /// Fiscal number.
    pub receipt_number: Option<String>,
    /// Number of the cashier; stored.
    pub cashier_id: Option<i64>,
    /// How the rest was paid; stored.
    pub payment_method: Option<String>,
    /// When the receipt was made; none: now.
    pub sale_at: Option<Timestamp>,
    /// Its positions.
    pub lines: Vec<Line>,
}

/// One position of a receipt.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Line {
    /// Article.
    pub sku: Option<String>,
    /// Category, for promotions.
    pub category_code: Option<String>,
    /// Shown to the client.
    pub name: Option<String>,
    /// How many.
    pub quantity: Option<f64>,
    /// Price of one.
    pub unit_price: Option<Price>,
    /// Price of all.
    pub line_amount: Option<Money>,
}

/// A redemption without a sale.
#[derive(Clone, Debug)]
pub struct RedemptionRequest {
    /// Bonuses to spend.
    pub amount: Bonus,
    /// The receipt they pay.
    pub total: Money,
    /// The register's own id of the order.
    pub external_id: Option<String>,
}

/// A return as a register asks for it.
#[derive(Clone, Debug)]
pub struct ReturnRequest {
    /// Worth of the goods brought back.
    pub amount: Money,
    /// Money given back; stored as sent.
    pub cash_refund: Option<Money>,
    /// Bonuses to take back; none: the share of `amount`.
    pub to_revoke: Option<Bonus>,
    /// The shortage was withheld from the cash refund.
    pub shortage_settled: bool,
    /// The register's own id of the return.
    pub external_id: String,
}
