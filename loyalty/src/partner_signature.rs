//! How a partner's server signs a request (R-PARTNER-2, R-PARTNER-3, ruling 6).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::Timestamp;
use crate::secret::bytes_from_hex;

/// How far a partner's clock may be off, in seconds.
const SKEW_SECONDS: i64 = 300;

/// A request as it was signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// `X-Partner-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-Partner-Signature`.
    pub signature: Option<&'a str>,
    /// Upper case.
    pub method: &'a str,
    /// As on the wire, still percent-encoded, without the query: `/api/v1/partner/sale`.
    pub path: &'a str,
    /// As on the wire.
    pub body: &'a [u8],
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WrongSignature {
    Missing,
    TimestampOff,
    Mismatch,
}

/// Checks the signature in constant time; the canonical form of it.
///
/// The path may be signed with its leading slash, without it, or without `/api/v1`.
pub(crate) fn verify(
    secret: &str,
    request: &SignedRequest<'_>,
    now: Timestamp,
) -> Result<String, WrongSignature> {
    let SignedHeaders {
        timestamp,
        signature,
        bytes,
    } = read_headers(request.timestamp, request.signature, now)?;
    let bare = request.path.strip_prefix("/api/v1").unwrap_or(request.path);
    let no_slash = |path: &'_ str| path.strip_prefix('/').unwrap_or(path).to_owned();
    for path in [
        request.path.to_owned(),
        no_slash(request.path),
        bare.to_owned(),
        no_slash(bare),
    ] {
        // Constant in time.
        if mac(secret, &timestamp, request.method, &path, request.body)
            .verify_slice(&bytes)
            .is_ok()
        {
            return Ok(signature);
        }
    }
    Err(WrongSignature::Mismatch)
}

/// What stands in the headers of a signed request.
pub(crate) struct SignedHeaders {
    timestamp: String,
    signature: String,
    bytes: Vec<u8>,
}

/// Reads the headers alone: what can't be right is refused before anybody reads the body.
pub(crate) fn read_headers(
    timestamp: Option<&str>,
    signature: Option<&str>,
    now: Timestamp,
) -> Result<SignedHeaders, WrongSignature> {
    let (timestamp, signature) = match (given(timestamp), given(signature)) {
        (Some(timestamp), Some(signature)) => (timestamp.to_owned(), signature.to_ascii_lowercase()),
        _ => return Err(WrongSignature::Missing),
    };
    let seconds: i64 = timestamp.parse().map_err(|_| WrongSignature::TimestampOff)?;
    let off = (now.millis() / 1000).checked_sub(seconds).map(i64::unsigned_abs);
    if off.is_none_or(|off| off > SKEW_SECONDS.unsigned_abs()) {
        return Err(WrongSignature::TimestampOff);
    }
    let bytes = bytes_from_hex(&signature).ok_or(WrongSignature::Mismatch)?;
    Ok(SignedHeaders {
        timestamp,
        signature,
        bytes,
    })
}

fn mac(secret: &str, timestamp: &str, method: &str, path: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{timestamp}.{method}.{path}.").as_bytes());
    mac.update(body);
    mac
}

/// What a partner sends: for benchmarks and fuzzing.
#[cfg(any(test, feature = "bench", feature = "fuzzing"))]
pub(crate) fn sign(secret: &str, seconds: i64, method: &str, path: &str, body: &[u8]) -> String {
    let mac = mac(secret, &seconds.to_string(), method, path, body);
    crate::secret::to_hex(&mac.finalize().into_bytes())
}

fn given(header: Option<&str>) -> Option<&str> {
    header.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_781_265_600_000);
    const BODY: &str =
        "{\"phone\":\"+992901234567\",\"full_name\":\"Парвиз Солиев\",\"create_if_missing\":true}";

    fn request<'a>(method: &'a str, path: &'a str, body: &'a str, signature: &'a str) -> SignedRequest<'a> {
        SignedRequest {
            timestamp: Some("1781265600"),
            signature: Some(signature),
            method,
            path,
            body: body.as_bytes(),
        }
    }

    #[test]
    fn r_partner_2_the_known_signatures_hold() {
        let whole = "1cae67ca9f372066554afe9bd4d6c43e363826ac1d630cbe5d0def73ff038d4f";
        let no_slash = "c80f6fb392eeda8adae3d6b128637bc6ccbb2367aa37e5089f7ba26cfa867dbb";
        let get = "6cc45014a16119c4e8c5f474c2864b3d4c5129f3addd472ff6fa65c40c6ebd8d";
        let secret = "partner-secret-example";
        for (method, path, body, signature) in [
            ("POST", "/api/v1/partner/auth", BODY, whole),
            ("POST", "/api/v1/partner/auth", BODY, no_slash),
            ("GET", "/api/v1/partner/client/%2B992901234567", "", get),
        ] {
            assert_eq!(
                verify(secret, &request(method, path, body, signature), AT),
                Ok(signature.to_owned())
            );
            let upper = signature.to_ascii_uppercase();
            assert_eq!(
                verify(secret, &request(method, path, body, &upper), AT),
                Ok(signature.to_owned())
            );
            let mismatch = Err(WrongSignature::Mismatch);
            assert_eq!(
                verify("another", &request(method, path, body, signature), AT),
                mismatch
            );
            assert_eq!(
                verify(secret, &request("PUT", path, body, signature), AT),
                mismatch
            );
            assert_eq!(
                verify(secret, &request(method, path, "{}", signature), AT),
                mismatch
            );
            assert_eq!(
                verify(
                    secret,
                    &request(method, "/api/v1/partner/sale", body, signature),
                    AT
                ),
                mismatch
            );
            assert_eq!(
                verify(secret, &request(method, path, body, &signature[2..]), AT),
                mismatch
            );
            assert_eq!(
                verify(secret, &request(method, path, body, "не hex"), AT),
                mismatch
            );
        }
    }

    #[test]
    fn r_partner_3_five_minutes_at_most() {
        let whole = "1cae67ca9f372066554afe9bd4d6c43e363826ac1d630cbe5d0def73ff038d4f";
        let request = request("POST", "/api/v1/partner/auth", BODY, whole);
        for (seconds, holds) in [(300, true), (-300, true), (301, false), (-301, false)] {
            let checked = verify("partner-secret-example", &request, AT.plus_seconds(seconds));
            assert_eq!(checked.is_ok(), holds, "{seconds} s");
        }
        for odd in ["", "now", "-9223372036854775808", "99999999999999999999"] {
            let request = SignedRequest {
                timestamp: Some(odd),
                ..request
            };
            assert!(verify("partner-secret-example", &request, AT).is_err());
        }
    }
}
