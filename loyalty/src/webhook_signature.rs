//! How a delivery to a partner is signed (Standard Webhooks 1.0.0).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Failure;

const PREFIX: &str = "whsec_";

/// A new endpoint's secret: 32 random bytes as `whsec_` and base64.
pub(crate) fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// `v1,` and the signature of one attempt with each of the secrets, separated by spaces. `seconds` is the attempt's own
/// time.
pub(crate) fn sign(secrets: &[String], id: &str, seconds: i64, body: &str) -> Result<String, Failure> {
    let signed = secrets.iter().map(|secret| {
        let key = secret
            .strip_prefix(PREFIX)
            .and_then(|key| STANDARD.decode(key).ok());
        let key = key.ok_or_else(|| Failure::new("a webhook secret is not whsec_ and base64"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    });
    Ok(signed.collect::<Result<Vec<_>, Failure>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_2mEXAMPLE0000000000000001";
    const BODY: &str =
        r#"{"type":"bonus.accrued","timestamp":"2026-06-12T12:00:00Z","data":{"client_id":42,"amount":7.5}}"#;

    #[test]
    fn the_vector_of_the_protocol() {
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned();
        let expected = "v1,3z+/IUJcj9kJ3mi0xjfY+f4WQzE2dMXt8G1R8+BEMGI=";
        let one = sign(std::slice::from_ref(&secret), ID, 1_781_265_600, BODY).unwrap();
        assert_eq!(one, expected);
        let other = new_secret();
        let both = sign(&[other, secret], ID, 1_781_265_600, BODY).unwrap();
        assert_eq!(both.split(' ').nth(1), Some(expected));
        assert_eq!(both.split(' ').count(), 2);
        assert!(sign(&["secret".to_owned()], ID, 0, BODY).is_err());
    }

    #[test]
    fn secrets_are_32_random_bytes() {
        let secret = new_secret();
        let bytes = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_ne!(secret, new_secret());
    }
}
