//! What came of attempts at deliveries, and of the endpoints they went to: written together.

use super::webhook::{self, EndpointRow};
use super::webhook_delivery::{self, AttemptResult};
use crate::Failure;
use crate::model::Timestamp;
use crate::store::engine::together::Note;
use crate::store::platform::tenant;
use crate::store::{Scope, Tx};

/// An endpoint that has failed for so long is switched off when a delivery to it dies.
const FAILING_DAYS: i64 = 3;

/// What came of an attempt, as it is written together with others.
pub(crate) struct SettledAttempt {
    pub tenant_id: i64,
    pub endpoint_id: i64,
    pub delivery_id: i64,
    pub number: i64,
    /// Where it went: the endpoint may have moved.
    pub url: String,
    /// The receiver said that it wants nothing any more.
    pub is_gone: bool,
    pub result: AttemptResult,
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
