//! What waits in the database for each shop: taken with a lease, done some at once, and so that a shop with much or slow
//! work leaves room for the others.

use std::time::Duration;

use loyalty::usecase::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::room::Room;
use super::rounds::Rounds;

/// How long nothing is looked for when nobody calls.
const PAUSE: Duration = Duration::from_secs(1);

/// A kind of work. Cheap to clone.
pub trait ShopWork: Clone + Send + Sync + 'static {
    /// What is taken and done.
    type Item: Send + 'static;
    /// The kind, as the log calls it.
    const NAME: &'static str;

    /// Waits until this process has made some since the last wait.
    fn called(&self) -> impl Future<Output = ()> + Send;

    /// Shops that have some due.
    fn shops(&self) -> impl Future<Output = Result<Vec<i64>, Error>> + Send;

    /// Takes up to `most` of a shop.
    fn take(&self, tenant_id: i64, most: i64) -> impl Future<Output = Result<Vec<Self::Item>, Error>> + Send;

    /// Does one and notes what came of it.
    fn make(&self, item: Self::Item) -> impl Future<Output = ()> + Send;
}

/// Does one kind of work for all shops. Cheap to clone.
#[derive(Clone)]
pub struct ShopWorker<W> {
    work: W,
    room: Room,
}

impl<W: ShopWork> ShopWorker<W> {
    /// A worker that has not begun, with so many at once: in all, and of one shop.
    pub fn new(work: W, in_all: usize, of_one_shop: usize) -> Self {
        Self {
            work,
            room: Room::new(in_all, of_one_shop),
        }
    }

    /// Works until it is told to stop; what is under way then is finished.
    pub async fn run(self, stopped: watch::Receiver<bool>) {
        let (mut rounds, mut under_way) = (Rounds::every(PAUSE, stopped), JoinSet::new());
        while self.next(&mut rounds, &mut under_way).await {
            if let Err(error) = self.begin(&mut under_way).await {
                tracing::warn!(%error, work = W::NAME, "work waits");
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Waits until there may be something to begin; false when the worker is to stop.
    async fn next(&self, rounds: &mut Rounds, under_way: &mut JoinSet<()>) -> bool {
        let called = async {
            tokio::select! {
                () = self.work.called() => {}
                // There is room again.
                Some(_) = under_way.join_next() => {}
            }
        };
        rounds.next_or(called).await
    }

    /// Does everything that is due now, and waits for all of it; how many.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn do_due(&self) -> Result<usize, Error> {
        let mut under_way = JoinSet::new();
        let mut made = 0;
        loop {
            self.begin(&mut under_way).await?;
            if under_way.is_empty() {
                return Ok(made);
            }
            while under_way.join_next().await.is_some() {
                made += 1;
            }
        }
    }

    /// Starts what is due and finds room. A shop whose work can't be taken does not stop the others.
    async fn begin(&self, under_way: &mut JoinSet<()>) -> Result<(), Error> {
        for tenant_id in self.work.shops().await? {
            if let Err(error) = self.begin_shop(tenant_id, under_way).await {
                tracing::error!(%error, work = W::NAME, tenant = tenant_id, "work of a shop waits");
            }
        }
        Ok(())
    }

    async fn begin_shop(&self, tenant_id: i64, under_way: &mut JoinSet<()>) -> Result<(), Error> {
        let most = i64::try_from(self.room.left(tenant_id)).unwrap_or(i64::MAX);
        if most == 0 {
            return Ok(());
        }
        for item in self.work.take(tenant_id, most).await? {
            let place = self.room.enter(tenant_id).await;
            let work = self.work.clone();
            under_way.spawn(async move {
                work.make(item).await;
                drop(place);
            });
        }
        Ok(())
    }
}
