//! What a shop promises, and what came of it.

pub(super) mod explanation;
pub(super) mod lot;
pub(super) mod promotion;
pub(super) mod rules;
pub(super) mod rules_check;
pub(super) mod segment;

pub use explanation::{EntryKind, Explanation};
pub use lot::{Lot, LotKind};
pub use promotion::{
    AppliedLine, AppliedPromotion, BirthdayWindow, Condition, Factor, Hours, Limits, Promotion,
    PromotionError, Reward,
};
pub use rules::{
    AccrualBase, BirthdayTerms, Programme, ReactivationTerms, RedeemMode, Rounding, SecondPurchaseTerms,
    Spending, Tier, TierBasis, human_duration,
};
pub use rules_check::{ProgrammeChange, ProgrammeError};
pub use segment::{Goods, RfmClass, Segment};
