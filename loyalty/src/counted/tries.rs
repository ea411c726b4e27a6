//! Codes asked for and guessed wrong, by address, within the last hour of this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{NETWORK_TIMES, Source, Timestamp};
use crate::store::access::tries::{Place, Tried};

const HOUR_SECONDS: i64 = 3600;
const SWEEP_SECONDS: i64 = 60;

/// What came from where in the last hour, in this process.
#[derive(Default)]
pub(crate) struct Tries {
    codes: Mutex<Windows>,
    wrong_codes: Mutex<Windows>,
    /// When a shop's pause was told of.
    told: Mutex<HashMap<i64, Timestamp>>,
}

#[derive(Default)]
pub(crate) struct Windows {
    of: HashMap<Place, Window>,
    swept_at: Option<Timestamp>,
}

#[derive(Default)]
struct Window {
    tries: VecDeque<Timestamp>,
    /// What the database said: whose limit is not above this one waits until then.
    paused: Option<(i64, Timestamp)>,
}

/// Over a limit of so many in an hour, until then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    pub limit: i64,
    pub until: Timestamp,
}

impl Tries {
    /// True once an hour and shop: then somebody is told of it.
    pub fn is_to_be_told(&self, tenant_id: i64, now: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told_at = told.get(&tenant_id).copied();
        let is_due = told_at.is_none_or(|at| at.plus_seconds(HOUR_SECONDS) <= now);
        if is_due {
            told.insert(tenant_id, now);
        }
        is_due
    }

    /// What was tried of this kind.
    pub fn windows(&self, tried: Tried) -> MutexGuard<'_, Windows> {
        let windows = match tried {
            Tried::Code => &self.codes,
            Tried::WrongCode => &self.wrong_codes,
        };
        windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Windows {
    /// Counts one try, unless the block or the network of it is over the limit.
    pub fn count(&mut self, source: Source, per_hour: i64, now: Timestamp) -> Result<(), Over> {
        self.sweep(now);
        for (place, limit) in places(source, per_hour) {
            if let Some(window) = self.of.get_mut(&place) {
                window.may(limit, now)?;
            }
        }
        for (place, _) in places(source, per_hour) {
            self.of.entry(place).or_default().tries.push_back(now);
        }
        Ok(())
    }

    /// One of them was none after all.
    pub fn take_back(&mut self, source: Source, at: Timestamp) {
        for (place, _) in places(source, 0) {
            if let Some(window) = self.of.get_mut(&place)
                && let Some(found) = window.tries.iter().rposition(|tried| *tried == at)
            {
                window.tries.remove(found);
            }
        }
    }

    /// Whose limit is not above this one waits until then, as the database says.
    pub fn pause(&mut self, place: Place, over: Over) {
        self.of.entry(place).or_default().paused = Some((over.limit, over.until));
    }

    /// Forgets what is over, now and then, so that the windows do not grow without end.
    fn sweep(&mut self, now: Timestamp) {
        let is_due = self
            .swept_at
            .is_none_or(|at| now < at || at.plus_seconds(SWEEP_SECONDS) <= now);
        if is_due {
            self.swept_at = Some(now);
            self.of.retain(|_, window| {
                window.forget(now);
                !window.tries.is_empty() || window.paused.is_some()
            });
        }
    }
}

impl Window {
    fn may(&mut self, limit: i64, now: Timestamp) -> Result<(), Over> {
        self.forget(now);
        if let Some((paused, until)) = self.paused
            && limit <= paused
        {
            return Err(Over { limit, until });
        }
        match self.tries.front() {
            Some(oldest) if self.tries.len() as i64 >= limit => Err(Over {
                limit,
                until: oldest.plus_seconds(HOUR_SECONDS),
            }),
            _ => Ok(()),
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let since = now.plus_seconds(-HOUR_SECONDS);
        // A clock that was set back leaves tries of the future behind.
        self.tries.retain(|tried| since < *tried && *tried <= now);
        self.paused = self
            .paused
            .filter(|(_, until)| now < *until && *until <= now.plus_seconds(HOUR_SECONDS));
    }
}

/// The parts of a source and what each may, when its block may `limit`.
pub(crate) fn places(source: Source, limit: i64) -> impl Iterator<Item = (Place, i64)> {
    let network = source
        .network()
        .map(|network| (Place::Network(network), limit.saturating_mul(NETWORK_TIMES)));
    std::iter::once((Place::Block(source.block()), limit)).chain(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn an_hour_slides() {
        let (mut windows, here) = (Windows::default(), source("203.0.113.7"));
        for minute in 0..3 {
            windows.count(here, 3, AT.plus_seconds(60 * minute)).unwrap();
        }
        let over = windows.count(here, 3, AT.plus_seconds(3599)).unwrap_err();
        assert_eq!((over.limit, over.until), (3, AT.plus_seconds(3600)));
        windows.count(here, 3, AT.plus_seconds(3600)).unwrap();
        assert!(windows.count(here, 3, AT.plus_seconds(3601)).is_err());
        windows.take_back(here, AT.plus_seconds(3600));
        windows.count(here, 3, AT.plus_seconds(3601)).unwrap();
    }

    #[test]
    fn a_network_has_ten_times_as_much_and_nothing_is_kept_for_ever() {
        let mut windows = Windows::default();
        for block in 0..10 {
            let here = source(&format!("2001:db8:1:{block}::1"));
            for _ in 0..3 {
                windows.count(here, 3, AT).unwrap();
            }
            assert!(windows.count(here, 3, AT).is_err());
        }
        let over = windows.count(source("2001:db8:1:ff::1"), 3, AT).unwrap_err();
        assert_eq!(over.limit, 30);
        windows
            .count(source("203.0.113.7"), 3, AT.plus_seconds(3600))
            .unwrap();
        assert_eq!(windows.of.len(), 1);
    }
}
