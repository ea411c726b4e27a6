//! Look-ups that share statements. One that finds nobody else under way runs at once; those that arrive meanwhile wait for
//! each other and are answered by one statement: under load a trip to the database serves many of them, and nobody waits
//! for a clock. A statement begins after every look-up it answers has come in, so each sees what was committed before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Db;
use super::account::{self, ClientRow};
use crate::Failure;
use crate::model::Identifier;

/// Statements of one shop that may be under way at once.
const AT_ONCE: usize = 2;
/// The most look-ups that share one.
const GROUP_MAX: usize = 64;

/// The look-ups of a process. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct LookUps {
    shops: Arc<Mutex<HashMap<i64, Shop>>>,
}

#[derive(Default)]
struct Shop {
    under_way: usize,
    waiting: Vec<Waiting>,
}

struct Waiting {
    identifier: Identifier,
    answer: oneshot::Sender<Result<Option<ClientRow>, Failure>>,
}

impl LookUps {
    /// The client of the shop who is named so, with open lots.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn find(
        &self,
        db: &Db,
        tenant_id: i64,
        identifier: &Identifier,
    ) -> Result<Option<ClientRow>, Failure> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            identifier: identifier.clone(),
            answer,
        };
        if self.join(tenant_id, waiting) {
            // A task of its own: the caller may hang up, those who wait with it do not.
            tokio::spawn(self.clone().lead(db.clone(), tenant_id));
        }
        answered
            .await
            .map_err(|_| Failure::new("a look-up was given up before it was answered"))?
    }

    /// Queues a look-up; whether a statement has to be begun for it.
    fn join(&self, tenant_id: i64, waiting: Waiting) -> bool {
        let mut shops = self.shops();
        let shop = shops.entry(tenant_id).or_default();
        shop.waiting.push(waiting);
        let is_first = shop.under_way < AT_ONCE;
        shop.under_way += usize::from(is_first);
        is_first
    }

    /// Answers groups until nobody waits.
    async fn lead(self, db: Db, tenant_id: i64) {
        let mut place = Place {
            look_ups: self,
            tenant_id,
            is_held: true,
        };
        while let Some(group) = place.next_group() {
            answer(&db, tenant_id, group).await;
        }
    }

    fn shops(&self) -> MutexGuard<'_, HashMap<i64, Shop>> {
        // Nothing panics while it is held; if something did, what is queued is still whole.
        self.shops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to have a statement under way; given back when nobody waits, and by a panic too.
struct Place {
    look_ups: LookUps,
    tenant_id: i64,
    is_held: bool,
}

impl Place {
    /// Those who wait and are named in the same way. None: the place is given back, and whoever comes next begins anew.
    fn next_group(&mut self) -> Option<Vec<Waiting>> {
        let mut shops = self.look_ups.shops();
        let shop = shops.get_mut(&self.tenant_id)?;
        let Some(first) = shop.waiting.first() else {
            self.is_held = false;
            shop.under_way -= 1;
            if shop.under_way == 0 {
                shops.remove(&self.tenant_id);
            }
            return None;
        };
        let kind = std::mem::discriminant(&first.identifier);
        let mut room = GROUP_MAX;
        let (group, others) = std::mem::take(&mut shop.waiting)
            .into_iter()
            .partition(|waiting| {
                let joins = room > 0 && std::mem::discriminant(&waiting.identifier) == kind;
                room -= usize::from(joins);
                joins
            });
        shop.waiting = others;
        Some(group)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_held
            && let Some(shop) = self.look_ups.shops().get_mut(&self.tenant_id)
        {
            shop.under_way -= 1;
        }
    }
}

async fn answer(db: &Db, tenant_id: i64, group: Vec<Waiting>) {
    if group.len() > 1 {
        let wanted: Vec<&Identifier> = group.iter().map(|waiting| &waiting.identifier).collect();
        match account::find_clients(&mut db.tenant(tenant_id), &wanted).await {
            Ok(found) => {
                for (waiting, client) in group.into_iter().zip(found) {
                    // Whoever hung up needs no answer.
                    let _gone = waiting.answer.send(Ok(client));
                }
                return;
            }
            Err(error) => tracing::debug!(%error, "look-ups are tried one by one"),
        }
    }
    for waiting in group {
        let found = account::find_client(&mut db.tenant(tenant_id), &waiting.identifier).await;
        let _gone = waiting.answer.send(found);
    }
}
