//! How much may be under way at once: in all, and of one shop, so that its slow receivers leave room for others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for so many. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Room {
    in_all: Arc<Semaphore>,
    of_one_shop: usize,
    busy: Busy,
}

/// One under way; over when this is dropped.
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    _of_shop: OfShop,
}

/// How many of each shop are under way.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<HashMap<i64, usize>>>);

struct OfShop {
    busy: Busy,
    tenant_id: i64,
}

impl Room {
    /// Room for `in_all`, `of_one_shop` at most for each shop.
    pub fn new(in_all: usize, of_one_shop: usize) -> Self {
        Self {
            in_all: Arc::new(Semaphore::new(in_all)),
            of_one_shop,
            busy: Busy::default(),
        }
    }

    /// How many more of this shop may begin now.
    pub fn left(&self, tenant_id: i64) -> usize {
        let busy = self.busy.lock().get(&tenant_id).copied().unwrap_or(0);
        self.in_all
            .available_permits()
            .min(self.of_one_shop.saturating_sub(busy))
    }

    /// How many more of any shop may begin now.
    pub fn left_in_all(&self) -> usize {
        self.in_all.available_permits()
    }

    /// Takes a place, waiting for one if there is none.
    pub async fn enter(&self, tenant_id: i64) -> Place {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.in_all).acquire_owned().await.ok();
        *self.busy.lock().entry(tenant_id).or_default() += 1;
        Place {
            _permit: permit,
            _of_shop: OfShop {
                busy: self.busy.clone(),
                tenant_id,
            },
        }
    }
}

impl Busy {
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OfShop {
    fn drop(&mut self) {
        let mut busy = self.busy.lock();
        if let Some(count) = busy.get_mut(&self.tenant_id) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.tenant_id);
            }
        }
    }
}
