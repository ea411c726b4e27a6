//! Logging in with Telegram (R-TG).

use super::count_tries::note_sign_in;
use super::log_out;
use super::send_code::inviter;
use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Client, Source, Tenant, Timestamp};
use crate::sealed::Field;
use crate::store::Tx;
use crate::store::clients::client;
use crate::store::platform::tenant;
use crate::telegram::{NotSigned, TelegramUser, check_contact, check_init_data};
use crate::usecase::clients::enrol::{EnrolmentRequest, find_or_insert};
use crate::usecase::clients::read_profile::{self, Profile};
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome};

/// A client logged in with Telegram.
#[derive(Clone, Debug)]
pub struct TelegramLogin {
    /// The bearer token, `id|secret`.
    pub token: String,
    /// Whether this login enrolled the client.
    pub created: bool,
    /// The client.
    pub profile: Profile,
}

/// Who opened the shop's Mini App, by the `initData` that Telegram signed.
///
/// # Errors
/// [`Error::TelegramOff`], [`Error::TelegramSignature`], [`Error::TelegramClock`].
pub async fn identify_telegram_user(
    loyalty: &Loyalty,
    shop: &Tenant,
    init_data: &str,
) -> Result<TelegramUser, Error> {
    let bot_token = bot_token(loyalty, shop).await?;
    check_init_data(&bot_token, init_data, loyalty.now()).map_err(|not| why(not, shop))
}

/// Logs in the client linked to this Telegram account.
///
/// # Errors
/// [`Error::TelegramNotLinked`], or the client is blocked.
pub async fn log_in_with_telegram(
    loyalty: &Loyalty,
    shop: &Tenant,
    user: &TelegramUser,
    source: Source,
) -> Result<TelegramLogin, Error> {
    let now = loyalty.now();
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let linked = client::by_telegram(&mut tx.tenant(shop.id), user.id).await?;
    let client_id = linked.ok_or(Error::TelegramNotLinked)?;
    finish(tx, shop, (client_id, false), source, ids(), now).await
}

/// Logs in by a shared contact: finds the client by the phone or enrols one, and links the Telegram account.
///
/// # Errors
/// [`Error::TelegramOff`], [`Error::TelegramSignature`], [`Error::TelegramClock`], [`Error::ContactMismatch`],
/// [`Error::TelegramTaken`], [`Error::UnknownReferralCode`], the client is blocked, or the tariff allows no more.
pub async fn log_in_with_contact(
    loyalty: &Loyalty,
    shop: &Tenant,
    user: &TelegramUser,
    (contact, referral_code): (&str, Option<&str>),
    source: Source,
) -> Result<TelegramLogin, Error> {
    let now = loyalty.now();
    let bot_token = bot_token(loyalty, shop).await?;
    let contact = check_contact(&bot_token, contact, now).map_err(|not| why(not, shop))?;
    let contact = contact
        .filter(|contact| contact.user_id == user.id)
        .ok_or(Error::ContactMismatch)?;
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    let invited_by = match referral_code {
        Some(code) => inviter(&mut scope, Some(code)).await?,
        // The link that opened the app may carry anything.
        None => inviter(&mut scope, user.start_param.as_deref())
            .await
            .unwrap_or_default(),
    };
    let request = EnrolmentRequest {
        phone: contact.phone,
        full_name: None,
        invited_by,
    };
    let (row, created) = find_or_insert(&mut tx, shop, None, &request, now, &mut ids).await?;
    let client_id = row.account.client_id;
    link(&mut tx, shop, client_id, user).await?;
    finish(tx, shop, (client_id, created), source, ids(), now).await
}

/// Links a Telegram account to the client (R-TG-14).
///
/// # Errors
/// [`Error::TelegramTaken`].
pub async fn link_telegram(
    loyalty: &Loyalty,
    client: &Client,
    user: &TelegramUser,
    once: Once<'_, ()>,
) -> Result<Outcome<()>, Error> {
    let claim = Claim::of_client(client, "link-telegram", &once);
    run(loyalty, &claim, async |tx| {
        link(tx, &client.tenant, client.id, user).await
    })
    .await
}

async fn link(tx: &mut Tx, shop: &Tenant, client_id: i64, user: &TelegramUser) -> Result<(), Error> {
    let mut scope = tx.tenant(shop.id);
    let is_free = client::by_telegram(&mut scope, user.id)
        .await?
        .is_none_or(|linked| linked == client_id);
    if is_free
        && client::link_telegram(
            &mut scope,
            client_id,
            user.id,
            user.username.as_deref(),
            user.language,
        )
        .await?
    {
        return Ok(());
    }
    Err(Error::TelegramTaken)
}

async fn finish(
    mut tx: Tx,
    shop: &Tenant,
    (client_id, created): (i64, bool),
    source: Source,
    token_id: i64,
    now: Timestamp,
) -> Result<TelegramLogin, Error> {
    let mut scope = tx.tenant(shop.id);
    let profile = read_profile::read(&mut scope, shop, client_id, now).await?;
    if profile.is_blocked {
        return Err(Refusal::ClientBlocked.into());
    }
    let token = log_out::issue(&mut scope, token_id, client_id, now).await?;
    note_sign_in(&mut tx, source, now).await?;
    tx.commit().await?;
    Ok(TelegramLogin {
        token,
        created,
        profile,
    })
}

/// A text that Telegram did sign, but in our future, says that our clock is behind: nobody can log in until it is set.
fn why(not: NotSigned, shop: &Tenant) -> Error {
    match not {
        NotSigned::BadSignature => Error::TelegramSignature,
        NotSigned::ClockBehind { seconds } => {
            tracing::warn!(
                shop = shop.code,
                seconds,
                "this machine's clock is behind Telegram's: set it"
            );
            Error::TelegramClock
        }
    }
}

async fn bot_token(loyalty: &Loyalty, shop: &Tenant) -> Result<String, Error> {
    let sealed = tenant::telegram_bot_token(&mut loyalty.db().tenant(shop.id)).await?;
    let safe = loyalty.key().at(shop.id, Field::BotToken);
    Ok(safe.open(&sealed.ok_or(Error::TelegramOff)?)?)
}
