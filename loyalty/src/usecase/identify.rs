//! Who is calling (R-CASHIER-1 to R-CASHIER-4, R-DEVICE-1 to R-DEVICE-3).

use std::sync::Arc;

use super::{Denied, Error};
use crate::Loyalty;
use crate::model::Register;
use crate::secret::{hash, to_hex};
use crate::store::identity::{self, BoundRegister, Credentials};

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
    let tenant_token = tenant_token
        .filter(|token| !token.is_empty())
        .ok_or(Denied::TenantMissing)?;
    let cashier_token = cashier_token.filter(|token| !token.is_empty());
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
    check_device(loyalty, &names, bound, &to_hex(device_id)).await?;
    Ok(bound.register.clone())
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

async fn check_device(
    loyalty: &Loyalty,
    names: &(String, String),
    bound: &BoundRegister,
    device_id: &str,
) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(bound.register.tenant.id);
    let (register_id, now) = (bound.register.id, loyalty.now());
    let bound_to = match &bound.device_id {
        Some(bound_to) => bound_to.clone(),
        None => {
            let is_first = identity::bind_device(&mut scope, register_id, device_id, now).await?;
            loyalty.credentials().invalidate(names).await;
            if is_first {
                return Ok(());
            }
            let fresh = credentials(loyalty, names).await?;
            fresh
                .register
                .as_ref()
                .and_then(|register| register.device_id.clone())
                .unwrap_or_default()
        }
    };
    if bound_to == device_id {
        return Ok(());
    }
    identity::count_mismatch(&mut scope, register_id, now).await?;
    Err(Denied::OtherDevice.into())
}
