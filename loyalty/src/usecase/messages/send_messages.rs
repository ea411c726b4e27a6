//! Messages to clients on their way: what a worker asks for and reports back. Several workers may do it at once.

mod desk;

use std::sync::Arc;

use self::desk::{Desk, PAUSE_SECONDS, Verdict};
use super::outgoing::Outgoing;
use crate::Loyalty;
use crate::model::{Channel, MessageKind, MessageQueue, Tenant};
use crate::rules::message::next_attempt;
use crate::store::messages::channel;
use crate::store::messages::outbox::{self, CODES, MESSAGES, Settlement};
use crate::store::messages::settled::{Pause, Settled};
use crate::store::platform::tenant;
use crate::store::upkeep::lease::{self, Lease, Leased};
use crate::usecase::Error;

/// Longer than one attempt takes, whatever channels it tries.
const LEASE_SECONDS: i64 = 120;
/// How long messages stay in a client's history.
const HISTORY_DAYS: i64 = 180;
/// Of a reason.
const REASON_CHARACTERS: usize = 300;

/// An address that will never work again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeadAddress {
    /// A push token.
    Device(String),
    /// A Telegram account that has stopped the bot.
    Telegram(i64),
}

/// How an attempt went.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// Channels that have taken it, now and before.
    pub served: Vec<Channel>,
    /// The last of them's own id of the message.
    pub remote_id: Option<String>,
    /// Why others have not, each in the words of the shop's owner.
    pub reasons: Vec<String>,
    /// Channels that do not know the client's address as one of the shop's.
    pub strangers: Vec<Channel>,
    /// Channels that may take it later.
    pub later: Vec<Later>,
}

/// A channel asks to be tried again.
#[derive(Clone, Copy, Debug)]
pub struct Later {
    /// Which one.
    pub channel: Channel,
    /// After so many seconds, if it said so.
    pub after_seconds: Option<i64>,
    /// The pause concerns every message of the shop.
    pub whole_channel: bool,
}

fn leased(queue: MessageQueue) -> &'static Leased {
    match queue {
        MessageQueue::Codes => &CODES,
        MessageQueue::Others => &MESSAGES,
    }
}

/// Shops with something to send now.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_messages(loyalty: &Loyalty, queue: MessageQueue) -> Result<Vec<i64>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    Ok(lease::shops_with_work(&mut loyalty.db().global(), leased(queue), now, clock).await?)
}

/// Takes up to `most` messages of a shop; they are this caller's for two minutes. Those of a shop that is suspended wait. What is not to be sent now (quiet
/// hours, a pause) or ever (opted out, of no use any more, no channel) is settled on the way.
///
/// # Errors
/// The database refuses.
pub async fn take_messages(
    loyalty: &Loyalty,
    tenant_id: i64,
    queue: MessageQueue,
    most: i64,
) -> Result<Vec<Outgoing>, Error> {
    let shop = tenant::by_id(&mut loyalty.db().global(), tenant_id).await?;
    let Some(shop) = shop.map(Arc::new) else {
        return Ok(Vec::new());
    };
    if !tenant::is_active(&mut loyalty.db().tenant(tenant_id)).await? {
        return Ok(Vec::new());
    }
    loop {
        let Some(taken) = take_some(loyalty, &shop, queue, most).await? else {
            return Ok(Vec::new());
        };
        // What was settled on the way leaves room for more.
        if !taken.is_empty() {
            return Ok(taken);
        }
    }
}

/// Takes up to `most` messages, and gives those that are to be sent now; none when nothing is due.
async fn take_some(
    loyalty: &Loyalty,
    shop: &Arc<Tenant>,
    queue: MessageQueue,
    most: i64,
) -> Result<Option<Vec<Outgoing>>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    let lease = Lease {
        now,
        clock,
        until: clock.plus_seconds(LEASE_SECONDS),
    };
    let rows = match queue {
        MessageQueue::Codes => outbox::take_codes(&mut scope, lease, most).await?,
        MessageQueue::Others => outbox::take(&mut scope, lease, most).await?,
    };
    if rows.is_empty() {
        return Ok(None);
    }
    let desk = Desk::read(loyalty, &mut scope, Arc::clone(shop), &rows).await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let verdict = desk.look_at(loyalty, &row, now, clock);
        match verdict.unwrap_or_else(|error| Verdict::unreadable(row.id, &error)) {
            Verdict::Send(message) => taken.push(*message),
            Verdict::Wait { until } => {
                lease::put_back(&mut scope, leased(queue), row.id, row.attempts, until).await?;
            }
            Verdict::Never { status, reason } => {
                let settlement = row.never(status, now, reason);
                outbox::settle(&mut scope, row.id, row.attempts, &settlement).await?;
                count(status);
            }
        }
    }
    tx.commit().await?;
    for message in &taken {
        let holdings = loyalty.holdings();
        holdings.took(leased(queue), shop.id, message.id, message.attempts);
    }
    Ok(Some(taken))
}

