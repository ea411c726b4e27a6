//! Attempts with registers' tokens from other devices, as far as they are not written yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Timestamp;

/// Between two writes of one register's strikes.
const WRITTEN_SECONDS: i64 = 60;
/// How long a refusal believes what is known of the binding, which may have been reset.
const BELIEVED_SECONDS: i64 = 1;

/// Strikes of this process that wait to be written, by tenant and register.
#[derive(Default)]
pub(crate) struct Strikes(Mutex<HashMap<(i64, i64), Waiting>>);

#[derive(Default)]
struct Waiting {
    strikes: i64,
    /// What the register was bound to meanwhile: strikes against a binding that was reset count for nothing.
    bound_to: String,
    struck_at: Option<Timestamp>,
    written_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
}

/// Strikes taken to be written.
pub(crate) struct Due {
    pub register: (i64, i64),
    pub strikes: i64,
    pub bound_to: String,
    pub struck_at: Timestamp,
}

impl Strikes {
    /// Whether to look at a register's binding anew before somebody is refused: once a second at most.
    pub fn look(&self, register: (i64, i64), now: Timestamp) -> bool {
        let mut all = self.all();
        let waiting = all.entry(register).or_default();
        let is_due = is_over(waiting.looked_at, BELIEVED_SECONDS, now);
        if is_due {
            waiting.looked_at = Some(now);
        }
        is_due
    }

    /// Counts one against this binding; what is to be written now, if it is time.
    pub fn note(&self, register: (i64, i64), bound_to: &str, now: Timestamp) -> Option<Due> {
        let mut all = self.all();
        let waiting = all.entry(register).or_default();
        if waiting.bound_to != bound_to {
            waiting.strikes = 0;
            bound_to.clone_into(&mut waiting.bound_to);
        }
        waiting.strikes += 1;
        waiting.struck_at = Some(now);
        waiting.due(register, now)
    }

    /// All that are due, and forgets registers that have been quiet.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        let mut all = self.all();
        let due: Vec<Due> = all
            .iter_mut()
            .filter_map(|(register, waiting)| waiting.due(*register, now))
            .collect();
        all.retain(|_, waiting| {
            waiting.strikes > 0
                || !is_over(waiting.written_at, WRITTEN_SECONDS, now)
                || !is_over(waiting.looked_at, WRITTEN_SECONDS, now)
        });
        due
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(i64, i64), Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn due(&mut self, register: (i64, i64), now: Timestamp) -> Option<Due> {
        if self.strikes == 0 || !is_over(self.written_at, WRITTEN_SECONDS, now) {
            return None;
        }
        self.written_at = Some(now);
        Some(Due {
            register,
            strikes: std::mem::take(&mut self.strikes),
            bound_to: self.bound_to.clone(),
            struck_at: self.struck_at.unwrap_or(now),
        })
    }
}

fn is_over(since: Option<Timestamp>, seconds: i64, now: Timestamp) -> bool {
    since.is_none_or(|since| since.plus_seconds(seconds) <= now || now < since)
}
