//! A calendar day: a birthday, a day of trade.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};

use crate::model::{Timestamp, Zone};

/// A day of a person's life, from 1900 on.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date(NaiveDate);

/// The text is no such day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("укажите дату в виде ГГГГ-ММ-ДД, например 1990-05-01.")]
pub struct DateError;

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Another form, a day that does not exist, or one before 1900.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DateError)?;
        // chrono takes `1990-5-1` and `+1990-05-01` too.
        if text.len() != 10 || day.year() < 1900 {
            return Err(DateError);
        }
        Ok(Self(day))
    }

    /// The day that it is in `zone` at `moment`.
    pub fn at(moment: Timestamp, zone: Zone) -> Self {
        Self(moment.day(zone))
    }

    /// The day after so many days; the last day there is when there is none.
    pub fn plus_days(self, days: i64) -> Self {
        let moved = chrono::TimeDelta::try_days(days).and_then(|days| self.0.checked_add_signed(days));
        Self(moved.unwrap_or(NaiveDate::MAX))
    }

    /// Year of the calendar.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Month and day as one number: 501 is the first of May.
    pub fn month_day(self) -> i64 {
        i64::from(self.0.month() * 100 + self.0.day())
    }

    /// The birthdays, as [`Self::month_day`], that are kept on this day: in a year without 29 February those of that day
    /// on the 28th.
    pub fn birthdays(self) -> Vec<i64> {
        match self.month_day() {
            228 if !self.0.leap_year() => vec![228, 229],
            day => vec![day],
        }
    }

    /// Whether a birthday of somebody born on this day lies within so many days after and before `today`: it begins
    /// `before` days ahead of the birthday and ends `after` days after it.
    pub fn is_birthday_near(self, today: Self, before: i64, after: i64) -> bool {
        (-after..=before).any(|days| today.plus_days(days).birthdays().contains(&self.month_day()))
    }

    /// The first moment of the day in `zone`, so many minutes after midnight by the clock on the wall. A time that the
    /// clock leaves out is the next that it shows; one that it shows twice is the first.
    pub fn at_minute(self, minute: u32, zone: Zone) -> Timestamp {
        let midnight = self.0.and_time(chrono::NaiveTime::MIN);
        let wall = midnight + chrono::TimeDelta::minutes(i64::from(minute));
        Timestamp::on_wall(wall, zone)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Days as the shop's calendar counts them.
impl Date {
    /// The day as one number: 20260605.
    pub fn number(self) -> i64 {
        i64::from(self.year()) * 10_000 + self.month_day()
    }

    /// The day of such a number, if there is one.
    pub fn from_number(number: i64) -> Option<Self> {
        let part = |number: i64| u32::try_from(number).ok();
        let year = i32::try_from(number / 10_000).ok()?;
        NaiveDate::from_ymd_opt(year, part(number / 100 % 100)?, part(number % 100)?).map(Self)
    }

    /// The day after.
    pub fn next(self) -> Self {
        self.plus_days(1)
    }

    /// The first day of the same month.
    pub fn first_of_month(self) -> Self {
        Self(self.0.with_day(1).unwrap_or(self.0))
    }

    /// Its first moment in `zone`: where midnight is left out by summer time, the first that there is.
    pub fn starts_at(self, zone: Zone) -> Timestamp {
        self.at_minute(0, zone)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r_client_10_takes_days_that_exist() {
        for text in ["1990-05-01", "2000-02-29", "1900-01-01"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "1990-5-1",
            "2001-02-29",
            "1899-12-31",
            "01.05.1990",
            "1990-05-01T00:00",
            "+199-05-01",
        ] {
            assert_eq!(Date::parse(text), Err(DateError), "{text}");
        }
    }

    #[test]
    fn the_29th_of_february_is_kept_on_the_28th() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(day("2026-02-28").birthdays(), [228, 229]);
        assert_eq!(day("2028-02-28").birthdays(), [228]);
        assert_eq!(day("2028-02-29").birthdays(), [229]);
        let born = day("2000-02-29");
        assert!(born.is_birthday_near(day("2026-02-28"), 0, 0));
        assert!(!born.is_birthday_near(day("2028-02-28"), 0, 0));
        assert!(born.is_birthday_near(day("2026-02-25"), 3, 0));
        assert!(!born.is_birthday_near(day("2026-02-24"), 3, 0));
        assert!(
            day("1990-01-02").is_birthday_near(day("2026-12-30"), 3, 0),
            "over the new year"
        );
        assert!(day("1990-12-31").is_birthday_near(day("2027-01-02"), 0, 2));
    }

    #[test]
    fn a_time_on_the_wall_in_zones_with_and_without_summer_time() {
        let at = |text: &str, minute, zone: Zone| {
            let zone_of = zone;
            Date::parse(text)
                .unwrap()
                .at_minute(minute, zone_of)
                .to_rfc3339(zone_of)
        };
        assert_eq!(at("2026-06-05", 180, Zone::DUSHANBE), "2026-06-05T03:00:00+05:00");
        let berlin = Zone::named("Europe/Berlin").unwrap();
        // On 29 March 2026 the clock goes from 02:00 to 03:00, on 25 October from 03:00 back to 02:00.
        assert_eq!(at("2026-03-29", 150, berlin), "2026-03-29T03:00:00+02:00");
        assert_eq!(at("2026-03-29", 180, berlin), "2026-03-29T03:00:00+02:00");
        assert_eq!(at("2026-10-25", 150, berlin), "2026-10-25T02:30:00+02:00");
        // In Beirut midnight itself is left out.
        let beirut = Zone::named("Asia/Beirut").unwrap();
        assert_eq!(at("2026-03-29", 0, beirut), "2026-03-29T01:00:00+03:00");
    }

    #[test]
    fn a_day_begins_when_its_clock_says_so() {
        let beirut = Zone::named("Asia/Beirut").unwrap();
        let start = |text| Date::parse(text).unwrap().starts_at(beirut).to_rfc3339(beirut);
        assert_eq!(start("2026-03-28"), "2026-03-28T00:00:00+02:00");
        assert_eq!(
            start("2026-03-29"),
            "2026-03-29T01:00:00+03:00",
            "midnight is left out"
        );
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_own_day(
            millis in 1_767_225_600_000_i64..1_900_000_000_000,
            zone in proptest::sample::select(vec![
                "Asia/Dushanbe", "Europe/Berlin", "Asia/Beirut", "America/New_York", "Australia/Lord_Howe", "UTC",
            ]),
        ) {
            let (at, zone) = (Timestamp::from_millis(millis), Zone::named(zone).unwrap());
            let day = Date::at(at, zone);
            prop_assert!(day.starts_at(zone) <= at && at < day.next().starts_at(zone));
            prop_assert_eq!(Date::from_number(day.number()), Some(day));
            prop_assert!(day.first_of_month() <= day && day.first_of_month().number() % 100 == 1);
        }
    }
}
