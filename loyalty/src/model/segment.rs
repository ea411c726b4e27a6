//! A named set of clients: whom a personal promotion is for (R-PROMO-1).

use serde::{Deserialize, Serialize};

/// Which clients are meant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Segment {
    /// Those of these tiers.
    Tiers {
        /// Their numbers.
        ids: Vec<i64>,
    },
    /// Those who have bought, but not in the last so many days.
    Inactive {
        /// Of 24 hours.
        days: i64,
    },
    /// Those who have bought in the last so many days.
    Active {
        /// Of 24 hours.
        days: i64,
    },
    /// Those who have never bought.
    Newcomers,
}
