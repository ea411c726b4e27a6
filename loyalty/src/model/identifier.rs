//! One identifier for the cashier: phone, EAN-13 or club card (R-QR-8, ruling 14).

use super::{Phone, barcode};

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
}

impl Identifier {
    /// Reads what was typed or scanned.
    ///
    /// # Errors
    /// [`IdentifierError`] when it can name nobody.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if let Some(card) = card_number(text) {
            return Ok(Self::Card(card));
        }
        if text.len() == 13 && text.starts_with("200") && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return barcode::client_of_ean13(text)
                .map(Self::Client)
                .ok_or(IdentifierError::WrongCheckDigit);
        }
        Phone::parse(text)
            .map(Self::Phone)
            .map_err(|_| IdentifierError::Unreadable)
    }
}

/// `001-0000123` or `0010000123`; ten bare digits are no phone of ours, so they can't be mistaken.
fn card_number(text: &str) -> Option<i64> {
    let bare = match text.split_once('-') {
        Some(("001", number)) => number,
        Some(_) => return None,
        None => text.strip_prefix("001")?,
    };
    (bare.len() == 7 && bare.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| bare.parse().ok())
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
        assert_eq!(Identifier::parse("0010000123"), Ok(Identifier::Card(123)));
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
