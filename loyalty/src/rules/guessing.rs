//! How long a phone waits after wrong codes (ruling 8).

/// The first pause, which a phone has between two codes anyway.
const FIRST_SECONDS: i64 = 60;
/// A phone of somebody else can't be kept out for longer at a time.
const LONGEST_SECONDS: i64 = 6 * 3600;

/// Seconds until a phone whose codes were guessed wrong till they died, `killed` of them in a row, gets another one: a
/// minute, then twice as long each time, at most six hours.
pub fn pause_seconds(killed: i64) -> i64 {
    let doublings = u32::try_from(killed.max(1) - 1).unwrap_or(u32::MAX);
    2_i64
        .checked_pow(doublings)
        .and_then(|times| FIRST_SECONDS.checked_mul(times))
        .map_or(LONGEST_SECONDS, |seconds| seconds.min(LONGEST_SECONDS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ruling_8_pauses_double() {
        assert_eq!([1, 2, 3, 4].map(pause_seconds), [60, 120, 240, 480]);
        assert_eq!(pause_seconds(i64::MAX), LONGEST_SECONDS);
    }

    proptest! {
        #[test]
        fn pauses_never_shrink_and_end(killed in i64::MIN..i64::MAX) {
            let (this, next) = (pause_seconds(killed), pause_seconds(killed + 1));
            prop_assert!(FIRST_SECONDS <= this && this <= next && next <= LONGEST_SECONDS);
        }
    }
}
