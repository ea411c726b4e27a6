//! What is counted: sums, bonuses, prices, parts of a hundred.

pub(super) mod amount;
pub(super) mod decimal;
pub(super) mod percent;
pub(super) mod price;

pub use amount::{AmountError, Bonus, Money};
pub use percent::Percent;
pub use price::Price;
