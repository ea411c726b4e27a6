//! The installation's key and what hangs on it: sealed secrets, token hashes, the demo shop's credentials.

use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::Failure;

/// The installation's key.
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
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(b"bonex ");
        mac.update(purpose.as_bytes());
        to_hex(&mac.finalize().into_bytes())
    }

    /// Encrypts what has to be read again.
    pub fn seal(&self, plain: &str) -> Result<String, Failure> {
        let nonce_bytes: [u8; 12] = rand::random();
        let sealed = self.cipher().encrypt(&Nonce::from(nonce_bytes), plain.as_bytes());
        let sealed = sealed.map_err(|_| Failure::new("encryption failed"))?;
        Ok(to_hex(&nonce_bytes) + &to_hex(&sealed))
    }

    /// Decrypts what [`Self::seal`] gave.
    pub fn open(&self, sealed: &str) -> Result<String, Failure> {
        let unreadable = || Failure::new("a sealed text does not open with this key");
        let bytes = bytes_from_hex(sealed).ok_or_else(unreadable)?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or_else(unreadable)?;
        let plain = self.cipher().decrypt(&Nonce::from(*nonce), sealed);
        String::from_utf8(plain.map_err(|_| unreadable())?).map_err(|_| unreadable())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
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
    fn sealed_text_opens_with_its_key_only() {
        let key = SecretKey::from_setting(&"ab".repeat(32)).unwrap();
        let sealed = key.seal("token").unwrap();
        assert!(!sealed.contains("token"));
        assert_ne!(sealed, key.seal("token").unwrap(), "a nonce is used once");
        assert_eq!(key.open(&sealed).unwrap(), "token");
        let other = SecretKey::from_setting(&"cd".repeat(32)).unwrap();
        assert!(other.open(&sealed).is_err());
        for broken in ["", "0", "zz", &sealed[2..]] {
            assert!(key.open(broken).is_err());
        }
    }
}
