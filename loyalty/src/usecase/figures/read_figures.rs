//! What a dashboard shows.

use crate::Loyalty;
use crate::model::{DailyFigures, Date, Level, Tenant, Timestamp};
use crate::store::figures::daily_figures as rows;
use crate::usecase::Error;

/// The figures of `from` to `to`, both included, by day and place; days and places where nothing happened are left out.
/// They are as of the last [`crate::usecase::refresh_figures`] of each day: only roll-ups are read.
///
/// # Errors
/// The database refuses.
pub async fn figures(
    loyalty: &Loyalty,
    tenant: &Tenant,
    from: Date,
    to: Date,
    level: Level,
) -> Result<Vec<DailyFigures>, Error> {
    Ok(rows::list(&mut loyalty.db().tenant(tenant.id), level, from, to).await?)
}

/// As of when the newest day is known; none before the first refresh.
///
/// # Errors
/// The database refuses.
pub async fn figures_read_at(loyalty: &Loyalty, tenant: &Tenant) -> Result<Option<Timestamp>, Error> {
    Ok(rows::read_at(&mut loyalty.db().tenant(tenant.id)).await?)
}
