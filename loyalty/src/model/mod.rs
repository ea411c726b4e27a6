//! Values that can't be wrong. Everything here compiles to wasm.
//!
//! In reading order: what is counted ([`Money`], [`Price`], [`Bonus`], [`Percent`], [`Timestamp`]), who is meant ([`Phone`],
//! [`Identifier`]), how a request is named ([`IdempotencyKey`]), who asks ([`Tenant`], [`Branch`], [`Register`],
//! [`Partner`], [`Client`]) and from where ([`Source`]), what the shop promises ([`Programme`], [`Tier`], [`Promotion`],
//! [`Segment`]), what happened ([`Lot`], [`Explanation`], [`EntryKind`], [`Figures`]), and who is told ([`EventKind`],
//! [`MessageKind`], [`Channel`]).

mod money;
mod people;
mod programme;
mod shop;
mod text;
mod time;
mod told;

pub(crate) use money::percent::share;
pub use money::*;
pub use people::*;
pub(crate) use programme::rules::lives_until;
pub use programme::*;
pub use shop::*;
pub use text::{clean_name, is_blank, trimmed};
pub use time::*;
pub use told::*;
