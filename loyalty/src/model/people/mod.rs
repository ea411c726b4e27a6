//! Who is meant, and how a request is named.

pub(super) mod barcode;
pub(super) mod idempotency_key;
pub(super) mod identifier;
pub(super) mod phone;
pub(super) mod source;

pub use barcode::{account_number, club_card, ean13};
pub use idempotency_key::{IdempotencyKey, IdempotencyKeyError};
pub use identifier::{Identifier, IdentifierError};
pub use phone::{Phone, PhoneError};
pub use source::{NETWORK_TIMES, Source};
