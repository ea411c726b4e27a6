//! When a worker looks for work: by the clock, when it is called, and until it is told to stop.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Why a worker looks for work.
pub enum Next<T> {
    /// The clock says so.
    Round,
    /// Something else came first.
    Other(T),
}

/// The rounds of one worker.
pub struct Rounds {
    tick: Interval,
    stopped: watch::Receiver<bool>,
}

impl Rounds {
    /// The first at once, then one in every `pause`.
    pub fn every(pause: Duration, stopped: watch::Receiver<bool>) -> Self {
        let mut tick = interval(pause);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { tick, stopped }
    }

    /// Waits for the next round; false when the worker is to stop.
    pub async fn next(&mut self) -> bool {
        self.next_or(pending::<()>()).await.is_some()
    }

    /// Waits for the next round or for something else, whichever comes first; none when the worker is to stop.
    pub async fn next_or<T>(&mut self, other: impl Future<Output = T>) -> Option<Next<T>> {
        tokio::select! {
            _ = self.stopped.wait_for(|stopped| *stopped) => None,
            _ = self.tick.tick() => Some(Next::Round),
            came = other => Some(Next::Other(came)),
        }
    }

    /// Does `work` to its end; none when it is cut short because the worker is to stop.
    pub async fn do_one<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            _ = self.stopped.wait_for(|stopped| *stopped) => None,
            done = work => Some(done),
        }
    }
}
