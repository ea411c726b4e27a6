//! Which language.

use super::{CashTexts, en, ru, tg};

/// A language of the site.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Lang {
    /// Russian, the first one.
    #[default]
    Ru,
    /// Tajik.
    Tg,
    /// English.
    En,
}

impl Lang {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Ru, Self::Tg, Self::En];

    /// `ru`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::Tg => "tg",
            Self::En => "en",
        }
    }

    /// The language of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The cashier's words.
    pub const fn cash(self) -> &'static CashTexts {
        match self {
            Self::Ru => &ru::CASH,
            Self::Tg => &tg::CASH,
            Self::En => &en::CASH,
        }
    }
}
