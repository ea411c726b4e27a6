//! What Telegram signs with a shop's bot: the launch of a Mini App, and a contact shared in it (R-TG-1, R-TG-6).

use form_urlencoded::parse;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::model::{Language, Phone, Timestamp};
use crate::secret::bytes_from_hex;

/// How old a signed text may be.
const AGE_MAX_SECONDS: i64 = 86_400;
/// How far Telegram's clock may be ahead of ours.
const AHEAD_MAX_SECONDS: i64 = 300;

/// Who opened the Mini App, proved by Telegram: the principal of a login with Telegram.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TelegramUser {
    /// Telegram's own number of the person.
    pub id: i64,
    /// Without the @.
    pub username: Option<String>,
    /// What the link that opened the app carried: `ref_AB12CD34`.
    pub start_param: Option<String>,
    /// The language of the app, where it is one of ours.
    pub language: Option<Language>,
}

/// A contact that a person shared, proved by Telegram.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Contact {
    pub user_id: i64,
    pub phone: Phone,
}

/// Why a text does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotSigned {
    /// It was not signed by this bot, or too long ago.
    BadSignature,
    /// It was signed by this bot, so far in our future.
    ClockBehind { seconds: i64 },
}

/// Checks `window.Telegram.WebApp.initData`.
pub(crate) fn check_init_data(
    bot_token: &str,
    text: &str,
    now: Timestamp,
) -> Result<TelegramUser, NotSigned> {
    #[derive(Deserialize)]
    struct User {
        id: i64,
        #[serde(default)]
        username: Option<String>,
        #[serde(default)]
        language_code: Option<String>,
    }
    let pairs = check(bot_token, text, now)?;
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let user: User = serde_json::from_str(value("user").ok_or(NotSigned::BadSignature)?)
        .map_err(|_| NotSigned::BadSignature)?;
    Ok(TelegramUser {
        id: user.id,
        username: user.username.filter(|name| !name.is_empty()),
        start_param: value("start_param").map(str::to_owned),
        language: user.language_code.as_deref().and_then(Language::of_tag),
    })
}

/// Checks `event.response` of `requestContact`; none when what is shared is no phone.
pub(crate) fn check_contact(
    bot_token: &str,
    text: &str,
    now: Timestamp,
) -> Result<Option<Contact>, NotSigned> {
    #[derive(Deserialize)]
    struct Shared {
        user_id: i64,
        phone_number: String,
    }
    let pairs = check(bot_token, text, now)?;
    let (_, contact) = pairs
        .iter()
        .find(|(key, _)| key == "contact")
        .ok_or(NotSigned::BadSignature)?;
    let shared: Shared = serde_json::from_str(contact).map_err(|_| NotSigned::BadSignature)?;
    // Telegram may leave the plus out.
    let number = format!("+{}", shared.phone_number.trim_start_matches('+'));
    Ok(Phone::parse(&number).ok().map(|phone| Contact {
        user_id: shared.user_id,
        phone,
    }))
}

