//! Whether requests to Google are what it understands.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::google::SERVICE_ACCOUNT;

const PUBLIC_KEY: &str = include_str!("demo_public_key.pem");
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// What the assertion claims, if it is the demo account's. Time is taken as it is told: tests have clocks of their own.
pub fn claims(assertion: &str) -> Result<Value, String> {
    let account: Value = serde_json::from_str(SERVICE_ACCOUNT).unwrap();
    let header = decode_header(assertion).map_err(|_| "Invalid JWT: no header.".to_owned())?;
    if header.kid.as_deref() != account["private_key_id"].as_str() || header.typ.as_deref() != Some("JWT") {
        return Err("Invalid grant: account not found".to_owned());
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    validation.set_issuer(&[account["client_email"].as_str().unwrap()]);
    validation.set_audience(&["https://oauth2.googleapis.com/token"]);
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
    let decoded = decode::<Value>(assertion, &key, &validation);
    let claims = decoded.map_err(|error| format!("Invalid JWT: {error}"))?.claims;
    let times = claims["iat"].as_i64().zip(claims["exp"].as_i64());
    match times {
        _ if claims["scope"] != SCOPE => Err("Invalid OAuth scope".to_owned()),
        Some((issued_at, ends_at)) if (issued_at + 1..=issued_at + 3600).contains(&ends_at) => Ok(claims),
        _ => Err(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
                .to_owned(),
        ),
    }
}

/// What FCM would not understand.
pub fn fault(request: &Value, bytes: usize) -> Option<String> {
    let message = &request["message"];
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let mut unknown = unknown_fields(request, &["message"]);
    unknown.extend(unknown_fields(
        message,
        &["token", "notification", "data", "android", "apns"],
    ));
    unknown.extend(unknown_fields(&message["notification"], &["title", "body"]));
    unknown.extend(unknown_fields(&message["android"], &["priority", "notification"]));
    unknown.extend(unknown_fields(&message["android"]["notification"], &["tag"]));
    unknown.extend(unknown_fields(&message["apns"], &["headers"]));
    let data = message["data"].as_object();
    let is_reserved = |key: &String| key == "from" || key.starts_with("gcm") || key.starts_with("google.");
    match () {
        () if !unknown.is_empty() => Some(format!("no fields {unknown:?} are known here")),
        () if !is_text(&message["token"]) => Some("no registration token".to_owned()),
        () if !is_text(&message["notification"]["title"]) => Some("no title".to_owned()),
        () if !is_text(&message["notification"]["body"]) => Some("no text".to_owned()),
        () if message["android"]["priority"] != "HIGH" => Some("no priority".to_owned()),
        () if message.get("data").is_some() && data.is_none() => Some("data that are no map".to_owned()),
        () if data.is_some_and(|data| data.keys().any(is_reserved)) => Some("a reserved key".to_owned()),
        () if data.is_some_and(|data| !data.values().all(Value::is_string)) => {
            Some("data that are no texts".to_owned())
        }
        () if bytes > 4096 => Some(format!("{bytes} bytes")),
        () => None,
    }
}

fn unknown_fields(object: &Value, fields: &[&str]) -> Vec<String> {
    let names = object.as_object().into_iter().flat_map(|object| object.keys());
    names
        .filter(|name| !fields.contains(&name.as_str()))
        .cloned()
        .collect()
}
