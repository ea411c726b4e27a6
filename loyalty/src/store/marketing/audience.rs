//! Clients as a campaign looks at them.

use crate::Failure;
use crate::model::{Money, Phone, RfmClass, Timestamp};
use crate::store::{Row, Scope};

/// A client to whom a campaign may be sent.
#[derive(Clone, Debug)]
pub(crate) struct CandidateRow {
    pub client_id: i64,
    pub phone: Phone,
    pub total_spent: Money,
    pub year_spent: Money,
    pub sales_count: i64,
    pub last_visit_at: Option<Timestamp>,
    pub rfm: Option<RfmClass>,
    pub has_telegram: bool,
    pub has_app: bool,
}

/// The largest number of a client, 0 when there is none.
pub(crate) async fn last_client(scope: &mut Scope<'_>) -> Result<i64, Failure> {
    let sql = "SELECT COALESCE(MAX(id), 0) AS last FROM clients WHERE tenant_id = $1";
    Ok(scope.query(sql).one().await?.int("last")?)
}

/// Those of these clients who are not blocked and want campaigns, in rising order.
pub(crate) async fn candidates(
    scope: &mut Scope<'_>,
    client_ids: &[i64],
) -> Result<Vec<CandidateRow>, Failure> {
    macro_rules! select {
        ($ids:literal) => {
            concat!(
                "SELECT c.id, c.phone, c.total_spent, c.year_spent, c.sales_count, c.last_visit_at, c.rfm,
                        c.telegram_user_id IS NOT NULL AS has_telegram,
                        EXISTS (SELECT 1 FROM device_tokens AS d
                                 WHERE d.tenant_id = c.tenant_id AND d.client_id = c.id) AS has_app
                   FROM clients AS c
                  WHERE c.tenant_id = $1 AND NOT c.is_blocked AND c.consent = 'all' AND c.id ",
                $ids,
                " ORDER BY c.id"
            )
        };
    }
    let rows = scope
        .query_by_engine(
            select!("IN (SELECT value FROM json_each($2))"),
            select!("= ANY (ARRAY(SELECT CAST(json_array_elements_text($2::json) AS BIGINT)))"),
        )
        .bind(serde_json::to_string(client_ids)?)
        .all()
        .await?;
    rows.iter().map(candidate).collect()
}

fn candidate(row: &Row) -> Result<CandidateRow, Failure> {
    Ok(CandidateRow {
        client_id: row.int("id")?,
        phone: row.phone("phone")?,
        total_spent: row.money("total_spent")?,
        year_spent: row.money("year_spent")?,
        sales_count: row.int("sales_count")?,
        last_visit_at: row.time_opt("last_visit_at")?,
        rfm: row.text_opt("rfm")?.as_deref().and_then(RfmClass::named),
        has_telegram: row.flag("has_telegram")?,
        has_app: row.flag("has_app")?,
    })
}
