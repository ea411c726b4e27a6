//! Whom a campaign reaches: clients looked at in batches, by their purchases and their segment.

use crate::Loyalty;
use crate::model::{Audience, Goods, Phone, Segment, Spending, Tenant, Timestamp};
use crate::rules::audience::is_meant;
use crate::rules::segment::Shopper;
use crate::store::Scope;
use crate::store::marketing::audience::{self, CandidateRow};
use crate::store::marketing::interest;
use crate::usecase::Error;

/// Clients of one batch.
const CLIENTS_AT_ONCE: usize = 1000;
/// Members that a preview names.
const SAMPLE: usize = 20;

/// How many a campaign would reach, and how.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AudiencePreview {
    /// All of them.
    pub members: u64,
    /// Those with the shop's app.
    pub reachable_by_push: u64,
    /// Those who linked Telegram; some have the app too.
    pub reachable_by_telegram: u64,
    /// Those with neither: an SMS or nothing.
    pub reachable_by_phone_only: u64,
    /// The first twenty.
    pub sample: Vec<SampleMember>,
}

/// A member that a preview names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SampleMember {
    /// Number within the shop.
    pub client_id: i64,
    /// `+992•••••0500`.
    pub masked_phone: String,
}

/// Tells whom a campaign for this audience would reach now. What clients buy is as of the last
/// [`crate::usecase::refresh_interests`]. It looks at every client, or at the buyers of the goods where some are named.
///
/// # Errors
/// The database refuses.
pub async fn preview_audience(
    loyalty: &Loyalty,
    tenant: &Tenant,
    audience: &Audience,
) -> Result<AudiencePreview, Error> {
    let mut scope = loyalty.db().tenant(tenant.id);
    let walk = Walk::begin(&mut scope, tenant, audience, loyalty.now()).await?;
    let mut preview = AudiencePreview::default();
    let mut after = 0;
    while let Some((last, members)) = walk.members_after(&mut scope, after).await? {
        after = last;
        for member in members {
            preview.members += 1;
            preview.reachable_by_push += u64::from(member.has_app);
            preview.reachable_by_telegram += u64::from(member.has_telegram);
            preview.reachable_by_phone_only += u64::from(!member.has_app && !member.has_telegram);
            if preview.sample.len() < SAMPLE {
                preview.sample.push(SampleMember {
                    client_id: member.client_id,
                    masked_phone: masked(&member.phone),
                });
            }
        }
    }
    Ok(preview)
}

/// A walk over the members of an audience, in rising order of clients.
pub(in crate::usecase) struct Walk<'a> {
    tenant: &'a Tenant,
    audience: &'a Audience,
    /// All goods whose purchases decide it.
    goods: Vec<Goods>,
    at: Timestamp,
    source: Source,
}

/// Who is looked at.
enum Source {
    /// Clients up to this number.
    Everybody(i64),
    /// Buyers of the goods, in rising order.
    Buyers(Vec<i64>),
}

impl<'a> Walk<'a> {
    /// Prepares to walk over those who belonged to the audience at `at`.
    pub async fn begin(
        scope: &mut Scope<'_>,
        tenant: &'a Tenant,
        audience: &'a Audience,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let segment_goods = audience.segment.as_ref().and_then(Segment::goods);
        let bought = audience.bought.as_ref();
        let source = match (bought, &audience.segment) {
            (Some(bought), _) => {
                let since = at.plus_days(-bought.days);
                Source::Buyers(interest::buyers(scope, &bought.goods, since).await?)
            }
            (None, Some(Segment::Interest { goods } | Segment::Bought { goods, .. })) => {
                let ever = Timestamp::from_millis(i64::MIN);
                Source::Buyers(interest::buyers(scope, std::slice::from_ref(goods), ever).await?)
            }
            _ => Source::Everybody(audience::last_client(scope).await?),
        };
        let goods = bought.iter().flat_map(|bought| &bought.goods);
        Ok(Self {
            tenant,
            audience,
            goods: goods.chain(segment_goods).cloned().collect(),
            at,
            source,
        })
    }

    /// The members of the next batch above `after`, and how far it went; none past the end.
    pub async fn members_after(
        &self,
        scope: &mut Scope<'_>,
        after: i64,
    ) -> Result<Option<(i64, Vec<CandidateRow>)>, Error> {
        let batch = self.batch(after);
        let Some(last) = batch.last().copied() else {
            return Ok(None);
        };
        let candidates = audience::candidates(scope, &batch).await?;
        let mut bought = interest::of_clients(scope, &batch, &self.goods).await?;
        let members = candidates
            .into_iter()
            .filter(|row| {
                let shopper = Shopper {
                    tier_id: self
                        .tenant
                        .programme
                        .tier(Spending {
                            total: row.total_spent,
                            year: row.year_spent,
                        })
                        .id,
                    sales_count: row.sales_count,
                    last_visit_at: row.last_visit_at,
                    rfm: row.rfm,
                    bought: bought.remove(&row.client_id).unwrap_or_default(),
                };
                is_meant(self.audience, &shopper, self.at)
            })
            .collect();
        Ok(Some((last, members)))
    }

    fn batch(&self, after: i64) -> Vec<i64> {
        match &self.source {
            Source::Everybody(last) => (after + 1..=*last).take(CLIENTS_AT_ONCE).collect(),
            Source::Buyers(ids) => {
                let first = ids.partition_point(|id| *id <= after);
                ids[first..].iter().copied().take(CLIENTS_AT_ONCE).collect()
            }
        }
    }
}

/// The country and the last four digits.
fn masked(phone: &Phone) -> String {
    let text = phone.as_str();
    let shown = text.len().saturating_sub(4);
    let start = shown.min(4);
    format!(
        "{}{}{}",
        &text[..start],
        "•".repeat(shown - start),
        &text[shown..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_phone_shows_country_and_end() {
        let of = |text| masked(&Phone::parse(text).unwrap());
        assert_eq!(of("+992900000500"), "+992•••••0500");
        assert_eq!(of("+12345678"), "+123•5678");
    }
}
