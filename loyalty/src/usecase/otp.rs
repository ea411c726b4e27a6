//! Logging in by a code from an SMS (R-OTP), and enrolling with one (R-REG).

use subtle::ConstantTimeEq;

use super::enrol::{EnrolmentRequest, find_or_insert};
use super::{Error, provision_demo, tokens};
use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Identifier, Phone, Tenant, Timestamp, trimmed};
use crate::sealed::Field;
use crate::store::account::{self, ClientRow};
use crate::store::otp::{self, Sent};
use crate::store::outbox::{self, MessageRow};
use crate::store::{Scope, Tx, client, tenant};

/// R-OTP-2.
const LIFE_SECONDS: i64 = 180;
/// R-OTP-3: the third wrong one kills the code (ruling 33).
const ATTEMPTS_MAX: i64 = 3;
const HOUR_SECONDS: i64 = 3600;

/// How often codes may go out (ruling 8).
#[derive(Clone, Copy, Debug)]
pub struct CodeLimits {
    /// Seconds between two codes to one phone.
    pub pause_seconds: i64,
    /// Codes to one phone in an hour.
    pub phone_per_hour: i64,
    /// Codes asked for from one address in an hour.
    pub address_per_hour: i64,
}

/// A client logged in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The bearer token, `id|secret`.
    pub token: String,
    /// Number within the tenant.
    pub client_id: i64,
}

/// Who enrols with a code.
#[derive(Clone, Debug)]
pub struct SignUpRequest {
    /// In international form.
    pub phone: Phone,
    /// Six digits.
    pub code: String,
    /// As told.
    pub full_name: Option<String>,
    /// The inviter's code, with or without `ref_`.
    pub referral_code: Option<String>,
}

impl CodeLimits {
    /// One in 60 s and 5 in an hour per phone, 60 in an hour per address; times `factor`.
    pub fn times(factor: u32) -> Self {
        let factor = i64::from(factor.max(1));
        Self {
            pause_seconds: 60 / factor,
            phone_per_hour: 5 * factor,
            address_per_hour: 60 * factor,
        }
    }

    /// Which limit is reached, and in how many seconds it will not be.
    fn reached(&self, sent: &Sent, now: Timestamp) -> Option<(i64, i64)> {
        let left = |since: Option<Timestamp>, seconds: i64| {
            let until = since.unwrap_or(now).plus_seconds(seconds);
            (until.millis() - now.millis() + 999) / 1000
        };
        if sent.from_address >= self.address_per_hour {
            return Some((
                self.address_per_hour,
                left(sent.oldest_from_address, HOUR_SECONDS),
            ));
        }
        if sent.to_phone >= self.phone_per_hour {
            return Some((self.phone_per_hour, left(sent.oldest_to_phone, HOUR_SECONDS)));
        }
        let pause = left(sent.last_to_phone, self.pause_seconds);
        (sent.to_phone > 0 && pause > 0).then_some((1, pause))
    }
}

/// Sends a code to a phone, whoever it belongs to: nothing here depends on whether the phone is enrolled.
///
/// # Errors
/// [`Error::TooManyCodes`].
pub async fn send_code(
    loyalty: &Loyalty,
    shop: &Tenant,
    phone: &Phone,
    address: &str,
    limits: CodeLimits,
) -> Result<(), Error> {
    let now = loyalty.now();
    let mut ids = loyalty.ids(0).await?;
    let demo_code = provision_demo::code_for(shop, phone);
    let code = demo_code.map_or_else(random_code, str::to_owned);
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    tenant::lock(&mut scope).await?;
    let sent = otp::sent(&mut scope, phone, address, now.plus_seconds(-HOUR_SECONDS)).await?;
    if let Some((limit, retry_after)) = limits.reached(&sent, now) {
        return Err(Error::TooManyCodes { limit, retry_after });
    }
    let expires_at = now.plus_seconds(LIFE_SECONDS);
    let code_hash = code_hash(loyalty, shop, phone, &code);
    otp::put(&mut scope, ids(), phone, address, &code_hash, (now, expires_at)).await?;
    if demo_code.is_none() {
        let body = serde_json::json!({ "phone": phone.as_str(), "code": code }).to_string();
        let message = MessageRow {
            tenant_id: shop.id,
            id: ids(),
            client_id: None,
            kind: "code",
            params: None,
            body_sealed: Some(loyalty.key().at(shop.id, Field::Code).seal(&body)?),
            campaign_id: None,
            due_at: now.millis(),
            expires_at: expires_at.millis(),
            created_at: now.millis(),
        };
        outbox::forget_codes(&mut scope, now).await?;
        outbox::insert(&mut scope, &[message]).await?;
    }
    tx.commit().await?;
    loyalty.wake_messages();
    Ok(())
}

