//! A client as the person sees it: the profile, beside the account.

use crate::Failure;
use crate::model::{Bonus, Date, Language, LotKind, Phone, Spending, Timestamp};
use crate::store::{Row, Scope};

/// Columns of a client's profile.
#[derive(Clone, Debug)]
pub(crate) struct ProfileRow {
    pub id: i64,
    pub phone: Phone,
    pub card_number: i64,
    pub full_name: Option<String>,
    pub birth_date: Option<String>,
    pub gender: Option<String>,
    pub balance: Bonus,
    pub welcome: WalletRow,
    pub birthday: WalletRow,
    pub spent: Spending,
    pub telegram_username: Option<String>,
    pub has_mobile_app: bool,
    pub is_blocked: bool,
    pub last_visit_at: Option<Timestamp>,
}

/// Bonuses of one kind, and when the first of them burn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalletRow {
    pub balance: Bonus,
    pub expires_at: Option<Timestamp>,
}

/// What a client changes; none: stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProfileUpdate<'a> {
    pub full_name: Option<Option<&'a str>>,
    pub birth_date: Option<Option<Date>>,
    pub gender: Option<Option<&'a str>>,
}

/// Reads a profile. Only open lots are looked at, so it does not grow with history.
pub(crate) async fn profile(
    scope: &mut Scope<'_>,
    client_id: i64,
    now: Timestamp,
) -> Result<Option<ProfileRow>, Failure> {
    let sql = "SELECT c.id, c.phone, c.card_number, c.full_name, c.birth_date, c.gender, c.balance, c.total_spent,
                      c.year_spent, c.telegram_username, c.is_blocked, c.last_visit_at,
                      CAST(COALESCE(w.welcome, 0) AS BIGINT) AS welcome, w.welcome_expires_at,
                      CAST(COALESCE(w.birthday, 0) AS BIGINT) AS birthday, w.birthday_expires_at,
                      EXISTS (SELECT 1 FROM device_tokens AS d
                               WHERE d.tenant_id = c.tenant_id AND d.client_id = c.id) AS has_mobile_app
                 FROM clients AS c
                 LEFT JOIN (SELECT SUM(CASE WHEN kind = $4 THEN remaining END) AS welcome,
                                   MIN(CASE WHEN kind = $4 THEN expires_at END) AS welcome_expires_at,
                                   SUM(CASE WHEN kind = $5 THEN remaining END) AS birthday,
                                   MIN(CASE WHEN kind = $5 THEN expires_at END) AS birthday_expires_at
                              FROM lots
                             WHERE tenant_id = $1 AND client_id = $2 AND open AND expires_at > $3) AS w ON TRUE
                WHERE c.tenant_id = $1 AND c.id = $2";
    let query = scope
        .query(sql)
        .bind(client_id)
        .bind(now)
        .bind(LotKind::Welcome.as_str())
        .bind(LotKind::Birthday.as_str());
    query.optional().await?.map(|row| profile_row(&row)).transpose()
}

fn profile_row(row: &Row) -> Result<ProfileRow, Failure> {
    let wallet = |balance, expires_at| -> Result<WalletRow, Failure> {
        Ok(WalletRow {
            balance: row.bonus(balance)?,
            expires_at: row.time_opt(expires_at)?,
        })
    };
    Ok(ProfileRow {
        id: row.int("id")?,
        phone: row.phone("phone")?,
        card_number: row.int("card_number")?,
        full_name: row.name_opt("full_name")?,
        birth_date: row.text_opt("birth_date")?,
        gender: row.text_opt("gender")?,
        balance: row.bonus("balance")?,
        welcome: wallet("welcome", "welcome_expires_at")?,
        birthday: wallet("birthday", "birthday_expires_at")?,
        spent: Spending {
            total: row.money("total_spent")?,
            year: row.money("year_spent")?,
        },
        telegram_username: row.text_opt("telegram_username")?,
        has_mobile_app: row.flag("has_mobile_app")?,
        is_blocked: row.flag("is_blocked")?,
        last_visit_at: row.time_opt("last_visit_at")?,
    })
}

/// Changes what is given. The account's version stays: nothing here is decided upon.
pub(crate) async fn update_profile(
    scope: &mut Scope<'_>,
    client_id: i64,
    update: &ProfileUpdate<'_>,
) -> Result<(), Failure> {
    let sql = "UPDATE clients
                  SET full_name = CASE WHEN $3 = 1 THEN $4 ELSE full_name END,
                      birth_date = CASE WHEN $5 = 1 THEN $6 ELSE birth_date END,
                      birth_month_day = CASE WHEN $5 = 1 THEN $7 ELSE birth_month_day END,
                      gender = CASE WHEN $8 = 1 THEN $9 ELSE gender END
                WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(client_id)
        .bind(i64::from(update.full_name.is_some()))
        .bind(update.full_name.flatten())
        .bind(i64::from(update.birth_date.is_some()))
        .bind(update.birth_date.flatten().map(|day| day.to_string()))
        .bind(update.birth_date.flatten().map(Date::month_day))
        .bind(i64::from(update.gender.is_some()))
        .bind(update.gender.flatten())
        .execute()
        .await?;
    Ok(())
}

