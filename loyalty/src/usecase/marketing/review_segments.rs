//! The classes of clients, reviewed (RFM).

use std::collections::HashMap;

use crate::Loyalty;
use crate::model::{Date, Money, RfmClass, Tenant};
use crate::rules::rfm::class;
use crate::store::marketing::rfm::{self, ClassRow, NewClass};
use crate::usecase::Error;

/// Clients of one transaction.
const CLIENTS_AT_ONCE: i64 = 1000;

/// What a review found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SegmentReview {
    /// Clients looked at.
    pub clients: u64,
    /// Those whose class changed.
    pub changed: u64,
}

/// Gives every client a class by comparing it with the shop's other buyers, and notes today's numbers. Only what
/// changed is written. Cut short it is begun anew the next time, and a second one on the same day replaces its numbers.
///
/// # Errors
/// The database refuses.
pub async fn review_segments(loyalty: &Loyalty, tenant: &Tenant) -> Result<SegmentReview, Error> {
    let now = loyalty.now();
    let bounds = rfm::bounds(&mut loyalty.db().tenant(tenant.id)).await?;
    let mut review = SegmentReview::default();
    let mut counted: HashMap<RfmClass, (i64, Money)> = HashMap::new();
    let mut after = 0;
    loop {
        let rows = rfm::clients(&mut loyalty.db().tenant(tenant.id), after, CLIENTS_AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after = last.client_id;
        let mut changed = Vec::new();
        for row in &rows {
            let class = class(&row.buying, &bounds, now);
            let (clients, spent) = counted.entry(class).or_default();
            *clients += 1;
            *spent += row.buying.year_spent;
            if row.class != Some(class) {
                changed.push(NewClass {
                    id: row.client_id,
                    class: class.as_str(),
                });
            }
        }
        review.clients += rows.len() as u64;
        if !changed.is_empty() {
            review.changed += rfm::set_classes(&mut loyalty.db().tenant(tenant.id), &changed).await?;
        }
    }
    let day = Date::at(now, tenant.zone);
    let rows = RfmClass::ALL.map(|class| {
        let (clients, spent) = counted.get(&class).copied().unwrap_or_default();
        ClassRow {
            day,
            class,
            clients,
            spent,
        }
    });
    let mut tx = loyalty.db().begin().await?;
    rfm::set_figures(&mut tx.tenant(tenant.id), &rows).await?;
    tx.commit().await?;
    Ok(review)
}
