//! Tokens looked up by their hash, and devices bound to registers.

use std::sync::Arc;

use crate::Failure;
use crate::model::{Branch, Register, Tenant, Timestamp, Zone};
use crate::store::programme::programmes;
use crate::store::{Row, Scope};

/// A tenant as its token finds it, with the register whose token came along.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// Suspended and unpaid shops are found too, so that they can be told apart from unknown ones.
    pub is_active: bool,
    pub tenant: Arc<Tenant>,
    /// Signs a partner's requests, still sealed.
    pub partner_secret_sealed: Option<String>,
    pub register: Option<BoundRegister>,
}

/// A register and the device it is bound to, in hex.
#[derive(Clone, Debug)]
pub(crate) struct BoundRegister {
    pub register: Register,
    pub device_id: Option<String>,
}

/// Columns of a tenant and its programme in force, as [`tenant`] reads them.
macro_rules! tenant_columns {
    () => {
        "t.id, t.code, t.is_demo, t.name, t.status, t.currency, t.bonus_unit, t.zone, t.primary_color, t.logo_url,
         t.telegram_bot_name, t.has_webhooks, t.has_channels, t.clients_max, t.partner_secret_sealed, p.version, p.document"
    };
}
pub(crate) use tenant_columns;

/// Looks up both tokens by their hashes; the register only within the tenant.
pub(crate) async fn find(
    scope: &mut Scope<'_>,
    tenant_hash: &str,
    register_hash: Option<&str>,
) -> Result<Option<Credentials>, Failure> {
    let sql = concat!(
        "SELECT ",
        tenant_columns!(),
        ", r.id AS register_id, r.name AS register_name, r.device_id,
                b.id AS branch_id, b.name AS branch_name, b.address AS branch_address
           FROM tenants AS t
           JOIN programmes AS p ON p.tenant_id = t.id AND p.version = t.programme_version
           LEFT JOIN registers AS r ON r.tenant_id = t.id AND r.token_hash = $2
           LEFT JOIN branches AS b ON b.tenant_id = r.tenant_id AND b.id = r.branch_id
          WHERE t.token_hash = $1"
    );
    let Some(row) = scope
        .query(sql)
        .bind(tenant_hash)
        .bind(register_hash)
        .optional()
        .await?
    else {
        return Ok(None);
    };
    let tenant = Arc::new(tenant(&row)?);
    let register = match row.int_opt("register_id")? {
        None => None,
        Some(id) => Some(BoundRegister {
            register: Register {
                tenant: Arc::clone(&tenant),
                id,
                name: row.text("register_name")?,
                branch: Branch {
                    id: row.int("branch_id")?,
                    name: row.text("branch_name")?,
                    address: row.text_opt("branch_address")?,
                },
            },
            device_id: row.text_opt("device_id")?,
        }),
    };
    Ok(Some(Credentials {
        is_active: row.text("status")? == "active",
        tenant,
        partner_secret_sealed: row.text_opt("partner_secret_sealed")?,
        register,
    }))
}

/// A tenant in columns named as in its table, with its programme's `version` and `document`.
pub(crate) fn tenant(row: &Row) -> Result<Tenant, Failure> {
    let zone = row.text("zone")?;
    Ok(Tenant {
        id: row.int("id")?,
        code: row.text("code")?,
        is_demo: row.flag("is_demo")?,
        name: row.text("name")?,
        currency: row.text("currency")?,
        bonus_unit: row.text("bonus_unit")?,
        zone: Zone::named(&zone).ok_or_else(|| Failure::new(format_args!("unknown time zone: {zone}")))?,
        primary_color: row.text_opt("primary_color")?,
        logo_url: row.text_opt("logo_url")?,
        telegram_bot: row.text_opt("telegram_bot_name")?,
        has_webhooks: row.flag("has_webhooks")?,
        has_channels: row.flag("has_channels")?,
        clients_max: row.int_opt("clients_max")?,
        programme: Arc::new(programmes::read(row)?),
    })
}

/// Binds a register to its first device (R-DEVICE-1); false when another was first.
pub(crate) async fn bind_device(
    scope: &mut Scope<'_>,
    register_id: i64,
    device_id: &str,
    now: Timestamp,
) -> Result<bool, Failure> {
    let sql = "UPDATE registers SET device_id = $3, device_bound_at = $4
                WHERE tenant_id = $1 AND id = $2 AND device_id IS NULL";
    Ok(scope
        .query(sql)
        .bind(register_id)
        .bind(device_id)
        .bind(now)
        .execute()
        .await?
        == 1)
}

/// Counts attempts from other devices (R-DEVICE-3), unless the binding they were refused by has been reset.
pub(crate) async fn count_mismatches(
    scope: &mut Scope<'_>,
    register_id: i64,
    bound_to: &str,
    attempts: i64,
    at: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE registers
                  SET device_mismatch_count = device_mismatch_count + $4, device_mismatch_at = $5
                WHERE tenant_id = $1 AND id = $2 AND device_id = $3";
    scope
        .query(sql)
        .bind(register_id)
        .bind(bound_to)
        .bind(attempts)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}
