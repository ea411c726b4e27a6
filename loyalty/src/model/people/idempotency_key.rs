//! The caller's name for one request (ruling 17).

/// `Idempotency-Key`: 1 to 255 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(String);

/// Bytes that are no key: none, too many characters, or no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Idempotency-Key: от 1 до 255 символов.")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The most characters of a key.
    pub const MAX: usize = 255;

    /// Reads what a header holds.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`].
    pub fn parse(header: &[u8]) -> Result<Self, IdempotencyKeyError> {
        match std::str::from_utf8(header) {
            Ok(key) if (1..=Self::MAX).contains(&key.chars().count()) => Ok(Self(key.to_owned())),
            _ => Err(IdempotencyKeyError),
        }
    }

    /// As sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_17_one_to_255_characters() {
        for key in ["a", "продажа 17", &"x".repeat(255), &"ж".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(key.as_bytes()).unwrap().as_str(), key);
        }
        for bytes in [
            &b""[..],
            &[0xff],
            "x".repeat(256).as_bytes(),
            "ж".repeat(256).as_bytes(),
        ] {
            assert_eq!(IdempotencyKey::parse(bytes), Err(IdempotencyKeyError));
        }
    }
}
