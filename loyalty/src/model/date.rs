//! A calendar day: a birthday.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};

use super::{Timestamp, Zone};

/// A day of a person's life, from 1900 on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
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

#[cfg(test)]
mod tests {
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
}
