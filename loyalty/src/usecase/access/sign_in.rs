//! A partner's server vouches for a client (R-PARTNER-5 to R-PARTNER-7).

use super::log_out;
use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Identifier, Partner};
use crate::store::account::accounts;
use crate::usecase::clients::enrol::{EnrolmentRequest, fill_empty, find_or_insert};
use crate::usecase::clients::read_profile::{self, Profile};
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome};

/// A client signed in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The bearer token, `id|secret`.
    pub token: String,
    /// Whether this call enrolled the client.
    pub created: bool,
    /// The client.
    pub profile: Profile,
}

/// Swaps a phone for the client's bearer token; enrols an unknown client when `may_enrol`.
///
/// # Errors
/// Nobody has this phone, the client is blocked, or the tariff allows no more clients.
pub async fn sign_in(
    loyalty: &Loyalty,
    partner: &Partner,
    request: &EnrolmentRequest,
    may_enrol: bool,
    once: Once<'_, SignIn>,
) -> Result<Outcome<SignIn>, Error> {
    let claim = Claim::of_seller(partner.into(), "auth", &once).sealed_by(loyalty.key());
    let (tenant, now) = (&partner.tenant, loyalty.now());
    let mut ids = loyalty.ids(0).await?;
    run(loyalty, &claim, async |tx| {
        let identifier = Identifier::Phone(request.phone.clone());
        let known = accounts::find_client(&mut tx.tenant(tenant.id), &identifier).await?;
        let (row, created) = match known {
            Some(row) => (fill_empty(tx, tenant, row, request, now, &mut ids).await?, false),
            None if may_enrol => find_or_insert(tx, tenant, None, request, now, &mut ids).await?,
            None => return Err(Refusal::ClientNotFound.into()),
        };
        if row.account.is_blocked {
            return Err(Refusal::ClientBlocked.into());
        }
        let mut scope = tx.tenant(tenant.id);
        Ok(SignIn {
            token: log_out::issue(&mut scope, ids(), row.account.client_id, now).await?,
            created,
            profile: read_profile::read(&mut scope, tenant, row.account.client_id, now).await?,
        })
    })
    .await
}