/// Notes at once that a channel has taken a message that goes to all of them: a second attempt leaves it out.
///
/// # Errors
/// The database refuses.
pub async fn note_served(loyalty: &Loyalty, message: &Outgoing, served: &[Channel]) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(message.shop.id);
    Ok(outbox::note_channels(&mut scope, message.id, message.attempts, &names(served)).await?)
}

/// Forgets an address that will never work again.
///
/// # Errors
/// The database refuses.
pub async fn forget_address(loyalty: &Loyalty, tenant_id: i64, address: &DeadAddress) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(tenant_id);
    match address {
        DeadAddress::Device(token) => channel::forget_device(&mut scope, token).await?,
        DeadAddress::Telegram(user_id) => channel::set_telegram_silent(&mut scope, *user_id, true).await?,
    }
    Ok(())
}

/// Notes how an attempt went: the message is sent, tried again later, or given up. `jitter` is from 0 to 1. What held a
/// code is deleted when it is sent.
///
/// # Errors
/// The database refuses; then the message is sent again when its lease ends.
pub async fn settle_message(
    loyalty: &Loyalty,
    message: &Outgoing,
    tried: &Tried,
    jitter: f64,
) -> Result<(), Error> {
    let now = loyalty.now();
    let is_served = !tried.served.is_empty();
    // Where one channel is enough, those that it went around are not waited for.
    let is_over =
        (is_served && !message.to_all) || (tried.later.is_empty() && message.resting_seconds.is_none());
    // The first that may take it; one that named no time is tried again as attempts have it.
    let asked = match tried.later.as_slice() {
        [] => message.resting_seconds,
        later => later.iter().map(|later| later.after_seconds).min().flatten(),
    };
    let next = next_attempt(message.attempts, now, asked, jitter);
    let is_late = next >= message.expires_at;
    let status = match () {
        () if !is_over && !is_late => "waiting",
        () if is_served => "sent",
        () if message.routes.is_empty() => "skipped",
        () => "failed",
    };
    let reason = tried.reasons.join(" ");
    let reason: String = reason.chars().take(REASON_CHARACTERS).collect();
    let is_code = message.kind == MessageKind::Code;
    let clock = loyalty.system_now();
    let pauses = tried.later.iter().filter(|later| later.whole_channel);
    let pauses = pauses
        .map(|later| Pause {
            channel: later.channel,
            until: clock.plus_seconds(later.after_seconds.unwrap_or(PAUSE_SECONDS)),
            why: reason.clone(),
        })
        .collect();
    let settled = Settled {
        tenant_id: message.shop.id,
        id: message.id,
        attempts: message.attempts,
        is_deleted: is_code && status == "sent",
        settlement: Settlement {
            status,
            due_at: if status == "waiting" { next } else { now },
            channels: names(&tried.served),
            reason: (!reason.is_empty()).then_some(reason),
            text: (is_served && !is_code).then(|| message.text.clone()),
            remote_id: tried.remote_id.clone(),
            sent_at: (status == "sent").then_some(now),
        },
        served: tried.served.clone(),
        strangers: tried.strangers.clone(),
        pauses,
        now,
        clock,
    };
    loyalty.settled_messages().write(loyalty.db(), settled).await?;
    let queue = MessageQueue::of(message.kind);
    loyalty
        .holdings()
        .settled(leased(queue), message.shop.id, message.id);
    count(status);
    Ok(())
}

/// Deletes settled messages older than half a year, and codes that are over; how many.
///
/// # Errors
/// The database refuses.
pub async fn forget_old_messages(loyalty: &Loyalty) -> Result<u64, Error> {
    let now = loyalty.now();
    let before = now.plus_days(-HISTORY_DAYS);
    let mut deleted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        let mut scope = loyalty.db().tenant(tenant_id);
        loop {
            let some =
                outbox::forget_codes(&mut scope, now).await? + outbox::forget(&mut scope, before).await?;
            deleted += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(deleted)
}

fn names(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
    names.join(" ")
}

fn count(status: &'static str) {
    metrics::counter!("bonex_messages_total", "outcome" => status).increment(1);
}
