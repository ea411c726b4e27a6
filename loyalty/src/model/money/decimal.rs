//! The decimals of a JSON number as its sender wrote them (ruling 9).

/// More than this nobody counts; far below what an `i64` holds in ten-thousandths.
const WHOLE_MAX: i64 = 1_000_000_000_000;

/// A number by its decimal digits.
pub(super) struct Decimal {
    is_negative: bool,
    /// Before the point, at most [`WHOLE_MAX`].
    whole: i64,
    /// After the point, without trailing zeros.
    fraction: String,
}

impl Decimal {
    /// The digits of a number; none of what is not finite.
    pub fn of(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        // The shortest decimal that gives this float back is what the sender wrote.
        let text = number.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Some(Self {
            is_negative: number < 0.0,
            whole: whole.parse().unwrap_or(WHOLE_MAX).min(WHOLE_MAX),
            fraction: fraction.to_owned(),
        })
    }

    /// The nearest number with so many decimals, as a whole number of its last one; halves go up, away from nothing.
    pub fn rounded(&self, places: usize) -> i64 {
        let digit = |place: usize| {
            let digit = self.fraction.as_bytes().get(place);
            digit.map_or(0, |digit| i64::from(digit - b'0'))
        };
        let scaled = (0..places).fold(self.whole, |sum, place| sum * 10 + digit(place));
        let scaled = scaled + i64::from(digit(places) >= 5);
        if self.is_negative { -scaled } else { scaled }
    }

    /// Whether the number differs from its nearest hundredth by less than 0.000001: binary noise, if anything at all.
    pub fn is_a_hundredth(&self) -> bool {
        let rest = self.fraction.get(2..).unwrap_or_default();
        match rest.split_at_checked(4) {
            None => rest.bytes().all(|digit| digit == b'0'),
            Some(("0000", _)) => true,
            Some(("9999", more)) => more.bytes().any(|digit| digit != b'0'),
            Some(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_go_up_as_they_are_written() {
        for (number, places, rounded) in [
            (1.005, 2, 101),
            (1.004_999, 2, 100),
            (-1.005, 2, -101),
            (12.345_65, 4, 123_457),
            (0.0, 2, 0),
            (1e-9, 2, 0),
            (1e300, 2, WHOLE_MAX * 100),
        ] {
            assert_eq!(Decimal::of(number).unwrap().rounded(places), rounded, "{number}");
        }
        assert!(Decimal::of(f64::NAN).is_none() && Decimal::of(f64::INFINITY).is_none());
    }

    #[test]
    fn less_than_a_millionth_is_noise() {
        for noise in [
            50.0000000001,
            29.999999999999996,
            48.300000000000004,
            30.0000009999,
            1.999999001,
            0.3,
        ] {
            assert!(Decimal::of(noise).unwrap().is_a_hundredth(), "{noise}");
        }
        for meant in [50.000001, 49.999999, 50.001, 1.005, 50.0001] {
            assert!(!Decimal::of(meant).unwrap().is_a_hundredth(), "{meant}");
        }
    }

    proptest! {
        #[test]
        fn noise_rounds_to_where_it_came_from(hundredths in -99_999_999_999_i64..=99_999_999_999, noise in -5e-7..5e-7) {
            let number = hundredths as f64 / 100.0 + noise;
            let decimal = Decimal::of(number).unwrap();
            prop_assert!(decimal.is_a_hundredth(), "{number}");
            prop_assert_eq!(decimal.rounded(2), hundredths);
        }
    }
}
