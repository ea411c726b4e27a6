//! Which migrations a database has had.

use std::collections::BTreeSet;

use sqlx::migrate::Migrate;

use crate::Failure;

/// The versions that ran; none in a database where none ever did.
pub(in crate::store) async fn applied<C: Migrate>(
    connection: &mut C,
) -> Result<Option<BTreeSet<i64>>, Failure> {
    match connection.list_applied_migrations("_sqlx_migrations").await {
        Ok(applied) if applied.is_empty() => Ok(None),
        Ok(applied) => Ok(Some(applied.iter().map(|migration| migration.version).collect())),
        // The table of migrations is made by the first run.
        Err(sqlx::migrate::MigrateError::Execute(sqlx::Error::Database(_))) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
