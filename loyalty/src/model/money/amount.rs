//! Money and bonuses: two distinct types, both whole hundredths in an `i64` (ruling 9).

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimal::Decimal;

/// Why a number is not an amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AmountError {
    /// Not a number at all, or NaN.
    #[error("не число")]
    NotANumber,
    /// More than two digits after the point.
    #[error("не больше двух знаков после точки")]
    TooPrecise,
    /// Beyond 999 999 999.99 either way.
    #[error("слишком большая сумма")]
    TooLarge,
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest amount a request may carry: 999 999 999.99.
            pub const MAX: Self = Self(99_999_999_999);

            /// An amount of that many hundredths.
            pub const fn from_hundredths(hundredths: i64) -> Self {
                Self(hundredths)
            }

            /// An amount of that many whole units.
            pub const fn whole(units: i64) -> Self {
                Self(units * 100)
            }

            /// This amount in hundredths.
            pub const fn hundredths(self) -> i64 {
                self.0
            }

            /// True for exactly nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// True above nothing.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// This amount, or nothing when it is negative.
            pub fn or_zero(self) -> Self {
                Self(self.0.max(0))
            }

            /// Reads what a person types: `1000`, `1 000,50`, `1000.5`.
            ///
            /// # Errors
            /// Not a number, more than two decimals, or beyond [`Self::MAX`].
            pub fn parse(text: &str) -> Result<Self, AmountError> {
                parse_hundredths(text).map(Self)
            }

            /// Reads a JSON number. What differs from a hundredth by less than 0.000001 is binary noise (ruling 9).
            ///
            /// # Errors
            /// NaN, more than two decimals as written, or beyond [`Self::MAX`].
            pub fn from_number(number: f64) -> Result<Self, AmountError> {
                let decimal = Decimal::of(number).ok_or(AmountError::NotANumber)?;
                let rounded = Self::within(decimal.rounded(2))?;
                match decimal.is_a_hundredth() {
                    true => Ok(rounded),
                    false => Err(AmountError::TooPrecise),
                }
            }

            /// The amount nearest to a JSON number, half up.
            ///
            /// # Errors
            /// NaN, or beyond [`Self::MAX`].
            pub fn rounded(number: f64) -> Result<Self, AmountError> {
                Self::within(Decimal::of(number).ok_or(AmountError::NotANumber)?.rounded(2))
            }

            fn within(hundredths: i64) -> Result<Self, AmountError> {
                match hundredths.abs() <= Self::MAX.0 {
                    true => Ok(Self(hundredths)),
                    false => Err(AmountError::TooLarge),
                }
            }

            /// The nearest float, for JSON and charts, never for arithmetic.
            pub fn as_f64(self) -> f64 {
                self.0 as f64 / 100.0
            }
        }

        /// Plain decimal without trailing zeros: `47.75`, `60`, `-0.5`.
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = if self.0 < 0 { "-" } else { "" };
                let (units, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
                match rest {
                    0 => write!(out, "{sign}{units}"),
                    tenths if tenths % 10 == 0 => write!(out, "{sign}{units}.{}", tenths / 10),
                    _ => write!(out, "{sign}{units}.{rest:02}"),
                }
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Add::add)
            }
        }

        /// A JSON number, whole when it is whole.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.0 % 100 == 0 {
                    serializer.serialize_i64(self.0 / 100)
                } else {
                    serializer.serialize_f64(self.as_f64())
                }
            }
        }

        /// What we have written, we read: sums of several requests may be above [`Self::MAX`].
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = f64::deserialize(deserializer)?;
                match Self::from_number(number) {
                    Err(AmountError::TooLarge) => large_hundredths(number).map(Self),
                    read => read,
                }
                .map_err(serde::de::Error::custom)
            }
        }
    };
}

amount! {
    /// A sum in the shop's currency, in hundredths.
    Money
}

amount! {
    /// A sum of bonuses, in hundredths. One bonus pays one unit of the currency (ruling 18).
    Bonus
}

impl Bonus {
    /// What these bonuses pay for.
    pub const fn worth(self) -> Money {
        Money(self.0)
    }
}

impl Money {
    /// The bonuses that pay this sum.
    pub const fn in_bonuses(self) -> Bonus {
        Bonus(self.0)
    }
}

