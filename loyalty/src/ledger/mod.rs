//! A change is data: what was read goes in, a [`Posting`] comes out, and only a posting moves a bonus.
//!
//! [`Account`] is what is read of a client. Each `decide_*` is pure: no clock, no store, no randomness. It answers with
//! a [`Posting`] for exactly one account, or with a [`Refusal`]. [`book`] keeps the sums while a posting grows.

mod account;
mod adjustment;
mod book;
mod enrolment;
mod expiry;
mod gift;
mod lots;
mod posting;
mod redemption;
mod refusal;
mod request;
mod returning;
mod sale;
mod simulation;
#[cfg(test)]
mod tests;
mod year;

pub use account::{Account, Order, OrderGift, OrderSale, SpentLot};
pub use adjustment::{AdjustmentRequest, decide_adjustment};
pub use enrolment::decide_welcome;
pub use expiry::decide_expiry;
pub use gift::{
    birthday_cause, decide_birthday, decide_inviter_revocation, decide_inviter_reward, referral_cause,
};
pub use lots::Lots;
pub use posting::{
    ChangedLot, Figures, FollowUp, LotRef, OpenedLot, PostedEntry, PostedReturn, PostedSale, Posting,
    PromotionUse, SaleKind, Task,
};
pub use redemption::decide_redemption;
pub use refusal::{Refusal, ReturnCalculation};
pub use request::{Line, RedemptionRequest, ReturnRequest, SaleRequest};
pub use returning::{calculate_return, decide_return};
pub use sale::{SaleContext, decide_sale};
pub use simulation::{PastSale, Replay, RuleCost, Simulation, Simulator};
pub use year::decide_year;
