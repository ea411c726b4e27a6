//! What is due by the clock of each shop: taken with a lease, run batch by batch.

use std::time::Duration;

use loyalty::Loyalty;
use loyalty::usecase::{self, DueJobs, Error, TakenJob};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::condition::Condition;
use super::rounds::Rounds;

/// How often the clock is looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// Jobs under way at once.
const AT_ONCE: usize = 4;

/// Runs until it is told to stop. A job that is cut short goes on from its last batch, here or elsewhere.
pub async fn run(loyalty: Loyalty, stopped: watch::Receiver<bool>, condition: Condition) {
    let mut rounds = Rounds::every(PAUSE, stopped);
    while rounds.next().await {
        if let Some(Err(error)) = rounds.do_one(run_all(&loyalty, &condition)).await {
            tracing::warn!(%error, "what is due by the clock waits");
        }
    }
}

/// Runs every job that is due, and what becomes due meanwhile, some at once; how many were finished.
///
/// # Errors
/// The database refuses. What is under way is finished first, and others are looked for all the while.
pub async fn run_due(loyalty: &Loyalty) -> Result<usize, Error> {
    run_all(loyalty, &Condition::default()).await
}

async fn run_all(loyalty: &Loyalty, condition: &Condition) -> Result<usize, Error> {
    let (mut found, mut under_way) = (DueJobs::default(), JoinSet::new());
    let mut finished = 0;
    loop {
        // What is refused now need not be in a second: a long job that is under way keeps nobody waiting.
        let mut refused = None;
        while refused.is_none() && under_way.len() < AT_ONCE {
            match usecase::take_job(loyalty, &mut found).await {
                Ok(Some(taken)) => drop(under_way.spawn(make(loyalty.clone(), taken))),
                Ok(None) => break,
                Err(error) => refused = Some(error),
            }
        }
        tokio::select! {
            done = under_way.join_next() => match done {
                Some(Ok(true)) => finished += 1,
                Some(Ok(false)) => {}
                Some(Err(ended)) => if ended.is_panic() {
                    condition.panicked("jobs");
                },
                None => return refused.map_or(Ok(finished), Err),
            },
            // A long job holds nobody up.
            () = sleep(PAUSE) => {}
        }
    }
}

/// Whether the job was finished.
async fn make(loyalty: Loyalty, taken: TakenJob) -> bool {
    let (job, tenant_id) = (taken.job(), taken.tenant_id());
    usecase::run_job(&loyalty, taken).await.unwrap_or_else(|error| {
        tracing::error!(%error, job = job.as_str(), tenant = tenant_id, "a job is tried again");
        false
    })
}
