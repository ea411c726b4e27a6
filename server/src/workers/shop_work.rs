//! What waits in the database for each shop: taken with a lease, done some at once, and so that a shop with much or slow
//! work leaves room for the others.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use futures::FutureExt;
use loyalty::usecase::Error;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::condition::Condition;
use super::room::Room;
use super::rounds::{Next, Rounds};

/// How long nothing is looked for when nobody calls.
const PAUSE: Duration = Duration::from_secs(1);

/// A kind of work. Cheap to clone.
pub trait ShopWork: Clone + Send + Sync + 'static {
    /// What is taken and done.
    type Item: Send + Sync + 'static;
    /// The kind, as the log calls it.
    const NAME: &'static str;

    /// Waits until this process has made some since the last wait: for which shops.
    fn called(&self) -> impl Future<Output = Vec<i64>> + Send;

    /// Shops that have some due.
    fn shops(&self) -> impl Future<Output = Result<Vec<i64>, Error>> + Send;

    /// Takes up to `most` of a shop.
    fn take(&self, tenant_id: i64, most: i64) -> impl Future<Output = Result<Vec<Self::Item>, Error>> + Send;

    /// Does one and notes what came of it.
    fn make(&self, item: &Self::Item) -> impl Future<Output = ()> + Send;

    /// Notes that doing it ended in a panic, so that it is not tried over and over at once.
    fn broke(&self, item: &Self::Item) -> impl Future<Output = ()> + Send;
}

/// Does one kind of work for all shops. Cheap to clone.
#[derive(Clone)]
pub struct ShopWorker<W> {
    work: W,
    room: Room,
    /// With so many places free a busy shop is given more.
    refill: usize,
}

/// Shops that may have more to do than there was room for, each once, the one that has waited longest first.
#[derive(Default)]
struct More {
    queue: VecDeque<i64>,
    known: HashSet<i64>,
}

impl More {
    fn add(&mut self, tenant_id: i64) {
        if self.known.insert(tenant_id) {
            self.queue.push_back(tenant_id);
        }
    }

    fn next(&mut self) -> Option<i64> {
        let tenant_id = self.queue.pop_front()?;
        self.known.remove(&tenant_id);
        Some(tenant_id)
    }
}

/// What a worker hears of besides the clock.
enum Other {
    Called(Vec<i64>),
    Ended(Result<(), JoinError>),
}

impl<W: ShopWork> ShopWorker<W> {
    /// A worker that has not begun, with so many at once: in all, and of one shop.
    pub fn new(work: W, in_all: usize, of_one_shop: usize) -> Self {
        Self {
            work,
            room: Room::new(in_all, of_one_shop),
            refill: of_one_shop.div_ceil(2),
        }
    }

    /// Works until it is told to stop; what is under way then is finished. All shops are looked at by the clock alone:
    /// when this process has made some, that shop is, and when something is finished, those that have more.
    pub async fn run(self, stopped: watch::Receiver<bool>, condition: Condition) {
        let mut rounds = Rounds::every(PAUSE, stopped);
        let (mut under_way, mut more) = (JoinSet::new(), More::default());
        loop {
            let other = async {
                tokio::select! {
                    shops = self.work.called() => Other::Called(shops),
                    // There is room again.
                    Some(ended) = under_way.join_next() => Other::Ended(ended),
                }
            };
            // A shop that is busy is filled up again when half of it is done: one by one would be a commit each.
            let least = match rounds.next_or(other).await {
                None => break,
                Some(Next::Round) => {
                    match self.work.shops().await {
                        Ok(shops) => shops.into_iter().for_each(|shop| more.add(shop)),
                        Err(error) => tracing::warn!(%error, work = W::NAME, "work waits"),
                    }
                    1
                }
                Some(Next::Other(Other::Called(shops))) => {
                    shops.into_iter().for_each(|shop| more.add(shop));
                    1
                }
                Some(Next::Other(Other::Ended(ended))) => {
                    note::<W>(&ended, &condition);
                    while let Some(ended) = under_way.try_join_next() {
                        note::<W>(&ended, &condition);
                    }
                    self.refill
                }
            };
            self.begin_more(least, &mut more, &mut under_way).await;
        }
        while let Some(ended) = under_way.join_next().await {
            note::<W>(&ended, &condition);
        }
    }

