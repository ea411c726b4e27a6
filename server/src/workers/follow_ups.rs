//! What a posting means for another account: made within a second or two, and repeated until it is done.

use loyalty::Loyalty;
use loyalty::usecase::{self, Error, TakenFollowUps};

use super::shop_work::{ShopWork, ShopWorker};

/// Shops whose follow-ups are made at once; those of one shop are made one after another.
const AT_ONCE: usize = 4;

/// Making follow-ups. Cheap to clone.
#[derive(Clone)]
pub struct FollowUps {
    loyalty: Loyalty,
}

impl ShopWork for FollowUps {
    type Item = TakenFollowUps;
    const NAME: &'static str = "follow-ups";

    async fn called(&self) -> Vec<i64> {
        self.loyalty.follow_up_work().await
    }

    async fn shops(&self) -> Result<Vec<i64>, Error> {
        usecase::shops_with_follow_ups(&self.loyalty).await
    }

    async fn take(&self, tenant_id: i64, _most: i64) -> Result<Vec<TakenFollowUps>, Error> {
        let taken = usecase::take_follow_ups(&self.loyalty, tenant_id).await?;
        Ok(taken.into_iter().collect())
    }

    async fn make(&self, taken: &TakenFollowUps) {
        let tenant_id = taken.tenant_id();
        if let Err(error) = usecase::make_follow_ups(&self.loyalty, taken).await {
            tracing::warn!(%error, tenant = tenant_id, "follow-ups of a shop wait");
        }
    }

    async fn broke(&self, taken: &TakenFollowUps) {
        let tenant_id = taken.tenant_id();
        if let Err(error) = usecase::break_follow_ups(&self.loyalty, taken).await {
            tracing::warn!(%error, tenant = tenant_id, "follow-ups of a shop wait until their lease ends");
        }
    }
}

impl FollowUps {
    /// A worker that has not begun.
    pub fn worker(loyalty: Loyalty) -> ShopWorker<Self> {
        ShopWorker::new(Self { loyalty }, AT_ONCE, 1)
    }
}

/// Makes all that are due. A shop whose follow-ups can't be made does not stop the others.
///
/// # Errors
/// The database refuses.
pub async fn make_due(loyalty: &Loyalty) -> Result<(), Error> {
    FollowUps::worker(loyalty.clone()).do_due().await.map(drop)
}
