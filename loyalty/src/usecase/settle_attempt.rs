//! How attempts at deliveries went: each is delivered, tried again later, or dead, and its endpoint with it.

use super::{Attempt, Error};
use crate::model::Timestamp;
use crate::rules::delivery::next_attempt;
use crate::store::together::Note;
use crate::store::webhook::{self, EndpointRow};
use crate::store::webhook_delivery::{self, AttemptResult, DELIVERIES};
use crate::store::{Scope, Tx, tenant};
use crate::{Failure, Loyalty};

/// An endpoint that has failed for so long is switched off when a delivery to it dies.
const FAILING_DAYS: i64 = 3;
/// Of a receiver's error; it may be a whole page.
const ERROR_CHARACTERS: usize = 300;

/// How an attempt went.
#[derive(Clone, Debug)]
pub enum Attempted {
    /// The receiver answered.
    Answered {
        /// Its status.
        status: u16,
        /// The pause it asked for, in seconds.
        retry_after: Option<i64>,
    },
    /// There was no answer; why.
    Failed(String),
}

/// Notes how an attempt went: it is delivered, tried again later, or dead. `jitter` is from 0 to 1. What is noted at the
/// same moment shares a commit.
///
/// # Errors
/// The database refuses; then the attempt is made again when its lease ends.
pub async fn settle_attempt(
    loyalty: &Loyalty,
    attempt: &Attempt,
    attempted: &Attempted,
    jitter: f64,
) -> Result<(), Error> {
    let now = loyalty.now();
    let (response_code, error) = outcome(attempted);
    let retry_after = match attempted {
        Attempted::Answered { retry_after, .. } => *retry_after,
        Attempted::Failed(_) => None,
    };
    let is_gone = response_code == Some(410);
    let next = next_attempt(attempt.number, now, retry_after, jitter).filter(|_| !is_gone);
    let status = match (&error, next) {
        (None, _) => "delivered",
        (Some(_), Some(_)) => "waiting",
        (Some(_), None) => "dead",
    };
    let settled = SettledAttempt {
        tenant_id: attempt.tenant_id,
        endpoint_id: attempt.endpoint_id,
        delivery_id: attempt.delivery_id,
        number: attempt.number,
        url: attempt.url.clone(),
        is_gone,
        result: AttemptResult {
            status,
            attempted_at: now,
            due_at: next.unwrap_or(now),
            response_code,
            error,
        },
    };
    loyalty.settled_attempts().write(loyalty.db(), settled).await?;
    let holdings = loyalty.holdings();
    holdings.settled(&DELIVERIES, attempt.tenant_id, attempt.delivery_id);
    metrics::counter!("bonex_webhook_attempts_total", "outcome" => status).increment(1);
    Ok(())
}

/// What came of an attempt, as it is written together with others.
pub(crate) struct SettledAttempt {
    tenant_id: i64,
    endpoint_id: i64,
    delivery_id: i64,
    number: i64,
    /// Where it went: the endpoint may have moved.
    url: String,
    /// The receiver said that it wants nothing any more.
    is_gone: bool,
    result: AttemptResult,
}

impl Note for SettledAttempt {
    async fn write(all: &mut [Self], tx: &mut Tx) -> Result<(), Failure> {
        // Of one endpoint in the order in which they came.
        all.sort_by_key(|one| (one.tenant_id, one.endpoint_id));
        for of_shop in all.chunk_by(|one, other| one.tenant_id == other.tenant_id) {
            let mut scope = tx.tenant(of_shop[0].tenant_id);
            if of_shop.iter().any(|one| one.result.status == "dead") {
                // Whoever switches endpoints on and off takes the shop first.
                tenant::lock(&mut scope).await?;
            }
            for of_endpoint in of_shop.chunk_by(|one, other| one.endpoint_id == other.endpoint_id) {
                settle(&mut scope, of_endpoint).await?;
            }
        }
        Ok(())
    }
}

/// Attempts at one endpoint's deliveries.
async fn settle(scope: &mut Scope<'_>, all: &[SettledAttempt]) -> Result<(), Failure> {
    // With an endpoint its deliveries go.
    let Some(mut endpoint) = webhook::find_endpoint(scope, all[0].endpoint_id).await? else {
        return Ok(());
    };
    for one in all {
        let now = one.result.attempted_at;
        let is_same_address = endpoint.url == one.url;
        let is_failed = one.result.error.is_some();
        if is_same_address && is_failed != endpoint.failing_since.is_some() {
            endpoint.failing_since = is_failed.then_some(now);
            webhook::note_failing(scope, endpoint.id, endpoint.failing_since).await?;
        }
        let is_ours = webhook_delivery::settle(scope, one.delivery_id, one.number, &one.result).await?;
        let is_dead = is_ours && one.result.status == "dead";
        if is_dead
            && endpoint.enabled
            && is_same_address
            && give_up(scope, &endpoint, one.is_gone, now).await?
        {
            endpoint.enabled = false;
        }
    }
    Ok(())
}

/// The status, and the error where there is one: any status but 2xx is one.
fn outcome(attempted: &Attempted) -> (Option<i64>, Option<String>) {
    match attempted {
        Attempted::Answered { status, .. } => {
            let error = (!(200..300).contains(status)).then(|| format!("HTTP {status}"));
            (Some(i64::from(*status)), error)
        }
        Attempted::Failed(why) => (None, Some(why.chars().take(ERROR_CHARACTERS).collect())),
    }
}

/// A delivery is dead: its endpoint is switched off when it said so (410) or has failed for days.
async fn give_up(
    scope: &mut Scope<'_>,
    endpoint: &EndpointRow,
    is_gone: bool,
    now: Timestamp,
) -> Result<bool, Failure> {
    let failing_since = endpoint.failing_since;
    let has_failed_long = failing_since.is_some_and(|since| since.plus_days(FAILING_DAYS) <= now);
    let reason = match (is_gone, has_failed_long) {
        (true, _) => "Адрес ответил 410: вебхук больше не нужен.",
        (false, true) => "Адрес не принимает доставки больше трёх суток.",
        (false, false) => return Ok(false),
    };
    tracing::warn!(endpoint = endpoint.id, is_gone, "a webhook is switched off");
    webhook::disable_endpoint(scope, endpoint.id, reason).await?;
    Ok(true)
}
