//! So many in a minute, as a bucket that fills up again steadily.

use std::hash::Hash;
use std::net::IpAddr;

use axum::response::Response;
use loyalty::model::{NETWORK_TIMES, Source, Timestamp};

use super::error::ApiError;
use super::shards::Shards;

const MINUTE_NANOS: i64 = 60_000_000_000;
/// Two requests at once may read the clock in another order; a clock that was set back goes further.
const SET_BACK_NANOS: i64 = 1_000_000_000;

/// Requests of each `K`, at most `per_minute`: all of them at once, or steadily.
pub struct Rate<K> {
    per_minute: u32,
    buckets: Shards<K, Bucket>,
}

/// One request counted; its figures go on the answer.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Requests a minute.
    pub limit: u32,
    /// Of them left now.
    pub remaining: u32,
}

impl Taken {
    /// Puts `X-RateLimit-Limit` and `X-RateLimit-Remaining` on an answer that says nothing of a narrower limit.
    pub fn tell(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if !headers.contains_key("x-ratelimit-limit") {
            headers.insert("x-ratelimit-limit", self.limit.into());
            headers.insert("x-ratelimit-remaining", self.remaining.into());
        }
        response
    }
}

/// In nanoseconds.
#[derive(Clone, Copy)]
struct Bucket {
    full_at: i64,
    changed_at: i64,
}

impl<K: Eq + Hash> Rate<K> {
    /// A limit of so many, at least one.
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1),
            buckets: Shards::default(),
        }
    }

    /// Takes one, unless none is left.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn take(&self, key: K, now: Timestamp) -> Result<Taken, ApiError> {
        let now = nanos(now);
        let mut buckets = self.buckets.of(&key);
        let full_at = begin(buckets.get(&key), now) + self.interval();
        self.may(full_at, now)?;
        buckets.insert(
            key,
            Bucket {
                full_at,
                changed_at: now,
            },
        );
        Ok(Taken {
            limit: self.per_minute,
            remaining: self.remaining(full_at, now),
        })
    }

    /// Whether one is left.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn look(&self, key: &K, now: Timestamp) -> Result<(), ApiError> {
        let now = nanos(now);
        let full_at = begin(self.buckets.of(key).get(key), now);
        self.may(full_at + self.interval(), now)
    }

    /// Takes one that is gone already, though none be left: what many did at once is waited for twice as long at most.
    pub fn note(&self, key: K, now: Timestamp) {
        let now = nanos(now);
        let mut buckets = self.buckets.of(&key);
        let full_at = begin(buckets.get(&key), now) + self.interval();
        let full_at = full_at.min(now + 2 * MINUTE_NANOS);
        buckets.insert(
            key,
            Bucket {
                full_at,
                changed_at: now,
            },
        );
    }

    /// Forgets whose bucket is full.
    pub fn forget_idle(&self, now: Timestamp) {
        let now = nanos(now);
        self.buckets.retain(|bucket| now < begin(Some(bucket), now));
    }

    fn may(&self, full_at: i64, now: i64) -> Result<(), ApiError> {
        let wait = full_at - now - MINUTE_NANOS;
        if wait <= 0 {
            return Ok(());
        }
        Err(ApiError::TooManyRequests {
            limit: self.per_minute,
            retry_after: wait.unsigned_abs().div_ceil(1_000_000_000).max(1),
        })
    }

    fn remaining(&self, full_at: i64, now: i64) -> u32 {
        let left = (now + MINUTE_NANOS - full_at) / self.interval();
        u32::try_from(left).unwrap_or(0)
    }

    fn interval(&self) -> i64 {
        (MINUTE_NANOS / i64::from(self.per_minute)).max(1)
    }
}

/// When a bucket is full: one from a future that a clock set back has yet to reach is full now.
fn begin(bucket: Option<&Bucket>, now: i64) -> i64 {
    bucket
        .filter(|bucket| bucket.changed_at <= now + SET_BACK_NANOS)
        .map_or(now, |bucket| bucket.full_at.max(now))
}

