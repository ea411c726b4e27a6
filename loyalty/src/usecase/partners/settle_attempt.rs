//! How attempts at deliveries went: each is delivered, tried again later, or dead, and its endpoint with it.

use crate::Loyalty;
use crate::rules::delivery::next_attempt;
use crate::store::partners::settled_attempt::SettledAttempt;
use crate::store::partners::webhook_delivery::{AttemptResult, DELIVERIES};
use crate::usecase::{Attempt, Error};

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
