//! A sale (R-SALE).

use super::once::Claim;
use super::post::{Change, Decide, post};
use super::{Denied, Error, Once, Outcome, SaleRecord};
use crate::Loyalty;
use crate::ledger::{Posting, SaleRequest, decide_sale};
use crate::model::{Identifier, Programme, Seller, Timestamp};
use crate::store::Scope;
use crate::store::account::{ClientRow, Read, StoredSale};
use crate::store::post_rows::Poster;

/// Makes a sale: spends what is asked, then accrues.
///
/// # Errors
/// Every refusal of [`decide_sale`], and [`Error::DuplicateSale`].
pub async fn sell(
    loyalty: &Loyalty,
    seller: impl Into<Seller<'_>>,
    client: &Identifier,
    request: &SaleRequest,
    once: Once<'_, SaleRecord>,
) -> Result<Outcome<SaleRecord>, Error> {
    let seller = seller.into();
    if request.redeem.is_positive() && !seller.may_redeem() {
        return Err(Denied::RedemptionOff.into());
    }
    let claim = Claim::of_seller(seller, "sale", &once);
    let change = Change {
        poster: Poster::from(seller),
        client,
        claim: &claim,
        external_id: request.external_id.as_deref(),
        // A sale that spends nothing needs no lots: the balance alone tells a debt.
        with_lots: request.redeem.is_positive(),
    };
    post(
        loyalty,
        &change,
        &Sell {
            request,
            programme: &seller.tenant().programme,
        },
    )
    .await
}

struct Sell<'a> {
    request: &'a SaleRequest,
    programme: &'a Programme,
}

impl Decide<SaleRecord> for Sell<'_> {
    async fn decide(
        &self,
        _scope: &mut Scope<'_>,
        client: &ClientRow,
        read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        let client_id = client.account.client_id;
        if let Some(stored) = &read.sale {
            return Err(Error::DuplicateSale(
                self.is_same(stored, client_id).then(|| Box::new(stored.record())),
            ));
        }
        let redemption = read
            .redemption
            .as_ref()
            .filter(|redemption| redemption.client_id == client_id);
        let already_redeemed = redemption
            .map(|redemption| redemption.redeemed)
            .unwrap_or_default();
        Ok(decide_sale(
            &client.account,
            self.programme,
            self.request,
            already_redeemed,
            now,
        )?)
    }

    fn record(&self, posting: &Posting) -> SaleRecord {
        SaleRecord::of(posting).expect("a decided sale has its sale")
    }
}

impl Sell<'_> {
    fn is_same(&self, stored: &StoredSale, client_id: i64) -> bool {
        stored.client_id == client_id
            && stored.total == self.request.total
            && stored.redeemed == self.request.redeem
    }
}

impl StoredSale {
    /// As the caller of the first request was told.
    pub(super) fn record(&self) -> SaleRecord {
        SaleRecord {
            id: self.id,
            client_id: self.client_id,
            total: self.total,
            accrued: self.accrued,
            redeemed: self.redeemed,
            external_id: self.external_id.clone(),
            sale_at: self.sale_at,
            new_balance: self.balance_after,
            why: Vec::new(),
        }
    }
}
