//! When a delivery that failed is tried again.

use crate::model::Timestamp;

/// Seconds after the first, second, … failed attempt: about three days in all, as Standard Webhooks suggests.
const PAUSES: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A receiver may ask for a longer pause, but not for more than a day.
const ASKED_MAX: i64 = 86_400;

/// The most attempts that a delivery gets.
pub const ATTEMPTS_MAX: i64 = PAUSES.len() as i64 + 1;

/// When to try again after `attempts` attempts, the last of which failed at `now`; none when that was the last.
///
/// `retry_after` is what the receiver asked for, in seconds; the longer pause wins. `jitter`, from 0 to 1, adds up to a
/// tenth, so that what failed together does not come back together.
pub fn next_attempt(
    attempts: i64,
    now: Timestamp,
    retry_after: Option<i64>,
    jitter: f64,
) -> Option<Timestamp> {
    let made = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let pause = *PAUSES.get(made)?;
    let spread = (pause as f64 * 100.0 * jitter.clamp(0.0, 1.0)) as i64;
    let asked = retry_after.unwrap_or(0).clamp(0, ASKED_MAX);
    let pause_millis = (pause * 1000 + spread).max(asked * 1000);
    Some(Timestamp::from_millis(now.millis().saturating_add(pause_millis)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    #[test]
    fn ten_attempts_take_about_three_days() {
        let (mut at, mut attempts) = (AT, 1);
        while let Some(next) = next_attempt(attempts, at, None, 0.0) {
            (at, attempts) = (next, attempts + 1);
        }
        assert_eq!(attempts, ATTEMPTS_MAX);
        let hours = (at - AT).as_secs() / 3600;
        assert!((72..=84).contains(&hours), "{hours} h");
    }

    proptest! {
        #[test]
        fn pauses_grow_and_obey_the_receiver(
            attempts in 1_i64..ATTEMPTS_MAX, asked in proptest::option::of(0_i64..200_000), jitter in 0.0..1.0_f64,
        ) {
            let next = next_attempt(attempts, AT, asked, jitter).unwrap();
            let pause = PAUSES[usize::try_from(attempts - 1).unwrap()];
            prop_assert!(next >= AT.plus_seconds(pause));
            prop_assert!(next >= AT.plus_seconds(asked.unwrap_or(0).min(ASKED_MAX)));
            prop_assert!(next <= AT.plus_seconds(pause + pause / 10 + 1).max(AT.plus_seconds(asked.unwrap_or(0))));
        }

        #[test]
        fn after_the_last_attempt_there_is_none(attempts in ATTEMPTS_MAX.., jitter in 0.0..1.0_f64) {
            prop_assert_eq!(next_attempt(attempts, AT, Some(1), jitter), None);
            prop_assert_eq!(next_attempt(-attempts, AT, Some(1), jitter), None);
        }
    }
}
