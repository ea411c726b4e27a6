//! Codes sent by SMS: hashed, counted, and gone when used (R-OTP).

use super::Scope;
use crate::Failure;
use crate::model::{Phone, Timestamp};

/// How often codes went out lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub to_phone: i64,
    pub last_to_phone: Option<Timestamp>,
    pub oldest_to_phone: Option<Timestamp>,
    pub from_address: i64,
    pub oldest_from_address: Option<Timestamp>,
}

/// Counts what went out after `since`; what is older is forgotten.
pub(crate) async fn sent(
    scope: &mut Scope<'_>,
    phone: &Phone,
    address: &str,
    since: Timestamp,
) -> Result<Sent, Failure> {
    let forget = "DELETE FROM otp_sends WHERE tenant_id = $1 AND created_at <= $2";
    scope.query(forget).bind(since).execute().await?;
    let sql = "SELECT COUNT(CASE WHEN phone = $2 THEN 1 END) AS to_phone,
                      MAX(CASE WHEN phone = $2 THEN created_at END) AS last_to_phone,
                      MIN(CASE WHEN phone = $2 THEN created_at END) AS oldest_to_phone,
                      COUNT(CASE WHEN address = $3 THEN 1 END) AS from_address,
                      MIN(CASE WHEN address = $3 THEN created_at END) AS oldest_from_address
                 FROM otp_sends
                WHERE tenant_id = $1 AND (phone = $2 OR address = $3)";
    let row = scope.query(sql).bind(phone).bind(address).one().await?;
    Ok(Sent {
        to_phone: row.int("to_phone")?,
        last_to_phone: row.time_opt("last_to_phone")?,
        oldest_to_phone: row.time_opt("oldest_to_phone")?,
        from_address: row.int("from_address")?,
        oldest_from_address: row.time_opt("oldest_from_address")?,
    })
}

/// Counts one more, and makes `code_hash` the phone's code until `expires_at`.
pub(crate) async fn put(
    scope: &mut Scope<'_>,
    id: i64,
    phone: &Phone,
    address: &str,
    code_hash: &str,
    (at, expires_at): (Timestamp, Timestamp),
) -> Result<(), Failure> {
    let count =
        "INSERT INTO otp_sends (tenant_id, id, phone, address, created_at) VALUES ($1, $2, $3, $4, $5)";
    scope
        .query(count)
        .bind(id)
        .bind(phone)
        .bind(address)
        .bind(at)
        .execute()
        .await?;
    let sql = "INSERT INTO otp_codes (tenant_id, phone, code_hash, attempts, expires_at, created_at)
               VALUES ($1, $2, $3, 0, $4, $5)
               ON CONFLICT (tenant_id, phone)
               DO UPDATE SET code_hash = EXCLUDED.code_hash, attempts = 0, expires_at = EXCLUDED.expires_at,
                             created_at = EXCLUDED.created_at";
    scope
        .query(sql)
        .bind(phone)
        .bind(code_hash)
        .bind(expires_at)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Takes one attempt at a phone's living code: the code's hash, or none when there is nothing to try. The right code
/// does not count as an attempt.
pub(crate) async fn attempt(
    scope: &mut Scope<'_>,
    phone: &Phone,
    code_hash: &str,
    attempts_max: i64,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    let sql = "UPDATE otp_codes
                  SET attempts = attempts + CASE WHEN code_hash = $3 THEN 0 ELSE 1 END
                WHERE tenant_id = $1 AND phone = $2 AND attempts < $4 AND expires_at > $5
               RETURNING code_hash";
    let row = scope
        .query(sql)
        .bind(phone)
        .bind(code_hash)
        .bind(attempts_max)
        .bind(now)
        .optional()
        .await?;
    Ok(row.map(|row| row.text("code_hash")).transpose()?)
}

/// Spends a phone's code.
pub(crate) async fn spend(scope: &mut Scope<'_>, phone: &Phone) -> Result<(), Failure> {
    let sql = "DELETE FROM otp_codes WHERE tenant_id = $1 AND phone = $2";
    scope.query(sql).bind(phone).execute().await?;
    Ok(())
}
