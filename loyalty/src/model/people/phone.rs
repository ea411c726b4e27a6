//! Phone numbers in international form (ruling 14, R-QR-6, R-QR-7).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::text::{is_blank, plain_digit};

/// `+` and 7 to 15 digits. Never print one to a log: [`fmt::Debug`] masks it.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PhoneError {
    /// No phone at all, or without its country code.
    #[error("укажите телефон в международном формате.")]
    Unreadable,
    /// No country code begins with 0.
    #[error("код страны не начинается с 0. Укажите телефон в международном формате.")]
    LeadingZero,
    /// `+992` before a number that has it already.
    #[error("код +992 указан дважды.")]
    CodeTwice,
}

/// National numbers of Tajikistan have so many digits.
const NATIONAL_DIGITS: usize = 9;
const TAJIKISTAN: &str = "992";

impl Phone {
    /// Reads a phone as people and scanners give it (ruling 14): spaces, brackets, hyphens, dots, dashes of every kind and
    /// invisible marks are dropped, full-width and Arabic-Indic digits are digits; nine bare digits get `+992`, `00` is
    /// `+`, and `8` before a national number of Tajikistan or Russia is its country code.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        Self::of_plain(&plain(text))
    }

    /// A phone in the plain form of [`plain`].
    pub(super) fn of_plain(plain: &str) -> Result<Self, PhoneError> {
        if let Some(digits) = plain.strip_prefix('+') {
            return Self::international(digits);
        }
        if !is_digits(plain) {
            return Err(PhoneError::Unreadable);
        }
        if let Some(digits) = plain.strip_prefix("00")
            && digits.len() >= NATIONAL_DIGITS
        {
            return Self::international(digits);
        }
        match (plain.len(), plain.strip_prefix('8')) {
            (NATIONAL_DIGITS, _) => Ok(Self(format!("+{TAJIKISTAN}{plain}"))),
            (10, Some(national)) if is_tajik_mobile(national) => Ok(Self(format!("+{TAJIKISTAN}{national}"))),
            (11, Some(national)) => Ok(Self(format!("+7{national}"))),
            // A scanner that swallows the plus still gives the country code.
            (12, _) if plain.starts_with(TAJIKISTAN) => Self::international(plain),
            _ => Err(PhoneError::Unreadable),
        }
    }

    /// A phone as it is stored: what was taken before a rule became stricter is still somebody's.
    ///
    /// # Errors
    /// Anything else than `+` and 7 to 15 digits.
    pub fn stored(text: String) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        match is_digits(digits) && (7..=15).contains(&digits.len()) {
            true => Ok(Self(text)),
            false => Err(PhoneError::Unreadable),
        }
    }

    /// Digits after the plus.
    fn international(digits: &str) -> Result<Self, PhoneError> {
        if !is_digits(digits) {
            return Err(PhoneError::Unreadable);
        }
        if digits.starts_with('0') {
            return Err(PhoneError::LeadingZero);
        }
        let national = digits.strip_prefix(TAJIKISTAN).unwrap_or_default();
        if national.starts_with(TAJIKISTAN) && national.len() > NATIONAL_DIGITS {
            return Err(PhoneError::CodeTwice);
        }
        Self::stored(format!("+{digits}"))
    }

    /// `+992901234567`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Phone(…{})", &self.0[self.0.len() - 2..])
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::stored(text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

/// What was typed or scanned, without what only helps the eye: a plus and digits stay, and whatever is neither.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !is_blank(*c) && !is_punctuation(*c))
        .map(|c| match c {
            '\u{ff0b}' | '\u{fe62}' => '+',
            _ => plain_digit(c).unwrap_or(c),
        })
        .collect()
}

