//! The numbers on a client's card (ruling 15).

/// EAN-13 of the client with this number: prefix 200, nine digits, check digit.
pub fn ean13(client_id: i64) -> String {
    let body = format!("200{client_id:09}");
    let check = check_digit(&body, (1, 3));
    format!("{body}{check}")
}

/// Club card `001-NNNNNNN`.
pub fn club_card(card_number: i64) -> String {
    format!("001-{card_number:07}")
}

/// Account `ACC-NNNNNN`.
pub fn account_number(client_id: i64) -> String {
    format!("ACC-{client_id:06}")
}

/// The client's number inside an EAN-13 of ours; the check digit may also be the one of swapped weights, as in the
/// sources' own sample.
pub(crate) fn client_of_ean13(code: &str) -> Option<i64> {
    if code.len() != 13 || !code.starts_with("200") || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (body, check) = code.split_at(12);
    let check = check.parse().ok()?;
    let known = [check_digit(body, (1, 3)), check_digit(body, (3, 1))].contains(&check);
    known.then(|| body[3..].parse().ok()).flatten()
}

fn check_digit(body: &str, (even, odd): (u32, u32)) -> u32 {
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(index, byte)| u32::from(byte - b'0') * if index % 2 == 0 { even } else { odd })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_15_golden_numbers() {
        assert_eq!(ean13(42), "2000000000428");
        assert_eq!(ean13(43), "2000000000435");
        assert_eq!(client_of_ean13("2000000000428"), Some(42));
        assert_eq!(
            client_of_ean13("2000000000420"),
            Some(42),
            "the sample of the sources"
        );
        assert_eq!(client_of_ean13("2000000000421"), None);
        assert_eq!(client_of_ean13("4600000000428"), None);
        assert_eq!(club_card(124), "001-0000124");
        assert_eq!(account_number(43), "ACC-000043");
    }
}
