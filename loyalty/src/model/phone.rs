//! Phone numbers in international form (ruling 14, R-QR-6, R-QR-7).

use std::fmt;

use serde::{Deserialize, Serialize};

/// `+` and 7 to 15 digits. Never print one to a log: [`fmt::Debug`] masks it.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// The text is not a phone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("укажите телефон в международном формате.")]
pub struct PhoneError;

impl Phone {
    /// Reads a phone as people and scanners give it: spaces, brackets and hyphens are dropped, nine bare digits get
    /// `+992`.
    ///
    /// # Errors
    /// Anything else than `+` with 7–15 digits or nine bare digits.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let kept: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '(' | ')' | '-'))
            .collect();
        let digits = kept.strip_prefix('+').unwrap_or(&kept);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError);
        }
        match (kept.starts_with('+'), digits.len()) {
            (true, 7..=15) => Ok(Self(kept)),
            (false, 9) => Ok(Self(format!("+992{digits}"))),
            // A scanner that swallows the plus still gives the country code.
            (false, 12) if digits.starts_with("992") => Ok(Self(format!("+{digits}"))),
            _ => Err(PhoneError),
        }
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
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_14_reads_what_registers_send() {
        for text in [
            "+992901234567",
            "901234567",
            "+992 (90) 123-45-67",
            " 90 123 45 67 ",
            "992901234567",
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+992901234567", "{text}");
        }
        assert_eq!(Phone::parse("+7 912 345 67 89").unwrap().as_str(), "+79123456789");
        for text in [
            "",
            "+",
            "123",
            "+123456",
            "+1234567890123456",
            "9012345678",
            "+99290a234567",
        ] {
            assert!(Phone::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", Phone::parse("901234567").unwrap()), "Phone(…67)");
    }
}
