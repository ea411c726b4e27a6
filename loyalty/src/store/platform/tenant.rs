//! Shops, their programmes, branches and registers.

use crate::Failure;
use crate::model::{Programme, ShopCode, Tenant, Timestamp};
use crate::store::Scope;
use crate::store::access::identity::{self, tenant_columns};
use crate::store::messages::channel;

/// A shop as inserted.
#[derive(Clone, Debug)]
pub(crate) struct NewTenant<'a> {
    pub code: &'a ShopCode,
    pub is_demo: bool,
    pub name: &'a str,
    pub token_hash: &'a str,
    pub currency: &'a str,
    pub bonus_unit: &'a str,
    pub zone: &'a str,
    pub at: Timestamp,
}

/// The shop with this code.
pub(crate) async fn find(scope: &mut Scope<'_>, code: &str) -> Result<Option<Tenant>, Failure> {
    let sql = concat!(
        "SELECT ",
        tenant_columns!(),
        " FROM tenants AS t
          JOIN programmes AS p ON p.tenant_id = t.id AND p.version = t.programme_version
         WHERE t.code = $1"
    );
    scope
        .query(sql)
        .bind(code)
        .optional()
        .await?
        .map(|row| identity::tenant(&row))
        .transpose()
}

/// The demo shop.
pub(crate) async fn demo(scope: &mut Scope<'_>) -> Result<Option<Tenant>, Failure> {
    let sql = concat!(
        "SELECT ",
        tenant_columns!(),
        " FROM tenants AS t
          JOIN programmes AS p ON p.tenant_id = t.id AND p.version = t.programme_version
         WHERE t.is_demo"
    );
    let row = scope.query(sql).optional().await?;
    row.map(|row| identity::tenant(&row)).transpose()
}

/// The shop with this number.
pub(crate) async fn by_id(scope: &mut Scope<'_>, id: i64) -> Result<Option<Tenant>, Failure> {
    let sql = concat!(
        "SELECT ",
        tenant_columns!(),
        " FROM tenants AS t
          JOIN programmes AS p ON p.tenant_id = t.id AND p.version = t.programme_version
         WHERE t.id = $1"
    );
    let row = scope.query(sql).bind(id).optional().await?;
    row.map(|row| identity::tenant(&row)).transpose()
}

/// Inserts a shop with its programme's first version; none when the code is taken. The number is the next free one. Its
/// secrets come with [`set_secrets`]: they are sealed for the shop's number.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    tenant: &NewTenant<'_>,
    programme: &Programme,
) -> Result<Option<i64>, Failure> {
    let sql =
        "INSERT INTO tenants (id, code, name, token_hash, token_sealed, status, currency, bonus_unit, zone,
                      primary_color, clients_max, programme_version, clients_count, cards_count, created_at, is_demo)
               SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, '', 'active', $4, $5, $6, NULL, NULL, 1, 0, 0, $7, $8
                 FROM tenants
                WHERE TRUE
               ON CONFLICT (code) DO NOTHING
               RETURNING id";
    let inserted = scope
        .query(sql)
        .bind(tenant.code.as_str())
        .bind(tenant.name)
        .bind(tenant.token_hash)
        .bind(tenant.currency)
        .bind(tenant.bonus_unit)
        .bind(tenant.zone)
        .bind(tenant.at)
        .bind(tenant.is_demo)
        .optional()
        .await?;
    let Some(row) = inserted else { return Ok(None) };
    let id = row.int("id")?;
    let sql = "INSERT INTO programmes (tenant_id, version, document, created_at) VALUES ($1, 1, $2, $3)";
    scope
        .query(sql)
        .bind(id)
        .bind(serde_json::to_string(programme)?)
        .bind(tenant.at)
        .execute()
        .await?;
    Ok(Some(id))
}

/// Inserts a branch.
pub(crate) async fn insert_branch(
    scope: &mut Scope<'_>,
    id: i64,
    name: &str,
    address: Option<&str>,
) -> Result<(), Failure> {
    let sql = "INSERT INTO branches (tenant_id, id, name, address) VALUES ($1, $2, $3, $4)";
    scope
        .query(sql)
        .bind(id)
        .bind(name)
        .bind(address)
        .execute()
        .await?;
    Ok(())
}

/// A register as inserted, bound to no device.
#[derive(Clone, Debug)]
pub(crate) struct NewRegister<'a> {
    pub id: i64,
    pub branch_id: i64,
    pub name: &'a str,
    pub token_hash: &'a str,
    pub token_sealed: &'a str,
}

/// Inserts a register.
pub(crate) async fn insert_register(
    scope: &mut Scope<'_>,
    register: &NewRegister<'_>,
) -> Result<(), Failure> {
    let sql = "INSERT INTO registers (tenant_id, id, branch_id, name, token_hash, token_sealed, device_id,
                      device_bound_at, device_mismatch_count, device_mismatch_at)
               VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, 0, NULL)";
    scope
        .query(sql)
        .bind(register.id)
        .bind(register.branch_id)
        .bind(register.name)
        .bind(register.token_hash)
        .bind(register.token_sealed)
        .execute()
        .await?;
    Ok(())
}

