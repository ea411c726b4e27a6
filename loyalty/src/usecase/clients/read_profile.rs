//! What a client sees of themself (R-CLIENT).

use serde::{Deserialize, Serialize};

use crate::Loyalty;
use crate::model::{Bonus, Client, Money, Phone, Tenant, Tier, Timestamp};
use crate::store::Scope;
use crate::store::clients::client::{self, ProfileRow};
use crate::usecase::Error;

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

/// The client's profile. It costs the same however long the history is.
///
/// # Errors
/// The database refuses.
pub async fn profile(loyalty: &Loyalty, client: &Client) -> Result<Profile, Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    read(&mut scope, &client.tenant, client.id, loyalty.now()).await
}

/// Reads the profile of a client of `tenant`.
pub(in crate::usecase) async fn read(
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
