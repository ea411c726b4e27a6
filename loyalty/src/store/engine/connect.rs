//! Opening a database by its URL.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::sqlite::SqliteFile;
use crate::Failure;
use crate::store::Db;

/// What connections to PostgreSQL are allowed.
struct Pace {
    connections: u32,
    acquire_seconds: u64,
    /// Run on each of them. Statements are few and always the same: planning one anew costs more than running it.
    begin: &'static str,
}

/// Requests: somebody waits, and gives up after half a minute. A transaction between two statements waits for nobody.
const IN_HASTE: Pace = Pace {
    connections: 32,
    acquire_seconds: 5,
    begin: "SET plan_cache_mode = force_generic_plan; SET statement_timeout = '20s'; SET lock_timeout = '5s';
            SET idle_in_transaction_session_timeout = '30s'",
};

/// Jobs, checks, everything by the clock: statements over whole shops, and snapshots that are read for minutes.
const AT_LEISURE: Pace = Pace {
    connections: 16,
    acquire_seconds: 30,
    begin: "SET plan_cache_mode = force_generic_plan; SET statement_timeout = 0; SET lock_timeout = '1min';
            SET idle_in_transaction_session_timeout = '1h'",
};

fn pool(options: PgConnectOptions, pace: &Pace) -> PgPool {
    let begin = pace.begin;
    PgPoolOptions::new()
        .max_connections(pace.connections)
        .acquire_timeout(Duration::from_secs(pace.acquire_seconds))
        // A ping before every use would be a round trip; the first broken statement is tried again.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(begin).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options)
}

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
            Place::Postgres(options) => Ok(Self::Postgres(pool(*options, &IN_HASTE))),
        }
    }

    /// The same database for work that nobody waits for.
    pub fn at_leisure(&self) -> Self {
        match self {
            Self::Sqlite(file) => Self::Sqlite(Arc::clone(file)),
            Self::Postgres(hasty) => {
                let options = PgConnectOptions::clone(&hasty.connect_options());
                Self::Postgres(pool(options, &AT_LEISURE))
            }
        }
    }

    /// Closes it.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
