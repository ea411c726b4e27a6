//! Codes sent by SMS: hashed, counted, and gone when used (R-OTP).

use crate::Failure;
use crate::model::{Phone, Source, Timestamp};
use crate::store::Scope;
use crate::store::engine::ids;

/// Rows deleted beside each one written.
const FORGOTTEN_AT_ONCE: i64 = 100;

/// How often codes went out lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub to_phone: i64,
    pub last_to_phone: Option<Timestamp>,
    pub oldest_to_phone: Option<Timestamp>,
    /// The phone's codes were guessed wrong.
    pub paused_until: Option<Timestamp>,
    pub from_shop: i64,
    pub oldest_from_shop: Option<Timestamp>,
    /// The shop's own cap.
    pub shop_per_hour: Option<i64>,
}

/// A phone's newest code.
#[derive(Clone, Debug)]
pub(crate) struct CodeRow {
    pub code_hash: String,
    pub attempts: i64,
    pub expires_at: Timestamp,
    /// Codes before it that were guessed wrong until they died, in a row.
    pub killed: i64,
}

/// Counts what the shop sent after `since`.
pub(crate) async fn sent(scope: &mut Scope<'_>, phone: &Phone, since: Timestamp) -> Result<Sent, Failure> {
    let sql = "SELECT p.to_phone, p.last_to_phone, p.oldest_to_phone, s.from_shop, s.oldest_from_shop,
                      (SELECT codes_per_hour FROM tenants WHERE id = $1) AS shop_per_hour,
                      (SELECT paused_until FROM otp_codes WHERE tenant_id = $1 AND phone = $2) AS paused_until
                 FROM (SELECT COUNT(*) AS to_phone, MAX(created_at) AS last_to_phone,
                              MIN(created_at) AS oldest_to_phone
                         FROM otp_sends WHERE tenant_id = $1 AND phone = $2 AND created_at > $3) AS p,
                      (SELECT COUNT(*) AS from_shop, MIN(created_at) AS oldest_from_shop
                         FROM otp_sends WHERE tenant_id = $1 AND created_at > $3) AS s";
    let row = scope.query(sql).bind(phone).bind(since).one().await?;
    Ok(Sent {
        to_phone: row.int("to_phone")?,
        last_to_phone: row.time_opt("last_to_phone")?,
        oldest_to_phone: row.time_opt("oldest_to_phone")?,
        paused_until: row.time_opt("paused_until")?,
        from_shop: row.int("from_shop")?,
        oldest_from_shop: row.time_opt("oldest_from_shop")?,
        shop_per_hour: row.int_opt("shop_per_hour")?,
    })
}

/// Counts one more, and makes `code_hash` the phone's code until `expires_at`. Codes killed before `killed_since` are
/// not held against the phone any more.
pub(crate) async fn put(
    scope: &mut Scope<'_>,
    id: i64,
    phone: &Phone,
    source: &Source,
    code_hash: &str,
    (at, expires_at, killed_since): (Timestamp, Timestamp, Timestamp),
) -> Result<(), Failure> {
    let count = "INSERT INTO otp_sends (tenant_id, id, phone, address, network, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)";
    scope
        .query(count)
        .bind(id)
        .bind(phone)
        .bind(source.block().to_string())
        .bind(source.network().map(|network| network.to_string()))
        .bind(at)
        .execute()
        .await?;
    let sql = "INSERT INTO otp_codes (tenant_id, phone, code_hash, attempts, expires_at, created_at)
               VALUES ($1, $2, $3, 0, $4, $5)
               ON CONFLICT (tenant_id, phone)
               DO UPDATE SET code_hash = EXCLUDED.code_hash, attempts = 0, expires_at = EXCLUDED.expires_at,
                             created_at = EXCLUDED.created_at, paused_until = NULL,
                             killed = CASE WHEN otp_codes.expires_at > $6 THEN otp_codes.killed ELSE 0 END";
    scope
        .query(sql)
        .bind(phone)
        .bind(code_hash)
        .bind(expires_at)
        .bind(at)
        .bind(killed_since)
        .execute()
        .await?;
    Ok(())
}

