//! The schema: shared migrations merged by number with those of one engine. Rules for whoever writes one are in
//! `migrations/README.md`.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::PgPool;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::applied::applied;
use crate::Failure;
use crate::store::Db;

static SHARED: Migrator = sqlx::migrate!("../migrations");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The first line of a migration that can't run in a transaction.
const NO_TRANSACTION: &str = "-- no transaction";
/// Whoever migrates a PostgreSQL database holds this advisory lock: «bonex».
const LOCK: i64 = 0x62_6f_6e_65_78;
/// How often somebody who waits for it looks again.
const LOCK_PAUSE: Duration = Duration::from_millis(200);

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
            Self::Sqlite(file) => file.migrate(&merged(&SQLITE)).await,
            Self::Postgres(pool) => migrate_postgres(pool, merged(&POSTGRES)).await,
        }
    }

    /// How far the schema is.
    pub async fn schema(&self) -> Result<Schema, Failure> {
        let (own, applied) = match self {
            Self::Sqlite(file) => {
                let mut connection = file.readers().acquire().await?;
                (&SQLITE, applied(&mut *connection).await?)
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                (&POSTGRES, applied(&mut *connection).await?)
            }
        };
        let is_there = |applied: &BTreeSet<i64>| all(own).all(|known| applied.contains(&known.version));
        Ok(match applied {
            None => Schema::Empty,
            Some(applied) if is_there(&applied) => Schema::Current,
            Some(_) => Schema::Old,
        })
    }
}

/// On a connection of its own, which no time-out of requests cuts. A table that is in use is waited for, but not for ever:
/// whoever wants it after us waits for us.
async fn migrate_postgres(pool: &PgPool, mut migrator: Migrator) -> Result<(), Failure> {
    let mut connection: PgConnection = pool.connect_options().connect().await?;
    connection.execute("SET lock_timeout = '30s'").await?;
    // Asked for again and again: a statement that waits is a snapshot, which `CREATE INDEX CONCURRENTLY` waits for in turn.
    let wanted = "SELECT pg_try_advisory_lock($1)";
    while !sqlx::query_scalar::<_, bool>(wanted)
        .bind(LOCK)
        .fetch_one(&mut connection)
        .await?
    {
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    migrator.set_locking(false);
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    // The lock ends with the connection.
    connection.close().await?;
    Ok(migrated?)
}

fn all(own: &'static Migrator) -> impl Iterator<Item = &'static Migration> {
    SHARED.iter().chain(own.iter())
}

fn merged(own: &'static Migrator) -> Migrator {
    let marked = |migration: &Migration| {
        let mut migration = migration.clone();
        migration.no_tx = is_apart(migration.sql.as_str());
        migration
    };
    Migrator::with_migrations(all(own).map(marked).collect())
}

fn is_apart(sql: &str) -> bool {
    sql.lines()
        .next()
        .is_some_and(|line| line.trim_end() == NO_TRANSACTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last that was written before there were rules.
    const RULES_SINCE: i64 = 9;

    fn statements(sql: &str) -> usize {
        let code: String = sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        code.split(';')
            .filter(|statement| !statement.trim().is_empty())
            .count()
    }

    fn every() -> impl Iterator<Item = &'static Migration> {
        SHARED.iter().chain(SQLITE.iter()).chain(POSTGRES.iter())
    }

    #[test]
    fn what_runs_outside_a_transaction_is_one_statement_that_can_be_repeated() {
        for migration in every().filter(|migration| is_apart(migration.sql.as_str())) {
            let sql = migration.sql.as_str();
            assert_eq!(statements(sql), 1, "{}", migration.version);
            assert!(
                sql.contains("IF NOT EXISTS") || sql.contains("IF EXISTS"),
                "{}",
                migration.version
            );
        }
    }

    #[test]
    fn what_can_not_run_in_a_transaction_says_so() {
        for migration in every() {
            let sql = migration.sql.as_str();
            let needs_it = ["CONCURRENTLY", "VACUUM"].iter().any(|word| {
                let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
                code.into_iter().any(|line| line.contains(word))
            });
            assert!(!needs_it || is_apart(sql), "{}", migration.version);
        }
    }

    #[test]
    fn a_migration_says_why_it_is_there_and_keeps_its_transaction_to_itself() {
        for migration in every().filter(|migration| migration.version >= RULES_SINCE) {
            let sql = migration.sql.as_str();
            assert!(
                sql.starts_with("-- "),
                "{}: begin with a comment",
                migration.version
            );
            for word in ["BEGIN;", "COMMIT;", "ROLLBACK;"] {
                assert!(!sql.contains(word), "{}: {word}", migration.version);
            }
        }
    }

    #[test]
    fn numbers_are_unique_on_each_engine() {
        for own in [&SQLITE, &POSTGRES] {
            let versions: BTreeSet<i64> = all(own).map(|migration| migration.version).collect();
            assert_eq!(versions.len(), all(own).count());
        }
    }

    #[test]
    fn only_the_first_line_takes_a_migration_out_of_its_transaction() {
        assert!(is_apart(
            "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c);\n"
        ));
        assert!(!is_apart("-- Why.\n-- no transaction\nSELECT 1;\n"));
        assert!(!is_apart("-- no transactions are read here\nSELECT 1;\n"));
    }
}
