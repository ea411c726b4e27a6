//! JSON whose numbers may be larger than any float: such a number is a number, and a field of ours says that it is too
//! large (ruling 10).

use serde::de::IgnoredAny;
use serde_json::Value;

/// In the place of a number that no float holds: far above every limit, and still a number.
const HUGE: &str = "1e300";

/// Reads a JSON text.
pub fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(
        |error| match error.to_string().starts_with("number out of range") {
            true => serde_json::from_str(&tamed(text)),
            false => Err(error),
        },
    )
}

/// The text with [`HUGE`] for every number that is larger; what stands in strings stays.
fn tamed(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, token) = rest.split_at(start);
        tamed.push_str(before);
        let length = match token.starts_with('"') {
            true => string_length(token),
            false => token
                .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
                .unwrap_or(token.len()),
        };
        let (token, after) = token.split_at(length);
        match is_out_of_range(token) {
            true => tamed.extend(token.strip_prefix('-').map(|_| "-").into_iter().chain([HUGE])),
            false => tamed.push_str(token),
        }
        rest = after;
    }
    tamed + rest
}

/// Bytes of the string that the text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// A number by JSON's own grammar that no float holds.
fn is_out_of_range(token: &str) -> bool {
    token.parse::<f64>().is_ok_and(f64::is_infinite) && serde_json::from_str::<IgnoredAny>(token).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_too_large_is_still_a_number() {
        let digits = "9".repeat(400);
        for (text, value) in [
            ("{\"a\":1e400}", json!({ "a": 1e300 })),
            ("[-1E+400,2]", json!([-1e300, 2])),
            (&format!("[{digits}]"), json!([1e300])),
            ("[1e-400,0e999]", json!([0.0, 0.0])),
            (
                "{\"1e400\\\\\":\"\\\"1e400\",\"b\":1e309}",
                json!({ "1e400\\": "\"1e400", "b": 1e300 }),
            ),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
        for text in [
            "1e400 1",
            "[01e400]",
            "[1.e400]",
            "[+1e400]",
            "[.1e400]",
            "[1e4001e400]",
            "{\"a:1e400}",
            "[1e400",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
