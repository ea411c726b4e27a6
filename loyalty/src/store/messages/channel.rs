//! How a shop reaches its clients: channels with their sealed accounts, words of its own, and what clients allow.

use std::collections::HashMap;

use crate::Failure;
use crate::model::{Channel, Consent, Language, MessageKind, Money, Timestamp};
use crate::store::Scope;

/// A channel as stored.
#[derive(Clone, Debug)]
pub(crate) struct ChannelRow {
    pub channel: Channel,
    pub enabled: bool,
    pub config_sealed: Option<String>,
    /// By the machines' clocks.
    pub paused_until: Timestamp,
    pub error: Option<String>,
    /// Since when.
    pub error_at: Option<Timestamp>,
    /// What is left on the account.
    pub balance: Option<Money>,
}

impl ChannelRow {
    /// One without an account of its own that asks for a pause.
    pub fn paused(channel: Channel, until: Timestamp) -> Self {
        Self {
            channel,
            enabled: true,
            config_sealed: None,
            paused_until: until,
            error: None,
            error_at: None,
            balance: None,
        }
    }
}

/// What a shop has decided about its messages.
#[derive(Clone, Debug)]
pub(crate) struct MessageSettings {
    /// To every channel that applies, not the first alone.
    pub to_all: bool,
    /// Minutes of the shop's day.
    pub quiet: Option<(u32, u32)>,
    pub bot_token_sealed: Option<String>,
}

/// The channels that the shop has.
pub(crate) async fn all(scope: &mut Scope<'_>) -> Result<Vec<ChannelRow>, Failure> {
    let sql = "SELECT kind, enabled, config_sealed, paused_until, error, error_at, balance FROM channels
                WHERE tenant_id = $1";
    let rows = scope.query(sql).all().await?;
    rows.iter()
        .map(|row| {
            let kind = row.text("kind")?;
            Ok(ChannelRow {
                channel: Channel::named(&kind)
                    .ok_or_else(|| Failure::new(format_args!("unknown channel: {kind}")))?,
                enabled: row.flag("enabled")?,
                config_sealed: row.text_opt("config_sealed")?,
                paused_until: row.time("paused_until")?,
                error: row.text_opt("error")?,
                error_at: row.time_opt("error_at")?,
                balance: row.int_opt("balance")?.map(Money::from_hundredths),
            })
        })
        .collect()
}

/// Stores a channel's account and whether it is used; a pause and an error of before are over.
pub(crate) async fn put(
    scope: &mut Scope<'_>,
    channel: Channel,
    enabled: bool,
    config_sealed: Option<&str>,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO channels (tenant_id, kind, enabled, config_sealed, paused_until, error, error_at, updated_at)
               VALUES ($1, $2, $3, $4, 0, NULL, NULL, $5)
               ON CONFLICT (tenant_id, kind)
               DO UPDATE SET enabled = EXCLUDED.enabled, config_sealed = EXCLUDED.config_sealed, paused_until = 0,
                             error = NULL, error_at = NULL, updated_at = EXCLUDED.updated_at";
    scope
        .query(sql)
        .bind(channel.as_str())
        .bind(enabled)
        .bind(config_sealed)
        .bind(now)
        .execute()
        .await?;
    note_whether_any(scope).await
}

/// Whether the shop has a channel at all is kept with the shop: postings look at it.
pub(crate) async fn note_whether_any(scope: &mut Scope<'_>) -> Result<(), Failure> {
    let sql = "UPDATE tenants
                  SET has_channels = (telegram_bot_token_sealed IS NOT NULL
                      OR EXISTS (SELECT 1 FROM channels AS c WHERE c.tenant_id = $1 AND c.enabled))
                WHERE id = $1";
    scope.query(sql).execute().await?;
    Ok(())
}

