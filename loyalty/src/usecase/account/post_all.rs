//! Many accounts changed for the same reason: read together, decided one by one, posted together, each by its own version.

use super::post::{Wake, beside};
use crate::Loyalty;
use crate::ledger::{Account, Posting};
use crate::model::{Tenant, Timestamp};
use crate::store::account::accounts::ClientRow;
use crate::store::account::batch;
use crate::store::post::posted::Posted;
use crate::store::post::rows::{Poster, PostingRows};
use crate::usecase::Error;

/// Tries to post one account that has moved on meanwhile.
const TRIES: u32 = 5;

/// Decides each of these accounts and posts what was decided; how many were changed. Where an account moves on meanwhile,
/// it is read and decided again alone, with the lots that burn until `burning` where those were read; `decide` has to say no
/// when there is nothing left to do.
pub(in crate::usecase) async fn post_all(
    loyalty: &Loyalty,
    shop: &Tenant,
    clients: Vec<ClientRow>,
    burning: Option<Timestamp>,
    decide: &(dyn Fn(&Account, Timestamp) -> Option<Posting> + Sync),
) -> Result<i64, Error> {
    let (mut rows, mut owners) = (Vec::with_capacity(clients.len()), Vec::new());
    let now = loyalty.now();
    for client in &clients {
        if let Some(decided) = decided(loyalty, shop, client, decide, now).await? {
            rows.push(decided);
            owners.push(client.account.client_id);
        }
    }
    let mut counted = 0;
    let wakes: Vec<Wake> = rows.iter().map(|rows| Wake::of(rows)).collect();
    let outcomes = loyalty.postings().post_group(rows).await?;
    for ((outcome, client_id), wake) in outcomes.into_iter().zip(owners).zip(wakes) {
        let is_done = match outcome {
            Posted::Done => {
                wake.workers(loyalty);
                true
            }
            Posted::Stale | Posted::Repeated => post_alone(loyalty, shop, client_id, burning, decide).await?,
        };
        counted += i64::from(is_done);
    }
    Ok(counted)
}

async fn decided(
    loyalty: &Loyalty,
    shop: &Tenant,
    client: &ClientRow,
    decide: &(dyn Fn(&Account, Timestamp) -> Option<Posting> + Sync),
    now: Timestamp,
) -> Result<Option<Box<PostingRows>>, Error> {
    let Some(mut posting) = decide(&client.account, now) else {
        return Ok(None);
    };
    let mut ids = loyalty.ids(client.last_id).await?;
    posting.assign_ids(&mut ids);
    let poster = Poster {
        tenant: shop,
        register_id: None,
    };
    let beside = beside(shop, &client.account, &posting, ids)?;
    Ok(Some(Box::new(PostingRows::new(poster, &posting, beside)?)))
}

/// Reads the account with the lots it needs and decides again; false when there is nothing left to do.
async fn post_alone(
    loyalty: &Loyalty,
    shop: &Tenant,
    client_id: i64,
    burning: Option<Timestamp>,
    decide: &(dyn Fn(&Account, Timestamp) -> Option<Posting> + Sync),
) -> Result<bool, Error> {
    for _ in 0..TRIES {
        let mut scope = loyalty.db().tenant(shop.id);
        let found = match burning {
            Some(until) => batch::with_burning_lots(&mut scope, &[client_id], until).await?,
            None => batch::plain(&mut scope, &[client_id]).await?,
        };
        let Some(client) = found.into_iter().next() else {
            return Ok(false);
        };
        let Some(rows) = decided(loyalty, shop, &client, decide, loyalty.now()).await? else {
            return Ok(false);
        };
        let wake = Wake::of(&rows);
        match loyalty.postings().post(rows).await? {
            Posted::Done => {
                wake.workers(loyalty);
                return Ok(true);
            }
            // What may happen once alone has happened.
            Posted::Repeated => return Ok(false),
            Posted::Stale => {}
        }
    }
    Err(crate::Failure::new("an account was changed by others five times in a row").into())
}
