//! Whose birthday gift is due on a day of the shop (ruling 32).

use crate::model::{BirthdayTerms, Date};

/// What a day's gifts go by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueGifts {
    /// Days of birth, as [`Date::month_day`].
    pub birthdays: Vec<i64>,
    /// Whoever had a gift on this day or later had it for the same birthday: around the new year one birthday is met in two
    /// calendar years. It goes by the earliest that any gift may come, since the shop may have changed how early its own do.
    pub had_since: Date,
}

/// The gifts of `day` in a shop that gives them so many days before the birthday. A birthday is met on each of those days,
/// so that one told of late is not missed.
pub fn due_on(day: Date, days_before: i64) -> DueGifts {
    DueGifts {
        birthdays: (0..=days_before)
            .flat_map(|later| day.plus_days(later).birthdays())
            .collect(),
        had_since: day.plus_days(-BirthdayTerms::DAYS_BEFORE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEARS: i64 = 5;
    const DAYS_BEFORE_MAX: i64 = BirthdayTerms::DAYS_BEFORE_MAX;

    fn day(number: i64) -> Date {
        Date::parse("2025-06-15").unwrap().plus_days(number)
    }

    /// The days of birthdays kept, as numbers.
    fn kept(born: Date, days: std::ops::Range<i64>) -> Vec<i64> {
        days.filter(|number| day(*number).birthdays().contains(&born.month_day()))
            .collect()
    }

    proptest! {
        /// Runs of every day, the shop being down now and then for up to `pause` days; then the missed ones follow. The shop
        /// changes its mind about how early gifts come.
        #[test]
        fn each_birthday_has_one_gift_and_has_it_in_time(
            born in 0_i64..20_000,
            days_before in 0_i64..=DAYS_BEFORE_MAX,
            changes in prop::collection::vec((0_i64..YEARS * 365, 0_i64..=DAYS_BEFORE_MAX), 0..8),
            pauses in prop::collection::vec((0_i64..YEARS * 365, 0_i64..120), 0..4),
        ) {
            let born = Date::parse("1960-01-01").unwrap().plus_days(born);
            let mut gifts: Vec<(i64, i64)> = Vec::new();
            for number in 0..YEARS * 365 {
                let down = pauses.iter().filter(|(from, long)| (*from..from + long).contains(&number));
                let made = down.map(|(from, long)| from + long).max().unwrap_or(number);
                let changed = changes.iter().filter(|(from, _)| *from <= made).max_by_key(|(from, _)| *from);
                let due = due_on(day(number), changed.map_or(days_before, |(_, days_before)| *days_before));
                let year = day(number).year();
                let has_had = gifts
                    .iter()
                    .any(|(for_day, made)| day(*for_day).year() == year || day(*made) >= due.had_since);
                if due.birthdays.contains(&born.month_day()) && !has_had {
                    gifts.push((number, made));
                }
            }
            let mut years: Vec<i32> = gifts.iter().map(|(for_day, _)| day(*for_day).year()).collect();
            years.dedup();
            prop_assert_eq!(years.len(), gifts.len(), "one a calendar year: {:?}", &gifts);
            for kept in &kept(born, DAYS_BEFORE_MAX..YEARS * 365) {
                let own = gifts.iter().filter(|(for_day, _)| (kept - DAYS_BEFORE_MAX..=*kept).contains(for_day));
                prop_assert_eq!(own.count(), 1, "the birthday of day {}: {:?}", kept, &gifts);
            }
        }
    }
}
