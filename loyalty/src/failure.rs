//! What is not a refusal: one opaque failure, logged once at the edge.

use std::fmt;
use std::sync::Arc;

use sqlx::sqlite::SqliteError;

/// Something broke. The text is for the log, never for a person.
#[derive(Clone, Debug)]
pub struct Failure {
    what: String,
    is_unavailable: bool,
}

impl Failure {
    /// A failure that a person has to look at.
    pub fn new(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            is_unavailable: false,
        }
    }

    /// True when the database could not be reached: trying again later may help.
    pub fn is_unavailable(&self) -> bool {
        self.is_unavailable
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let root = root(&error);
        let is_unavailable =
            is_disconnect(root) || is_held(root) || matches!(root, sqlx::Error::PoolTimedOut);
        let what = match is_locked(root) {
            true => format!("another program holds the lock of the database file and writes to it: {root}"),
            false => format!("database: {root}"),
        };
        Self { what, is_unavailable }
    }
}

/// One error for all who waited for the same thing.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Shared(Arc<sqlx::Error>);

impl Shared {
    pub fn new(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }

    /// For one of them.
    pub fn again(&self) -> sqlx::Error {
        sqlx::Error::AnyDriverError(Box::new(self.clone()))
    }
}

fn root(error: &sqlx::Error) -> &sqlx::Error {
    match error {
        sqlx::Error::AnyDriverError(inner) => match inner.downcast_ref::<Shared>() {
            Some(shared) => &shared.0,
            None => error,
        },
        _ => error,
    }
}

/// The primary code of an error of SQLite.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let sqlx::Error::Database(error) = error else {
        return None;
    };
    error.try_downcast_ref::<SqliteError>()?;
    // Its extended codes carry the primary one in their lowest byte.
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}

/// SQLITE_BUSY: another program holds the lock of the file.
pub(crate) fn is_locked(error: &sqlx::Error) -> bool {
    sqlite_code(root(error)) == Some(5)
}

/// The rows themselves are at fault, so that others may be well: a constraint, a type, or not as many as were planned.
pub(crate) fn is_of_rows(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Protocol(_)) || matches!(sqlite_code(error), Some(19 | 20))
}

/// Somebody else holds what is needed, or the statement took too long (57014, 55P03): trying again later may help.
fn is_held(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else {
        return false;
    };
    is_locked(error)
        || database
            .code()
            .is_some_and(|code| code == "57014" || code == "55P03")
}

impl From<sqlx::migrate::MigrateError> for Failure {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::new(format_args!("migration: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(format_args!("file: {error}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format_args!("stored document: {error}"))
    }
}

/// The connection is gone, or the server is going: whether the statement ran is not known.
pub(crate) fn is_disconnect(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        // 57P01–57P03: the server is shutting down or starting. Class 08: connection exceptions.
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("57P0") || code.starts_with("08")),
        _ => false,
    }
}
