//! What is not a refusal: one opaque failure, logged once at the edge.

use std::fmt;

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
        let is_unavailable = is_disconnect(&error) || matches!(error, sqlx::Error::PoolTimedOut);
        Self {
            what: format!("database: {error}"),
            is_unavailable,
        }
    }
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
