//! A correction by hand.

use super::post::{Change, Decide, LotsNeeded, post};
use crate::Loyalty;
use crate::ledger::{AdjustmentRequest, Posting, decide_adjustment};
use crate::model::{Bonus, Identifier, Programme, Tenant, Timestamp};
use crate::store::Scope;
use crate::store::account::accounts::{ClientRow, Read};
use crate::store::post::rows::Poster;
use crate::usecase::once::{Claim, Outcome};
use crate::usecase::{Error, Once};

/// Corrects a client's balance; the new balance.
///
/// # Errors
/// No such client, or taking more than the balance.
pub async fn adjust(
    loyalty: &Loyalty,
    tenant: &Tenant,
    client_id: i64,
    request: &AdjustmentRequest,
) -> Result<Bonus, Error> {
    let once = Once::unnamed();
    let claim = Claim::of_tenant(tenant, "adjust", &once);
    let change = Change {
        poster: Poster {
            tenant,
            register_id: None,
        },
        client: &Identifier::Client(client_id),
        claim: &claim,
        external_id: None,
        lots: match request.amount.is_positive() {
            true => LotsNeeded::None,
            false => LotsNeeded::Taking(-request.amount),
        },
    };
    match post(
        loyalty,
        &change,
        &Adjust {
            request,
            programme: &tenant.programme,
        },
    )
    .await?
    {
        Outcome::Fresh(balance) => Ok(balance),
        Outcome::Replayed(_) => {
            Err(crate::Failure::new("a correction without a key can't be replayed").into())
        }
    }
}

struct Adjust<'a> {
    request: &'a AdjustmentRequest,
    programme: &'a Programme,
}

impl Decide<Bonus> for Adjust<'_> {
    async fn decide(
        &self,
        _scope: &mut Scope<'_>,
        client: &ClientRow,
        _read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        Ok(decide_adjustment(
            &client.account,
            self.programme,
            self.request,
            now,
        )?)
    }

    fn record(&self, posting: &Posting) -> Bonus {
        posting.figures.balance
    }
}