/// Gives a name to a client who has none; false for one who has. A name that shows nothing is none.
pub(crate) async fn name_nameless(
    scope: &mut Scope<'_>,
    client_id: i64,
    name: &str,
) -> Result<bool, Failure> {
    let sql = "SELECT full_name FROM clients WHERE tenant_id = $1 AND id = $2";
    let stored = scope.query(sql).bind(client_id).one().await?;
    if stored.name_opt("full_name")?.is_some() {
        return Ok(false);
    }
    // Whoever names the client meanwhile has changed what was read.
    let sql = "UPDATE clients SET full_name = $3
                WHERE tenant_id = $1 AND id = $2 AND COALESCE(full_name, '') = COALESCE($4, '')";
    let query = scope.query(sql).bind(client_id).bind(name);
    Ok(query.bind(stored.text_opt("full_name")?).execute().await? == 1)
}

/// Gives a push token to this client, whoever had it before (R-PUSH-3).
pub(crate) async fn put_device_token(
    scope: &mut Scope<'_>,
    client_id: i64,
    token: &str,
    platform: Option<&str>,
    at: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO device_tokens (tenant_id, token, client_id, platform, created_at)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id, token)
               DO UPDATE SET client_id = EXCLUDED.client_id, platform = EXCLUDED.platform";
    scope
        .query(sql)
        .bind(token)
        .bind(client_id)
        .bind(platform)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Forgets a push token of this client.
pub(crate) async fn delete_device_token(
    scope: &mut Scope<'_>,
    client_id: i64,
    token: &str,
) -> Result<(), Failure> {
    let sql = "DELETE FROM device_tokens WHERE tenant_id = $1 AND token = $2 AND client_id = $3";
    scope.query(sql).bind(token).bind(client_id).execute().await?;
    Ok(())
}

/// What a client gained by inviting.
#[derive(Clone, Debug)]
pub(crate) struct ReferralRow {
    pub code: Option<String>,
    pub invited: i64,
    pub completed: i64,
    pub earned: Bonus,
}

/// Reads a client's referral figures. Of the history only what has a cause is looked at, by the index of causes: rewards,
/// those taken back, and a gift a year.
pub(crate) async fn referral(scope: &mut Scope<'_>, client_id: i64) -> Result<ReferralRow, Failure> {
    let sql = "SELECT c.referral_code,
                      (SELECT COUNT(*) FROM clients AS i
                        WHERE i.tenant_id = c.tenant_id AND i.invited_by = c.id) AS invited,
                      CAST(COALESCE(r.completed, 0) AS BIGINT) AS completed,
                      CAST(COALESCE(r.earned, 0) AS BIGINT) AS earned
                 FROM clients AS c
                 LEFT JOIN (SELECT SUM(CASE WHEN kind = 'referral_inviter' THEN 1 ELSE -1 END) AS completed,
                                   SUM(amount) AS earned
                              FROM entries
                             WHERE tenant_id = $1 AND client_id = $2 AND cause > ''
                               AND (kind = 'referral_inviter' OR cause LIKE 'referral % undone')) AS r ON TRUE
                WHERE c.tenant_id = $1 AND c.id = $2";
    let row = scope.query(sql).bind(client_id).one().await?;
    Ok(ReferralRow {
        code: row.text_opt("referral_code")?,
        invited: row.int("invited")?,
        completed: row.int("completed")?,
        earned: row.bonus("earned")?,
    })
}

/// Gives a client a referral code unless there is one; the code the client has now, or none when `code` is somebody
/// else's.
pub(crate) async fn give_referral_code(
    scope: &mut Scope<'_>,
    client_id: i64,
    code: &str,
) -> Result<Option<String>, Failure> {
    let sql = "UPDATE clients SET referral_code = $3
                WHERE tenant_id = $1 AND id = $2 AND referral_code IS NULL
                  AND NOT EXISTS (SELECT 1 FROM clients AS o WHERE o.tenant_id = $1 AND o.referral_code = $3)";
    match scope.query(sql).bind(client_id).bind(code).execute().await {
        // Somebody took the same code at the same moment.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(None),
        done => done?,
    };
    Ok(referral(scope, client_id).await?.code)
}

/// The client who has this referral code.
pub(crate) async fn by_referral_code(scope: &mut Scope<'_>, code: &str) -> Result<Option<i64>, Failure> {
    let sql = "SELECT id FROM clients WHERE tenant_id = $1 AND referral_code = $2";
    let row = scope.query(sql).bind(code).optional().await?;
    Ok(row.map(|row| row.int("id")).transpose()?)
}

/// The client linked to this Telegram account.
pub(crate) async fn by_telegram(scope: &mut Scope<'_>, user_id: i64) -> Result<Option<i64>, Failure> {
    let sql = "SELECT id FROM clients WHERE tenant_id = $1 AND telegram_user_id = $2";
    let row = scope.query(sql).bind(user_id).optional().await?;
    Ok(row.map(|row| row.int("id")).transpose()?)
}

/// Links a Telegram account; false when it was linked to somebody else at the same moment.
pub(crate) async fn link_telegram(
    scope: &mut Scope<'_>,
    client_id: i64,
    user_id: i64,
    username: Option<&str>,
    language: Option<Language>,
) -> Result<bool, Failure> {
    let sql = "UPDATE clients SET telegram_user_id = $3, telegram_username = $4, telegram_silent = FALSE,
                          language = COALESCE($5, language)
                    WHERE tenant_id = $1 AND id = $2";
    let query = scope
        .query(sql)
        .bind(client_id)
        .bind(user_id)
        .bind(username)
        .bind(language.map(Language::as_str));
    match query.execute().await {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        done => Ok(done? == 1),
    }
}
