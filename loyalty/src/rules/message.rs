//! When a message goes out: not in quiet hours, and again after a while when it failed.

use crate::model::{Date, Timestamp, Zone};

/// Seconds after the first, second, … failed attempt; the last one again and again, until the message is of no use.
const PAUSES: [i64; 7] = [5, 30, 120, 600, 1800, 3600, 7200];
/// A service may ask for a longer pause, but not for more than a day.
const ASKED_MAX: i64 = 86_400;

/// The end of the quiet hours that `now` lies in; none when it lies in none. They begin and end at these minutes of the
/// shop's day and may go over midnight; from a minute to itself is no time at all.
pub fn quiet_until(now: Timestamp, zone: Zone, quiet: Option<(u32, u32)>) -> Option<Timestamp> {
    let (from, to) = quiet?;
    let (_, minute) = now.weekday_and_minute(zone);
    let today = Date::at(now, zone);
    let until = match from <= to {
        true if (from..to).contains(&minute) => today.at_minute(to, zone),
        false if minute >= from => today.plus_days(1).at_minute(to, zone),
        false if minute < to => today.at_minute(to, zone),
        _ => return None,
    };
    (until > now).then_some(until)
}

/// When to try again after `attempts` attempts, the last of which failed at `now`. `asked` is the pause that the service
/// wants, in seconds; the longer one wins. `jitter`, from 0 to 1, adds up to a tenth.
pub fn next_attempt(attempts: i64, now: Timestamp, asked: Option<i64>, jitter: f64) -> Timestamp {
    let made = usize::try_from(attempts.max(1) - 1).unwrap_or(0);
    let pause = PAUSES[made.min(PAUSES.len() - 1)];
    let pause = pause.max(asked.unwrap_or(0).clamp(0, ASKED_MAX));
    let spread = (pause as f64 * 100.0 * jitter.clamp(0.0, 1.0)) as i64;
    Timestamp::from_millis(now.millis() + pause * 1000 + spread)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text, Zone::DUSHANBE).unwrap()
    }

    #[test]
    fn quiet_hours_over_midnight_and_within_a_day() {
        let night = Some((22 * 60, 9 * 60));
        let until = |now: &str, quiet| {
            quiet_until(at(now), Zone::DUSHANBE, quiet).map(|until| until.to_rfc3339(Zone::DUSHANBE))
        };
        let morning = Some("2026-06-06T09:00:00+05:00".to_owned());
        assert_eq!(until("2026-06-05T22:00:00", night), morning);
        assert_eq!(until("2026-06-06T00:00:00", night), morning);
        assert_eq!(until("2026-06-06T08:59:59", night), morning);
        for free in ["2026-06-06T09:00:00", "2026-06-06T21:59:59"] {
            assert_eq!(until(free, night), None);
        }
        let noon = Some((12 * 60, 14 * 60));
        assert_eq!(
            until("2026-06-05T13:00:00", noon),
            Some("2026-06-05T14:00:00+05:00".to_owned())
        );
        assert_eq!(until("2026-06-05T14:00:00", noon), None);
        assert_eq!(until("2026-06-05T14:00:00", Some((600, 600))), None);
        assert_eq!(until("2026-06-05T14:00:00", None), None);
    }

    proptest! {
        #[test]
        fn after_quiet_hours_it_is_not_quiet(now in 0_i64..4_000_000_000_000, from in 0_u32..1440, to in 0_u32..1440) {
            for zone in ["Asia/Dushanbe", "Europe/Berlin", "America/St_Johns"] {
                let zone = Zone::named(zone).unwrap();
                let now = Timestamp::from_millis(now);
                if let Some(until) = quiet_until(now, zone, Some((from, to))) {
                    prop_assert!(until > now && until <= now.plus_seconds(26 * 3600));
                    prop_assert_eq!(quiet_until(until, zone, Some((from, to))), None);
                }
            }
        }

        #[test]
        fn pauses_grow_and_obey_the_service(attempts in 0_i64..50, asked in proptest::option::of(0_i64..200_000)) {
            let now = at("2026-06-05T14:30:00");
            let next = next_attempt(attempts, now, asked, 0.0);
            prop_assert!(next >= now.plus_seconds(asked.unwrap_or(0).min(ASKED_MAX)));
            prop_assert!(next <= next_attempt(attempts + 1, now, asked, 0.0));
        }
    }
}
