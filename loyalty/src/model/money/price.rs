//! The price of one piece: four decimals, since what is sold by weight has them (ruling 9).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimal::Decimal;
use crate::model::{AmountError, Money};

/// Ten-thousandths of the shop's currency for one piece.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Price(i64);

impl Price {
    /// The price nearest to a number, half up.
    ///
    /// # Errors
    /// NaN, or beyond [`Money::MAX`].
    pub fn rounded(number: f64) -> Result<Self, AmountError> {
        let decimal = Decimal::of(number).ok_or(AmountError::NotANumber)?;
        let price = decimal.rounded(4);
        match price.abs() / 100 <= Money::MAX.hundredths() {
            true => Ok(Self(price)),
            false => Err(AmountError::TooLarge),
        }
    }

    /// Below nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// What so many pieces cost, at most [`Money::MAX`].
    pub fn of(self, pieces: f64) -> Money {
        let sum = (self.0 as f64 * pieces / 100.0).round();
        Money::from_hundredths((sum as i64).min(Money::MAX.hundredths()))
    }
}

impl From<Money> for Price {
    fn from(money: Money) -> Self {
        Self(money.hundredths() * 100)
    }
}

/// A JSON number, whole when it is whole.
impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 10_000 {
            0 => serializer.serialize_i64(self.0 / 10_000),
            _ => serializer.serialize_f64(self.0 as f64 / 10_000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::rounded(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_9_a_price_keeps_four_decimals() {
        for (sent, kept) in [
            ("20", "20"),
            ("12.3456", "12.3456"),
            ("12.34565", "12.3457"),
            ("0.12", "0.12"),
        ] {
            let price: Price = serde_json::from_str(sent).unwrap();
            assert_eq!(serde_json::to_string(&price).unwrap(), kept);
        }
        assert_eq!(
            Price::rounded(12.3456).unwrap().of(3.0),
            Money::from_hundredths(3704)
        );
        assert_eq!(Price::from(Money::whole(20)).of(0.5), Money::whole(10));
        assert_eq!(Price::rounded(1e300), Err(AmountError::TooLarge));
        assert!(Price::rounded(-0.0001).unwrap().is_negative());
    }
}
