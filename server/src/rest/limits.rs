//! How often a caller may ask (R-LIMIT, ruling 8). Kept per process; what is tried when people sign in is counted in
//! the database as well.

use loyalty::model::{Source, Timestamp};
use loyalty::{Loyalty, usecase};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::ApiError;
use super::rate::{Rate, RateByAddress, Taken};
use super::strangers::Strangers;

/// How many times the usual limit an address has where many people sign in.
const TRUSTED_TIMES: u32 = 10;
/// Requests to sign in that are answered at once; the others wait for their turn.
const DOORS_AT_ONCE: usize = 4;

/// Who is counted, always within one tenant.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// A till: 300 a minute (R-LIMIT-4).
    Register(i64),
    /// A client of the shop: 60 a minute (R-LIMIT-1).
    Client(i64),
    /// Somebody without a token: 60 a minute (R-LIMIT-1).
    Address(Source),
    /// All servers of the shop's partner: 600 a minute.
    Partner,
    /// The shop's stock: 30 a minute.
    Integration,
    /// Who logs in with Telegram: 20 a minute.
    Telegram(i64),
}

/// Requests counted per caller.
pub struct Limits {
    registers: Rate<(i64, i64)>,
    clients: Rate<(i64, i64)>,
    guests: RateByAddress,
    partners: Rate<i64>,
    integrations: Rate<i64>,
    telegram: Rate<(i64, i64)>,
    doors: RateByAddress,
    trusted_doors: RateByAddress,
    places: Semaphore,
    /// Whoever is not known here.
    pub strangers: Strangers,
}

impl Limits {
    /// The limits of ruling 8, times `factor`.
    pub fn new(factor: u32) -> Self {
        let times = |per_minute: u32| per_minute.saturating_mul(factor.max(1));
        Self {
            registers: Rate::new(times(300)),
            clients: Rate::new(times(60)),
            guests: RateByAddress::new(times(60)),
            partners: Rate::new(times(600)),
            integrations: Rate::new(times(30)),
            telegram: Rate::new(times(20)),
            doors: RateByAddress::new(times(30)),
            trusted_doors: RateByAddress::new(times(30 * TRUSTED_TIMES)),
            places: Semaphore::new(DOORS_AT_ONCE),
            strangers: Strangers::new(factor.max(1)),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn take(&self, tenant_id: i64, caller: Caller, now: Timestamp) -> Result<Taken, ApiError> {
        match caller {
            Caller::Register(id) => self.registers.take((tenant_id, id), now),
            Caller::Client(id) => self.clients.take((tenant_id, id), now),
            Caller::Address(source) => self.guests.take(Some(tenant_id), source, now),
            Caller::Partner => self.partners.take(tenant_id, now),
            Caller::Integration => self.integrations.take(tenant_id, now),
            Caller::Telegram(id) => self.telegram.take((tenant_id, id), now),
        }
    }

    /// Waits for a place among requests to sign in, given back when it is dropped.
    pub async fn enter_door(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes the places.
        self.places.acquire().await.ok()
    }

    /// Counts one request to sign in: 30 a minute and address, whichever shop it is for; ten times as many where many
    /// people sign in, which is asked of the database once a minute at most, and only of whoever is over the limit.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`]; the database refuses.
    pub async fn take_door(&self, loyalty: &Loyalty, source: Source) -> Result<Taken, ApiError> {
        let now = loyalty.now();
        let too_many = match self.doors.take(None, source, now) {
            Ok(taken) => return Ok(taken),
            Err(too_many) => too_many,
        };
        match usecase::is_trusted(loyalty, source).await? {
            true => self.trusted_doors.take(None, source, now),
            false => Err(too_many),
        }
    }

    /// Forgets callers that have not asked for a while, so that the counts do not grow without end.
    pub fn forget_idle(&self, now: Timestamp) {
        for rate in [&self.registers, &self.clients, &self.telegram] {
            rate.forget_idle(now);
        }
        for rate in [&self.partners, &self.integrations] {
            rate.forget_idle(now);
        }
        for rate in [&self.guests, &self.doors, &self.trusted_doors] {
            rate.forget_idle(now);
        }
        self.strangers.forget_idle(now);
    }
}
