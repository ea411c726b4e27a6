//! Opening a database by its URL.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::Db;
use super::sqlite::SqliteFile;
use crate::Failure;

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

impl Place {
    /// Reads `sqlite://path` or `postgres://…`.
    pub fn parse(url: &str) -> Result<Self, Failure> {
        if let Some(path) = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
        {
            let path = path.split('?').next().unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(Failure::new(
                    "the database URL names no file: write sqlite://data/bonex.db",
                ));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // The URL may hold a password: the error must not repeat it.
            let options = PgConnectOptions::from_str(url).map_err(|_| {
                Failure::new("the PostgreSQL URL can't be read: write postgres://user:password@host/name")
            })?;
            return Ok(Self::Postgres(Box::new(options.disable_statement_logging())));
        }
        Err(Failure::new(
            "the database URL must begin with sqlite:// or postgres://",
        ))
    }
}

impl Db {
    /// Opens the database; PostgreSQL connects when first needed.
    pub async fn open(place: Place) -> Result<Self, Failure> {
        match place {
            Place::Sqlite(path) => SqliteFile::open(&path).await.map(Self::Sqlite),
            Place::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(32)
                    .acquire_timeout(Duration::from_secs(5))
                    // A ping before every use would be a round trip; the first broken statement is tried again.
                    .test_before_acquire(false)
                    // Statements are few and always the same: planning one anew costs more than running it.
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            connection
                                .execute("SET plan_cache_mode = force_generic_plan")
                                .await?;
                            Ok(())
                        })
                    })
                    .connect_lazy_with(*options);
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Waits for queued postings, then closes.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
