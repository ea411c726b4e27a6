//! A named set of clients: whom a personal promotion or a campaign is for (R-PROMO-1).

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
    /// Those of these classes.
    Rfm {
        /// As of the last review.
        classes: Vec<RfmClass>,
    },
    /// Those who have ever bought such goods.
    Interest {
        /// Which goods.
        goods: Goods,
    },
    /// Those who have bought such goods in the last so many days.
    Bought {
        /// Which goods.
        goods: Goods,
        /// Of 24 hours.
        days: i64,
    },
    /// Those who have not bought such goods in the last so many days, if ever.
    NotBought {
        /// Which goods.
        goods: Goods,
        /// Of 24 hours.
        days: i64,
    },
}

/// Goods as the lines of receipts name them.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "by", content = "name", rename_all = "snake_case")]
pub enum Goods {
    /// One article.
    Sku(String),
    /// A category.
    Category(String),
    /// Articles that the shop's stock gives this interest tag.
    Tag(String),
}

/// How recently, how often and for how much a client buys, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RfmClass {
    /// Recent, frequent, large.
    Champion,
    /// Frequent, and still coming.
    Loyal,
    /// Recent, not frequent yet.
    Promising,
    /// In the middle of everything.
    Regular,
    /// Was frequent or large, comes no more.
    AtRisk,
    /// Neither recent nor frequent.
    Lost,
    /// Has never bought.
    Newcomer,
}

impl Segment {
    /// The goods whose purchases decide it.
    pub fn goods(&self) -> Option<&Goods> {
        match self {
            Self::Interest { goods } | Self::Bought { goods, .. } | Self::NotBought { goods, .. } => {
                Some(goods)
            }
            _ => None,
        }
    }
}

impl Goods {
    /// As stored: `sku`, `category` or `tag`, and the name.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Sku(name) => ("sku", name),
            Self::Category(name) => ("category", name),
            Self::Tag(name) => ("tag", name),
        }
    }
}

impl RfmClass {
    /// Every class, the best first.
    pub const ALL: [Self; 7] = [
        Self::Champion,
        Self::Loyal,
        Self::Promising,
        Self::Regular,
        Self::AtRisk,
        Self::Lost,
        Self::Newcomer,
    ];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Loyal => "loyal",
            Self::Promising => "promising",
            Self::Regular => "regular",
            Self::AtRisk => "at_risk",
            Self::Lost => "lost",
            Self::Newcomer => "newcomer",
        }
    }

    /// The class of this stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}
