//! What a shop shows to everybody: its branches.

use crate::Failure;
use crate::model::Branch;
use crate::store::Scope;

/// All branches.
pub(crate) async fn branches(scope: &mut Scope<'_>) -> Result<Vec<Branch>, Failure> {
    let sql = "SELECT id, name, address FROM branches WHERE tenant_id = $1 ORDER BY id";
    let rows = scope.query(sql).all().await?;
    rows.iter()
        .map(|row| {
            Ok(Branch {
                id: row.int("id")?,
                name: row.text("name")?,
                address: row.text_opt("address")?,
            })
        })
        .collect()
}
