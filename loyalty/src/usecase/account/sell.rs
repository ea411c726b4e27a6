//! A sale (R-SALE).

use super::post::{Change, Decide, LotsNeeded, post};
use crate::Loyalty;
use crate::ledger::{Posting, SaleContext, SaleRequest, decide_sale};
use crate::model::{Bonus, Goods, Identifier, Limits, Promotion, Seller, Timestamp};
use crate::rules::promotion::is_in_time;
use crate::store::Scope;
use crate::store::account::accounts::{ClientRow, Read, StoredSale};
use crate::store::account::{history, order};
use crate::store::marketing::interest;
use crate::store::post::rows::Poster;
use crate::store::programme::promotion;
use crate::usecase::once::Claim;
use crate::usecase::{Denied, Error, Once, Outcome, SaleRecord, Why};

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
        lots: match request.redeem.is_positive() {
            true => LotsNeeded::Spending(request.redeem),
            false => LotsNeeded::None,
        },
    };
    let promotions = loyalty.promotions(seller.tenant().id).await?;
    let sell = Sell {
        request,
        seller,
        promotions: in_time(seller, request, &promotions, loyalty.now()),
    };
    post(loyalty, &change, &sell).await
}

/// The promotions that a sale may have: none when it is sent too late (ruling 12), and the log tells whoever asks why.
fn in_time<'a>(
    seller: Seller<'_>,
    request: &SaleRequest,
    promotions: &'a [Promotion],
    now: Timestamp,
) -> &'a [Promotion] {
    let (made_at, tenant) = (request.sale_at.unwrap_or(now), seller.tenant());
    let late_sale_days = tenant.programme.late_sale_days;
    if is_in_time(made_at, now, late_sale_days) {
        return promotions;
    }
    if !promotions.is_empty() {
        tracing::info!(
            tenant = tenant.id,
            register = seller.register_id(),
            made_at = made_at.to_rfc3339(tenant.zone),
            late_sale_days,
            "a sale is sent later than its shop takes with promotions, and earns plainly"
        );
    }
    &[]
}

struct Sell<'a> {
    request: &'a SaleRequest,
    seller: Seller<'a>,
    promotions: &'a [Promotion],
}

impl Decide<SaleRecord> for Sell<'_> {
    async fn decide(
        &self,
        scope: &mut Scope<'_>,
        client: &ClientRow,
        read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        let client_id = client.account.client_id;
        if let Some(stored) = &read.sale {
            return Err(Error::DuplicateSale(match self.is_same(stored, client_id) {
                true => Some(Box::new(stored.record(scope).await?)),
                false => None,
            }));
        }
        let already_redeemed = match &read.redemption {
            Some(redemption) if redemption.client_id == client_id => {
                redemption.redeemed - order::restored_of(scope, redemption).await?
            }
            _ => Bonus::ZERO,
        };
        let context = SaleContext {
            already_redeemed,
            ..self.context(scope, client_id, now).await?
        };
        Ok(decide_sale(&client.account, &context, self.request, now)?)
    }

    fn record(&self, posting: &Posting) -> SaleRecord {
        SaleRecord::of(posting).expect("a decided sale has its sale")
    }
}

impl Sell<'_> {
    /// The rules, and what the promotions that run now ask of this client; nothing is read unless one of them asks.
    async fn context(
        &self,
        scope: &mut Scope<'_>,
        client_id: i64,
        now: Timestamp,
    ) -> Result<SaleContext<'_>, Error> {
        let (tenant, sale_at) = (self.seller.tenant(), self.request.sale_at.unwrap_or(now));
        let running = || {
            self.promotions
                .iter()
                .filter(|promotion| promotion.runs_at(sale_at))
        };
        let goods: Vec<Goods> = running().flat_map(Promotion::goods).cloned().collect();
        let mut context = SaleContext {
            promotions: self.promotions.into(),
            branch_id: self.seller.branch_id(),
            register_id: self.seller.register_id(),
            ..SaleContext::plain(&tenant.programme, tenant.zone)
        };
        if !goods.is_empty() {
            context.bought = interest::of_client(scope, client_id, &goods).await?;
        }
        if running().any(|promotion| promotion.limits != Limits::default()) {
            // What is believed of promotions may be some seconds old; counts must not be.
            let uses = promotion::uses(scope, client_id).await?;
            for promotion in context.promotions.to_mut() {
                promotion.used = uses.get(&promotion.id).map_or(promotion.used, |uses| uses.in_all);
            }
            context.had = uses.into_iter().map(|(id, uses)| (id, uses.by_client)).collect();
        }
        Ok(context)
    }

    fn is_same(&self, stored: &StoredSale, client_id: i64) -> bool {
        stored.client_id == client_id
            && stored.total == self.request.total
            && stored.redeemed == self.request.redeem
    }
}

impl StoredSale {
    /// As the caller of the first request was told.
    pub(in crate::usecase) async fn record(&self, scope: &mut Scope<'_>) -> Result<SaleRecord, Error> {
        let range = history::Range {
            after: self.entry_first,
            up_to: self.entry_last,
        };
        let mut entries = history::entries(scope, self.client_id, range).await?;
        entries.sort_by_key(|entry| entry.id);
        Ok(SaleRecord {
            id: self.id,
            client_id: self.client_id,
            total: self.total,
            accrued: self.accrued,
            redeemed: self.redeemed,
            external_id: self.external_id.clone(),
            sale_at: self.sale_at,
            new_balance: self.balance_after,
            why: entries.into_iter().map(Why::from).collect(),
        })
    }
}
