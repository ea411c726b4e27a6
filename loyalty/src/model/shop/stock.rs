//! Goods in stock, as 1С or an ERP reports them (R-INVENTORY).

use serde::{Deserialize, Serialize};

/// One article. What the report leaves out is not known.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct StockItem {
    /// At most 64 characters.
    pub sku: String,
    /// Shown to people.
    pub name: Option<String>,
    /// Category, as in the lines of receipts.
    pub category_code: Option<String>,
    /// Which clients it may interest.
    pub interest_tag: Option<String>,
    /// In thousandths.
    pub quantity: Option<i64>,
    /// In thousandths.
    pub quantity_on_hand: Option<i64>,
    /// More than this is too much; in thousandths.
    pub overstock_threshold: Option<i64>,
    /// Whole days.
    pub days_without_sale: Option<i64>,
}
