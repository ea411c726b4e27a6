//! Who of a campaign's members gets nothing, so that the others can be compared with them.

/// Whether the client is held out: the same answer every time, and another choice of clients in every campaign.
pub fn is_held_out(campaign_id: i64, client_id: i64, percent: i64) -> bool {
    let mixed = mix(mix(campaign_id as u64) ^ client_id as u64);
    // The remainder of 64 bits by a hundred is even enough.
    i64::try_from(mixed % 100).is_ok_and(|place| place < percent)
}

/// Spreads neighbouring numbers evenly (the finalizer of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_choice_never_changes() {
        let chosen: Vec<i64> = (1..=30).filter(|client| is_held_out(7, *client, 10)).collect();
        assert_eq!(
            chosen,
            [7, 12, 23],
            "campaigns that run now would change their members' sides"
        );
    }

    proptest! {
        #[test]
        fn the_share_is_close_to_what_was_asked(campaign in 1_i64..1_000_000, first in 1_i64..1_000_000, percent in 0_i64..=50) {
            let of = 10_000;
            let held = (first..first + of).filter(|client| is_held_out(campaign, *client, percent)).count();
            let expected = of * percent / 100;
            // Five standard deviations of the widest case.
            prop_assert!((held as i64 - expected).abs() <= 250, "{held} of {of}, asked {percent} %");
        }

        #[test]
        fn a_larger_share_holds_out_the_same_clients_and_more(campaign in 1_i64.., client in 1_i64.., percent in 0_i64..50) {
            prop_assert!(!is_held_out(campaign, client, percent) || is_held_out(campaign, client, percent + 1));
            prop_assert!(!is_held_out(campaign, client, 0));
        }

        #[test]
        fn campaigns_choose_apart(campaign in 1_i64..1_000_000) {
            let both = (1..=10_000)
                .filter(|client| is_held_out(campaign, *client, 50) && is_held_out(campaign + 1, *client, 50))
                .count();
            prop_assert!((2250..=2750).contains(&both), "{both} of 10 000 held out twice");
        }
    }
}
