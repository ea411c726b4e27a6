//! One writer of a SQLite file that commits in groups: what comes while the disk is busy shares the next commit.

use std::sync::Arc;

use sqlx::SqliteConnection;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::sqlite::{SqliteFile, Writer};
use crate::failure::{Shared, is_of_rows};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The most jobs that share one commit.
const GROUP_MAX: usize = 256;

/// Something to write.
pub(crate) trait Job: Send + Sync + Sized + 'static {
    /// How it went.
    type Outcome: Send + 'static;
    /// The name of the histogram of how many shared a commit.
    const GROUP_SIZES: &'static str;

    /// Writes all of them in a transaction that is begun; how each went, in their order.
    ///
    /// # Errors
    /// The database refuses; then nothing of the group is kept.
    fn apply(
        group: &[Self],
        connection: &mut SqliteConnection,
    ) -> impl Future<Output = Result<Vec<Self::Outcome>>> + Send;

    /// The outcome that an error of one alone stands for, if it is one.
    fn outcome_of(error: &sqlx::Error) -> Option<Self::Outcome>;
}

/// The committer of a file.
pub(crate) struct Committer<J: Job> {
    queue: mpsc::Sender<Queued<J>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

enum Queued<J: Job> {
    /// Write it and tell how it went, after the commit.
    Write(Waiting<J>),
    /// Finish what came before and stop.
    Close(oneshot::Sender<()>),
}

struct Waiting<J: Job> {
    job: J,
    done: oneshot::Sender<Result<J::Outcome>>,
}

impl<J: Job> Committer<J> {
    /// Begins to wait for jobs.
    pub fn start(file: &SqliteFile) -> Self {
        let (queue, queued) = mpsc::channel(4096);
        let task = tokio::spawn(group_commit(file.writer(), queued));
        Self {
            queue,
            task: Mutex::new(Some(task)),
        }
    }

    /// Writes a job; how it went, once that is durable.
    ///
    /// # Errors
    /// The database refuses, or is closed.
    pub async fn write(&self, job: J) -> Result<J::Outcome> {
        let (done, outcome) = oneshot::channel();
        let write = Queued::Write(Waiting { job, done });
        let sent = self.queue.send(write).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        outcome.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Waits for what is queued, then stops.
    pub async fn close(&self) {
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Queued::Close(done)).await.is_ok() {
            // An error means that it has already ended: nothing is queued.
            let _ended = is_done.await;
        }
        if let Some(task) = self.task.lock().await.take() {
            let _ended = task.await;
        }
    }
}

/// Drains the queue into groups until it is told to close.
async fn group_commit<J: Job>(writer: Arc<Mutex<Writer>>, mut queue: mpsc::Receiver<Queued<J>>) {
    let mut queued = Vec::with_capacity(GROUP_MAX);
    while queue.recv_many(&mut queued, GROUP_MAX).await > 0 {
        let mut writer = writer.lock().await;
        // What arrived while the writer was busy joins the group.
        while queued.len() < GROUP_MAX {
            match queue.try_recv() {
                Ok(next) => queued.push(next),
                Err(_) => break,
            }
        }
        let mut group = Vec::with_capacity(queued.len());
        let mut closing = None;
        for next in queued.drain(..) {
            match next {
                Queued::Write(waiting) => group.push(waiting),
                Queued::Close(done) => closing = Some(done),
            }
        }
        if !group.is_empty()
            && let Some(refusal) = commit(&mut writer, group).await
        {
            // Whoever joined the queue meanwhile has waited as long and hears the same.
            while let Ok(next) = queue.try_recv() {
                match next {
                    Queued::Write(waiting) => drop(waiting.done.send(Err(refusal.again()))),
                    Queued::Close(done) => closing = Some(done),
                }
            }
        }
        if let Some(done) = closing {
            // Whoever asked may have gone; closing goes on.
            let _gone = done.send(());
            return;
        }
    }
}

/// Commits a group and tells how it went. What is at fault with none of its jobs is refused for all of them at once, and
/// given back.
async fn commit<J: Job>(writer: &mut Writer, group: Vec<Waiting<J>>) -> Option<Shared> {
    metrics::histogram!(J::GROUP_SIZES).record(group.len() as f64);
    let (jobs, waiting): (Vec<J>, Vec<_>) = group.into_iter().map(|one| (one.job, one.done)).unzip();
    match attempt(writer, &jobs).await {
        Ok(outcomes) => answer(waiting, outcomes.into_iter().map(Ok)),
        Err(error) if !is_of_rows(&error) => {
            tracing::error!(%error, jobs = waiting.len(), "a group of writes is refused");
            let refusal = Shared::new(error);
            let all = waiting.len();
            let refused = std::iter::repeat_n((), all).map(|()| Err(refusal.again()));
            answer(waiting, refused);
            return Some(refusal);
        }
        Err(error) if jobs.len() == 1 => answer(waiting, std::iter::once(Err(error))),
        Err(error) => {
            // One of them breaks a constraint that was not foreseen: apart, the others still go through.
            tracing::warn!(%error, jobs = jobs.len(), "a group of writes is retried one by one");
            let mut outcomes = Vec::with_capacity(jobs.len());
            for one in &jobs {
                let outcome = attempt(writer, std::slice::from_ref(one)).await;
                outcomes.push(outcome.map(|mut outcomes| outcomes.remove(0)));
            }
            answer(waiting, outcomes.into_iter());
        }
    }
    None
}

fn answer<T>(waiting: Vec<oneshot::Sender<Result<T>>>, outcomes: impl Iterator<Item = Result<T>>) {
    for (done, outcome) in waiting.into_iter().zip(outcomes) {
        // A caller that hung up does not undo what was committed; its retry finds it.
        let _gone = done.send(outcome);
    }
}

/// One transaction for the whole group.
async fn attempt<J: Job>(writer: &mut Writer, group: &[J]) -> Result<Vec<J::Outcome>> {
    writer.begin().await?;
    let applied = match writer.connection() {
        Ok(connection) => J::apply(group, connection).await,
        Err(error) => Err(error),
    };
    match applied {
        Ok(outcomes) => {
            writer.commit().await?;
            Ok(outcomes)
        }
        Err(error) => {
            writer.rollback().await;
            match J::outcome_of(&error).filter(|_| group.len() == 1) {
                Some(outcome) => Ok(vec![outcome]),
                None => Err(error),
            }
        }
    }
}
