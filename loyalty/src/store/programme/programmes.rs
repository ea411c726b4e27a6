//! Versions of a shop's rules.

use crate::Failure;
use crate::model::{Programme, Timestamp};
use crate::store::{Row, Scope};

/// A version as stored.
#[derive(Clone, Debug)]
pub(crate) struct VersionRow {
    pub programme: Programme,
    pub author: String,
    pub created_at: Timestamp,
}

/// The rules in force.
pub(crate) async fn current(scope: &mut Scope<'_>) -> Result<Programme, Failure> {
    let sql = "SELECT p.version, p.document
                 FROM tenants AS t
                 JOIN programmes AS p ON p.tenant_id = t.id AND p.version = t.programme_version
                WHERE t.id = $1";
    read(&scope.query(sql).one().await?)
}

/// Inserts a version and puts it in force.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    programme: &Programme,
    author: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO programmes (tenant_id, version, document, author, created_at) VALUES ($1, $2, $3, $4, $5)";
    scope
        .query(sql)
        .bind(programme.version)
        .bind(serde_json::to_string(programme)?)
        .bind(author)
        .bind(at)
        .execute()
        .await?;
    let sql = "UPDATE tenants SET programme_version = $2 WHERE id = $1";
    scope.query(sql).bind(programme.version).execute().await?;
    Ok(())
}

/// Versions up to this one, the newest first.
pub(crate) async fn versions(
    scope: &mut Scope<'_>,
    up_to: i64,
    most: i64,
) -> Result<Vec<VersionRow>, Failure> {
    let sql = "SELECT version, document, author, created_at FROM programmes
                WHERE tenant_id = $1 AND version <= $2
                ORDER BY version DESC LIMIT $3";
    let rows = scope.query(sql).bind(up_to).bind(most).all().await?;
    rows.iter()
        .map(|row| {
            Ok(VersionRow {
                programme: read(row)?,
                author: row.text("author")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

/// The document in `document`, with its own number.
pub(in crate::store) fn read(row: &Row) -> Result<Programme, Failure> {
    let mut programme: Programme = serde_json::from_str(&row.text("document")?)?;
    programme.version = row.int("version")?;
    Ok(programme)
}
