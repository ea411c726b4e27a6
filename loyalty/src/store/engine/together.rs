//! Writes that share a commit. One that finds none under way is written at once; those that arrive meanwhile are written
//! by the next transaction together: on SQLite a commit waits for the disk, and nobody waits for a clock. Each is told
//! when it is durable.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::Failure;
use crate::store::{Db, Tx};

/// The most writes of one transaction.
const GROUP_MAX: usize = 256;

/// Something to write that may be written twice.
pub(crate) trait Note: Send + Sync + Sized + 'static {
    /// Writes all of them, in the order in which rows are always touched.
    fn write(all: &mut [Self], tx: &mut Tx) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The writes of a process.
pub(crate) struct Together<N>(Arc<Mutex<Queue<N>>>);

struct Queue<N> {
    is_busy: bool,
    waiting: Vec<Waiting<N>>,
}

struct Waiting<N> {
    note: N,
    written: oneshot::Sender<Result<(), Failure>>,
}

impl<N> Default for Together<N> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Queue {
            is_busy: false,
            waiting: Vec::new(),
        })))
    }
}

impl<N: Note> Together<N> {
    /// Writes it, together with others that come while an earlier group is being written.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn write(&self, db: &Db, note: N) -> Result<(), Failure> {
        let (written, is_written) = oneshot::channel();
        if self.join(Waiting { note, written }) {
            let turn = Turn(Arc::clone(&self.0));
            // A task of its own: the caller may be cut short, those who wait with it are not.
            tokio::spawn(turn.lead(db.clone()));
        }
        is_written
            .await
            .map_err(|_| Failure::new("a write was given up before it was made"))?
    }

    /// Queues a write; whether a transaction has to be begun for it.
    fn join(&self, waiting: Waiting<N>) -> bool {
        let mut queue = lock(&self.0);
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.is_busy, true)
    }
}

/// The right to write; given back when nobody waits, and by a panic too.
struct Turn<N>(Arc<Mutex<Queue<N>>>);

impl<N: Note> Turn<N> {
    /// Writes groups until nobody waits.
    async fn lead(self, db: Db) {
        while let Some(group) = self.next_group() {
            let (mut notes, waiting): (Vec<N>, Vec<_>) =
                group.into_iter().map(|one| (one.note, one.written)).unzip();
            let outcomes = write_group(&db, &mut notes).await;
            for (written, outcome) in waiting.into_iter().zip(outcomes) {
                // Whoever is gone needs no answer.
                let _gone = written.send(outcome);
            }
        }
    }

    /// Those who wait. None: the turn is over, and whoever comes next begins anew.
    fn next_group(&self) -> Option<Vec<Waiting<N>>> {
        let mut queue = lock(&self.0);
        let most = queue.waiting.len().min(GROUP_MAX);
        let group: Vec<Waiting<N>> = queue.waiting.drain(..most).collect();
        queue.is_busy = !group.is_empty();
        (!group.is_empty()).then_some(group)
    }
}

impl<N> Drop for Turn<N> {
    fn drop(&mut self) {
        // Only after a panic does anybody still wait: they learn it at once.
        let mut queue = lock(&self.0);
        if std::thread::panicking() {
            queue.is_busy = false;
            queue.waiting.clear();
        }
    }
}

fn lock<N>(queue: &Mutex<Queue<N>>) -> MutexGuard<'_, Queue<N>> {
    // Nothing panics while it is held; if something did, what is queued is still whole.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One transaction for all; when it is refused, one for each, so that one in trouble is alone with it.
async fn write_group<N: Note>(db: &Db, notes: &mut [N]) -> Vec<Result<(), Failure>> {
    metrics::histogram!("bonex_settled_group_size").record(notes.len() as f64);
    let error = match write(db, notes).await {
        Ok(()) => return notes.iter().map(|_| Ok(())).collect(),
        Err(error) => error,
    };
    if notes.len() == 1 || error.is_unavailable() {
        return notes.iter().map(|_| Err(error.clone())).collect();
    }
    tracing::warn!(%error, notes = notes.len(), "what was to be written together is written one by one");
    let mut outcomes = Vec::with_capacity(notes.len());
    for note in notes {
        outcomes.push(write(db, std::slice::from_mut(note)).await);
    }
    outcomes
}

async fn write<N: Note>(db: &Db, notes: &mut [N]) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    N::write(notes, &mut tx).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::store::Place;

    /// Counts how often something was written at all; one of them can't be.
    struct Counted {
        number: usize,
        groups: Arc<AtomicUsize>,
    }

    impl Note for Counted {
        async fn write(all: &mut [Self], tx: &mut Tx) -> Result<(), Failure> {
            all[0].groups.fetch_add(1, Ordering::SeqCst);
            if all.iter().any(|one| one.number == 7) {
                return Err(Failure::new("seven"));
            }
            for one in all {
                let sql = "INSERT INTO id_nodes (node, owner, leased_until) VALUES ($1, 'x', 0)";
                tx.global().query(sql).bind(one.number as i64).execute().await?;
            }
            Ok(())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_comes_while_the_disk_is_busy_shares_a_commit_and_trouble_is_ones_own() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(Place::Sqlite(folder.path().join("a.db"))).await.unwrap();
        db.migrate().await.unwrap();
        let (together, groups) = (Arc::new(Together::default()), Arc::new(AtomicUsize::new(0)));
        // The one writer is busy while all of them come.
        let busy = db.begin().await.unwrap();
        let mut under_way = tokio::task::JoinSet::new();
        for number in 0..200 {
            let (db, together, groups) = (db.clone(), Arc::clone(&together), Arc::clone(&groups));
            under_way.spawn(async move { (number, together.write(&db, Counted { number, groups }).await) });
        }
        while lock(&together.0).waiting.len() < 199 {
            tokio::task::yield_now().await;
        }
        drop(busy);
        let mut refused = Vec::new();
        while let Some(done) = under_way.join_next().await {
            let (number, written) = done.unwrap();
            if written.is_err() {
                refused.push(number);
            }
        }
        assert_eq!(refused, [7]);
        let kept = db
            .global()
            .query("SELECT node FROM id_nodes")
            .all()
            .await
            .unwrap();
        assert_eq!(kept.len(), 199);
        let groups = groups.load(Ordering::SeqCst);
        assert!(
            groups <= 202,
            "the first alone, then all, then each once more because of one: {groups}"
        );
        // Without trouble: one commit for all that came meanwhile.
        let (groups, busy) = (Arc::new(AtomicUsize::new(0)), db.begin().await.unwrap());
        for number in 1000..1100 {
            let (db, together, groups) = (db.clone(), Arc::clone(&together), Arc::clone(&groups));
            under_way.spawn(async move { (number, together.write(&db, Counted { number, groups }).await) });
        }
        while lock(&together.0).waiting.len() < 99 {
            tokio::task::yield_now().await;
        }
        drop(busy);
        while let Some(done) = under_way.join_next().await {
            done.unwrap().1.unwrap();
        }
        assert_eq!(groups.load(Ordering::SeqCst), 2, "a hundred in two commits");
        db.close().await;
    }
}
