//! How often an address may ask for codes and guess them (ruling 8): counted in this process before anything is read,
//! then in the database, which all processes and shops share. Whoever is over the limit is remembered here, so that
//! asking again costs neither a query nor a write.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Error;
use crate::model::{NETWORK_TIMES, Source, Timestamp};
use crate::store::Tx;
use crate::store::tries::{self, Place, Tried};
use crate::{Failure, Loyalty};

const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;
const SWEEP_SECONDS: i64 = 60;
/// Sign-ins in a day that make an address one where many people live.
const SIGN_INS_TRUSTED: i64 = 20;
/// How many times the limit such an address has.
const TRUSTED_TIMES: i64 = 10;

/// What came from where in the last hour, in this process.
#[derive(Default)]
pub(crate) struct Tries {
    codes: Mutex<Windows>,
    wrong_codes: Mutex<Windows>,
    /// When a shop's pause was told of.
    told: Mutex<HashMap<i64, Timestamp>>,
}

#[derive(Default)]
struct Windows {
    of: HashMap<Place, Window>,
    swept_at: Option<Timestamp>,
}

#[derive(Default)]
struct Window {
    tries: VecDeque<Timestamp>,
    /// What the database said: whose limit is not above this one waits until then.
    paused: Option<(i64, Timestamp)>,
}

/// One try, counted unless it is taken back.
pub(super) struct Try {
    tried: Tried,
    source: Source,
    at: Timestamp,
    per_hour: i64,
}

/// Over a limit of so many in an hour, until then.
#[derive(Clone, Copy, Debug)]
struct Over {
    limit: i64,
    until: Timestamp,
}

impl Try {
    /// Counts one try of `source`, which may do so `per_hour` times, ten times as often where many people sign in.
    ///
    /// # Errors
    /// [`Error::TooManyCodes`]; the database refuses.
    pub async fn begin(
        loyalty: &Loyalty,
        tried: Tried,
        source: Source,
        per_hour: i64,
    ) -> Result<Self, Error> {
        let mut this = Self {
            tried,
            source,
            at: loyalty.now(),
            per_hour,
        };
        let Err(over) = this.count(loyalty) else {
            return Ok(this);
        };
        if !is_trusted(loyalty, source).await? {
            return Err(over.tell(this.at));
        }
        this.per_hour = per_hour.saturating_mul(TRUSTED_TIMES);
        match this.count(loyalty) {
            Ok(()) => Ok(this),
            Err(over) => Err(over.tell(this.at)),
        }
    }

    /// Compares with what all processes counted, ten times as much where many people sign in.
    ///
    /// # Errors
    /// [`Error::TooManyCodes`]: then the try is taken back, and the next ones need not ask. The database refuses.
    pub async fn check(&self, loyalty: &Loyalty, usual_per_hour: i64) -> Result<(), Error> {
        let mut per_hour = self.per_hour;
        let mut over = self.compare(loyalty, per_hour).await?;
        if over.is_some() && per_hour == usual_per_hour && is_trusted(loyalty, self.source).await? {
            per_hour = per_hour.saturating_mul(TRUSTED_TIMES);
            over = self.compare(loyalty, per_hour).await?;
        }
        let Some((place, over)) = over else { return Ok(()) };
        let mut windows = loyalty.tries().windows(self.tried);
        windows.take_back(self.source, self.at);
        windows.of.entry(place).or_default().paused = Some((over.limit, over.until));
        Err(over.tell(self.at))
    }

    /// It was none after all.
    pub fn take_back(&self, loyalty: &Loyalty) {
        loyalty
            .tries()
            .windows(self.tried)
            .take_back(self.source, self.at);
    }

    fn count(&self, loyalty: &Loyalty) -> Result<(), Over> {
        let mut windows = loyalty.tries().windows(self.tried);
        windows.count(self.source, self.per_hour, self.at)
    }

    async fn compare(&self, loyalty: &Loyalty, per_hour: i64) -> Result<Option<(Place, Over)>, Failure> {
        let since = self.at.plus_seconds(-HOUR_SECONDS);
        for (place, limit) in places(self.source, per_hour) {
            let mut scope = loyalty.db().global();
            let counted = tries::count(&mut scope, self.tried, place, since).await?;
            if counted.times >= limit {
                let until = counted.oldest.unwrap_or(self.at).plus_seconds(HOUR_SECONDS);
                return Ok(Some((place, Over { limit, until })));
            }
        }
        Ok(None)
    }
}

/// Whether so many people sign in from there that it is an address of many: a carrier's, or an app's own server.
///
/// # Errors
/// The database refuses.
pub async fn is_trusted(loyalty: &Loyalty, source: Source) -> Result<bool, Error> {
    if let Some(known) = loyalty.trusted().get(&source.block()).await {
        return Ok(known);
    }
    let since = loyalty.now().plus_seconds(-DAY_SECONDS);
    let sign_ins = tries::sign_ins(&mut loyalty.db().global(), &source, since).await?;
    let is_trusted = sign_ins >= SIGN_INS_TRUSTED;
    loyalty.trusted().insert(source.block(), is_trusted).await;
    Ok(is_trusted)
}

