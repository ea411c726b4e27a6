//! A sale whose outcome nobody has heard yet: what is kept of it, before it is asked for, until its outcome is known.

use loyalty::model::{Bonus, Money};
use loyalty::rules::preview::Preview;

use super::api::Card;

/// What the browser keeps of a sale: enough to ask for the very same one again after a reload. No phone and no whole
/// name, since whoever holds the device can read it.
#[derive(Clone, Debug, PartialEq)]
pub struct UnansweredSale {
    /// `Idempotency-Key`, and with `web-` before it the sale's external id.
    pub key: String,
    /// Names the client in the request.
    pub client: String,
    /// Names the client to the cashier: `Парвиз С.`.
    pub who: String,
    /// The receipt before bonuses.
    pub total: Money,
    /// To be spent.
    pub redeem: Bonus,
    /// Would be earned, as the cashier saw it.
    pub accrued: Bonus,
    /// When it was first asked for, by the device's clock, in milliseconds.
    pub asked_at: i64,
}

impl UnansweredSale {
    /// A sale that is about to be asked for.
    pub fn new(key: String, card: &Card, total: Money, figures: Preview, asked_at: i64) -> Self {
        Self {
            key,
            client: card.name_in_requests().to_owned(),
            who: short_name(card.full_name.as_deref(), &card.phone),
            total,
            redeem: figures.redeemed,
            accrued: figures.accrued,
            asked_at,
        }
    }

    /// What the cashier saw.
    pub fn figures(&self) -> Preview {
        Preview {
            redeem_max: self.redeem,
            redeemed: self.redeem,
            to_pay: self.total - self.redeem.worth(),
            accrued: self.accrued,
            below_minimum: false,
        }
    }

    /// Of this client?
    pub fn is_of(&self, card: &Card) -> bool {
        self.client == card.name_in_requests()
    }

    /// As it is kept: a line for each field. A parser of JSON for it would weigh as much as the rest of this file.
    pub fn to_text(&self) -> String {
        let figure = |figure: i64| figure.to_string();
        [
            self.key.as_str(),
            &self.client,
            &self.who,
            &figure(self.total.hundredths()),
            &figure(self.redeem.hundredths()),
            &figure(self.accrued.hundredths()),
            &figure(self.asked_at),
        ]
        .join("\n")
    }

    /// What was kept; nothing when it can't be read.
    pub fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (key, client, who) = (lines.next()?, lines.next()?, lines.next()?);
        let mut figure = || lines.next()?.parse::<i64>().ok();
        Some(Self {
            key: key.to_owned(),
            client: client.to_owned(),
            who: who.to_owned(),
            total: Money::from_hundredths(figure()?),
            redeem: Bonus::from_hundredths(figure()?),
            accrued: Bonus::from_hundredths(figure()?),
            asked_at: figure()?,
        })
    }
}

/// Puts a sale in its place, the oldest first; what stands there under its key stays.
pub fn put(sales: &mut Vec<UnansweredSale>, sale: UnansweredSale) {
    if sales.iter().all(|other| other.key != sale.key) {
        let place = sales.iter().position(|other| other.asked_at > sale.asked_at);
        sales.insert(place.unwrap_or(sales.len()), sale);
    }
}

/// `Парвиз С.`; the last digits of the phone where there is no name.
fn short_name(full_name: Option<&str>, phone: &str) -> String {
    // A line end would end the field that is kept.
    let name = full_name.unwrap_or_default().trim().replace('\n', " ");
    match name.split_once(' ') {
        Some((first, rest)) => {
            let initial = rest.trim_start().chars().next().unwrap_or_default();
            [first, " ", initial.to_string().as_str(), "."].concat()
        }
        None if !name.is_empty() => name,
        None => {
            let end = phone.len().saturating_sub(4);
            ["•••\u{a0}", phone.get(end..).unwrap_or_default()].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(key: &str, asked_at: i64) -> UnansweredSale {
        UnansweredSale {
            key: key.to_owned(),
            client: "2000000000015".to_owned(),
            who: "Парвиз С.".to_owned(),
            total: Money::from_hundredths(100_050),
            redeem: Bonus::from_hundredths(4_505),
            accrued: Bonus::from_hundredths(4_777),
            asked_at,
        }
    }

    #[test]
    fn what_is_kept_is_read_back_to_the_hundredth() {
        let kept = sale("k", 1_780_651_800_000).to_text();
        assert_eq!(UnansweredSale::of_text(&kept), Some(sale("k", 1_780_651_800_000)));
        for cut in 0..kept.rfind('\n').unwrap() {
            let text = kept.get(..cut).unwrap_or_default();
            assert_eq!(UnansweredSale::of_text(text), None, "{text:?}");
        }
        assert_eq!(UnansweredSale::of_text(&kept.replace("100050", "1e5")), None);
        assert_eq!(sale("k", 0).figures().to_pay, Money::from_hundredths(95_545));
    }

    #[test]
    fn no_phone_and_no_whole_name_is_kept() {
        assert_eq!(short_name(Some("Парвиз Солиев"), "+992900000500"), "Парвиз С.");
        assert_eq!(short_name(Some(" Зарина "), "+992900000500"), "Зарина");
        assert_eq!(short_name(Some("Зарина\n Н."), "+992900000500"), "Зарина Н.");
        assert_eq!(short_name(None, "+992900000500"), "•••\u{a0}0500");
        assert_eq!(short_name(Some("  "), "+992900000500"), "•••\u{a0}0500");
        assert_eq!(short_name(None, "1"), "•••\u{a0}1");
    }

    #[test]
    fn each_sale_stands_once_the_oldest_first() {
        let mut sales = Vec::new();
        for (key, asked_at) in [("b", 2), ("c", 3), ("a", 1), ("c", 3), ("d", 3)] {
            put(&mut sales, sale(key, asked_at));
        }
        assert_eq!(
            sales.iter().map(|sale| sale.key.as_str()).collect::<String>(),
            "abcd"
        );
    }
}
