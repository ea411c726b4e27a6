//! How often a caller may ask (R-LIMIT, ruling 8). Kept per process.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::error::ApiError;

/// Who is counted, always within one tenant.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Caller {
    /// A till: 300 a minute (R-LIMIT-4).
    Register(i64),
    /// A client of the shop: 60 a minute (R-LIMIT-1).
    Client(i64),
    /// Somebody without a token: 60 a minute (R-LIMIT-1).
    Address(IpAddr),
    /// All servers of the shop's partner: 600 a minute.
    Partner,
    /// The shop's stock: 30 a minute.
    Integration,
    /// Who logs in with Telegram: 20 a minute.
    Telegram(i64),
}

type Key = (i64, Caller);
type Limiter = RateLimiter<Key, DashMapStateStore<Key>, DefaultClock, StateInformationMiddleware>;

/// One kind of caller.
struct Limit {
    per_minute: u32,
    limiter: Limiter,
}

/// Requests counted per caller.
pub struct Limits {
    registers: Limit,
    clients: Limit,
    partners: Limit,
    integrations: Limit,
    telegram: Limit,
    clock: DefaultClock,
}

/// One request counted; its figures go on the answer.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    per_minute: u32,
    remaining: u32,
}

impl Limits {
    /// The limits of ruling 8, times `factor`.
    pub fn new(factor: u32) -> Self {
        let limit = |per_minute: u32| {
            let per_minute = per_minute.saturating_mul(factor);
            let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
            Limit {
                per_minute,
                limiter: RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>(),
            }
        };
        Self {
            registers: limit(300),
            clients: limit(60),
            partners: limit(600),
            integrations: limit(30),
            telegram: limit(20),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one request.
    pub fn take(&self, tenant_id: i64, caller: Caller) -> Result<Taken, ApiError> {
        let limit = match caller {
            Caller::Register(_) => &self.registers,
            Caller::Client(_) | Caller::Address(_) => &self.clients,
            Caller::Partner => &self.partners,
            Caller::Integration => &self.integrations,
            Caller::Telegram(_) => &self.telegram,
        };
        match limit.limiter.check_key(&(tenant_id, caller)) {
            Ok(snapshot) => Ok(Taken {
                per_minute: limit.per_minute,
                remaining: snapshot.remaining_burst_capacity(),
            }),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(ApiError::TooManyRequests {
                    limit: limit.per_minute,
                    retry_after: wait.as_secs() + 1,
                })
            }
        }
    }

    /// Forgets callers that have not asked for a while, so that the counts do not grow without end.
    pub fn forget_idle(&self) {
        for limit in [
            &self.registers,
            &self.clients,
            &self.partners,
            &self.integrations,
            &self.telegram,
        ] {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
    }
}

impl Taken {
    /// Puts `X-RateLimit-Limit` and `X-RateLimit-Remaining` on an answer.
    pub fn tell(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", self.per_minute.into());
        headers.insert("x-ratelimit-remaining", self.remaining.into());
        response
    }
}