/// Logs in the client who has this phone. The code of somebody who is not enrolled yet stays good (R-OTP-9).
///
/// # Errors
/// [`Error::WrongCode`], nobody has this phone, or the client is blocked.
pub async fn log_in(
    loyalty: &Loyalty,
    tenant: &Tenant,
    phone: &Phone,
    code: &str,
) -> Result<LoggedIn, Error> {
    let now = loyalty.now();
    let mut ids = loyalty.ids(0).await?;
    let mut tx = check_code(loyalty, tenant, phone, code, now).await?;
    let identifier = Identifier::Phone(phone.clone());
    let known = account::find_client(&mut tx.tenant(tenant.id), &identifier).await?;
    let row = known.ok_or(Refusal::ClientNotFound)?;
    finish(tx, tenant, phone, &row, ids(), now).await
}

/// Enrols a client who has proved the phone by a code, and logs in.
///
/// # Errors
/// [`Error::WrongCode`], [`Error::AlreadyEnrolled`], [`Error::UnknownReferralCode`], or the tariff allows no more.
pub async fn sign_up(loyalty: &Loyalty, tenant: &Tenant, request: &SignUpRequest) -> Result<LoggedIn, Error> {
    let now = loyalty.now();
    let mut ids = loyalty.ids(0).await?;
    let mut tx = check_code(loyalty, tenant, &request.phone, &request.code, now).await?;
    let invited_by = inviter(&mut tx.tenant(tenant.id), request.referral_code.as_deref()).await?;
    let enrolment = EnrolmentRequest {
        phone: request.phone.clone(),
        full_name: request.full_name.clone(),
        invited_by,
    };
    let (row, created) = find_or_insert(&mut tx, tenant, None, &enrolment, now, &mut ids).await?;
    if !created {
        return Err(Error::AlreadyEnrolled);
    }
    finish(tx, tenant, &request.phone, &row, ids(), now).await
}

/// The client who has this referral code, in either form (R-REG-6) and any case of letters (ruling 59).
pub(super) async fn inviter(scope: &mut Scope<'_>, code: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(code) = code else { return Ok(None) };
    let code = trimmed(code).to_ascii_uppercase();
    let code = code.strip_prefix("REF_").unwrap_or(&code);
    let found = client::by_referral_code(scope, code).await?;
    found.map(Some).ok_or(Error::UnknownReferralCode)
}

/// A transaction in which the phone's code was found right. A wrong one is counted, whatever follows.
async fn check_code(
    loyalty: &Loyalty,
    tenant: &Tenant,
    phone: &Phone,
    code: &str,
    now: Timestamp,
) -> Result<Tx, Error> {
    let given = code_hash(loyalty, tenant, phone, code);
    let mut tx = loyalty.db().begin().await?;
    let stored = otp::attempt(&mut tx.tenant(tenant.id), phone, &given, ATTEMPTS_MAX, now).await?;
    let is_right = stored.is_some_and(|stored| stored.as_bytes().ct_eq(given.as_bytes()).into());
    if is_right {
        return Ok(tx);
    }
    tx.commit().await?;
    Err(Error::WrongCode)
}

async fn finish(
    mut tx: Tx,
    tenant: &Tenant,
    phone: &Phone,
    row: &ClientRow,
    token_id: i64,
    now: Timestamp,
) -> Result<LoggedIn, Error> {
    if row.account.is_blocked {
        return Err(Refusal::ClientBlocked.into());
    }
    let client_id = row.account.client_id;
    let mut scope = tx.tenant(tenant.id);
    otp::spend(&mut scope, phone).await?;
    let token = tokens::issue(&mut scope, token_id, client_id, now).await?;
    tx.commit().await?;
    Ok(LoggedIn { token, client_id })
}

fn random_code() -> String {
    use rand::RngExt;
    format!("{:06}", rand::rng().random_range(0..1_000_000_u32))
}

/// Keyed, so that a stolen database does not give codes away.
fn code_hash(loyalty: &Loyalty, tenant: &Tenant, phone: &Phone, code: &str) -> String {
    loyalty
        .key()
        .derive(&format!("otp {} {} {code}", tenant.id, phone.as_str()))
}
