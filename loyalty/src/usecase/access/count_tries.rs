//! How often an address may ask for codes and guess them (ruling 8): counted in this process before anything is read,
//! then in the database, which all processes and shops share. Whoever is over the limit is remembered here, so that
//! asking again costs neither a query nor a write.

use crate::counted::tries::{Over, places};
use crate::model::{Source, Timestamp};
use crate::store::Tx;
use crate::store::access::tries::{self, Place, Tried};
use crate::usecase::Error;
use crate::{Failure, Loyalty};

const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;
/// Sign-ins in a day that make an address one where many people live.
const SIGN_INS_TRUSTED: i64 = 20;
/// How many times the limit such an address has.
const TRUSTED_TIMES: i64 = 10;

/// One try, counted unless it is taken back.
pub(in crate::usecase) struct Try {
    tried: Tried,
    source: Source,
    at: Timestamp,
    per_hour: i64,
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
            return Err(tell(over, this.at));
        }
        this.per_hour = per_hour.saturating_mul(TRUSTED_TIMES);
        match this.count(loyalty) {
            Ok(()) => Ok(this),
            Err(over) => Err(tell(over, this.at)),
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
        windows.pause(place, over);
        Err(tell(over, self.at))
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
pub(in crate::usecase) async fn note_sign_in(
    tx: &mut Tx,
    source: Source,
    now: Timestamp,
) -> Result<(), Failure> {
    let hour_millis = HOUR_SECONDS * 1000;
    let hour = Timestamp::from_millis(now.millis().div_euclid(hour_millis) * hour_millis);
    let forgotten = hour.plus_seconds(-DAY_SECONDS);
    tries::note_sign_in(&mut tx.global(), &source, hour, forgotten).await
}

/// A wrong code was tried from there: written with the attempt it took.
pub(in crate::usecase) async fn note_wrong_code(
    tx: &mut Tx,
    id: i64,
    source: Source,
    now: Timestamp,
) -> Result<(), Failure> {
    let forgotten = now.plus_seconds(-HOUR_SECONDS);
    tries::note_wrong_code(&mut tx.global(), id, &source, now, forgotten).await
}

fn tell(over: Over, now: Timestamp) -> Error {
    let millis = (over.until.millis() - now.millis()).max(1);
    Error::TooManyCodes {
        limit: over.limit,
        retry_after: (millis + 999) / 1000,
    }
}
