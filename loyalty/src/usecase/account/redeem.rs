//! A redemption without a sale (R-SALE-22, ruling 23).

use super::post::{Change, Decide, LotsNeeded, post};
use crate::Loyalty;
use crate::ledger::{Posting, RedemptionRequest, decide_redemption};
use crate::model::{Identifier, Programme, Seller, Timestamp};
use crate::store::Scope;
use crate::store::account::accounts::{ClientRow, Read};
use crate::store::post::rows::Poster;
use crate::usecase::once::Claim;
use crate::usecase::{Denied, Error, Once, Outcome, RedemptionRecord, Why};

/// Spends bonuses. A sale with the same external id is the same order.
///
/// # Errors
/// Every refusal of [`decide_redemption`], and [`Error::DuplicateSale`].
pub async fn redeem(
    loyalty: &Loyalty,
    seller: impl Into<Seller<'_>>,
    client: &Identifier,
    request: &RedemptionRequest,
    once: Once<'_, RedemptionRecord>,
) -> Result<Outcome<RedemptionRecord>, Error> {
    let seller = seller.into();
    if !seller.may_redeem() {
        return Err(Denied::RedemptionOff.into());
    }
    let claim = Claim::of_seller(seller, "redeem", &once);
    let change = Change {
        poster: Poster::from(seller),
        client,
        claim: &claim,
        external_id: request.external_id.as_deref(),
        lots: LotsNeeded::Spending(request.amount),
    };
    post(
        loyalty,
        &change,
        &Redeem {
            request,
            programme: &seller.tenant().programme,
        },
    )
    .await
}

struct Redeem<'a> {
    request: &'a RedemptionRequest,
    programme: &'a Programme,
}

impl Decide<RedemptionRecord> for Redeem<'_> {
    async fn decide(
        &self,
        scope: &mut Scope<'_>,
        client: &ClientRow,
        read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        let client_id = client.account.client_id;
        if let Some(stored) = &read.redemption {
            let is_same = stored.client_id == client_id
                && stored.total == self.request.total
                && stored.redeemed == self.request.amount;
            return Err(Error::DuplicateSale(match is_same {
                true => Some(Box::new(stored.record(scope).await?)),
                false => None,
            }));
        }
        let sale = read.sale.as_ref().filter(|sale| sale.client_id == client_id);
        let already_redeemed = sale.map(|sale| sale.redeemed).unwrap_or_default();
        Ok(decide_redemption(
            &client.account,
            self.programme,
            self.request,
            already_redeemed,
            now,
        )?)
    }

    fn record(&self, posting: &Posting) -> RedemptionRecord {
        let sale = posting
            .sale
            .as_ref()
            .expect("a decided redemption has its sale record");
        RedemptionRecord {
            entry_id: posting.entries.first().map(|entry| entry.id).unwrap_or_default(),
            amount: sale.redeemed,
            new_balance: sale.balance_after,
            sale_id: sale.id,
            why: Why::of(posting),
        }
    }
}
