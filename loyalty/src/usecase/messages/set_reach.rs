//! How a shop reaches its clients: channels, words, quiet hours; what a client allows, and what was sent.

use super::render_template;
use crate::model::{
    Channel, Consent, Delivery, Language, MessageKind, Money, TemplateError, Tenant, Timestamp,
};
use crate::sealed::Field;
use crate::store::clients::client;
use crate::store::messages::{channel, outbox};
use crate::usecase::Error;
use crate::usecase::account::list_history::Page;
use crate::{Failure, Loyalty};

/// A channel as the shop's owner sees it.
#[derive(Clone, Debug)]
pub struct ChannelCard {
    /// Which one.
    pub channel: Channel,
    /// Whether it is used.
    pub enabled: bool,
    /// Whether it has an account.
    pub is_configured: bool,
    /// What it complained of last.
    pub error: Option<String>,
    /// Since when.
    pub error_at: Option<Timestamp>,
    /// What is left on its account, where it has one.
    pub balance: Option<Money>,
}

/// A message in a client's history.
#[derive(Clone, Debug)]
pub struct SentMessage {
    /// Its id.
    pub id: i64,
    /// What it is about.
    pub kind: MessageKind,
    /// `waiting`, `sent`, `failed` or `skipped`.
    pub status: String,
    /// Channels that have taken it.
    pub channels: Vec<Channel>,
    /// Why not, or not by the first channel.
    pub reason: Option<String>,
    /// As sent.
    pub text: Option<String>,
    /// So far.
    pub attempts: i64,
    /// When the next attempt is due, while it waits.
    pub due_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// What became of it, where the channel tells.
    pub delivery: Option<Delivery>,
    /// When what it tells of happened.
    pub created_at: Timestamp,
}

/// When and to how many channels a shop's messages go.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MessageRules {
    /// To every channel that applies, not the first alone (ruling 36).
    pub to_all: bool,
    /// Minutes of the shop's day, 0 to 1439, between which only what answers the client's own act goes out.
    pub quiet: Option<(u32, u32)>,
}

/// The shop's channels; Telegram's account is its bot.
///
/// # Errors
/// The database refuses.
pub async fn channels(loyalty: &Loyalty, shop: &Tenant) -> Result<Vec<ChannelCard>, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    let (rows, settings) = (
        channel::all(&mut scope).await?,
        channel::settings(&mut scope).await?,
    );
    let card = |which: &Channel| {
        let row = rows.iter().find(|row| row.channel == *which);
        let is_configured = match which {
            Channel::Telegram => settings.bot_token_sealed.is_some(),
            _ => row.is_some_and(|row| row.config_sealed.is_some()),
        };
        ChannelCard {
            channel: *which,
            enabled: is_configured && row.is_none_or(|row| row.enabled),
            is_configured,
            error: row.and_then(|row| row.error.clone()),
            error_at: row.and_then(|row| row.error_at),
            balance: row.and_then(|row| row.balance),
        }
    };
    Ok(Channel::ALL.iter().map(card).collect())
}

/// Stores a channel's account (a JSON document, kept sealed) and whether it is used. What it complained of is forgotten.
///
/// # Errors
/// The database refuses.
pub async fn put_channel(
    loyalty: &Loyalty,
    shop: &Tenant,
    which: Channel,
    enabled: bool,
    account: Option<&str>,
) -> Result<(), Error> {
    let safe = loyalty.key().at(shop.id, Field::ChannelAccount(which));
    let sealed = account.map(|account| safe.seal(account)).transpose()?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    channel::put(&mut scope, which, enabled, sealed.as_deref(), loyalty.now()).await?;
    tx.commit().await?;
    loyalty.forget_identities();
    Ok(())
}

/// Changes when and to how many channels messages go.
///
/// # Errors
/// Minutes beyond the day.
pub async fn set_message_rules(loyalty: &Loyalty, shop: &Tenant, rules: MessageRules) -> Result<(), Error> {
    let is_day = |(from, to): (u32, u32)| from < 1440 && to < 1440;
    if !rules.quiet.is_none_or(is_day) {
        return Err(TemplateError("часы тишины: от 00:00 до 23:59.".to_owned()).into());
    }
    Ok(channel::set_settings(&mut loyalty.db().tenant(shop.id), rules.to_all, rules.quiet).await?)
}

/// Stores the shop's own words for a kind of message in a language, after filling them in for a try; none: ours again.
/// What they come to.
///
/// # Errors
/// [`Error::Template`], when they can't be used.
pub async fn put_template(
    loyalty: &Loyalty,
    shop: &Tenant,
    author: &str,
    (kind, language): (MessageKind, Language),
    text: Option<&str>,
) -> Result<Option<String>, Error> {
    let filled = text
        .map(|text| render_template::check(shop, kind, language, text))
        .transpose()?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    channel::put_template(&mut scope, (kind, language), text, author, loyalty.now()).await?;
    tx.commit().await?;
    Ok(filled)
}

/// What a client lets the shop send from now on.
///
/// # Errors
/// The database refuses.
pub async fn set_consent(
    loyalty: &Loyalty,
    shop: &Tenant,
    client_id: i64,
    consent: Consent,
) -> Result<(), Error> {
    Ok(channel::set_consent(&mut loyalty.db().tenant(shop.id), client_id, consent).await?)
}

/// The language that a client's messages come in from now on.
///
/// # Errors
/// The database refuses.
pub async fn set_language(
    loyalty: &Loyalty,
    shop: &Tenant,
    client_id: i64,
    language: Language,
) -> Result<(), Error> {
    Ok(channel::set_language(&mut loyalty.db().tenant(shop.id), client_id, language).await?)
}

/// Somebody wrote to the shop's bot, so it may write back; with `consent` the client, where the account is linked to one,
/// also says what may be sent.
///
/// # Errors
/// The database refuses.
pub async fn hear_from_telegram(
    loyalty: &Loyalty,
    shop: &Tenant,
    user_id: i64,
    consent: Option<Consent>,
) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    if let Some(client_id) = client::by_telegram(&mut scope, user_id).await? {
        channel::set_telegram_silent(&mut scope, user_id, false).await?;
        if let Some(consent) = consent {
            channel::set_consent(&mut scope, client_id, consent).await?;
        }
    }
    Ok(())
}

/// One page of a client's messages, the newest first; never a code (ruling 33).
///
/// # Errors
/// The database refuses.
pub async fn client_messages(
    loyalty: &Loyalty,
    shop: &Tenant,
    client_id: i64,
    page: i64,
    per_page: i64,
) -> Result<Page<SentMessage>, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    let total = outbox::count(&mut scope, client_id).await?;
    let skip = page.saturating_sub(1).saturating_mul(per_page);
    let rows = outbox::list(&mut scope, client_id, skip, per_page).await?;
    let message = |row: outbox::StoredMessage| {
        Ok(SentMessage {
            id: row.id,
            kind: MessageKind::named(&row.kind)
                .ok_or_else(|| Failure::new(format_args!("unknown kind of message: {}", row.kind)))?,
            status: row.status,
            channels: row.channels.split(' ').filter_map(Channel::named).collect(),
            reason: row.reason,
            text: row.text,
            attempts: row.attempts,
            due_at: row.due_at,
            sent_at: row.sent_at,
            delivery: row.delivery.as_deref().and_then(Delivery::named),
            created_at: row.created_at,
        })
    };
    let items: Result<Vec<_>, Failure> = rows.into_iter().map(message).collect();
    Ok(Page::new(items?, total, page, per_page))
}
