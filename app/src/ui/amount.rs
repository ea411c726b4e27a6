//! Sums as people read them: `1 234,50`.

use loyalty::model::{Bonus, Money};

/// `1 234,50 сом.`
pub fn money(sum: Money, currency: &str) -> String {
    let unit = if currency == "TJS" { "сом." } else { currency };
    format!("{}\u{a0}{unit}", plain(sum.hundredths()))
}

/// `1 234,50`, where the currency is known without being named.
pub fn sum(sum: Money) -> String {
    plain(sum.hundredths())
}

/// `1 234,50`.
pub fn bonus(sum: Bonus) -> String {
    plain(sum.hundredths())
}

/// `+7,50`, `−45,00` or `0,00`.
pub fn signed(sum: Bonus) -> String {
    let sign = match sum {
        Bonus::ZERO => "",
        sum if sum < Bonus::ZERO => "−",
        _ => "+",
    };
    format!("{sign}{}", plain(sum.hundredths().abs()))
}

/// Hundredths with two decimals and narrow spaces between thousands.
fn plain(hundredths: i64) -> String {
    let (units, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let digits = units.to_string();
    let mut text = String::from(if hundredths < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    format!("{text},{rest:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_like_a_person_writes_them() {
        assert_eq!(plain(123_450), "1\u{202f}234,50");
        assert_eq!(plain(-5), "−0,05");
        assert_eq!(plain(100_000_000), "1\u{202f}000\u{202f}000,00");
        assert_eq!(signed(Bonus::from_hundredths(750)), "+7,50");
        assert_eq!(money(Money::whole(955), "TJS"), "955,00\u{a0}сом.");
    }
}
