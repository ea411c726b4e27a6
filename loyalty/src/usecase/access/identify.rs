//! Who is calling (R-TENANT, R-AUTH-5 to R-AUTH-7, R-CASHIER-1 to R-CASHIER-4, R-DEVICE-1 to R-DEVICE-3, R-PARTNER-1
//! to R-PARTNER-4).

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::write_strikes::strike;
use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Client, Partner, Register, Tenant};
use crate::partner_signature::{SignedRequest, WrongSignature, read_headers, verify};
use crate::sealed::Field;
use crate::secret::{hash, to_hex};
use crate::store::access::client_tokens::{self, TokenRow};
use crate::store::access::identity::{self, BoundRegister, Credentials};
use crate::usecase::{Denied, Error};

/// The shop with this token.
///
/// # Errors
/// [`Denied`] with the reason.
pub async fn identify_tenant(loyalty: &Loyalty, tenant_token: Option<&str>) -> Result<Arc<Tenant>, Error> {
    let (_, credentials) = credentials_of(loyalty, tenant_token, None).await?;
    Ok(Arc::clone(&credentials.tenant))
}

/// The register with these tokens on this device. The first device is bound; others are refused and counted.
///
/// # Errors
/// [`Denied`] with the reason.
pub async fn identify_register(
    loyalty: &Loyalty,
    tenant_token: Option<&str>,
    cashier_token: Option<&str>,
    device_id: Option<&[u8]>,
) -> Result<Register, Error> {
    let cashier_token = cashier_token.filter(|token| !token.is_empty());
    let (names, credentials) = credentials_of(loyalty, tenant_token, cashier_token).await?;
    if cashier_token.is_none() {
        return Err(Denied::RegisterMissing.into());
    }
    let bound = credentials.register.as_ref().ok_or(Denied::RegisterUnknown)?;
    let device_id = device_id
        .filter(|device| !device.is_empty())
        .ok_or(Denied::DeviceMissing)?;
    if device_id.len() > 255 {
        return Err(Denied::DeviceTooLong.into());
    }
    check_device(loyalty, &names, Arc::clone(&credentials), &to_hex(device_id)).await?;
    Ok(bound.register.clone())
}

/// Whether the headers of a signed request may be right, before its body is read.
///
/// # Errors
/// [`Denied`] with the reason.
pub fn check_partner_headers(
    loyalty: &Loyalty,
    timestamp: Option<&str>,
    signature: Option<&str>,
) -> Result<(), Error> {
    let headers = read_headers(timestamp, signature, loyalty.now());
    Ok(headers.map(drop).map_err(why)?)
}

/// The partner's server that signed this request.
///
/// # Errors
/// [`Denied`] with the reason.
pub async fn identify_partner(
    loyalty: &Loyalty,
    tenant_token: Option<&str>,
    request: &SignedRequest<'_>,
) -> Result<Partner, Error> {
    let (_, credentials) = credentials_of(loyalty, tenant_token, None).await?;
    let sealed = credentials.partner_secret_sealed.as_deref();
    let safe = loyalty.key().at(credentials.tenant.id, Field::PartnerSecret);
    let secret = safe.open(sealed.ok_or(Denied::PartnerOff)?)?;
    let signature = verify(&secret, request, loyalty.now()).map_err(why)?;
    Ok(Partner {
        tenant: Arc::clone(&credentials.tenant),
        signature: (request.method != "GET").then_some(signature),
    })
}