/// Deletes some of the shop's counts from `sent_before` and some of its codes that expired before `expired_before`.
pub(crate) async fn forget(
    scope: &mut Scope<'_>,
    sent_before: Timestamp,
    expired_before: Timestamp,
) -> Result<(), Failure> {
    let sends = "DELETE FROM otp_sends
                  WHERE tenant_id = $1 AND id IN (SELECT id FROM otp_sends
                         WHERE tenant_id = $1 AND created_at <= $2 ORDER BY created_at LIMIT $3)";
    scope
        .query(sends)
        .bind(sent_before)
        .bind(FORGOTTEN_AT_ONCE)
        .execute()
        .await?;
    let codes = "DELETE FROM otp_codes
                  WHERE tenant_id = $1 AND phone IN (SELECT phone FROM otp_codes
                         WHERE tenant_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3)";
    scope
        .query(codes)
        .bind(expired_before)
        .bind(FORGOTTEN_AT_ONCE)
        .execute()
        .await?;
    Ok(())
}

/// The newest code of a phone, living or not.
pub(crate) async fn find(scope: &mut Scope<'_>, phone: &Phone) -> Result<Option<CodeRow>, Failure> {
    let sql =
        "SELECT code_hash, attempts, expires_at, killed FROM otp_codes WHERE tenant_id = $1 AND phone = $2";
    let Some(row) = scope.query(sql).bind(phone).optional().await? else {
        return Ok(None);
    };
    Ok(Some(CodeRow {
        code_hash: row.text("code_hash")?,
        attempts: row.int("attempts")?,
        expires_at: row.time("expires_at")?,
        killed: row.int("killed")?,
    }))
}

/// Takes the code that was found right, until the transaction ends; false when it is not the living one any more.
pub(crate) async fn hold(
    scope: &mut Scope<'_>,
    phone: &Phone,
    code_hash: &str,
    attempts_max: i64,
    now: Timestamp,
) -> Result<bool, Failure> {
    let sql = "UPDATE otp_codes SET attempts = attempts
                WHERE tenant_id = $1 AND phone = $2 AND code_hash = $3 AND attempts < $4 AND expires_at > $5";
    let held = scope
        .query(sql)
        .bind(phone)
        .bind(code_hash)
        .bind(attempts_max)
        .bind(now)
        .execute()
        .await?;
    Ok(held == 1)
}

/// Takes an attempt from a living code; false when it is not the living one any more. The last attempt kills it and
/// pauses the phone.
pub(crate) async fn miss(
    scope: &mut Scope<'_>,
    phone: &Phone,
    code_hash: &str,
    attempts_max: i64,
    (now, paused_until): (Timestamp, Timestamp),
) -> Result<bool, Failure> {
    let sql = "UPDATE otp_codes
                  SET attempts = attempts + 1,
                      killed = CASE WHEN attempts + 1 >= $4 THEN killed + 1 ELSE killed END,
                      paused_until = CASE WHEN attempts + 1 >= $4 THEN $6 ELSE paused_until END
                WHERE tenant_id = $1 AND phone = $2 AND code_hash = $3 AND attempts < $4 AND expires_at > $5";
    let missed = scope
        .query(sql)
        .bind(phone)
        .bind(code_hash)
        .bind(attempts_max)
        .bind(now)
        .bind(paused_until)
        .execute()
        .await?;
    Ok(missed == 1)
}

/// Spends a phone's code.
pub(crate) async fn spend(scope: &mut Scope<'_>, phone: &Phone) -> Result<(), Failure> {
    let sql = "DELETE FROM otp_codes WHERE tenant_id = $1 AND phone = $2";
    scope.query(sql).bind(phone).execute().await?;
    Ok(())
}

/// Deletes some of the codes that were good until a moment before `before`; how many.
pub(crate) async fn forget_dead(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    let sql = "DELETE FROM otp_codes
                WHERE tenant_id = $1 AND phone IN (SELECT phone FROM otp_codes
                       WHERE tenant_id = $1 AND expires_at < $2 ORDER BY expires_at LIMIT 2000)";
    Ok(scope.query(sql).bind(before).execute().await?)
}

/// Deletes some of what was counted before a moment; how many.
pub(crate) async fn forget_sends(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    let sql = "DELETE FROM otp_sends
                WHERE tenant_id = $1 AND id IN (SELECT id FROM otp_sends
                       WHERE tenant_id = $1 AND id < $2 ORDER BY id LIMIT 2000)";
    Ok(scope.query(sql).bind(ids::smallest_at(before)).execute().await?)
}
