//! Phone numbers as people read them.

/// `+992 90 123-45-67`; a number of another country stays as it is.
pub fn phone(number: &str) -> String {
    match number.strip_prefix("+992") {
        Some(rest) if rest.len() == 9 && rest.is_ascii() => {
            let (code, a, b, c) = (&rest[..2], &rest[2..5], &rest[5..7], &rest[7..]);
            format!("+992\u{a0}{code}\u{a0}{a}-{b}-{c}")
        }
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tajik_numbers_are_grouped() {
        assert_eq!(super::phone("+992901234567"), "+992\u{a0}90\u{a0}123-45-67");
        assert_eq!(super::phone("+79123456789"), "+79123456789");
    }
}
