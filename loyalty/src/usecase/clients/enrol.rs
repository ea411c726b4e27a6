//! A new client at the register (R-CREG).

use crate::ledger::{Refusal, decide_welcome};
use crate::model::{EventKind, Identifier, Phone, Register, Tenant, Timestamp};
use crate::store::Tx;
use crate::store::account::accounts::{self, ClientRow};
use crate::store::clients::client;
use crate::store::clients::enrolment::{self, NewClient};
use crate::store::post::posted::Posted;
use crate::store::post::rows::{Poster, PostingRows};
use crate::usecase::account::post::beside;
use crate::usecase::once::{Claim, run};
use crate::usecase::partners::event;
use crate::usecase::{ClientCard, Error, Once, Outcome};
use crate::{Failure, Loyalty};

/// Who is to be enrolled.
#[derive(Clone, Debug)]
pub struct EnrolmentRequest {
    /// In international form.
    pub phone: Phone,
    /// As told.
    pub full_name: Option<String>,
    /// The client who invited this one; kept for a new client only.
    pub invited_by: Option<i64>,
}

/// The client, and whether this call enrolled one.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// As a look-up shows it.
    pub card: ClientCard,
    /// False when the phone was enrolled already.
    pub created: bool,
}

/// Enrols a client with the welcome bonus, or finds the one with this phone (ruling 24), who gets the name if there is
/// none yet (ruling 59).
///
/// # Errors
/// The client is blocked, or the tariff allows no more.
pub async fn enrol(
    loyalty: &Loyalty,
    register: &Register,
    request: &EnrolmentRequest,
    once: Once<'_, Enrolment>,
) -> Result<Outcome<Enrolment>, Error> {
    let claim = Claim::of_seller(register.into(), "client/register", &once);
    let (tenant, now) = (&register.tenant, loyalty.now());
    // A node number is leased in a transaction of its own, so before this one begins.
    let ids = loyalty.ids(0).await?;
    run(loyalty, &claim, async |tx| {
        let (row, created) = find_or_insert(tx, tenant, Some(register.id), request, now, ids).await?;
        if row.account.is_blocked {
            return Err(Refusal::ClientBlocked.into());
        }
        let identifier = Identifier::Client(row.account.client_id);
        let seen = accounts::look_up(&mut tx.tenant(tenant.id), &identifier, now).await?;
        Ok(Enrolment {
            card: ClientCard::new(tenant, &seen.ok_or(sqlx::Error::RowNotFound)?, None),
            created,
        })
    })
    .await
}

/// The client with this phone, with what the request fills of what is empty; a new one with the welcome bonus when there
/// is none.
pub(in crate::usecase) async fn find_or_insert(
    tx: &mut Tx,
    tenant: &Tenant,
    register_id: Option<i64>,
    request: &EnrolmentRequest,
    now: Timestamp,
    mut ids: impl FnMut() -> i64,
) -> Result<(ClientRow, bool), Error> {
    let identifier = Identifier::Phone(request.phone.clone());
    let mut scope = tx.tenant(tenant.id);
    if let Some(known) = accounts::find_client(&mut scope, &identifier).await? {
        return Ok((fill_empty(tx, tenant, known, request, now, ids).await?, false));
    }
    // Waits for whoever is enrolling in this shop now; then the phone may have come in meanwhile.
    let numbers = enrolment::take_numbers(&mut scope)
        .await?
        .ok_or(Error::ClientLimitReached)?;
    if let Some(known) = accounts::find_client(&mut scope, &identifier).await? {
        enrolment::give_numbers_back(&mut scope).await?;
        return Ok((fill_empty(tx, tenant, known, request, now, ids).await?, false));
    }
    let client = NewClient {
        phone: &request.phone,
        full_name: request.full_name.as_deref(),
        enrolled_by: register_id,
        invited_by: request.invited_by,
        at: now,
    };
    enrolment::insert(&mut scope, numbers, &client).await?;
    let fresh = accounts::find_client(&mut scope, &identifier)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    let (kind, client_id) = (EventKind::ClientCreated, fresh.account.client_id);
    event::tell_of_client(tx, tenant, kind, client_id, ids(), now).await?;
    if let Some(mut welcome) = decide_welcome(&fresh.account, &tenant.programme, now) {
        welcome.assign_ids(&mut ids);
        let poster = Poster { tenant, register_id };
        let rows = PostingRows::new(poster, &welcome, beside(tenant, &fresh.account, &welcome, ids)?)?;
        if tx.post(Box::new(rows)).await? != Posted::Done {
            return Err(Failure::new("the welcome bonus of a client just made was not posted").into());
        }
    }
    let row = accounts::find_client(&mut tx.tenant(tenant.id), &identifier).await?;
    Ok((row.ok_or(sqlx::Error::RowNotFound)?, true))
}

/// Gives a client who is there the name that is told, where there is none, and changes nothing else (ruling 59).
pub(in crate::usecase) async fn fill_empty(
    tx: &mut Tx,
    tenant: &Tenant,
    mut known: ClientRow,
    request: &EnrolmentRequest,
    now: Timestamp,
    mut ids: impl FnMut() -> i64,
) -> Result<ClientRow, Error> {
    let Some(name) = request
        .full_name
        .as_deref()
        .filter(|_| known.full_name.is_none() && !known.account.is_blocked)
    else {
        return Ok(known);
    };
    let client_id = known.account.client_id;
    if client::name_nameless(&mut tx.tenant(tenant.id), client_id, name).await? {
        event::tell_of_client(tx, tenant, EventKind::ClientUpdated, client_id, ids(), now).await?;
        known.full_name = Some(name.to_owned());
    }
    Ok(known)
}
