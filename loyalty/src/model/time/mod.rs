//! When: moments, days, months, in a zone.

pub(super) mod date;
pub(super) mod month;
pub(super) mod timestamp;

pub use date::{Date, DateError};
pub use month::Month;
pub use timestamp::{Timestamp, TimestampError, Zone};