/// Brackets, hyphens, dots and dashes of every kind.
fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '(' | ')'
            | '['
            | ']'
            | '\u{ff08}'
            | '\u{ff09}'
            | '\u{ff3b}'
            | '\u{ff3d}'
            | '\u{fe59}'
            | '\u{fe5a}'
            | '-'
            | '\u{58a}'
            | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{208b}'
                | '\u{2212}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{301c}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '.'
                | '\u{b7}'
                | '\u{2022}'
                | '\u{2024}'
                | '\u{2027}'
                | '\u{2219}'
                | '\u{22c5}'
                | '\u{fe52}'
                | '\u{ff0e}'
    )
}

/// Whether a national number begins with the code of a mobile operator of Tajikistan.
fn is_tajik_mobile(national: &str) -> bool {
    let code: u32 = national
        .get(..2)
        .and_then(|code| code.parse().ok())
        .unwrap_or(u32::MAX);
    matches!(code, 0..=11 | 17 | 18 | 20 | 22 | 30 | 33 | 40 | 41 | 44 | 50 | 55 | 70 | 71 | 75 | 77 | 78 | 80 | 81 | 87 | 88 | 90..=99)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ruling_14_reads_what_registers_send() {
        for text in [
            "+992901234567",
            "901234567",
            "+992 (90) 123-45-67",
            " 90 123 45 67 ",
            "992901234567",
            "00992901234567",
            "00 992 90 123 45 67",
            "8901234567",
            "8 (901) 234-567",
            "+992\u{a0}90\u{202f}123\u{2009}45\u{2007}67",
            "90‑123–45—67",
            "90−123.45·67",
            "９０１２３４５６７",
            "＋９９２ ９０１２３４５６７",
            "٩٠١٢٣٤٥٦٧",
            "۹۰۱۲۳۴۵۶۷",
            "\u{200e}+992901234567\u{202c}",
            "\u{feff}901\u{200b}234567\r\n",
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+992901234567", "{text:?}");
        }
        for (text, phone) in [
            ("+7 912 345 67 89", "+79123456789"),
            ("8 (912) 345-67-89", "+79123456789"),
            ("007 912 345 67 89", "+79123456789"),
            ("00901234567", "+901234567"),
            ("+992992123456", "+992992123456"),
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), phone, "{text}");
        }
        for text in [
            "",
            "+",
            "00",
            "123",
            "+123456",
            "+1234567890123456",
            "9012345678",
            "8212345678",
            "0012345678",
            "+99290a234567",
            "90/123/45/67",
            "90+1234567",
            "++992901234567",
            "+992+992901234567",
        ] {
            assert_eq!(Phone::parse(text), Err(PhoneError::Unreadable), "{text}");
        }
    }

    #[test]
    fn ruling_14_no_phantoms() {
        for text in ["+0901234567", "+0992901234567", "000992901234567"] {
            assert_eq!(Phone::parse(text), Err(PhoneError::LeadingZero), "{text}");
        }
        for text in ["+992992901234567", "00992992901234567", "+992 (992) 90-123-45-67"] {
            assert_eq!(Phone::parse(text), Err(PhoneError::CodeTwice), "{text}");
        }
    }

    #[test]
    fn what_is_stored_stays_readable() {
        for phone in ["+992992901234567", "+0901234567", "+992901234567"] {
            assert_eq!(Phone::stored(phone.to_owned()).unwrap().as_str(), phone);
            let json = format!("\"{phone}\"");
            assert_eq!(serde_json::from_str::<Phone>(&json).unwrap().as_str(), phone);
        }
        for text in ["", "+", "901234567", "+99290 1234567", "+12345678901234567"] {
            assert!(Phone::stored(text.to_owned()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_phone_that_is_read_is_read_again(text in "[+0-9 ()\u{a0}.–-]{7,20}", any in ".{0,20}") {
            for text in [text, any] {
                if let Ok(phone) = Phone::parse(&text) {
                    prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone.clone()));
                    prop_assert_eq!(Phone::stored(phone.as_str().to_owned()), Ok(phone));
                }
            }
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", Phone::parse("901234567").unwrap()), "Phone(…67)");
    }
}