/// The client with this bearer token (`id|secret`) in the shop.
///
/// # Errors
/// [`Denied`] with the reason, or the client is blocked.
pub async fn identify_client(
    loyalty: &Loyalty,
    tenant: &Arc<Tenant>,
    bearer: Option<&str>,
) -> Result<Client, Error> {
    let bearer = bearer
        .filter(|bearer| !bearer.is_empty())
        .ok_or(Denied::BearerMissing)?;
    let (id, secret) = bearer.split_once('|').ok_or(Denied::BearerUnknown)?;
    let token_id: i64 = id.parse().map_err(|_| Denied::BearerUnknown)?;
    let token = client_token(loyalty, tenant.id, token_id)
        .await?
        .ok_or(Denied::BearerUnknown)?;
    let is_same = hash(secret.as_bytes())
        .as_bytes()
        .ct_eq(token.token_hash.as_bytes());
    if !bool::from(is_same) {
        return Err(Denied::BearerUnknown.into());
    }
    if token.is_blocked {
        return Err(Refusal::ClientBlocked.into());
    }
    Ok(Client {
        tenant: Arc::clone(tenant),
        id: token.client_id,
        token_id,
    })
}

fn why(wrong: WrongSignature) -> Denied {
    match wrong {
        WrongSignature::Missing => Denied::SignatureMissing,
        WrongSignature::TimestampOff => Denied::TimestampOff,
        WrongSignature::Mismatch => Denied::SignatureWrong,
    }
}

async fn client_token(loyalty: &Loyalty, tenant_id: i64, token_id: i64) -> Result<Option<TokenRow>, Error> {
    let name = (tenant_id, token_id);
    if let Some(known) = loyalty.client_tokens().get(&name).await {
        return Ok(Some(known));
    }
    let found = client_tokens::find(&mut loyalty.db().tenant(tenant_id), token_id).await?;
    if let Some(token) = &found {
        loyalty.client_tokens().insert(name, token.clone()).await;
    }
    Ok(found)
}

/// The active shop with this token, and the register where its token came along.
async fn credentials_of(
    loyalty: &Loyalty,
    tenant_token: Option<&str>,
    cashier_token: Option<&str>,
) -> Result<((String, String), Arc<Credentials>), Error> {
    let tenant_token = tenant_token
        .filter(|token| !token.is_empty())
        .ok_or(Denied::TenantMissing)?;
    let names = (
        hash(tenant_token.as_bytes()),
        cashier_token
            .map(|token| hash(token.as_bytes()))
            .unwrap_or_default(),
    );
    let credentials = credentials(loyalty, &names).await?;
    if !credentials.is_active {
        return Err(Denied::TenantSuspended.into());
    }
    Ok((names, credentials))
}

async fn credentials(loyalty: &Loyalty, names: &(String, String)) -> Result<Arc<Credentials>, Error> {
    if let Some(known) = loyalty.credentials().get(names).await {
        return Ok(known);
    }
    let (tenant_hash, register_hash) = names;
    let register_hash = (!register_hash.is_empty()).then_some(register_hash.as_str());
    let found = identity::find(&mut loyalty.db().global(), tenant_hash, register_hash).await?;
    let found = Arc::new(found.ok_or(Denied::TenantUnknown)?);
    loyalty
        .credentials()
        .insert(names.clone(), Arc::clone(&found))
        .await;
    Ok(found)
}

/// The first device is bound; others are refused, but not by a binding that was reset a moment ago.
async fn check_device(
    loyalty: &Loyalty,
    names: &(String, String),
    credentials: Arc<Credentials>,
    device_id: &str,
) -> Result<(), Error> {
    let now = loyalty.now();
    let mut credentials = credentials;
    loop {
        let BoundRegister {
            register,
            device_id: bound_to,
        } = credentials.register.as_ref().ok_or(Denied::RegisterUnknown)?;
        let name = (register.tenant.id, register.id);
        match bound_to {
            Some(bound_to) if bound_to == device_id => return Ok(()),
            Some(bound_to) if !loyalty.strikes().look(name, now) => {
                strike(loyalty, name, bound_to, now).await?;
                return Err(Denied::OtherDevice.into());
            }
            Some(_) => loyalty.credentials().invalidate(names).await,
            None => {
                let mut scope = loyalty.db().tenant(register.tenant.id);
                let is_first = identity::bind_device(&mut scope, register.id, device_id, now).await?;
                loyalty.credentials().invalidate(names).await;
                if is_first {
                    return Ok(());
                }
            }
        }
        credentials = self::credentials(loyalty, names).await?;
    }
}
