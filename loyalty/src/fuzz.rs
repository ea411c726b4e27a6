//! What must hold for any bytes at all: read by the fuzz targets in `fuzz`, and by a test over their corpus.

use form_urlencoded::{Serializer, parse};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::{Bonus, Identifier, Money, Timestamp, clean_name, club_card, ean13, trimmed};
use crate::partner_signature::{SignedRequest, sign, verify};
use crate::secret::to_hex;
use crate::telegram::{check_contact, check_init_data};

const NOW: Timestamp = Timestamp::from_millis(1_781_265_660_000);
const BOT_TOKEN: &str = "123456789:BONEX-test-token-not-real-000000000";
const SECRET: &str = "partner-secret-example";

/// An identifier that is read can be written and read again.
pub fn identifier(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // What is trimmed and dropped once leaves nothing to trim and drop.
    assert_eq!(
        Identifier::parse(trimmed(text)),
        Identifier::parse(text),
        "{text:?}"
    );
    let name = clean_name(text);
    assert_eq!(clean_name(&name), name, "{text:?}");
    let Ok(read) = Identifier::parse(text) else { return };
    let written = match &read {
        Identifier::Phone(phone) => phone.as_str().to_owned(),
        Identifier::Client(number) => ean13(*number),
        Identifier::Card(number) => club_card(*number),
    };
    assert_eq!(Identifier::parse(&written), Ok(read), "{text:?} {written:?}");
}

/// A sum that is read, from text or from a number, is within bounds and can be written and read again.
pub fn amount(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(read) = Money::parse(text)
    {
        assert!(read.hundredths().abs() <= Money::MAX.hundredths(), "{text:?}");
        assert_eq!(Money::parse(&read.to_string()), Ok(read), "{text:?}");
    }
    if let Some(number) = bytes.first_chunk::<8>().map(|bytes| f64::from_le_bytes(*bytes))
        && let Ok(read) = Bonus::from_number(number)
    {
        assert_eq!(Bonus::from_number(read.as_f64()), Ok(read), "{number}");
        assert_eq!(Bonus::rounded(number), Ok(read), "{number}");
    }
}

/// `initData` is believed only when it is signed; what is signed is read without a panic, whatever it says.
pub fn init_data(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(check_init_data("another bot", &text, NOW).is_err());
    let signed = signed_by_telegram(&text);
    if check_init_data(BOT_TOKEN, &signed, NOW).is_ok() {
        assert!(
            check_init_data(BOT_TOKEN, &spoilt(&signed), NOW).is_err(),
            "{signed}"
        );
    }
}

/// A contact, in the same way.
pub fn contact(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(check_contact("another bot", &text, NOW).is_err());
    let signed = signed_by_telegram(&text);
    if check_contact(BOT_TOKEN, &signed, NOW).is_ok() {
        assert!(
            check_contact(BOT_TOKEN, &spoilt(&signed), NOW).is_err(),
            "{signed}"
        );
    }
}

/// A partner's signature holds for what was signed and for nothing else. The bytes are method, path and body, a line each.
pub fn signature(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (method, path) = (text(), text());
    let body = parts.next().unwrap_or_default();
    let at = NOW.millis() / 1000;
    let signature = sign(SECRET, at, &method, &path, body);
    let timestamp = at.to_string();
    let request = SignedRequest {
        timestamp: Some(&timestamp),
        signature: Some(&signature),
        method: &method,
        path: &path,
        body,
    };
    assert_eq!(verify(SECRET, &request, NOW), Ok(signature.clone()));
    assert!(verify("another secret", &request, NOW).is_err());
    let longer = [body, b"x"].concat();
    let other_body = SignedRequest {
        body: &longer,
        ..request
    };
    assert!(verify(SECRET, &other_body, NOW).is_err());
    let odd = String::from_utf8_lossy(bytes);
    let odd = SignedRequest {
        timestamp: Some(&odd),
        signature: Some(&odd),
        ..request
    };
    assert!(verify(SECRET, &odd, NOW).is_err());
}

/// The pairs of a text, signed as Telegram does.
fn signed_by_telegram(text: &str) -> String {
    let mut pairs: Vec<(String, String)> = parse(text.as_bytes()).into_owned().collect();
    pairs.retain(|(key, _)| key != "hash");
    pairs.sort_unstable();
    let lines: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let hmac = |key: &[u8], message: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        mac.update(message);
        mac.finalize().into_bytes()
    };
    let hash = hmac(
        &hmac(b"WebAppData", BOT_TOKEN.as_bytes()),
        lines.join("\n").as_bytes(),
    );
    Serializer::new(String::new())
        .extend_pairs(&pairs)
        .append_pair("hash", &to_hex(&hash))
        .finish()
}

/// With one more pair.
fn spoilt(text: &str) -> String {
    format!("{text}&zz=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file of a target's corpus, in `fuzz/corpus`.
    fn corpus(target: &str, check: fn(&[u8])) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/");
        let files = std::fs::read_dir(format!("{folder}{target}")).unwrap();
        let mut count = 0;
        for file in files {
            check(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "the corpus of {target} is nearly empty: {count}");
    }

    #[test]
    fn the_corpus_of_every_target_holds() {
        corpus("identifier", identifier);
        corpus("amount", amount);
        corpus("init_data", init_data);
        corpus("contact", contact);
        corpus("signature", signature);
    }

    #[test]
    fn the_targets_get_past_the_signatures() {
        let init_data = format!("user=%7B%22id%22%3A1%7D&auth_date={}", NOW.millis() / 1000);
        assert!(check_init_data(BOT_TOKEN, &signed_by_telegram(&init_data), NOW).is_ok());
    }
}
