//! How often a register may call (R-LIMIT-4, ruling 8). Kept per process.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::error::ApiError;

/// Tenant and register.
type Key = (i64, i64);

/// Requests counted per register.
pub struct Limits {
    per_minute: u32,
    registers: RateLimiter<Key, DashMapStateStore<Key>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
}

impl Limits {
    const REGISTER_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("not zero");

    /// 300 a minute and register, times `factor`.
    pub fn new(factor: u32) -> Self {
        let per_minute =
            Self::REGISTER_PER_MINUTE.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
        let registers = RateLimiter::keyed(Quota::per_minute(per_minute));
        let registers = registers.with_middleware::<StateInformationMiddleware>();
        Self {
            per_minute: per_minute.get(),
            registers,
            clock: DefaultClock::default(),
        }
    }

    /// Requests a minute.
    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Counts one request; how many are left.
    pub fn take(&self, tenant_id: i64, register_id: i64) -> Result<u32, ApiError> {
        match self.registers.check_key(&(tenant_id, register_id)) {
            Ok(snapshot) => Ok(snapshot.remaining_burst_capacity()),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(ApiError::TooManyRequests {
                    limit: self.per_minute,
                    retry_after: wait.as_secs() + 1,
                })
            }
        }
    }
}
