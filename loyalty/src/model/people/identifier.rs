//! One identifier for the cashier: phone, EAN-13 or club card (R-QR-8, ruling 14).

use super::barcode;
use super::phone::plain;
use crate::model::{Phone, PhoneError};

/// How a client was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identifier {
    /// A phone, typed or read from the client's QR.
    Phone(Phone),
    /// The client's number, read from an EAN-13 of ours.
    Client(i64),
    /// The running number of a club card.
    Card(i64),
}

/// The text names nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdentifierError {
    /// Neither a phone nor a card of ours.
    #[error("укажите телефон, EAN-13 или клубную карту.")]
    Unreadable,
    /// An EAN-13 of ours that was misread.
    #[error("штрихкод прочитан с ошибкой, отсканируйте ещё раз.")]
    WrongCheckDigit,
    /// A phone with a slip in its country code: never [`PhoneError::Unreadable`].
    #[error(transparent)]
    Phone(PhoneError),
}

impl Identifier {
    /// Reads what was typed or scanned.
    ///
    /// # Errors
    /// [`IdentifierError`] when it can name nobody.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let plain = plain(text);
        if let Some(card) = card_number(&plain) {
            return Ok(Self::Card(card));
        }
        if plain.len() == 13 && plain.starts_with("200") && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return barcode::client_of_ean13(&plain)
                .map(Self::Client)
                .ok_or(IdentifierError::WrongCheckDigit);
        }
        Phone::of_plain(&plain)
            .map(Self::Phone)
            .map_err(|error| match error {
                PhoneError::Unreadable => IdentifierError::Unreadable,
                slip => IdentifierError::Phone(slip),
            })
    }
}

/// `001-0000123`, whose hyphen is gone by now; ten bare digits that begin so are no phone, so they can't be mistaken.
fn card_number(plain: &str) -> Option<i64> {
    let number = plain.strip_prefix("001")?;
    (number.len() == 7 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| number.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_qr_8_takes_every_form() {
        assert_eq!(Identifier::parse("2000000000428"), Ok(Identifier::Client(42)));
        assert_eq!(Identifier::parse("2000000000420"), Ok(Identifier::Client(42)));
        assert_eq!(Identifier::parse("001-0000123"), Ok(Identifier::Card(123)));
        for card in [
            "0010000123",
            "001–0000123",
            "００１－００００１２３",
            " 001 0000123\u{200f}",
        ] {
            assert_eq!(Identifier::parse(card), Ok(Identifier::Card(123)), "{card:?}");
        }
        for barcode in [
            "200-000000042-8",
            "２０００００００００４２８",
            "2000000000428\r\n",
        ] {
            assert_eq!(
                Identifier::parse(barcode),
                Ok(Identifier::Client(42)),
                "{barcode:?}"
            );
        }
        assert_eq!(
            Identifier::parse("+992992901234567"),
            Err(IdentifierError::Phone(PhoneError::CodeTwice))
        );
        assert_eq!(
            Identifier::parse(" 901234567"),
            Ok(Identifier::Phone(Phone::parse("+992901234567").unwrap()))
        );
        assert_eq!(
            Identifier::parse("2000000000429"),
            Err(IdentifierError::WrongCheckDigit)
        );
        for text in ["", "001-123", "hello", "002-0000123"] {
            assert_eq!(
                Identifier::parse(text),
                Err(IdentifierError::Unreadable),
                "{text}"
            );
        }
    }
}