/// The installation's key fingerprint; stores `fingerprint` when there is none yet.
pub(crate) async fn key_fingerprint(scope: &mut Scope<'_>, fingerprint: &str) -> Result<String, Failure> {
    let sql = "SELECT key_fingerprint FROM installation WHERE id = 1";
    if let Some(row) = scope.query(sql).optional().await? {
        return Ok(row.text("key_fingerprint")?);
    }
    let insert = "INSERT INTO installation (id, key_fingerprint) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    scope.query(insert).bind(fingerprint).execute().await?;
    Ok(scope.query(sql).one().await?.text("key_fingerprint")?)
}

/// What a shop keeps sealed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SealedSecrets {
    /// `X-Tenant-Token`.
    pub token: String,
    /// Signs a partner's requests.
    pub partner_secret: Option<String>,
    /// Its bot's token.
    pub telegram_bot_token: Option<String>,
}

/// Keeps a shop's sealed secrets and its bot's name.
pub(crate) async fn set_secrets(
    scope: &mut Scope<'_>,
    secrets: &SealedSecrets,
    telegram_bot: Option<&str>,
) -> Result<(), Failure> {
    let sql = "UPDATE tenants
                  SET token_sealed = $2, partner_secret_sealed = $3, telegram_bot_token_sealed = $4,
                      telegram_bot_name = $5, telegram_webhook_url = NULL
                WHERE id = $1";
    scope
        .query(sql)
        .bind(secrets.token.as_str())
        .bind(secrets.partner_secret.as_deref())
        .bind(secrets.telegram_bot_token.as_deref())
        .bind(telegram_bot)
        .execute()
        .await?;
    channel::note_whether_any(scope).await
}

/// A shop's bot whose updates Telegram has not been told where to send.
#[derive(Clone, Debug)]
pub(crate) struct BotRow {
    pub tenant_id: i64,
    pub code: String,
    pub is_demo: bool,
    pub bot_token_sealed: String,
    pub webhook_url: Option<String>,
}

/// The shops that have a bot.
pub(crate) async fn bots(scope: &mut Scope<'_>) -> Result<Vec<BotRow>, Failure> {
    let sql = "SELECT id, code, is_demo, telegram_bot_token_sealed, telegram_webhook_url
                 FROM tenants WHERE telegram_bot_token_sealed IS NOT NULL ORDER BY id";
    let rows = scope.query(sql).all().await?;
    rows.iter()
        .map(|row| {
            Ok(BotRow {
                tenant_id: row.int("id")?,
                code: row.text("code")?,
                is_demo: row.flag("is_demo")?,
                bot_token_sealed: row.text("telegram_bot_token_sealed")?,
                webhook_url: row.text_opt("telegram_webhook_url")?,
            })
        })
        .collect()
}

/// Telegram has been told where to send the bot's updates.
pub(crate) async fn set_webhook_url(scope: &mut Scope<'_>, url: &str) -> Result<(), Failure> {
    let sql = "UPDATE tenants SET telegram_webhook_url = $2 WHERE id = $1";
    scope.query(sql).bind(url).execute().await?;
    Ok(())
}

/// Whether the shop reaches its clients at all.
pub(crate) async fn set_has_channels(scope: &mut Scope<'_>, has: bool) -> Result<(), Failure> {
    let sql = "UPDATE tenants SET has_channels = $2 WHERE id = $1";
    scope.query(sql).bind(has).execute().await?;
    Ok(())
}

/// Whether the shop is served: neither suspended nor unpaid.
pub(crate) async fn is_active(scope: &mut Scope<'_>) -> Result<bool, Failure> {
    let row = scope
        .query("SELECT status FROM tenants WHERE id = $1")
        .one()
        .await?;
    Ok(row.text("status")? == "active")
}

/// The sealed token of a shop's bot.
pub(crate) async fn telegram_bot_token(scope: &mut Scope<'_>) -> Result<Option<String>, Failure> {
    let row = scope
        .query("SELECT telegram_bot_token_sealed FROM tenants WHERE id = $1")
        .one()
        .await?;
    Ok(row.text_opt("telegram_bot_token_sealed")?)
}

/// Takes the tenant's row until the transaction ends: whoever does the same for this shop waits.
pub(crate) async fn lock(scope: &mut Scope<'_>) -> Result<(), Failure> {
    let sql = "UPDATE tenants SET created_at = created_at WHERE id = $1";
    scope.query(sql).execute().await?;
    Ok(())
}

/// The numbers of all shops.
pub(crate) async fn all(scope: &mut Scope<'_>) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT id FROM tenants ORDER BY id";
    Ok(scope.query(sql).numbers("id").await?)
}