fn parse_hundredths(text: &str) -> Result<i64, AmountError> {
    let (negative, digits) = match text.trim().strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.trim()),
    };
    let (mut whole, mut fraction, mut decimals, mut seen) = (0_i64, 0_i64, None::<u32>, false);
    for character in digits.chars() {
        match character {
            '0'..='9' => {
                let digit = i64::from(character as u8 - b'0');
                seen = true;
                match &mut decimals {
                    None => whole = whole.saturating_mul(10).saturating_add(digit),
                    Some(count) if *count < 2 => {
                        fraction = fraction * 10 + digit;
                        *count += 1;
                    }
                    Some(_) if digit == 0 => {}
                    Some(_) => return Err(AmountError::TooPrecise),
                }
            }
            '.' | ',' if decimals.is_none() => decimals = Some(0),
            ' ' | '\u{a0}' | '\u{202f}' if decimals.is_none() => {}
            _ => return Err(AmountError::NotANumber),
        }
    }
    if !seen {
        return Err(AmountError::NotANumber);
    }
    if decimals == Some(1) {
        fraction *= 10;
    }
    if whole > Money::MAX.0 / 100 {
        return Err(AmountError::TooLarge);
    }
    let hundredths = whole * 100 + fraction;
    Ok(if negative { -hundredths } else { hundredths })
}

/// Hundredths of a sum that floats still tell apart from its neighbours.
fn large_hundredths(number: f64) -> Result<i64, AmountError> {
    let hundredths = (number * 100.0).round();
    match hundredths.abs() <= 9e15 && hundredths / 100.0 == number {
        true => Ok(hundredths as i64),
        false => Err(AmountError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_type() {
        for (text, hundredths) in [
            ("1000", 100_000),
            ("1 000,50", 100_050),
            ("0.5", 50),
            ("19.99", 1999),
            ("-3,1", -310),
            ("7.", 700),
        ] {
            assert_eq!(Money::parse(text), Ok(Money(hundredths)), "{text}");
        }
        for text in ["", "abc", "1.2.3", "1e3", "--1", "."] {
            assert_eq!(Money::parse(text), Err(AmountError::NotANumber), "{text}");
        }
        assert_eq!(Money::parse("1.005"), Err(AmountError::TooPrecise));
        assert_eq!(Money::parse("1000000000"), Err(AmountError::TooLarge));
    }

    #[test]
    fn prints_without_trailing_zeros() {
        for (hundredths, text) in [
            (6000, "60"),
            (4775, "47.75"),
            (750, "7.5"),
            (5, "0.05"),
            (-50, "-0.5"),
        ] {
            assert_eq!(Bonus(hundredths).to_string(), text);
        }
    }

    #[test]
    fn json_is_a_number_with_two_decimals_at_most() {
        assert_eq!(serde_json::to_string(&Money(100_000)).unwrap(), "1000");
        assert_eq!(serde_json::to_string(&Money(4775)).unwrap(), "47.75");
        assert!(serde_json::from_str::<Money>("1.005").is_err());
        assert_eq!(
            serde_json::from_str::<Money>("29.999999999999996").unwrap(),
            Money(3000)
        );
        assert!(serde_json::from_str::<Money>("\"1\"").is_err());
        for hundredths in [
            100_000_000_000,
            199_999_999_998,
            -500_000_000_000_001,
            9_000_000_000_000_000,
        ] {
            let text = serde_json::to_string(&Money(hundredths)).unwrap();
            assert_eq!(
                serde_json::from_str::<Money>(&text).unwrap(),
                Money(hundredths),
                "{text}"
            );
        }
        assert!(serde_json::from_str::<Money>("1e20").is_err());
    }

    #[test]
    fn ruling_9_sums_of_lines_are_rounded_half_up() {
        for (number, hundredths) in [
            (41.1478848, 4115),
            (0.005, 1),
            (1.005, 101),
            (2.675, 268),
            (-0.001, 0),
        ] {
            assert_eq!(Money::rounded(number), Ok(Money(hundredths)), "{number}");
        }
        assert_eq!(Money::from_number(999_999_999.994), Err(AmountError::TooPrecise));
        for number in [999_999_999.995, 1e300, -1e300] {
            assert_eq!(Money::rounded(number), Err(AmountError::TooLarge), "{number}");
            assert_eq!(Money::from_number(number), Err(AmountError::TooLarge), "{number}");
        }
    }

    proptest! {
        #[test]
        fn json_gives_every_amount_back(hundredths in -99_999_999_999_i64..=99_999_999_999) {
            let text = serde_json::to_string(&Money(hundredths)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), Money(hundredths));
            prop_assert_eq!(Money::parse(&Money(hundredths).to_string()), Ok(Money(hundredths)));
        }
    }
}
