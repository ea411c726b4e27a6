//! A month of the calendar.

use std::fmt;

use crate::model::Date;

/// A month, from year 1 to 9999.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Month {
    /// 202606 is June 2026.
    number: i64,
}

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self {
            number: day.number() / 100,
        }
    }

    /// As one number: 202606.
    pub const fn number(self) -> i64 {
        self.number
    }

    /// The month of such a number, if there is one.
    pub fn from_number(number: i64) -> Option<Self> {
        let is_month = (101..=999_912).contains(&number) && (1..=12).contains(&(number % 100));
        is_month.then_some(Self { number })
    }

    /// The month after.
    pub const fn next(self) -> Self {
        let number = match self.number % 100 {
            12 => self.number + 89,
            _ => self.number + 1,
        };
        Self { number }
    }

    /// The month before.
    pub const fn previous(self) -> Self {
        let number = match self.number % 100 {
            1 => self.number - 89,
            _ => self.number - 1,
        };
        Self { number }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        Date::from_number(self.number * 100 + 1).expect("every month has a first day")
    }
}

/// `2026-06`.
impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.number / 100, self.number % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn months_follow_each_other(year in 2000_i64..2100, month in 1_i64..=12) {
            let this = Month::from_number(year * 100 + month).unwrap();
            prop_assert_eq!(this.next().previous(), this);
            prop_assert!(this.previous() < this && this < this.next());
            prop_assert_eq!(Month::of(this.first_day()), this);
            prop_assert_eq!(Month::from_number(this.next().number()), Some(this.next()));
            prop_assert_eq!(this.to_string(), format!("{year}-{month:02}"));
        }
    }

    #[test]
    fn there_is_no_thirteenth_month() {
        assert_eq!(Month::from_number(202_613), None);
        assert_eq!(Month::from_number(202_600), None);
    }
}
