//! What came of messages, and of the channels they went by: written together.

use super::channel;
use super::outbox::{self, Settlement};
use crate::Failure;
use crate::model::{Channel, Timestamp};
use crate::store::engine::together::Note;
use crate::store::{Scope, Tx};

/// After so many messages in a row whose addresses a channel does not know, its key is thought to be wrong.
const STRANGERS_MAX: i64 = 5;
/// How long such a channel is left alone.
const STRANGERS_PAUSE_SECONDS: i64 = 600;
const WRONG_KEY: &str =
    "Firebase несколько раз подряд не узнал телефоны: проверьте, от того ли проекта ключ.";

/// What came of an attempt, as it is written together with others.
pub(crate) struct Settled {
    pub tenant_id: i64,
    pub id: i64,
    pub attempts: i64,
    /// It held a code that is sent.
    pub is_deleted: bool,
    pub settlement: Settlement,
    /// Channels that work.
    pub served: Vec<Channel>,
    /// Channels that do not know the address.
    pub strangers: Vec<Channel>,
    /// Channels that ask for one.
    pub pauses: Vec<Pause>,
    pub now: Timestamp,
    pub clock: Timestamp,
}

/// A channel asks for a pause.
pub(crate) struct Pause {
    pub channel: Channel,
    pub until: Timestamp,
    pub why: String,
}

impl Note for Settled {
    async fn write(all: &mut [Self], tx: &mut Tx) -> Result<(), Failure> {
        all.sort_unstable_by_key(|one| (one.tenant_id, one.id));
        for of_shop in all.chunk_by(|one, other| one.tenant_id == other.tenant_id) {
            let mut scope = tx.tenant(of_shop[0].tenant_id);
            for one in of_shop {
                match one.is_deleted {
                    true => outbox::delete(&mut scope, one.id).await?,
                    false => {
                        outbox::settle(&mut scope, one.id, one.attempts, &one.settlement).await?;
                    }
                }
            }
            for kind in Channel::ALL.iter().copied() {
                let pauses = of_shop
                    .iter()
                    .flat_map(|one| one.pauses.iter().map(move |pause| (one, pause)));
                // What one of them hears holds for all: the longest pause.
                let longest = pauses.filter(|(_, pause)| pause.channel == kind);
                if let Some((one, pause)) = longest.max_by_key(|(_, pause)| pause.until) {
                    channel::pause(&mut scope, kind, pause.until, &pause.why, one.now).await?;
                }
                let works = of_shop.iter().filter(|one| one.served.contains(&kind));
                if let Some(clock) = works.map(|one| one.clock).max() {
                    channel::clear_error(&mut scope, kind, clock).await?;
                } else {
                    doubt_key(&mut scope, kind, of_shop).await?;
                }
            }
        }
        Ok(())
    }
}

/// A channel that knows none of several addresses in a row is left alone for a while, and its owner is told.
async fn doubt_key(scope: &mut Scope<'_>, kind: Channel, settled: &[Settled]) -> Result<(), Failure> {
    let strangers = settled.iter().filter(|one| one.strangers.contains(&kind));
    let Some(last) = strangers.clone().next_back() else {
        return Ok(());
    };
    let in_a_row = channel::count_strangers(scope, kind, strangers.count() as i64).await?;
    if in_a_row >= STRANGERS_MAX {
        let until = last.clock.plus_seconds(STRANGERS_PAUSE_SECONDS);
        channel::pause(scope, kind, until, WRONG_KEY, last.now).await?;
        metrics::counter!("bonex_channels_doubted_total", "channel" => kind.as_str()).increment(1);
        tracing::warn!(
            tenant = last.tenant_id,
            channel = kind.as_str(),
            in_a_row,
            "a channel knows no address: is its key wrong?"
        );
    }
    Ok(())
}
