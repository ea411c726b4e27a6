//! Tokens of nobody and wrong signatures: limited by address before they cost a query or the reading of a body.
//!
//! A shop behind one address with a neighbour who guesses must go on: whose token was right lately is asked for as
//! ever, and one wrong token shown again and again is remembered, so that it uses up nobody else's queries.

use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use loyalty::model::{Source, Timestamp};
use loyalty::usecase::{Denied, Error};

use super::error::ApiError;
use super::rate::RateByAddress;
use super::shards::Shards;

/// Tokens of nobody, and wrong signatures, in a minute: as many requests as somebody without a token may make.
const PER_MINUTE: u32 = 60;
/// A partner's server that has signed rightly from an address may be wrong so many times more often.
const PARTNER_TIMES: u32 = 10;
/// How long a token counts as known after it was right.
const KNOWN_SECONDS: i64 = 86_400;
/// How often that is written down anew.
const NOTED_SECONDS: i64 = 60;
/// How long a token counts as nobody's without asking again; a new one works that much later.
const REFUSED_SECONDS: i64 = 2;
/// Who is refused by address hears it so much later: whoever asks again at once would otherwise cost as much as a till.
const LINGER: Duration = Duration::from_millis(250);

/// Waits a little when it is a refusal by address.
///
/// # Errors
/// What it says.
pub async fn linger<T>(admitted: Result<T, ApiError>) -> Result<T, ApiError> {
    if matches!(admitted, Err(ApiError::TooManyRequests { .. })) {
        tokio::time::sleep(LINGER).await;
    }
    admitted
}

/// Who is not known here, counted by address.
pub struct Strangers {
    known: Shards<u64, Timestamp>,
    refused: Shards<u64, (Denied, Timestamp)>,
    /// Questions of the database that found nobody.
    queries: RateByAddress,
    /// All answers that somebody is nobody.
    answers: RateByAddress,
    signatures: RateByAddress,
    signatures_of_partners: RateByAddress,
    hasher: RandomState,
}

impl Strangers {
    /// With the usual limits times `factor`.
    pub fn new(factor: u32) -> Self {
        let per_minute = PER_MINUTE.saturating_mul(factor);
        Self {
            known: Shards::default(),
            refused: Shards::default(),
            queries: RateByAddress::new(per_minute),
            answers: RateByAddress::new(per_minute),
            signatures: RateByAddress::new(per_minute),
            signatures_of_partners: RateByAddress::new(per_minute.saturating_mul(PARTNER_TIMES)),
            hasher: RandomState::new(),
        }
    }

    /// What `identify` finds out about whoever shows `credential`, unless too many of nobody came from there.
    ///
    /// # Errors
    /// What `identify` says; [`ApiError::TooManyRequests`].
    pub async fn admit<T>(
        &self,
        source: Source,
        now: Timestamp,
        credential: impl Hash,
        identify: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ApiError> {
        let key = self.hasher.hash_one(credential);
        let noted_at = self.known.of(&key).get(&key).copied();
        if !noted_at.is_some_and(|at| is_within(at, KNOWN_SECONDS, now)) {
            linger(self.may_ask(source, now, key)).await?;
        }
        match identify.await {
            Ok(found) => {
                if !noted_at.is_some_and(|at| is_within(at, NOTED_SECONDS, now)) {
                    self.known.of(&key).insert(key, now);
                }
                Ok(found)
            }
            Err(Error::Denied(denied)) if is_nobody(denied) => {
                self.known.of(&key).remove(&key);
                self.refused.of(&key).insert(key, (denied, now));
                self.queries.note(None, source, now);
                self.answers.note(None, source, now);
                Err(Error::from(denied).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a body may be read whose signature nobody has checked yet.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn may_sign(&self, tenant_id: i64, source: Source, now: Timestamp) -> Result<(), ApiError> {
        if self.signatures.look(None, source, now).is_ok() {
            return Ok(());
        }
        let key = self.partner(tenant_id, source);
        let noted_at = self.known.of(&key).get(&key).copied();
        match noted_at.is_some_and(|at| is_within(at, KNOWN_SECONDS, now)) {
            true => self.signatures_of_partners.look(Some(tenant_id), source, now),
            false => self.signatures.look(None, source, now),
        }
    }

    /// What came of a signature.
    pub fn note_signature<T>(
        &self,
        tenant_id: i64,
        source: Source,
        now: Timestamp,
        identified: &Result<T, Error>,
    ) {
        let key = self.partner(tenant_id, source);
        match identified {
            Ok(_) => drop(self.known.of(&key).insert(key, now)),
            Err(Error::Denied(Denied::SignatureWrong)) => {
                self.signatures.note(None, source, now);
                self.signatures_of_partners.note(Some(tenant_id), source, now);
            }
            Err(_) => {}
        }
    }

    /// Forgets who has been idle.
    pub fn forget_idle(&self, now: Timestamp) {
        self.known.retain(|at| is_within(*at, KNOWN_SECONDS, now));
        self.refused
            .retain(|(_, at)| is_within(*at, REFUSED_SECONDS, now));
        for rate in [
            &self.queries,
            &self.answers,
            &self.signatures,
            &self.signatures_of_partners,
        ] {
            rate.forget_idle(now);
        }
    }

    fn may_ask(&self, source: Source, now: Timestamp, key: u64) -> Result<(), ApiError> {
        let refused = self.refused.of(&key).get(&key).copied();
        if let Some((denied, at)) = refused
            && is_within(at, REFUSED_SECONDS, now)
        {
            self.answers.take(None, source, now)?;
            return Err(Error::from(denied).into());
        }
        self.queries.look(None, source, now)
    }

    fn partner(&self, tenant_id: i64, source: Source) -> u64 {
        self.hasher.hash_one(("partner", tenant_id, source))
    }
}

/// Whether it was found that a token belongs to nobody.
fn is_nobody(denied: Denied) -> bool {
    matches!(
        denied,
        Denied::TenantUnknown | Denied::RegisterUnknown | Denied::BearerUnknown
    )
}

fn is_within(since: Timestamp, seconds: i64, now: Timestamp) -> bool {
    since <= now && now < since.plus_seconds(seconds)
}
