//! Moments in UTC milliseconds and how a shop's clock shows them (ruling 12).

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, SecondsFormat, TimeZone};
use serde::{Deserialize, Serialize};

use crate::model::text::trimmed;

/// A moment: milliseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// RFC 3339 as it is really written: a short offset, a space for the `T` or before the offset, no seconds.
const OFFSET_FORMS: [&str; 4] = [
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M%#z",
    "%Y-%m-%d %H:%M%#z",
];

/// The text is not a date and time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("укажите дату и время, например 2026-06-05T14:30:00.")]
pub struct TimestampError;

/// A time zone by its IANA name, such as `Asia/Dushanbe`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Zone(chrono_tz::Tz);

impl Timestamp {
    /// A moment that never comes: the end of the year 9999.
    pub const NEVER: Self = Self(253_402_300_799_999);

    /// The moment so many milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// So many seconds later.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// So many times 24 hours later.
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Reads a date and time; without an offset it is in `zone` (ruling 12). A time that the clock there leaves out is moved
    /// on by as much as the clock was; one that it shows twice is the earlier.
    ///
    /// # Errors
    /// Anything but RFC 3339, or the same without an offset (`T` or a space between date and time, seconds optional, an
    /// offset also as `+0500` or `+05`).
    pub fn parse(text: &str, zone: Zone) -> Result<Self, TimestampError> {
        let text = trimmed(text);
        let short = || {
            let mut forms = OFFSET_FORMS.iter();
            forms.find_map(|form| DateTime::parse_from_str(text, form).ok())
        };
        if let Some(moment) = DateTime::parse_from_rfc3339(text).ok().or_else(short) {
            return Self::checked(moment.timestamp_millis());
        }
        let local = [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
        ]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or(TimestampError)?;
        Self::checked(Self::of_local(local, zone).ok_or(TimestampError)?)
    }

    /// Milliseconds of a local time. One that the clock leaves out is read as a clock would that was not put forward: by the
    /// offset in force a day before, when no gap is longer.
    fn of_local(local: NaiveDateTime, zone: Zone) -> Option<i64> {
        if let Some(moment) = zone.0.from_local_datetime(&local).earliest() {
            return Some(moment.timestamp_millis());
        }
        let day = chrono::TimeDelta::days(1);
        let before = (1..=2).find_map(|days| {
            let earlier = local.checked_sub_signed(day * days)?;
            zone.0.from_local_datetime(&earlier).latest()
        })?;
        let offset = before.offset().fix();
        Some(offset.from_local_datetime(&local).earliest()?.timestamp_millis())
    }

