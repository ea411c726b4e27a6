//! What a campaign changed: buyers among those it was sent to, less buyers among those held out.

use crate::model::share;

/// People of one side.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Side {
    /// How many there are.
    pub clients: i64,
    /// How many of them bought.
    pub buyers: i64,
}

/// The difference between two sides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lift {
    /// Buyers among those it was sent to, in basis points.
    pub sent: i64,
    /// Buyers among those held out, in basis points.
    pub held_out: i64,
    /// The first less the second, in basis points; below nothing when it did harm.
    pub difference: i64,
    /// Whether chance alone gives such a difference less than once in twenty.
    pub is_certain: bool,
}

/// How often chance alone may give the difference: once in twenty.
const DEVIATIONS: f64 = 1.96;

/// The difference; none when either side is empty.
pub fn lift(sent: Side, held_out: Side) -> Option<Lift> {
    if sent.clients == 0 || held_out.clients == 0 {
        return None;
    }
    let part = |side: Side| share(10_000, side.buyers, side.clients);
    Some(Lift {
        sent: part(sent),
        held_out: part(held_out),
        difference: part(sent) - part(held_out),
        is_certain: is_certain(sent, held_out),
    })
}

/// The test of two proportions, with their common share.
fn is_certain(sent: Side, held_out: Side) -> bool {
    let (sent_clients, held_clients) = (sent.clients as f64, held_out.clients as f64);
    let common = (sent.buyers + held_out.buyers) as f64 / (sent_clients + held_clients);
    let spread = (common * (1.0 - common) * (1.0 / sent_clients + 1.0 / held_clients)).sqrt();
    let difference = sent.buyers as f64 / sent_clients - held_out.buyers as f64 / held_clients;
    spread > 0.0 && (difference / spread).abs() >= DEVIATIONS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn side(clients: i64, buyers: i64) -> Side {
        Side { clients, buyers }
    }

    #[test]
    fn golden_figures() {
        let found = lift(side(900, 180), side(100, 10)).unwrap();
        assert_eq!((found.sent, found.held_out, found.difference), (2000, 1000, 1000));
        assert!(found.is_certain);
        assert!(
            !lift(side(9, 2), side(1, 0)).unwrap().is_certain,
            "ten people prove nothing"
        );
        assert!(
            !lift(side(9, 9), side(1, 1)).unwrap().is_certain,
            "everybody bought anyway"
        );
        assert_eq!(lift(side(5, 1), side(0, 0)), None);
    }

    proptest! {
        #[test]
        fn sides_swapped_give_the_opposite(
            (clients, buyers) in (1_i64..1000).prop_flat_map(|clients| (Just(clients), 0..=clients)),
            (others, other_buyers) in (1_i64..1000).prop_flat_map(|clients| (Just(clients), 0..=clients)),
        ) {
            let (one, two) = (side(clients, buyers), side(others, other_buyers));
            let (there, back) = (lift(one, two).unwrap(), lift(two, one).unwrap());
            prop_assert_eq!((there.difference, there.is_certain), (-back.difference, back.is_certain));
            prop_assert!((0..=10_000).contains(&there.sent));
        }
    }
}
