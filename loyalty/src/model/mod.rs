//! Values that can't be wrong. Everything here compiles to wasm.
//!
//! In reading order: what is counted ([`Money`], [`Price`], [`Bonus`], [`Percent`], [`Timestamp`]), who is meant ([`Phone`],
//! [`Identifier`]), how a request is named ([`IdempotencyKey`]), who asks ([`Tenant`], [`Branch`], [`Register`],
//! [`Partner`], [`Client`]) and from where ([`Source`]), what the shop promises ([`Programme`], [`Tier`], [`Promotion`], [`Segment`]), what happened
//! ([`Lot`], [`Explanation`], [`EntryKind`], [`Figures`]), and who is told ([`EventKind`], [`MessageKind`], [`Channel`]).

mod amount;
mod barcode;
mod campaign;
mod date;
mod decimal;
mod event;
mod explanation;
mod figures;
mod idempotency_key;
mod identifier;
mod job;
mod lot;
mod message;
mod month;
mod percent;
mod phone;
mod price;
mod programme;
mod programme_check;
mod promotion;
mod segment;
mod source;
mod stock;
mod tenant;
mod text;
mod timestamp;

pub use amount::{AmountError, Bonus, Money};
pub use barcode::{account_number, club_card, ean13};
pub use campaign::{Audience, CampaignDraft, CampaignError, CampaignStatus, CampaignTexts, RecentPurchase};
pub use date::{Date, DateError};
pub use event::EventKind;
pub use explanation::{EntryKind, Explanation};
pub use figures::{DailyFigures, Figures, Level};
pub use idempotency_key::{IdempotencyKey, IdempotencyKeyError};
pub use identifier::{Identifier, IdentifierError};
pub use job::Job;
pub use lot::{Lot, LotKind};
pub use message::{Channel, Consent, Delivery, Language, MessageKind, MessageQueue, TemplateError};
pub use month::Month;
pub use percent::Percent;
pub(crate) use percent::share;
pub use phone::{Phone, PhoneError};
pub use price::Price;
pub(crate) use programme::lives_until;
pub use programme::{
    AccrualBase, BirthdayTerms, Programme, ReactivationTerms, RedeemMode, Rounding, SecondPurchaseTerms,
    Spending, Tier, TierBasis, human_duration,
};
pub use programme_check::{ProgrammeChange, ProgrammeError};
pub use promotion::{
    AppliedLine, AppliedPromotion, BirthdayWindow, Condition, Factor, Hours, Limits, Promotion,
    PromotionError, Reward,
};
pub use segment::{Goods, RfmClass, Segment};
pub use source::{NETWORK_TIMES, Source};
pub use stock::StockItem;
pub use tenant::{Branch, Client, Partner, Register, Seller, ShopCode, ShopCodeError, Tenant};
pub use text::{clean_name, is_blank, trimmed};
pub use timestamp::{Timestamp, TimestampError, Zone};
