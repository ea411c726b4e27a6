//! How the workers of a process are: which of them have panicked lately.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So long a panic is told of.
const LATELY: Duration = Duration::from_secs(600);

/// What health and metrics tell of workers. Cheap to clone; clones share it.
#[derive(Clone, Default)]
pub struct Condition(Arc<Mutex<BTreeMap<&'static str, Instant>>>);

impl Condition {
    /// A worker panicked, or something that it was doing did.
    pub fn panicked(&self, worker: &'static str) {
        tracing::error!(worker, "a worker panicked: what it was at is tried again");
        metrics::counter!("bonex_worker_panics_total", "worker" => worker).increment(1);
        self.lock().insert(worker, Instant::now());
    }

    /// Workers that have panicked within the last ten minutes.
    pub fn in_trouble(&self) -> Vec<&'static str> {
        let panics = self.lock();
        let lately = panics.iter().filter(|(_, at)| at.elapsed() < LATELY);
        lately.map(|(worker, _)| *worker).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
