//! What is due by the clock of each shop: taken with a lease, run batch by batch.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loyalty::Loyalty;
use loyalty::usecase::{self, Error, TakenJob};
use tokio::time::Instant;

use super::shop_work::{ShopWork, ShopWorker};

/// Jobs under way at once.
const AT_ONCE: usize = 4;
/// Jobs of one shop under way at once: a long one holds up no other shop.
const OF_ONE_SHOP: usize = 2;
/// How often new shops are looked for.
const PLANNED_EVERY: Duration = Duration::from_secs(60);

/// Running jobs. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    loyalty: Loyalty,
    /// When every shop had its jobs the last time; none: this process has not looked yet.
    planned: Arc<Mutex<Option<Instant>>>,
}

impl ShopWork for Jobs {
    type Item = TakenJob;
    const NAME: &'static str = "jobs";

    /// Nobody calls but the clock.
    async fn called(&self) -> Vec<i64> {
        pending().await
    }

    async fn shops(&self) -> Result<Vec<i64>, Error> {
        if self.is_to_plan() {
            usecase::plan_jobs(&self.loyalty).await?;
            *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        usecase::shops_with_jobs(&self.loyalty).await
    }

    async fn take(&self, tenant_id: i64, most: i64) -> Result<Vec<TakenJob>, Error> {
        usecase::take_jobs(&self.loyalty, tenant_id, most).await
    }

    /// One that is cut short goes on from its last batch, here or elsewhere.
    async fn make(&self, taken: &TakenJob) {
        if let Err(error) = usecase::run_job(&self.loyalty, taken).await {
            let (job, tenant) = (taken.job().as_str(), taken.tenant_id());
            tracing::error!(%error, job, tenant, "a job is tried again");
        }
    }

    async fn broke(&self, taken: &TakenJob) {
        usecase::break_job(&self.loyalty, taken).await;
    }
}

impl Jobs {
    /// A worker that has not begun.
    pub fn worker(loyalty: Loyalty) -> ShopWorker<Self> {
        let planned = Arc::default();
        ShopWorker::new(Self { loyalty, planned }, AT_ONCE, OF_ONE_SHOP)
    }

    fn is_to_plan(&self) -> bool {
        let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.is_none_or(|at| at.elapsed() >= PLANNED_EVERY)
    }
}

/// Runs every job that is due, and what becomes due meanwhile; how many runs.
///
/// # Errors
/// The database refuses.
pub async fn run_due(loyalty: &Loyalty) -> Result<usize, Error> {
    Jobs::worker(loyalty.clone()).do_due().await
}
