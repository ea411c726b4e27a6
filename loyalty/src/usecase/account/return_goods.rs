//! Goods brought back, in two steps (R-RETURN).

use super::post::{Change, Decide, LotsNeeded, post};
use crate::ledger::{self, Account, Posting, Refusal, ReturnCalculation, ReturnRequest, decide_return};
use crate::model::{Bonus, Identifier, Money, Register, Seller, Timestamp};
use crate::store::Scope;
use crate::store::account::accounts::{self, ClientRow, Names, Read};
use crate::store::account::{lots, order};
use crate::store::post::rows::Poster;
use crate::usecase::once::Claim;
use crate::usecase::{Error, Once, Outcome, ReturnRecord, Why};
use crate::{Failure, Loyalty};

/// What a return would revoke, as a register asks.
#[derive(Clone, Debug)]
pub struct CalculationRequest {
    /// Worth of the goods; none: all that is not yet revoked.
    pub amount: Option<Money>,
    /// Bonuses to revoke, where the register knows them.
    pub to_revoke: Option<Bonus>,
    /// External id of the sale.
    pub original_external_id: Option<String>,
}

/// Whether the balance covers what a return would revoke; changes nothing.
///
/// # Errors
/// Unknown client or sale, or more than what is left of the sale.
pub async fn calculate_return(
    loyalty: &Loyalty,
    register: &Register,
    client: &Identifier,
    request: &CalculationRequest,
    once: Once<'_, ReturnCalculation>,
) -> Result<Outcome<ReturnCalculation>, Error> {
    let claim = Claim::of_seller(register.into(), "return/calculate", &once);
    let tenant_id = register.tenant.id;
    let mut scope = loyalty.db().tenant(tenant_id);
    let names = Names {
        key: claim.name(),
        external_id: request.original_external_id.as_deref(),
    };
    let mut read = accounts::read(&mut scope, client, names, None).await?;
    if let Some(reply) = read.reply.take() {
        return claim.replay(reply);
    }
    let client = read.client.take().ok_or(Refusal::ClientNotFound)?;
    if client.account.is_blocked {
        return Err(Refusal::ClientBlocked.into());
    }
    let order = match &request.original_external_id {
        Some(_) => Some(find_order(&mut scope, &client, &read).await?),
        None => None,
    };
    let calculation =
        ledger::calculate_return(&client.account, order.as_ref(), request.amount, request.to_revoke)?;
    // Nothing else is written, so whoever stored first has the same right to be the answer.
    if !claim.store(&mut scope, &calculation, loyalty.now()).await?
        && let Some(stored) = claim.answered(&mut scope).await?
    {
        return Ok(stored);
    }
    Ok(Outcome::Fresh(calculation))
}

/// Records a return of goods of the sale with this external id.
///
/// # Errors
/// Every refusal of [`decide_return`], unknown sale, and [`Error::DuplicateReturn`].
pub async fn return_goods(
    loyalty: &Loyalty,
    register: &Register,
    client: &Identifier,
    original_external_id: &str,
    request: &ReturnRequest,
    once: Once<'_, ReturnRecord>,
) -> Result<Outcome<ReturnRecord>, Error> {
    let claim = Claim::of_seller(register.into(), "return", &once);
    let change = Change {
        poster: Poster::from(Seller::Register(register)),
        client,
        claim: &claim,
        external_id: Some(original_external_id),
        // How much may be taken, the order tells.
        lots: LotsNeeded::None,
    };
    post(loyalty, &change, &Return { request }).await
}

struct Return<'a> {
    request: &'a ReturnRequest,
}

impl Decide<ReturnRecord> for Return<'_> {
    async fn decide(
        &self,
        scope: &mut Scope<'_>,
        client: &ClientRow,
        read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        if order::return_exists(scope, &self.request.external_id).await? {
            return Err(Error::DuplicateReturn);
        }
        let order = find_order(scope, client, read).await?;
        let (taken, own) = (order.may_be_taken(), order.own_lots());
        let account = Account {
            lots: lots::taking(scope, client.account.client_id, taken, &own).await?,
            ..client.account.clone()
        };
        Ok(decide_return(&account, &order, self.request, now)?)
    }

    fn record(&self, posting: &Posting) -> ReturnRecord {
        let returned = posting
            .returned
            .as_ref()
            .expect("a decided return has its return");
        ReturnRecord {
            id: returned.id,
            amount: returned.request.amount,
            cash_refund: returned.request.cash_refund,
            revoked: returned.revoked,
            shortage: returned.shortage,
            settled: returned.settled,
            new_balance: returned.balance_after,
            why: Why::of(posting),
        }
    }
}

/// The order of this client; another client's is as unknown as none (ruling 27).
async fn find_order(scope: &mut Scope<'_>, client: &ClientRow, read: &Read) -> Result<ledger::Order, Error> {
    let found: Result<_, Failure> =
        order::read(scope, client, read.sale.as_ref(), read.redemption.as_ref()).await;
    Ok(found?.ok_or(Refusal::SaleNotFound)?)
}
