//! Who asks, what lies in the shop, what is done for it by the clock.

pub(super) mod figures;
pub(super) mod job;
pub(super) mod stock;
pub(super) mod tenant;

pub use figures::{DailyFigures, Figures, Level};
pub use job::Job;
pub use stock::StockItem;
pub use tenant::{Branch, Client, Partner, Register, Seller, ShopCode, ShopCodeError, Tenant};
