//! Time is passed in.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::model::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// By the machine's own clock, which leases follow and which is compared with the database's, whatever time a
    /// simulation has.
    fn machine_now(&self) -> Timestamp {
        SystemClock.now()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(0) + since_1970
    }
}

/// The database's clock as it was when it was last asked, and how long ago that was by a clock that nobody sets.
#[derive(Debug, Default)]
pub(crate) struct DatabaseClock(Mutex<Option<(Timestamp, Instant)>>);

impl DatabaseClock {
    /// The database has just told its time.
    pub fn note(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Instant::now()));
    }

    /// By how many milliseconds a clock that shows `now` is ahead of the database's; 0 before it was asked.
    pub fn millis_behind(&self, now: Timestamp) -> i64 {
        let noted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.map_or(0, |(told, at)| now.millis() - (told + at.elapsed()).millis())
    }
}
