//! One SQLite file: a pool of readers and one writer behind a lock that other processes respect.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::sqlite_copy::copy_before;
use crate::failure::is_locked;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// How long a program that is none of ours, and takes no turns, is waited for when it writes to the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open SQLite database.
pub(crate) struct SqliteFile {
    path: PathBuf,
    readers: SqlitePool,
    writer: Arc<Mutex<Writer>>,
    refusals: Arc<AtomicU64>,
}

/// The one connection that writes, with the file whose lock every writing process takes first.
pub(crate) struct Writer {
    connection: Option<SqliteConnection>,
    turn: Arc<File>,
    /// How often another program's lock was waited for in vain.
    refusals: Arc<AtomicU64>,
}

/// A write transaction on the one writer.
pub(crate) struct SqliteTx {
    writer: Option<OwnedMutexGuard<Writer>>,
}

impl SqliteFile {
    /// Opens the file, creating it and its folder when absent.
    pub async fn open(path: &Path) -> std::result::Result<Arc<Self>, crate::Failure> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Copying the log into the file stops the writer: 16 MB of log make it rare.
            .pragma("wal_autocheckpoint", "4000")
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".writer");
        let turn = Arc::new(
            File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(lock_path)?,
        );
        // The first connection creates the file and switches it to WAL, so it takes its turn as well.
        lock(&turn).await?;
        let connection = options.connect().await;
        turn.unlock()?;
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            // A file does not go away: asking before every use would only cost a trip to the reader's thread.
            .test_before_acquire(false)
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        let refusals = Arc::new(AtomicU64::new(0));
        Ok(Arc::new(Self {
            path: path.to_owned(),
            readers,
            writer: Arc::new(Mutex::new(Writer {
                connection: Some(connection?),
                turn,
                refusals: Arc::clone(&refusals),
            })),
            refusals,
        }))
    }

    /// Read-only connections.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// The one connection that writes.
    pub(super) fn writer(&self) -> Arc<Mutex<Writer>> {
        Arc::clone(&self.writer)
    }

    /// Takes the writer and begins. Whoever waited for the writer while it waited in vain for another program does not
    /// begin to wait anew.
    pub async fn begin(&self) -> Result<SqliteTx> {
        let refusals = self.refusals.load(Ordering::Relaxed);
        let writer = Arc::clone(&self.writer).lock_owned().await;
        if self.refusals.load(Ordering::Relaxed) != refusals {
            return Err(sqlx::Error::PoolTimedOut);
        }
        to_the_end(SqliteTx::begin(writer)).await
    }

    /// Runs migrations on the writer, alone among processes, on a database that was copied before.
    pub async fn migrate(&self, migrator: &Migrator) -> std::result::Result<(), crate::Failure> {
        let mut writer = self.writer.lock().await;
        let turn = Arc::clone(&writer.turn);
        lock(&turn).await?;
        let migrated = writer.migrate(migrator, &self.path).await;
        turn.unlock()?;
        migrated
    }

    /// Closes it; whoever writes in groups has ended before.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(connection) = self.writer.lock().await.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the SQLite writer did not close cleanly");
        }
    }
}

impl Writer {
    /// The one connection that writes.
    ///
    /// # Errors
    /// The database has been closed.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    async fn migrate(&mut self, migrator: &Migrator, path: &Path) -> std::result::Result<(), crate::Failure> {
        let connection = self.connection()?;
        copy_before(migrator, path, connection).await?;
        Ok(migrator.run_direct(None, connection, false).await?)
    }

    /// Takes the turn among processes and begins.
    pub async fn begin(&mut self) -> Result<()> {
        let turn = Arc::clone(&self.turn);
        lock(&turn).await?;
        let begun = match self.connection() {
            Ok(connection) => connection.execute("BEGIN IMMEDIATE").await.map(|_| ()),
            Err(error) => Err(error),
        };
        if let Err(error) = &begun {
            self.turn.unlock()?;
            if is_locked(error) {
                self.refusals.fetch_add(1, Ordering::Relaxed);
                tracing::error!("another program writes to the database file and does not end: close it");
            }
        }
        begun
    }

    /// Commits and gives the turn away.
    pub async fn commit(&mut self) -> Result<()> {
        let committed = self.connection()?.execute("COMMIT").await;
        if committed.is_err() {
            self.rollback().await;
            committed?;
        }
        self.turn.unlock()?;
        Ok(())
    }

    /// Undoes and gives the turn away.
    pub async fn rollback(&mut self) {
        if let Ok(connection) = self.connection()
            && let Err(error) = connection.execute("ROLLBACK").await
        {
            // SQLite may have rolled back by itself (a full disk); nothing is open then.
            tracing::debug!(%error, "nothing to roll back");
        }
        if let Err(error) = self.turn.unlock() {
            tracing::error!(%error, "the writer's file lock was not released");
        }
    }
}

impl SqliteTx {
    async fn begin(mut writer: OwnedMutexGuard<Writer>) -> Result<Self> {
        writer.begin().await?;
        Ok(Self { writer: Some(writer) })
    }

    /// The connection inside the transaction.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        let writer = self
            .writer
            .as_mut()
            .expect("a transaction holds the writer until it ends");
        writer
            .connection()
            .expect("the writer is open while a transaction holds it")
    }

    /// Makes it last.
    pub async fn commit(mut self) -> Result<()> {
        let mut writer = self.writer.take().expect("a transaction ends once");
        to_the_end(async move { writer.commit().await }).await
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            tokio::spawn(async move { writer.rollback().await });
        }
    }
}

/// Runs to its end even when the caller goes away in the middle, as a request does whose client hangs up: half a BEGIN
/// or COMMIT would leave the one writer inside a transaction that nobody ends.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed))
}

/// Waits for the file's lock without blocking the runtime.
async fn lock(turn: &Arc<File>) -> std::io::Result<()> {
    match turn.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => {
            let turn = Arc::clone(turn);
            tokio::task::spawn_blocking(move || turn.lock())
                .await
                .map_err(std::io::Error::other)?
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
