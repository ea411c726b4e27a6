//! What is done for each shop by the clock, and when (R-EXPIRE-4, ruling 35).

use crate::model::{Date, Timestamp, Zone};

/// How often what is new is counted, in seconds.
const PULSE_SECONDS: i64 = 300;

/// Something that is done for each shop by the clock: once a day, but for the pulse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Job {
    /// Yesterday's figures are counted for the last time.
    Figures,
    /// Purchases leave the last twelve months.
    TierReview,
    /// Bonuses burn.
    Expiry,
    /// Gifts for birthdays.
    Birthdays,
    /// Reminders of what burns soon.
    Reminders,
    /// Classes of clients, cohorts, results of campaigns.
    Segments,
    /// Every five minutes: today's figures, and what clients buy.
    Pulse,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 7] = [
        Self::Figures,
        Self::TierReview,
        Self::Expiry,
        Self::Segments,
        Self::Birthdays,
        Self::Reminders,
        Self::Pulse,
    ];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Figures => "figures",
            Self::Segments => "segments",
            Self::Pulse => "pulse",
            Self::TierReview => "tier_review",
            Self::Expiry => "expiry",
            Self::Birthdays => "birthdays",
            Self::Reminders => "reminders",
        }
    }

    /// When, in minutes of the shop's day (R-EXPIRE-4); none: not by the day.
    pub const fn at_minute(self) -> Option<u32> {
        Some(match self {
            Self::Figures => 15,
            Self::TierReview => 2 * 60 + 30,
            Self::Expiry => 3 * 60,
            Self::Segments => 4 * 60,
            Self::Birthdays => 9 * 60,
            Self::Reminders => 9 * 60 + 30,
            Self::Pulse => return None,
        })
    }

    /// By its stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == name)
    }

    /// The run after this moment, and the day it is for.
    pub fn first_after(self, moment: Timestamp, zone: Zone) -> (Date, Timestamp) {
        let today = Date::at(moment, zone);
        let Some(minute) = self.at_minute() else {
            return (today, moment.plus_seconds(PULSE_SECONDS));
        };
        match today.at_minute(minute, zone) {
            at if at > moment => (today, at),
            _ => self.next(today, moment, zone),
        }
    }

    /// The run after the one of `day`, which is finished at `now`.
    pub fn next(self, day: Date, now: Timestamp, zone: Zone) -> (Date, Timestamp) {
        match self.at_minute() {
            Some(minute) => {
                let next = day.plus_days(1);
                (next, next.at_minute(minute, zone))
            }
            None => (Date::at(now, zone), now.plus_seconds(PULSE_SECONDS)),
        }
    }
}
