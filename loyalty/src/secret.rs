//! The installation's key and what is derived from it; token hashes.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::Failure;

/// The installation's key. It is HMAC's alone: what encrypts is derived from it ([`crate::sealed`]).
#[derive(Clone)]
pub(crate) struct SecretKey([u8; 32]);

impl SecretKey {
    /// Any text of 32 characters or more; 64 hex digits are taken as the key itself.
    pub fn from_setting(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if let Some(key) = from_hex(text) {
            return Ok(Self(key));
        }
        if text.len() < 32 {
            return Err(Failure::new(
                "the secret key is too short: give 64 hex digits, such as `openssl rand -hex 32`",
            ));
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// The key kept in `path`; made there when the file is absent.
    pub fn from_file(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            let fresh = to_hex(&rand::random::<[u8; 32]>());
            write_private(path, &fresh)?;
        }
        // Read back, since another process may have been first.
        Self::from_setting(&std::fs::read_to_string(path)?)
    }

    /// Tells keys apart without giving them away.
    pub fn fingerprint(&self) -> String {
        self.derive("fingerprint")
    }

    /// 64 hex digits that only this key and `purpose` give.
    pub fn derive(&self, purpose: &str) -> String {
        to_hex(&hmac(&self.0, &[b"bonex ", purpose.as_bytes()]))
    }

    /// A key for one use, as HKDF has it: extracted with a salt of our own, so that no text ever given to
    /// [`Self::derive`] leads to it, and expanded by the name of the use.
    pub fn subkey(&self, purpose: &str) -> [u8; 32] {
        let extracted = hmac(b"bonex installation key", &[&self.0]);
        hmac(&extracted, &[purpose.as_bytes(), &[1]])
    }

    /// The key itself, for what was encrypted with it before there were subkeys.
    pub(crate) fn before_subkeys(&self) -> &[u8; 32] {
        &self.0
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// SHA-256 in hex: how tokens are stored and looked up.
pub(crate) fn hash(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    bytes_from_hex(text)?.try_into().ok()
}

/// Reads hex of either case.
pub(crate) fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// Written aside and moved into place, so that nobody reads half a key; readable by the owner only.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let aside = path.with_extension(format!("key.{}", std::process::id()));
    let mut options = std::fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A hard link fails when the key is there already: the first process wins.
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bonex.key");
        let first = SecretKey::from_file(&path).unwrap();
        assert_eq!(
            SecretKey::from_file(&path).unwrap().fingerprint(),
            first.fingerprint()
        );
        assert!(SecretKey::from_setting("short").is_err());
    }

    #[test]
    fn subkeys_are_of_their_purpose_and_of_no_derivation() {
        let key = SecretKey::from_setting(&"ab".repeat(32)).unwrap();
        let subkey = key.subkey("one");
        assert_eq!(subkey, key.subkey("one"));
        for other in [key.subkey("another"), *key.before_subkeys()] {
            assert_ne!(subkey, other);
        }
        assert_ne!(to_hex(&subkey), key.derive("one"));
    }

    /// What is printed, stored and told to others must not change with the program.
    #[test]
    fn derivations_stay_what_they_were() {
        let key = SecretKey::from_setting(&"ab".repeat(32)).unwrap();
        assert_eq!(
            key.fingerprint(),
            "6f0fb3e37ff7e689fb50eb416064fb4fecb228d048be2350fbab777784750a86"
        );
        assert_eq!(
            key.derive("demo tenant token"),
            "0cd2285f243b0d4f21102a9ebd38121fa644b557a48e4056a08ef05f8ea94431"
        );
    }
}
