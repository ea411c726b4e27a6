//! What a client sees of themself, and changes (R-CLIENT).

use serde::{Deserialize, Serialize};

use super::once::Claim;
use super::{Error, Once, Outcome, event};
use crate::Loyalty;
use crate::model::{Bonus, Client, Date, EventKind, Money, Phone, Tenant, Tier, Timestamp};
use crate::store::Scope;
use crate::store::client::{self, ProfileRow, ProfileUpdate};

/// A client as the client sees it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Profile {
    /// Number within the tenant.
    pub id: i64,
    /// In international form.
    pub phone: Phone,
    /// Number of the club card.
    pub card_number: i64,
    /// As told.
    pub full_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// As told.
    pub gender: Option<String>,
    /// The whole balance.
    pub balance: Bonus,
    /// Welcome bonuses within it.
    pub welcome: Wallet,
    /// Birthday bonuses within it.
    pub birthday: Wallet,
    /// Purchases of all time less returns (R-CLIENT-6).
    pub total_spent: Money,
    /// The tier now.
    pub tier: Tier,
    /// Without the @, where Telegram is linked and has one.
    pub telegram_username: Option<String>,
    /// Whether a push token is known (R-CLIENT-8).
    pub has_mobile_app: bool,
    /// No operations are allowed.
    pub is_blocked: bool,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
}

/// Bonuses with terms of their own (R-CLIENT-4, R-CLIENT-5).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Wallet {
    /// What is in it.
    pub balance: Bonus,
    /// When the first of it burns; none when it is empty.
    pub expires_at: Option<Timestamp>,
}

/// What a client changes: none stays, none within some is cleared (ruling 34).
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// At most 255 characters.
    pub full_name: Option<Option<String>>,
    /// From 1900 on.
    pub birth_date: Option<Option<Date>>,
    /// At most 20 characters.
    pub gender: Option<Option<String>>,
}

/// The client's profile. It costs the same however long the history is.
///
/// # Errors
/// The database refuses.
pub async fn profile(loyalty: &Loyalty, client: &Client) -> Result<Profile, Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    read(&mut scope, &client.tenant, client.id, loyalty.now()).await
}

/// Changes the profile; the profile afterwards.
///
/// # Errors
/// The database refuses.
pub async fn update_profile(
    loyalty: &Loyalty,
    client: &Client,
    change: &ProfileChange,
) -> Result<Profile, Error> {
    let update = ProfileUpdate {
        full_name: change.full_name.as_ref().map(Option::as_deref),
        birth_date: change.birth_date,
        gender: change.gender.as_ref().map(Option::as_deref),
    };
    let (now, mut ids) = (loyalty.now(), loyalty.ids(0).await?);
    let mut tx = loyalty.db().begin().await?;
    client::update_profile(&mut tx.tenant(client.tenant.id), client.id, &update).await?;
    event::tell_of_client(
        &mut tx,
        &client.tenant,
        EventKind::ClientUpdated,
        client.id,
        ids(),
        now,
    )
    .await?;
    let profile = read(&mut tx.tenant(client.tenant.id), &client.tenant, client.id, now).await?;
    tx.commit().await?;
    Ok(profile)
}

/// Registers a push token; whoever had it before has it no more (R-PUSH-3).
///
/// # Errors
/// The database refuses.
pub async fn register_device(
    loyalty: &Loyalty,
    client: &Client,
    token: &str,
    platform: Option<&str>,
    once: Once<'_, ()>,
) -> Result<Outcome<()>, Error> {
    let claim = Claim::of_client(client, "device-token", &once);
    let now = loyalty.now();
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(client.tenant.id);
    if let Some(outcome) = claim.answered(&mut scope).await? {
        return Ok(outcome);
    }
    client::put_device_token(&mut scope, client.id, token, platform, now).await?;
    if !claim.store(&mut scope, &(), now).await? {
        let stored = claim.answered(&mut scope).await?;
        return Ok(stored.ok_or(sqlx::Error::RowNotFound)?);
    }
    tx.commit().await?;
    Ok(Outcome::Fresh(()))
}

/// Forgets a push token; one of somebody else stays (R-PUSH-4).
///
/// # Errors
/// The database refuses.
pub async fn forget_device(loyalty: &Loyalty, client: &Client, token: &str) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    Ok(client::delete_device_token(&mut scope, client.id, token).await?)
}

/// Reads the profile of a client of `tenant`.
pub(super) async fn read(
    scope: &mut Scope<'_>,
    tenant: &Tenant,
    client_id: i64,
    now: Timestamp,
) -> Result<Profile, Error> {
    let row = client::profile(scope, client_id, now).await?;
    Ok(Profile::new(tenant, row.ok_or(sqlx::Error::RowNotFound)?))
}

impl Profile {
    fn new(tenant: &Tenant, row: ProfileRow) -> Self {
        let wallet = |wallet: client::WalletRow| Wallet {
            balance: wallet.balance,
            expires_at: wallet.expires_at.filter(|at| *at < Timestamp::NEVER),
        };
        Self {
            id: row.id,
            phone: row.phone,
            card_number: row.card_number,
            full_name: row.full_name,
            birth_date: row.birth_date,
            gender: row.gender,
            balance: row.balance,
            welcome: wallet(row.welcome),
            birthday: wallet(row.birthday),
            total_spent: row.spent.total,
            tier: tenant.programme.tier(row.spent),
            telegram_username: row.telegram_username,
            has_mobile_app: row.has_mobile_app,
            is_blocked: row.is_blocked,
            last_visit_at: row.last_visit_at,
        }
    }
}