/// The channel asks for a pause until then, by the machines' clocks, and says why. The time of the first complaint stays
/// until it works again.
pub(crate) async fn pause(
    scope: &mut Scope<'_>,
    channel: Channel,
    until: Timestamp,
    why: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO channels (tenant_id, kind, enabled, config_sealed, paused_until, error, error_at, updated_at)
               VALUES ($1, $2, TRUE, NULL, $3, $4, $5, $5)
               ON CONFLICT (tenant_id, kind)
               DO UPDATE SET paused_until = EXCLUDED.paused_until, error = EXCLUDED.error,
                             error_at = COALESCE(channels.error_at, EXCLUDED.error_at)";
    scope
        .query(sql)
        .bind(channel.as_str())
        .bind(until)
        .bind(why)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// So many more messages were refused because the channel does not know their addresses: how many it is in a row.
pub(crate) async fn count_strangers(
    scope: &mut Scope<'_>,
    channel: Channel,
    more: i64,
) -> Result<i64, Failure> {
    let sql = "UPDATE channels SET refused_in_a_row = refused_in_a_row + $3
                WHERE tenant_id = $1 AND kind = $2
               RETURNING refused_in_a_row";
    let query = scope.query(sql).bind(channel.as_str()).bind(more);
    let row = query.optional().await?;
    Ok(row.map_or(Ok(0), |row| row.int("refused_in_a_row"))?)
}

/// Notes what is left on the channel's account.
pub(crate) async fn note_balance(
    scope: &mut Scope<'_>,
    channel: Channel,
    balance: Money,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE channels SET balance = $3, balance_at = $4 WHERE tenant_id = $1 AND kind = $2";
    scope
        .query(sql)
        .bind(channel.as_str())
        .bind(balance)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Shops that use this channel with an account.
pub(crate) async fn shops_with(scope: &mut Scope<'_>, channel: Channel) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT tenant_id FROM channels
                WHERE kind = $1 AND enabled AND config_sealed IS NOT NULL ORDER BY tenant_id";
    Ok(scope
        .query(sql)
        .bind(channel.as_str())
        .numbers("tenant_id")
        .await?)
}

/// The channel works again, unless it has asked for a pause since: what it took then was on its way before.
pub(crate) async fn clear_error(
    scope: &mut Scope<'_>,
    channel: Channel,
    clock: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE channels SET error = NULL, error_at = NULL, paused_until = 0, refused_in_a_row = 0
                WHERE tenant_id = $1 AND kind = $2 AND (error IS NOT NULL OR refused_in_a_row > 0)
                  AND paused_until <= $3";
    scope
        .query(sql)
        .bind(channel.as_str())
        .bind(clock)
        .execute()
        .await?;
    Ok(())
}

/// What the shop has decided about its messages.
pub(crate) async fn settings(scope: &mut Scope<'_>) -> Result<MessageSettings, Failure> {
    let sql =
        "SELECT message_mode, quiet_from, quiet_to, telegram_bot_token_sealed FROM tenants WHERE id = $1";
    let row = scope.query(sql).one().await?;
    let minute = |value: Option<i64>| value.and_then(|minute| u32::try_from(minute).ok());
    Ok(MessageSettings {
        to_all: row.text("message_mode")? == "all",
        quiet: minute(row.int_opt("quiet_from")?).zip(minute(row.int_opt("quiet_to")?)),
        bot_token_sealed: row.text_opt("telegram_bot_token_sealed")?,
    })
}

/// Changes what the shop has decided.
pub(crate) async fn set_settings(
    scope: &mut Scope<'_>,
    to_all: bool,
    quiet: Option<(u32, u32)>,
) -> Result<(), Failure> {
    let sql = "UPDATE tenants SET message_mode = $2, quiet_from = $3, quiet_to = $4 WHERE id = $1";
    scope
        .query(sql)
        .bind(if to_all { "all" } else { "first" })
        .bind(quiet.map(|(from, _)| i64::from(from)))
        .bind(quiet.map(|(_, to)| i64::from(to)))
        .execute()
        .await?;
    Ok(())
}

/// The shop's own words, by kind and language.
pub(crate) async fn templates(
    scope: &mut Scope<'_>,
) -> Result<HashMap<(MessageKind, Language), String>, Failure> {
    let sql = "SELECT kind, language, text FROM message_templates WHERE tenant_id = $1";
    let mut templates = HashMap::new();
    for row in scope.query(sql).all().await? {
        let (kind, language) = (row.text("kind")?, row.text("language")?);
        if let (Some(kind), Some(language)) = (MessageKind::named(&kind), Language::named(&language)) {
            templates.insert((kind, language), row.text("text")?);
        }
    }
    Ok(templates)
}

/// Stores words of the shop's own; none: ours again.
pub(crate) async fn put_template(
    scope: &mut Scope<'_>,
    (kind, language): (MessageKind, Language),
    text: Option<&str>,
    author: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let delete = "DELETE FROM message_templates WHERE tenant_id = $1 AND kind = $2 AND language = $3";
    scope
        .query(delete)
        .bind(kind.as_str())
        .bind(language.as_str())
        .execute()
        .await?;
    let Some(text) = text else { return Ok(()) };
    let sql = "INSERT INTO message_templates (tenant_id, kind, language, text, author, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    scope
        .query(sql)
        .bind(kind.as_str())
        .bind(language.as_str())
        .bind(text)
        .bind(author)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// The push tokens of these clients.
pub(crate) async fn device_tokens(
    scope: &mut Scope<'_>,
    clients: &[i64],
) -> Result<HashMap<i64, Vec<String>>, Failure> {
    let rows = scope
        .query_many(
            "SELECT client_id, token FROM device_tokens
              WHERE tenant_id = $1 AND client_id IN LIST ($2)
              ORDER BY created_at DESC",
        )
        .bind(serde_json::to_string(clients)?)
        .all()
        .await?;
    let mut tokens: HashMap<i64, Vec<String>> = HashMap::new();
    for row in rows {
        tokens
            .entry(row.int("client_id")?)
            .or_default()
            .push(row.text("token")?);
    }
    Ok(tokens)
}

/// Forgets a push token that will never work again.
pub(crate) async fn forget_device(scope: &mut Scope<'_>, token: &str) -> Result<(), Failure> {
    let sql = "DELETE FROM device_tokens WHERE tenant_id = $1 AND token = $2";
    scope.query(sql).bind(token).execute().await?;
    Ok(())
}

/// Whether the bot may write to this Telegram account. The link itself stays: it also logs the client in.
pub(crate) async fn set_telegram_silent(
    scope: &mut Scope<'_>,
    user_id: i64,
    silent: bool,
) -> Result<(), Failure> {
    let sql = "UPDATE clients SET telegram_silent = $3 WHERE tenant_id = $1 AND telegram_user_id = $2";
    scope.query(sql).bind(user_id).bind(silent).execute().await?;
    Ok(())
}

/// What a client lets the shop send.
pub(crate) async fn set_consent(
    scope: &mut Scope<'_>,
    client_id: i64,
    consent: Consent,
) -> Result<(), Failure> {
    let sql = "UPDATE clients SET consent = $3 WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(client_id)
        .bind(consent.as_str())
        .execute()
        .await?;
    Ok(())
}

/// The language a client reads.
pub(crate) async fn set_language(
    scope: &mut Scope<'_>,
    client_id: i64,
    language: Language,
) -> Result<(), Failure> {
    let sql = "UPDATE clients SET language = $3 WHERE tenant_id = $1 AND id = $2";
    scope
        .query(sql)
        .bind(client_id)
        .bind(language.as_str())
        .execute()
        .await?;
    Ok(())
}