/// Somebody signed in from there: written with the sign-in itself.
pub(super) async fn note_sign_in(tx: &mut Tx, source: Source, now: Timestamp) -> Result<(), Failure> {
    let hour_millis = HOUR_SECONDS * 1000;
    let hour = Timestamp::from_millis(now.millis().div_euclid(hour_millis) * hour_millis);
    let forgotten = hour.plus_seconds(-DAY_SECONDS);
    tries::note_sign_in(&mut tx.global(), &source, hour, forgotten).await
}

/// A wrong code was tried from there: written with the attempt it took.
pub(super) async fn note_wrong_code(
    tx: &mut Tx,
    id: i64,
    source: Source,
    now: Timestamp,
) -> Result<(), Failure> {
    let forgotten = now.plus_seconds(-HOUR_SECONDS);
    tries::note_wrong_code(&mut tx.global(), id, &source, now, forgotten).await
}

impl Tries {
    /// True once an hour and shop: then somebody is told of it.
    pub fn is_to_be_told(&self, tenant_id: i64, now: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told_at = told.get(&tenant_id).copied();
        let is_due = told_at.is_none_or(|at| at.plus_seconds(HOUR_SECONDS) <= now);
        if is_due {
            told.insert(tenant_id, now);
        }
        is_due
    }

    fn windows(&self, tried: Tried) -> MutexGuard<'_, Windows> {
        let windows = match tried {
            Tried::Code => &self.codes,
            Tried::WrongCode => &self.wrong_codes,
        };
        windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Windows {
    /// Counts one try, unless the block or the network of it is over the limit.
    fn count(&mut self, source: Source, per_hour: i64, now: Timestamp) -> Result<(), Over> {
        self.sweep(now);
        for (place, limit) in places(source, per_hour) {
            if let Some(window) = self.of.get_mut(&place) {
                window.may(limit, now)?;
            }
        }
        for (place, _) in places(source, per_hour) {
            self.of.entry(place).or_default().tries.push_back(now);
        }
        Ok(())
    }

    fn take_back(&mut self, source: Source, at: Timestamp) {
        for (place, _) in places(source, 0) {
            if let Some(window) = self.of.get_mut(&place)
                && let Some(found) = window.tries.iter().rposition(|tried| *tried == at)
            {
                window.tries.remove(found);
            }
        }
    }

    /// Forgets what is over, now and then, so that the windows do not grow without end.
    fn sweep(&mut self, now: Timestamp) {
        let is_due = self
            .swept_at
            .is_none_or(|at| now < at || at.plus_seconds(SWEEP_SECONDS) <= now);
        if is_due {
            self.swept_at = Some(now);
            self.of.retain(|_, window| {
                window.forget(now);
                !window.tries.is_empty() || window.paused.is_some()
            });
        }
    }
}

impl Window {
    fn may(&mut self, limit: i64, now: Timestamp) -> Result<(), Over> {
        self.forget(now);
        if let Some((paused, until)) = self.paused
            && limit <= paused
        {
            return Err(Over { limit, until });
        }
        match self.tries.front() {
            Some(oldest) if self.tries.len() as i64 >= limit => Err(Over {
                limit,
                until: oldest.plus_seconds(HOUR_SECONDS),
            }),
            _ => Ok(()),
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let since = now.plus_seconds(-HOUR_SECONDS);
        // A clock that was set back leaves tries of the future behind.
        self.tries.retain(|tried| since < *tried && *tried <= now);
        self.paused = self
            .paused
            .filter(|(_, until)| now < *until && *until <= now.plus_seconds(HOUR_SECONDS));
    }
}

impl Over {
    fn tell(self, now: Timestamp) -> Error {
        let millis = (self.until.millis() - now.millis()).max(1);
        Error::TooManyCodes {
            limit: self.limit,
            retry_after: (millis + 999) / 1000,
        }
    }
}

/// The parts of a source and what each may, when its block may `limit`.
fn places(source: Source, limit: i64) -> impl Iterator<Item = (Place, i64)> {
    let network = source
        .network()
        .map(|network| (Place::Network(network), limit.saturating_mul(NETWORK_TIMES)));
    std::iter::once((Place::Block(source.block()), limit)).chain(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn an_hour_slides() {
        let (mut windows, here) = (Windows::default(), source("203.0.113.7"));
        for minute in 0..3 {
            windows.count(here, 3, AT.plus_seconds(60 * minute)).unwrap();
        }
        let over = windows.count(here, 3, AT.plus_seconds(3599)).unwrap_err();
        assert_eq!((over.limit, over.until), (3, AT.plus_seconds(3600)));
        windows.count(here, 3, AT.plus_seconds(3600)).unwrap();
        assert!(windows.count(here, 3, AT.plus_seconds(3601)).is_err());
        windows.take_back(here, AT.plus_seconds(3600));
        windows.count(here, 3, AT.plus_seconds(3601)).unwrap();
    }

    #[test]
    fn a_network_has_ten_times_as_much_and_nothing_is_kept_for_ever() {
        let mut windows = Windows::default();
        for block in 0..10 {
            let here = source(&format!("2001:db8:1:{block}::1"));
            for _ in 0..3 {
                windows.count(here, 3, AT).unwrap();
            }
            assert!(windows.count(here, 3, AT).is_err());
        }
        let over = windows.count(source("2001:db8:1:ff::1"), 3, AT).unwrap_err();
        assert_eq!(over.limit, 30);
        windows
            .count(source("203.0.113.7"), 3, AT.plus_seconds(3600))
            .unwrap();
        assert_eq!(windows.of.len(), 1);
    }
}