    /// Starts what may begin now of the shops that have more, in their turn, where `least` find room.
    async fn begin_more(&self, least: usize, more: &mut More, under_way: &mut JoinSet<()>) {
        for _ in 0..more.queue.len() {
            let Some(tenant_id) = more.next() else { return };
            let least = least.min(self.room.left_in_all()).max(1);
            if self.room.left(tenant_id) < least {
                more.add(tenant_id);
                continue;
            }
            match self.begin_shop(tenant_id, under_way).await {
                Ok(true) => more.add(tenant_id),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, work = W::NAME, tenant = tenant_id, "work of a shop waits");
                }
            }
        }
    }

    /// Does everything that is due now, and waits for all of it; how many. Something slow holds up no other shop.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn do_due(&self) -> Result<usize, Error> {
        let (mut under_way, mut more) = (JoinSet::new(), More::default());
        let (mut made, mut least) = (0, 1);
        loop {
            if under_way.is_empty() && more.queue.is_empty() {
                let shops = self.work.shops().await?;
                shops.into_iter().for_each(|shop| more.add(shop));
            }
            self.begin_more(least, &mut more, &mut under_way).await;
            if under_way.join_next().await.is_none() {
                return Ok(made);
            }
            made += 1;
            while under_way.try_join_next().is_some() {
                made += 1;
            }
            least = self.refill;
        }
    }

    /// Whether there may be more of it.
    async fn begin_shop(&self, tenant_id: i64, under_way: &mut JoinSet<()>) -> Result<bool, Error> {
        let most = i64::try_from(self.room.left(tenant_id)).unwrap_or(i64::MAX);
        if most == 0 {
            return Ok(true);
        }
        let taken = self.work.take(tenant_id, most).await?;
        let is_full = taken.len() as i64 >= most;
        for item in taken {
            let place = self.room.enter(tenant_id).await;
            let work = self.work.clone();
            under_way.spawn(async move {
                let made = AssertUnwindSafe(work.make(&item)).catch_unwind().await;
                if let Err(panic) = made {
                    work.broke(&item).await;
                    resume_unwind(panic);
                }
                drop(place);
            });
        }
        Ok(is_full)
    }
}

/// Looks at how something ended.
fn note<W: ShopWork>(ended: &Result<(), JoinError>, condition: &Condition) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        condition.panicked(W::NAME);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use tokio::time::timeout;

    use super::*;

    /// One shop with so many items left.
    #[derive(Clone)]
    struct Much {
        left: Arc<AtomicI64>,
        looks: Arc<AtomicUsize>,
        done: Arc<AtomicI64>,
        broken: Arc<AtomicI64>,
    }

    impl ShopWork for Much {
        type Item = ();
        const NAME: &'static str = "much";

        async fn called(&self) -> Vec<i64> {
            std::future::pending().await
        }

        async fn shops(&self) -> Result<Vec<i64>, Error> {
            self.looks.fetch_add(1, Ordering::SeqCst);
            Ok(if self.left.load(Ordering::SeqCst) > 0 {
                vec![1]
            } else {
                Vec::new()
            })
        }

        async fn take(&self, _: i64, most: i64) -> Result<Vec<()>, Error> {
            let taken = most.min(self.left.load(Ordering::SeqCst));
            self.left.fetch_sub(taken, Ordering::SeqCst);
            Ok((0..taken).map(|_| ()).collect())
        }

        async fn make(&self, (): &()) {
            tokio::task::yield_now().await;
            let done = self.done.fetch_add(1, Ordering::SeqCst);
            assert!(done % 100 != 50, "one in a hundred is a fault of ours");
        }

        async fn broke(&self, (): &()) {
            self.broken.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn what_is_finished_is_followed_by_the_next_of_its_shop_without_a_look_at_all_shops() {
        let work = Much {
            left: Arc::new(AtomicI64::new(1000)),
            looks: Arc::default(),
            done: Arc::default(),
            broken: Arc::default(),
        };
        let (stop, stopped) = watch::channel(false);
        let condition = Condition::default();
        let worker = tokio::spawn(ShopWorker::new(work.clone(), 64, 8).run(stopped, condition.clone()));
        let finished = async {
            while work.done.load(Ordering::SeqCst) < 1000 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), finished).await.unwrap();
        stop.send(true).unwrap();
        worker.await.unwrap();
        let looks = work.looks.load(Ordering::SeqCst);
        assert_eq!(condition.in_trouble(), ["much"], "a panic is told of");
        assert_eq!(
            work.broken.load(Ordering::SeqCst),
            10,
            "and of each its item is told"
        );
        assert!(looks < 25, "{looks} looks for a thousand items in less than 20 s");
    }
}
