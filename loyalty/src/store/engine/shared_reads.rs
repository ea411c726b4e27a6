//! Reads that share statements. One that finds few others under way runs at once; those that arrive meanwhile wait for each
//! other and are answered by one statement: under load a trip to the database serves many of them, and nobody waits for a
//! clock. A statement begins after every read it answers has come in, so each sees what was committed before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Failure;
use crate::store::{Db, Scope};

/// Statements of one shop that may be under way at once.
const AT_ONCE: usize = 2;
/// The most reads that share one.
const GROUP_MAX: usize = 64;

/// A connection that hangs must not hold up a whole shop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that is read of one shop.
pub(crate) trait Question: Send + Sync + Sized + 'static {
    /// What is found.
    type Answer: Send + 'static;

    /// Whether both may be asked in one statement.
    fn shares_with(&self, other: &Self) -> bool;

    /// Asks for one.
    fn one(&self, scope: &mut Scope<'_>) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;

    /// Asks for several that share: one answer each, in their order.
    fn many(
        all: &[Self],
        scope: &mut Scope<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Failure>> + Send;
}

/// The reads of a process.
pub(crate) struct SharedReads<Q: Question> {
    shops: Arc<Mutex<HashMap<i64, Shop<Q>>>>,
}

struct Shop<Q: Question> {
    under_way: usize,
    waiting: Vec<Waiting<Q>>,
}

struct Waiting<Q: Question> {
    question: Q,
    answer: oneshot::Sender<Result<Q::Answer, Failure>>,
}

impl<Q: Question> Default for SharedReads<Q> {
    fn default() -> Self {
        Self {
            shops: Arc::default(),
        }
    }
}

impl<Q: Question> SharedReads<Q> {
    /// Reads it, together with others that ask at the same moment.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn ask(&self, db: &Db, tenant_id: i64, question: Q) -> Result<Q::Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        if self.join(tenant_id, Waiting { question, answer }) {
            let place = Place {
                shops: Arc::clone(&self.shops),
                tenant_id,
                is_held: true,
            };
            // A task of its own: the caller may hang up, those who wait with it do not.
            tokio::spawn(place.lead(db.clone()));
        }
        answered
            .await
            .map_err(|_| Failure::new("a read was given up before it was answered"))?
    }

    /// Queues a read; whether a statement has to be begun for it.
    fn join(&self, tenant_id: i64, waiting: Waiting<Q>) -> bool {
        let mut shops = lock(&self.shops);
        let shop = shops.entry(tenant_id).or_insert_with(|| Shop {
            under_way: 0,
            waiting: Vec::new(),
        });
        shop.waiting.push(waiting);
        let is_first = shop.under_way < AT_ONCE;
        shop.under_way += usize::from(is_first);
        is_first
    }
}

/// The right to have a statement under way; given back when nobody waits, and by a panic too.
struct Place<Q: Question> {
    shops: Arc<Mutex<HashMap<i64, Shop<Q>>>>,
    tenant_id: i64,
    is_held: bool,
}

impl<Q: Question> Place<Q> {
    /// Answers groups until nobody waits.
    async fn lead(mut self, db: Db) {
        while let Some(group) = self.next_group() {
            answer(&db, self.tenant_id, group).await;
        }
    }

    /// Those who wait and can share. None: the place is given back, and whoever comes next begins anew.
    fn next_group(&mut self) -> Option<Vec<Waiting<Q>>> {
        let mut shops = lock(&self.shops);
        let shop = shops.get_mut(&self.tenant_id)?;
        if shop.waiting.is_empty() {
            self.is_held = false;
            shop.under_way -= 1;
            if shop.under_way == 0 {
                shops.remove(&self.tenant_id);
            }
            return None;
        }
        let mut group: Vec<Waiting<Q>> = Vec::with_capacity(shop.waiting.len());
        for waiting in std::mem::take(&mut shop.waiting) {
            if waiting.answer.is_closed() {
                continue;
            }
            let joins = group.len() < GROUP_MAX
                && group
                    .first()
                    .is_none_or(|first| first.question.shares_with(&waiting.question));
            match joins {
                true => group.push(waiting),
                false => shop.waiting.push(waiting),
            }
        }
        // When all have hung up it is empty, and the next call gives the place back.
        Some(group)
    }
}

impl<Q: Question> Drop for Place<Q> {
    fn drop(&mut self) {
        if !self.is_held {
            return;
        }
        let mut shops = lock(&self.shops);
        if let Some(shop) = shops.get_mut(&self.tenant_id) {
            shop.under_way -= 1;
            // Nobody is left to answer those who wait: they learn it at once.
            if shop.under_way == 0 {
                shops.remove(&self.tenant_id);
            }
        }
    }
}

fn lock<Q: Question>(shops: &Mutex<HashMap<i64, Shop<Q>>>) -> MutexGuard<'_, HashMap<i64, Shop<Q>>> {
    // Nothing panics while it is held; if something did, what is queued is still whole.
    shops.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer<Q: Question>(db: &Db, tenant_id: i64, group: Vec<Waiting<Q>>) {
    let (questions, waiting): (Vec<Q>, Vec<_>) = group
        .into_iter()
        .map(|waiting| (waiting.question, waiting.answer))
        .unzip();
    let mut scope = db.tenant(tenant_id);
    let asking = async {
        match questions.as_slice() {
            [] => Ok(Vec::new()),
            [question] => question.one(&mut scope).await.map(|found| vec![found]),
            questions => Q::many(questions, &mut scope).await,
        }
    };
    let answers = match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answers) => answers,
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    };
    // Whoever hung up needs no answer.
    match answers {
        Ok(answers) => waiting.into_iter().zip(answers).for_each(|(answer, found)| {
            let _gone = answer.send(Ok(found));
        }),
        Err(error) => waiting.into_iter().for_each(|answer| {
            let _gone = answer.send(Err(error.clone()));
        }),
    }
}
