//! The schema: shared migrations merged by number with those of one engine.

use sqlx::migrate::{Migrate, Migrator};

use super::Db;
use crate::Failure;

static SHARED: Migrator = sqlx::migrate!("../migrations");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// What stands in the database, compared with what this binary knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Schema {
    /// No migration ran yet.
    Empty,
    /// Some are missing.
    Old,
    /// As this binary expects, or newer.
    Current,
}

impl Db {
    /// Brings the schema to the newest version. Several processes may try at once.
    pub async fn migrate(&self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(file) => file.migrate(&merged(&SQLITE)).await?,
            Self::Postgres(pool) => merged(&POSTGRES).run(pool).await?,
        }
        Ok(())
    }

    /// How far the schema is.
    pub async fn schema(&self) -> Result<Schema, Failure> {
        let (newest, applied) = match self {
            Self::Sqlite(file) => {
                let mut connection = file.readers().acquire().await?;
                (newest(&SQLITE), applied(&mut *connection).await)
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                (newest(&POSTGRES), applied(&mut *connection).await)
            }
        };
        Ok(match applied? {
            None => Schema::Empty,
            Some(version) if version < newest => Schema::Old,
            Some(_) => Schema::Current,
        })
    }
}

async fn applied<C>(connection: &mut C) -> Result<Option<i64>, Failure>
where
    C: Migrate,
{
    match connection.list_applied_migrations("_sqlx_migrations").await {
        Ok(applied) => Ok(applied.iter().map(|migration| migration.version).max()),
        // The table of migrations is made by the first run.
        Err(sqlx::migrate::MigrateError::Execute(sqlx::Error::Database(_))) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn merged(own: &'static Migrator) -> Migrator {
    let all: Vec<_> = SHARED.iter().chain(own.iter()).cloned().collect();
    Migrator::with_migrations(all)
}

fn newest(own: &'static Migrator) -> i64 {
    SHARED
        .iter()
        .chain(own.iter())
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}
