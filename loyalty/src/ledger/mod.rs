//! A change is data: what was read goes in, a [`Posting`] comes out, and only a posting moves a bonus.
//!
//! [`Account`] is what is read of a client. Each `decide_*` is pure: no clock, no store, no randomness. It answers with
//! a [`Posting`] for exactly one account, or with a [`Refusal`]. [`book`] keeps the sums while a posting grows.

mod account;
mod adjustment;
mod book;
mod enrolment;
mod posting;
mod redemption;
mod refusal;
mod returning;
mod sale;
#[cfg(test)]
mod tests;

pub use account::{Account, Order, OrderSale, SpentLot};
pub use adjustment::{AdjustmentRequest, decide_adjustment};
pub use enrolment::decide_welcome;
pub use posting::{
    ChangedLot, Figures, LotRef, OpenedLot, PostedEntry, PostedReturn, PostedSale, Posting, SaleKind,
};
pub use redemption::{RedemptionRequest, decide_redemption};
pub use refusal::{Refusal, ReturnCalculation};
pub use returning::{ReturnRequest, calculate_return, decide_return};
pub use sale::{Line, SaleRequest, decide_sale};
