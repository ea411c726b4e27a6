//! Texts that are stored encrypted, because they have to be read again: tokens, accounts of channels, codes on their way.
//!
//! A sealed text is bound to its place, the shop and the kind of field: copied anywhere else it does not open. It begins
//! with the version of the form, `2:`, then nonce and AES-256-GCM in hex. Texts without a version are the first form: they
//! were encrypted with the installation's key itself and bound to nothing. They stay readable, and are sealed anew when
//! their row is written.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::Failure;
use crate::model::Channel;
use crate::secret::{SecretKey, bytes_from_hex, to_hex};

const VERSION: &str = "2:";

/// What a sealed text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Field {
    /// The shop's `X-Tenant-Token`.
    TenantToken,
    /// What the shop's partners sign with.
    PartnerSecret,
    /// The token of the shop's Telegram bot.
    BotToken,
    /// A register's `X-Cashier-Token`.
    RegisterToken,
    /// The account of a channel.
    ChannelAccount(Channel),
    /// What deliveries to a webhook are signed with, now or until lately.
    WebhookSecret,
    /// A code to log in with, and the phone it goes to.
    Code,
    /// A stored reply that holds a token.
    Reply,
}

/// Seals and opens the texts of one place. Get it with [`SecretKey::at`].
#[derive(Clone, Copy)]
pub(crate) struct Safe<'a> {
    key: &'a SecretKey,
    shop: i64,
    field: Field,
}

impl SecretKey {
    /// The place of a shop's `field`.
    pub fn at(&self, shop: i64, field: Field) -> Safe<'_> {
        Safe {
            key: self,
            shop,
            field,
        }
    }
}

impl Safe<'_> {
    /// Encrypts what has to be read again.
    pub fn seal(&self, plain: &str) -> Result<String, Failure> {
        let nonce_bytes: [u8; 12] = rand::random();
        let place = self.place();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce_bytes), payload);
        let sealed = sealed.map_err(|_| Failure::new("encryption failed"))?;
        Ok(VERSION.to_owned() + &to_hex(&nonce_bytes) + &to_hex(&sealed))
    }

    /// Decrypts what [`Self::seal`] gave for the same place, or what the first form holds.
    ///
    /// # Errors
    /// Another key, another place, or no sealed text at all.
    pub fn open(&self, sealed: &str) -> Result<String, Failure> {
        let unreadable = || {
            let (field, shop) = (self.field.as_str(), self.shop);
            Failure::new(format_args!(
                "a sealed text ({field} of shop {shop}) does not open with this key at this place"
            ))
        };
        let place = self.place();
        let (cipher, hex, aad) = match sealed.strip_prefix(VERSION) {
            Some(hex) => (self.cipher(), hex, place.as_bytes()),
            None => (Aes256Gcm::new(self.key.before_subkeys().into()), sealed, &[][..]),
        };
        let bytes = bytes_from_hex(hex).ok_or_else(unreadable)?;
        let (nonce, msg) = bytes.split_first_chunk::<12>().ok_or_else(unreadable)?;
        let plain = cipher.decrypt(&Nonce::from(*nonce), Payload { msg, aad });
        String::from_utf8(plain.map_err(|_| unreadable())?).map_err(|_| unreadable())
    }

    /// The same text in the form of today: for a row that is written with what it held.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn renew(&self, sealed: String) -> Result<String, Failure> {
        match sealed.starts_with(VERSION) {
            true => Ok(sealed),
            false => self.seal(&self.open(&sealed)?),
        }
    }

    /// What the text is bound to.
    fn place(&self) -> String {
        format!("shop {} {}", self.shop, self.field.as_str())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.key.subkey("sealed texts").into())
    }
}

impl Field {
    /// Never changed: what is stored is bound to it.
    fn as_str(self) -> &'static str {
        match self {
            Self::TenantToken => "tenant token",
            Self::PartnerSecret => "partner secret",
            Self::BotToken => "bot token",
            Self::RegisterToken => "register token",
            Self::ChannelAccount(Channel::Push) => "push account",
            Self::ChannelAccount(Channel::Telegram) => "telegram account",
            Self::ChannelAccount(Channel::Sms) => "sms account",
            Self::WebhookSecret => "webhook secret",
            Self::Code => "code",
            Self::Reply => "reply",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 10] = [
        Field::TenantToken,
        Field::PartnerSecret,
        Field::BotToken,
        Field::RegisterToken,
        Field::ChannelAccount(Channel::Push),
        Field::ChannelAccount(Channel::Telegram),
        Field::ChannelAccount(Channel::Sms),
        Field::WebhookSecret,
        Field::Code,
        Field::Reply,
    ];

    fn key(pair: &str) -> SecretKey {
        SecretKey::from_setting(&pair.repeat(32)).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_with_its_key_only() {
        let key = key("ab");
        let safe = key.at(1, Field::RegisterToken);
        let sealed = safe.seal("token").unwrap();
        assert!(sealed.starts_with("2:") && !sealed.contains("token"));
        assert_ne!(sealed, safe.seal("token").unwrap(), "a nonce is used once");
        assert_eq!(safe.open(&sealed).unwrap(), "token");
        assert!(self::key("cd").at(1, Field::RegisterToken).open(&sealed).is_err());
        for broken in ["", "0", "zz", "2:", "2:00", "3:00", &sealed[2..], &sealed[4..]] {
            assert!(safe.open(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_sealed_text_opens_at_its_place_only() {
        let key = key("ab");
        for field in FIELDS {
            let sealed = key.at(1, field).seal("token").unwrap();
            for other in FIELDS {
                assert_eq!(
                    key.at(1, other).open(&sealed).is_ok(),
                    field == other,
                    "{field:?} {other:?}"
                );
            }
            assert!(key.at(11, field).open(&sealed).is_err(), "of another shop");
        }
    }

    #[test]
    fn the_first_form_is_read_and_sealed_anew() {
        let key = key("ab");
        let safe = key.at(1, Field::WebhookSecret);
        // The text `token`, as it was sealed with this key before texts had a version.
        let nonce = [7_u8; 12];
        let cipher = Aes256Gcm::new(&[0xab; 32].into());
        let first = to_hex(&nonce) + &to_hex(&cipher.encrypt(&nonce.into(), &b"token"[..]).unwrap());
        assert_eq!(safe.open(&first).unwrap(), "token");
        let renewed = safe.renew(first).unwrap();
        assert!(renewed.starts_with("2:"));
        assert_eq!(safe.open(&renewed).unwrap(), "token");
        assert_eq!(safe.renew(renewed.clone()).unwrap(), renewed);
        assert!(safe.renew("00".to_owned()).is_err());
    }
}
