//! Logging in by a code from an SMS (R-OTP), and enrolling with one (R-REG).

use subtle::ConstantTimeEq;

use super::count_tries::{Try, note_sign_in, note_wrong_code};
use super::log_out;
use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Identifier, Phone, Source, Tenant, Timestamp, trimmed};
use crate::rules::guessing::pause_seconds;
use crate::sealed::Field;
use crate::store::access::otp::{self, Sent};
use crate::store::access::tries::Tried;
use crate::store::account::accounts::{self, ClientRow};
use crate::store::clients::client;
use crate::store::messages::outbox::{self, MessageRow};
use crate::store::platform::tenant;
use crate::store::{Scope, Tx};
use crate::usecase::Error;
use crate::usecase::clients::enrol::{EnrolmentRequest, find_or_insert};
use crate::usecase::platform::provision_demo;

/// R-OTP-2.
const LIFE_SECONDS: i64 = 180;
/// R-OTP-3: the third wrong one kills the code (ruling 33).
const ATTEMPTS_MAX: i64 = 3;
const HOUR_SECONDS: i64 = 3600;
/// After a day without wrong codes nothing is held against a phone any more.
const QUIET_SECONDS: i64 = 86_400;

/// How often codes may go out and be guessed (ruling 8).
#[derive(Clone, Copy, Debug)]
pub struct CodeLimits {
    /// Seconds between two codes to one phone.
    pub pause_seconds: i64,
    /// Codes to one phone in an hour.
    pub phone_per_hour: i64,
    /// Codes asked for from one address in an hour, over all shops.
    pub address_per_hour: i64,
    /// Wrong codes from one address in an hour, over all shops.
    pub wrong_per_hour: i64,
    /// Codes of one shop in an hour, where the shop has no cap of its own.
    pub shop_per_hour: i64,
    factor: i64,
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
    /// One in 60 s and 5 in an hour per phone, 60 in an hour per address, 1 000 per shop, and 20 wrong ones per
    /// address; times `factor`.
    pub fn times(factor: u32) -> Self {
        let factor = i64::from(factor.max(1));
        Self {
            pause_seconds: 60 / factor,
            phone_per_hour: 5 * factor,
            address_per_hour: 60 * factor,
            wrong_per_hour: 20 * factor,
            shop_per_hour: 1000 * factor,
            factor,
        }
    }

    /// The shop's cap.
    fn of_shop(&self, sent: &Sent) -> i64 {
        let own = sent.shop_per_hour.map(|own| own.saturating_mul(self.factor));
        own.unwrap_or(self.shop_per_hour)
    }

