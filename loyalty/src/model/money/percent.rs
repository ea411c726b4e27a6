//! Percentages in basis points.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A percentage in basis points: 500 is 5 %.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Percent(i64);

impl Percent {
    /// A percentage of that many basis points.
    pub const fn from_basis_points(basis_points: i64) -> Self {
        Self(basis_points)
    }

    /// That many whole per cent.
    pub const fn whole(percent: i64) -> Self {
        Self(percent * 100)
    }

    /// This percentage in basis points.
    pub const fn basis_points(self) -> i64 {
        self.0
    }

    /// This share of so many hundredths, rounded half up (ruling 9).
    pub fn of(self, hundredths: i64) -> i64 {
        share(hundredths, self.0, 10_000)
    }

    /// The nearest float, for the wire: 5 % is `5.0`.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

/// Plain decimal, without the sign: `5`, `7.5`.
impl fmt::Display for Percent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::model::Bonus::from_hundredths(self.0).fmt(out)
    }
}

/// `amount × part ÷ whole`, rounded half up; nothing when `whole` is nothing.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let rounded = (2 * product + whole).div_euclid(2 * whole);
    i64::try_from(rounded).expect("a share is no larger than amounts are")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_up_once() {
        assert_eq!(Percent::whole(5).of(95_500), 4775);
        assert_eq!(Percent::whole(5).of(10), 1);
        assert_eq!(Percent::whole(5).of(9), 0);
        assert_eq!(Percent::from_basis_points(333).of(1000), 33);
        assert_eq!(share(1, 1, 2), 1);
        assert_eq!(share(5, 1, 0), 0);
    }

    #[test]
    fn prints_like_a_person() {
        assert_eq!(Percent::whole(30).to_string(), "30");
        assert_eq!(Percent::from_basis_points(750).to_string(), "7.5");
    }
}