    /// RFC 3339 with the offset of `zone`, to the second: `2026-06-05T14:30:00+05:00`.
    pub fn to_rfc3339(self, zone: Zone) -> String {
        let moment = zone
            .0
            .timestamp_millis_opt(self.0)
            .earliest()
            .unwrap_or_default_at(zone);
        moment
            .with_timezone(&moment.offset().fix())
            .to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// As people write it: `05.06.2026 14:30`.
    pub fn in_words(self, zone: Zone) -> String {
        let moment = zone
            .0
            .timestamp_millis_opt(self.0)
            .earliest()
            .unwrap_or_default_at(zone);
        moment.format("%d.%m.%Y %H:%M").to_string()
    }

    /// The calendar day in `zone`.
    pub(super) fn day(self, zone: Zone) -> NaiveDate {
        zone.0
            .timestamp_millis_opt(self.0)
            .earliest()
            .unwrap_or_default_at(zone)
            .date_naive()
    }

    /// The day of the week, 1 is Monday, and the minute of the day in `zone`.
    pub fn weekday_and_minute(self, zone: Zone) -> (u32, u32) {
        use chrono::{Datelike, Timelike};
        let moment = zone
            .0
            .timestamp_millis_opt(self.0)
            .earliest()
            .unwrap_or_default_at(zone);
        let minute = moment.hour() * 60 + moment.minute();
        (moment.weekday().number_from_monday(), minute)
    }

    /// The moment when the clock on the wall first shows `wall`, or the next time that it shows at all.
    pub(super) fn on_wall(wall: NaiveDateTime, zone: Zone) -> Self {
        let minute = chrono::TimeDelta::minutes(1);
        // No clock leaves out more than a day.
        let shown =
            (0..=1440).find_map(|step| zone.0.from_local_datetime(&(wall + minute * step)).earliest());
        Self(shown.map_or(wall.and_utc().timestamp_millis(), |shown| {
            shown.timestamp_millis()
        }))
    }

    fn checked(millis: i64) -> Result<Self, TimestampError> {
        // Year 1, by the clock of any zone, to 9999: what both engines, JSON and people can read back.
        (-62_135_683_200_000..=Self::NEVER.0)
            .contains(&millis)
            .then_some(Self(millis))
            .ok_or(TimestampError)
    }
}

trait OrEpoch {
    fn unwrap_or_default_at(self, zone: Zone) -> DateTime<chrono_tz::Tz>;
}

impl OrEpoch for Option<DateTime<chrono_tz::Tz>> {
    fn unwrap_or_default_at(self, zone: Zone) -> DateTime<chrono_tz::Tz> {
        self.unwrap_or_else(|| DateTime::UNIX_EPOCH.with_timezone(&zone.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Zone {
    /// `Asia/Dushanbe`, the default of a new shop.
    pub const DUSHANBE: Self = Self(chrono_tz::Asia::Dushanbe);
    /// UTC.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// The zone of this IANA name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_12_reads_the_shops_own_time() {
        let read = |text| Timestamp::parse(text, Zone::DUSHANBE).map(|at| at.to_rfc3339(Zone::DUSHANBE));
        for text in [
            "2026-06-05T14:30:00",
            "2026-06-05 14:30",
            "2026-06-05T09:30:00Z",
            "2026-06-05T14:30:00.250+05:00",
            "2026-06-05T14:30:00+0500",
            "2026-06-05T14:30:00+05",
            "2026-06-05T13:30+04",
            "2026-06-05 14:30:00 +05:00",
            "\u{200e}2026-06-05T14:30\r\n",
        ] {
            assert_eq!(read(text).as_deref(), Ok("2026-06-05T14:30:00+05:00"), "{text}");
        }
        for text in ["", "вчера", "2026-13-05T14:30:00", "2026-06-05"] {
            assert_eq!(read(text), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn a_time_that_the_clock_leaves_out_is_moved_on_and_one_shown_twice_is_the_earlier() {
        let read = |text: &str, name: &str| {
            let zone = Zone::named(name).unwrap();
            Timestamp::parse(text, zone).map(|at| at.to_rfc3339(zone))
        };
        for (zone, text, read_as) in [
            // On 29 March 2026 the clock goes from 02:00 to 03:00, on 25 October from 03:00 back to 02:00.
            (
                "Europe/Berlin",
                "2026-03-29T01:59:59",
                "2026-03-29T01:59:59+01:00",
            ),
            (
                "Europe/Berlin",
                "2026-03-29T02:00:00",
                "2026-03-29T03:00:00+02:00",
            ),
            ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T03:30:00+02:00"),
            (
                "Europe/Berlin",
                "2026-03-29T02:59:59.9",
                "2026-03-29T03:59:59+02:00",
            ),
            (
                "Europe/Berlin",
                "2026-03-29T03:00:00",
                "2026-03-29T03:00:00+02:00",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T02:30:00",
                "2026-10-25T02:30:00+02:00",
            ),
            // In Beirut midnight itself is left out, on Lord Howe half an hour, in Samoa a whole day was.
            ("Asia/Beirut", "2026-03-29T00:15:00", "2026-03-29T01:15:00+03:00"),
            (
                "Australia/Lord_Howe",
                "2026-10-04T02:10:00",
                "2026-10-04T02:40:00+11:00",
            ),
            ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T12:00:00+14:00"),
        ] {
            assert_eq!(read(text, zone).as_deref(), Ok(read_as), "{text} in {zone}");
        }
    }
}