    /// Which limit is reached, and in how many seconds it will not be.
    fn reached(&self, sent: &Sent, now: Timestamp) -> Option<(i64, i64)> {
        let left = |since: Option<Timestamp>, seconds: i64| {
            let until = since.unwrap_or(now).plus_seconds(seconds);
            (until.millis() - now.millis() + 999) / 1000
        };
        let shop_per_hour = self.of_shop(sent);
        if sent.from_shop >= shop_per_hour {
            return Some((shop_per_hour, left(sent.oldest_from_shop, HOUR_SECONDS)));
        }
        if sent.to_phone >= self.phone_per_hour {
            return Some((self.phone_per_hour, left(sent.oldest_to_phone, HOUR_SECONDS)));
        }
        let guessed = sent.paused_until.map_or(0, |until| left(Some(until), 0));
        let sent_lately = match sent.to_phone {
            0 => 0,
            _ => left(sent.last_to_phone, self.pause_seconds),
        };
        let pause = guessed.max(sent_lately);
        (pause > 0).then_some((1, pause))
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
    source: Source,
    limits: CodeLimits,
) -> Result<(), Error> {
    let counted = Try::begin(loyalty, Tried::Code, source, limits.address_per_hour).await?;
    let sent = send_counted(loyalty, shop, phone, source, limits, &counted).await;
    if sent.is_err() {
        counted.take_back(loyalty);
    }
    sent
}

async fn send_counted(
    loyalty: &Loyalty,
    shop: &Tenant,
    phone: &Phone,
    source: Source,
    limits: CodeLimits,
    counted: &Try,
) -> Result<(), Error> {
    let now = loyalty.now();
    // Whoever is refused takes no writer and no lock; whoever is not is looked at once more under it.
    may_send(
        loyalty,
        &mut loyalty.db().tenant(shop.id),
        shop,
        phone,
        limits,
        now,
    )
    .await?;
    counted.check(loyalty, limits.address_per_hour).await?;
    let mut ids = loyalty.ids(0).await?;
    let demo_code = provision_demo::code_for(shop, phone);
    let code = demo_code.map_or_else(random_code, str::to_owned);
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    tenant::lock(&mut scope).await?;
    may_send(loyalty, &mut scope, shop, phone, limits, now).await?;
    let expires_at = now.plus_seconds(LIFE_SECONDS);
    let code_hash = code_hash(loyalty, shop, phone, &code);
    let quiet_since = now.plus_seconds(-QUIET_SECONDS);
    otp::put(
        &mut scope,
        ids(),
        phone,
        &source,
        &code_hash,
        (now, expires_at, quiet_since),
    )
    .await?;
    otp::forget(&mut scope, now.plus_seconds(-HOUR_SECONDS), quiet_since).await?;
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
    loyalty.wake_codes(shop.id);
    Ok(())
}

/// Whether the phone and the shop may have another code now. The owner of a shop whose codes are used up is told by the
/// log and a metric.
async fn may_send(
    loyalty: &Loyalty,
    scope: &mut Scope<'_>,
    shop: &Tenant,
    phone: &Phone,
    limits: CodeLimits,
    now: Timestamp,
) -> Result<(), Error> {
    let sent = otp::sent(scope, phone, now.plus_seconds(-HOUR_SECONDS)).await?;
    let Some((limit, retry_after)) = limits.reached(&sent, now) else {
        return Ok(());
    };
    if sent.from_shop >= limits.of_shop(&sent) {
        metrics::counter!("bonex_codes_paused_total", "shop" => shop.code.clone()).increment(1);
        if loyalty.tries().is_to_be_told(shop.id, now) {
            tracing::warn!(
                shop = shop.code,
                limit,
                retry_after,
                "the shop's codes by SMS of an hour are used up: nobody can log in by one until some are older"
            );
        }
    }
    Err(Error::TooManyCodes { limit, retry_after })
}

/// Logs in the client who has this phone. The code of somebody who is not enrolled yet stays good (R-OTP-9).
///
/// # Errors
/// [`Error::WrongCode`], [`Error::TooManyCodes`], nobody has this phone, or the client is blocked.
pub async fn log_in(
    loyalty: &Loyalty,
    tenant: &Tenant,
    (phone, code): (&Phone, &str),
    source: Source,
    limits: CodeLimits,
) -> Result<LoggedIn, Error> {
    let now = loyalty.now();
    let mut tx = check_code(loyalty, tenant, (phone, code), source, limits).await?;
    let mut ids = loyalty.ids(0).await?;
    let identifier = Identifier::Phone(phone.clone());
    let known = accounts::find_client(&mut tx.tenant(tenant.id), &identifier).await?;
    let row = known.ok_or(Refusal::ClientNotFound)?;
    finish(tx, tenant, (phone, source), &row, ids(), now).await
}

/// Enrols a client who has proved the phone by a code, and logs in.
///
/// # Errors
/// [`Error::WrongCode`], [`Error::TooManyCodes`], [`Error::AlreadyEnrolled`], [`Error::UnknownReferralCode`], or the
/// tariff allows no more.
pub async fn sign_up(
    loyalty: &Loyalty,
    tenant: &Tenant,
    request: &SignUpRequest,
    source: Source,
    limits: CodeLimits,
) -> Result<LoggedIn, Error> {
    let now = loyalty.now();
    let guess = (&request.phone, request.code.as_str());
    let mut tx = check_code(loyalty, tenant, guess, source, limits).await?;
    let mut ids = loyalty.ids(0).await?;
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
    finish(tx, tenant, (&request.phone, source), &row, ids(), now).await
}

/// The client who has this referral code, in either form (R-REG-6) and any case of letters (ruling 59).
pub(in crate::usecase) async fn inviter(
    scope: &mut Scope<'_>,
    code: Option<&str>,
) -> Result<Option<i64>, Error> {
    let Some(code) = code else { return Ok(None) };
    let code = trimmed(code).to_ascii_uppercase();
    let code = code.strip_prefix("REF_").unwrap_or(&code);
    let found = client::by_referral_code(scope, code).await?;
    found.map(Some).ok_or(Error::UnknownReferralCode)
}

/// A transaction in which the phone's code was found right. A wrong one is counted, whatever follows; only a wrong one
/// for a living code writes anything.
async fn check_code(
    loyalty: &Loyalty,
    tenant: &Tenant,
    (phone, code): (&Phone, &str),
    source: Source,
    limits: CodeLimits,
) -> Result<Tx, Error> {
    let counted = Try::begin(loyalty, Tried::WrongCode, source, limits.wrong_per_hour).await?;
    let checked = check_counted(loyalty, tenant, (phone, code), source, limits, &counted).await;
    if !matches!(checked, Err(Error::WrongCode | Error::TooManyCodes { .. })) {
        counted.take_back(loyalty);
    }
    checked
}

async fn check_counted(
    loyalty: &Loyalty,
    tenant: &Tenant,
    (phone, code): (&Phone, &str),
    source: Source,
    limits: CodeLimits,
    counted: &Try,
) -> Result<Tx, Error> {
    let now = loyalty.now();
    let stored = otp::find(&mut loyalty.db().tenant(tenant.id), phone).await?;
    let living = stored.filter(|stored| stored.attempts < ATTEMPTS_MAX && now < stored.expires_at);
    let Some(stored) = living else {
        return Err(Error::WrongCode);
    };
    counted.check(loyalty, limits.wrong_per_hour).await?;
    let given = code_hash(loyalty, tenant, phone, code);
    let is_right: bool = stored.code_hash.as_bytes().ct_eq(given.as_bytes()).into();
    if is_right {
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(tenant.id);
        // Others may have killed or spent it since it was read.
        let is_held = otp::hold(&mut scope, phone, &stored.code_hash, ATTEMPTS_MAX, now).await?;
        return if is_held { Ok(tx) } else { Err(Error::WrongCode) };
    }
    let paused_until = now.plus_seconds(pause_seconds(stored.killed + 1) / limits.factor);
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(tenant.id);
    if otp::miss(
        &mut scope,
        phone,
        &stored.code_hash,
        ATTEMPTS_MAX,
        (now, paused_until),
    )
    .await?
    {
        note_wrong_code(&mut tx, ids(), source, now).await?;
        tx.commit().await?;
    }
    Err(Error::WrongCode)
}

async fn finish(
    mut tx: Tx,
    tenant: &Tenant,
    (phone, source): (&Phone, Source),
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
    let token = log_out::issue(&mut scope, token_id, client_id, now).await?;
    note_sign_in(&mut tx, source, now).await?;
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