/// The pairs of a text that this bot signed and that is fresh. Values are decoded once and never written again: the
/// bytes that were signed count.
fn check(bot_token: &str, text: &str, now: Timestamp) -> Result<Vec<(String, String)>, NotSigned> {
    let mut pairs: Vec<(String, String)> = parse(text.as_bytes()).into_owned().collect();
    pairs.sort_unstable();
    if pairs.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(NotSigned::BadSignature);
    }
    let place = pairs
        .iter()
        .position(|(key, _)| key == "hash")
        .ok_or(NotSigned::BadSignature)?;
    let (_, hash) = pairs.remove(place);
    let lines: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let key = hmac(b"WebAppData")
        .chain_update(bot_token)
        .finalize()
        .into_bytes();
    let signed = hmac(&key).chain_update(lines.join("\n"));
    let hash = bytes_from_hex(&hash).ok_or(NotSigned::BadSignature)?;
    // Constant in time.
    signed.verify_slice(&hash).map_err(|_| NotSigned::BadSignature)?;
    let auth_date = pairs
        .iter()
        .find(|(key, _)| key == "auth_date")
        .and_then(|(_, value)| value.parse::<i64>().ok())
        .ok_or(NotSigned::BadSignature)?;
    let age = (now.millis() / 1000).saturating_sub(auth_date);
    if age < -AHEAD_MAX_SECONDS {
        return Err(NotSigned::ClockBehind {
            seconds: age.saturating_neg(),
        });
    }
    if age > AGE_MAX_SECONDS {
        return Err(NotSigned::BadSignature);
    }
    Ok(pairs)
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOT: &str = "123456789:BONEX-test-token-not-real-000000000";
    const INIT_DATA: &str = "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22%D0%9F%D0%B0%D1%80%D0%B2%D0%B8%D0%B7%22%2C%22last_name%22%3A%22%22%2C%22username%22%3A%22parviz%22%2C%22language_code%22%3A%22ru%22%2C%22allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2Fx.svg%22%7D&auth_date=1781265600&start_param=ref_AB12CD34&signature=c2lnbmF0dXJlLXBsYWNlaG9sZGVy&hash=a8303dbce91424f43e974d44d69e4c020f8fc79c79c80c5cf7600fc13584b61d";
    const CONTACT: &str = "contact=%7B%22user_id%22%3A279058397%2C%22phone_number%22%3A%22992901234567%22%2C%22first_name%22%3A%22%D0%9F%D0%B0%D1%80%D0%B2%D0%B8%D0%B7%22%2C%22last_name%22%3A%22%22%7D&auth_date=1781265660&hash=57464af610cbb6dc48b8291ba2b870f5261ee8ecd94644632cb26c356af48c1a";
    const AT: Timestamp = Timestamp::from_millis(1_781_265_600_000);

    #[test]
    fn r_tg_1_known_init_data_holds() {
        let user = check_init_data(BOT, INIT_DATA, AT).unwrap();
        assert_eq!((user.id, user.username.as_deref()), (279_058_397, Some("parviz")));
        assert_eq!(user.start_param.as_deref(), Some("ref_AB12CD34"));
        assert_eq!(
            check_init_data("1:another", INIT_DATA, AT),
            Err(NotSigned::BadSignature)
        );
        let without_signature = INIT_DATA.replace("&signature=c2lnbmF0dXJlLXBsYWNlaG9sZGVy", "");
        assert_eq!(
            check_init_data(BOT, &without_signature, AT),
            Err(NotSigned::BadSignature)
        );
        let written_again = INIT_DATA.replace("%5C%2F", "%2F");
        assert_eq!(
            check_init_data(BOT, &written_again, AT),
            Err(NotSigned::BadSignature)
        );
        let twice = format!("{INIT_DATA}&auth_date=1781265600");
        assert_eq!(check_init_data(BOT, &twice, AT), Err(NotSigned::BadSignature));
        for odd in ["", "hash=", "hash=00&user={}", "&&&===", "hash"] {
            assert_eq!(
                check_init_data(BOT, odd, AT),
                Err(NotSigned::BadSignature),
                "{odd}"
            );
        }
    }

    #[test]
    fn r_tg_6_known_contact_holds() {
        let contact = check_contact(BOT, CONTACT, AT).unwrap().unwrap();
        assert_eq!(
            (contact.user_id, contact.phone.as_str()),
            (279_058_397, "+992901234567")
        );
        assert_eq!(
            check_contact(BOT, INIT_DATA, AT),
            Err(NotSigned::BadSignature),
            "it carries no contact"
        );
    }

    #[test]
    fn r_tg_1_a_day_at_most() {
        let clock_behind = Some(NotSigned::ClockBehind { seconds: 301 });
        for (seconds, why) in [
            (-300, None),
            (-301, clock_behind),
            (86_400, None),
            (86_401, Some(NotSigned::BadSignature)),
        ] {
            let checked = check_init_data(BOT, INIT_DATA, AT.plus_seconds(seconds));
            assert_eq!(checked.err(), why, "{seconds} s");
        }
    }

    proptest! {
        #[test]
        fn r_tg_4_any_other_byte_breaks_it(place in 0..INIT_DATA.len(), byte in 0x20_u8..0x7f) {
            let mut bytes = INIT_DATA.as_bytes().to_vec();
            // Hex digits of either case are the same hash and the same percent-encoding.
            prop_assume!(!bytes[place].eq_ignore_ascii_case(&byte));
            bytes[place] = byte;
            let text = String::from_utf8(bytes).unwrap();
            let same = parse(text.as_bytes()).eq(parse(INIT_DATA.as_bytes()));
            prop_assert!(same || check_init_data(BOT, &text, AT).is_err(), "{}", text);
        }

        #[test]
        fn nothing_panics(text in ".{0,300}") {
            prop_assert!(check_init_data(BOT, &text, AT).is_err());
            prop_assert!(check_contact(BOT, &text, AT).is_err());
        }
    }
}