/// Requests by address: so many of each IPv4 address or /64, ten times as many of a /48; within one tenant, or over all
/// with `None`.
pub struct RateByAddress {
    blocks: Rate<(Option<i64>, IpAddr)>,
    networks: Rate<(Option<i64>, IpAddr)>,
}

impl RateByAddress {
    /// A limit of so many.
    pub fn new(per_minute: u32) -> Self {
        let times = u32::try_from(NETWORK_TIMES).unwrap_or(u32::MAX);
        Self {
            blocks: Rate::new(per_minute),
            networks: Rate::new(per_minute.saturating_mul(times)),
        }
    }

    /// Takes one, unless none is left.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn take(&self, tenant: Option<i64>, source: Source, now: Timestamp) -> Result<Taken, ApiError> {
        let block = (tenant, source.block());
        if let Some(network) = source.network() {
            self.blocks.look(&block, now)?;
            self.networks.take((tenant, network), now)?;
        }
        self.blocks.take(block, now)
    }

    /// Whether one is left.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn look(&self, tenant: Option<i64>, source: Source, now: Timestamp) -> Result<(), ApiError> {
        self.blocks.look(&(tenant, source.block()), now)?;
        match source.network() {
            Some(network) => self.networks.look(&(tenant, network), now),
            None => Ok(()),
        }
    }

    /// Takes one that is gone already.
    pub fn note(&self, tenant: Option<i64>, source: Source, now: Timestamp) {
        if let Some(network) = source.network() {
            self.networks.note((tenant, network), now);
        }
        self.blocks.note((tenant, source.block()), now);
    }

    /// Forgets who has been idle.
    pub fn forget_idle(&self, now: Timestamp) {
        self.blocks.forget_idle(now);
        self.networks.forget_idle(now);
    }
}

/// Milliseconds of our clocks, counted finely: a limit may be of millions.
fn nanos(now: Timestamp) -> i64 {
    now.millis().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn is_too_many(taken: Result<Taken, ApiError>) -> Option<(u32, u64)> {
        match taken {
            Err(ApiError::TooManyRequests { limit, retry_after }) => Some((limit, retry_after)),
            _ => None,
        }
    }

    #[test]
    fn every_limit_is_reached_exactly_and_comes_back_steadily() {
        for per_minute in [1, 7, 30, 60, 300, 599, 6000] {
            let rate = Rate::new(per_minute);
            for left in (0..per_minute).rev() {
                assert_eq!(rate.take(1, AT).unwrap().remaining, left, "of {per_minute}");
            }
            let (limit, wait) = is_too_many(rate.take(1, AT)).unwrap();
            assert_eq!(
                (limit, wait),
                (per_minute, 60_u64.div_ceil(u64::from(per_minute)))
            );
            assert!(rate.look(&1, AT).is_err() && rate.take(2, AT).is_ok());
            let later = AT.plus_seconds(wait.cast_signed());
            assert!(rate.take(1, later).is_ok(), "of {per_minute}");
            rate.forget_idle(AT.plus_seconds(300));
            assert_eq!(rate.take(1, AT).unwrap().remaining, per_minute - 1, "forgotten");
        }
    }

    #[test]
    fn what_is_gone_already_is_waited_for_and_a_clock_set_back_locks_nobody_out() {
        let rate = Rate::new(60);
        for _ in 0..1000 {
            rate.note(1, AT);
        }
        assert!(rate.look(&1, AT.plus_seconds(60)).is_err());
        assert!(rate.look(&1, AT.plus_seconds(61)).is_ok());
        let before = AT.plus_seconds(-7200);
        assert!(rate.take(1, before).is_ok());
    }

    #[test]
    fn limits_of_load_tests_hold_millions() {
        let rate = Rate::new(u32::MAX);
        for _ in 0..100_000 {
            rate.take(1, AT).unwrap();
        }
    }
}
