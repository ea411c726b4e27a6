//! What lies in the shop.

pub(super) mod list_slow_stock;
pub(super) mod sync_stock;

pub use list_slow_stock::{SlowItem, slow_stock};
pub use sync_stock::{StockChange, StockReport, sync_stock};
