//! What a dashboard shows of the shop's clients: their classes by day, their cohorts by month.

use crate::Loyalty;
use crate::model::{Date, Money, Month, RfmClass, Tenant};
use crate::store::marketing::cohort::{self, CohortRow};
use crate::store::marketing::rfm::{self, ClassRow};
use crate::usecase::Error;

/// How many clients a class had on a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RfmCount {
    /// The day of the review.
    pub day: Date,
    /// Which class.
    pub class: RfmClass,
    /// How many.
    pub clients: i64,
    /// What they had spent within a year.
    pub spent: Money,
}

/// What the clients enrolled in one month bought in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cohort {
    /// The month of enrolment.
    pub enrolled: Month,
    /// The month of the purchases.
    pub month: Month,
    /// How many were enrolled.
    pub clients: i64,
    /// How many of them bought.
    pub buyers: i64,
    /// Their purchases.
    pub sales: i64,
    /// And what these came to.
    pub amount: Money,
}

/// The classes of the reviews from `from` to `to`, both included: seven rows for each day that had a review.
///
/// # Errors
/// The database refuses.
pub async fn rfm_summary(
    loyalty: &Loyalty,
    tenant: &Tenant,
    from: Date,
    to: Date,
) -> Result<Vec<RfmCount>, Error> {
    let rows = rfm::figures(&mut loyalty.db().tenant(tenant.id), from, to).await?;
    Ok(rows.into_iter().map(RfmCount::from).collect())
}

/// The cohorts enrolled from `from` to `to`, both included, month by month as of the last
/// [`crate::usecase::refresh_cohorts`].
///
/// # Errors
/// The database refuses.
pub async fn cohorts(
    loyalty: &Loyalty,
    tenant: &Tenant,
    from: Month,
    to: Month,
) -> Result<Vec<Cohort>, Error> {
    let rows = cohort::list(&mut loyalty.db().tenant(tenant.id), from, to).await?;
    Ok(rows.into_iter().map(Cohort::from).collect())
}

impl From<ClassRow> for RfmCount {
    fn from(row: ClassRow) -> Self {
        Self {
            day: row.day,
            class: row.class,
            clients: row.clients,
            spent: row.spent,
        }
    }
}

impl From<CohortRow> for Cohort {
    fn from(row: CohortRow) -> Self {
        Self {
            enrolled: row.enrolled,
            month: row.month,
            clients: row.clients,
            buyers: row.buyers,
            sales: row.sales,
            amount: row.amount,
        }
    }
}
