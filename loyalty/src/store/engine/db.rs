//! The only file that knows there are two engines.

use std::sync::Arc;

use sqlx::postgres::{PgArguments, PgPool};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Connection, Executor, Postgres, Sqlite, Transaction};

use super::many_rows::{self, Dialect};
use super::sqlite::{SqliteFile, SqliteTx};
use crate::failure::is_disconnect;
use crate::store::{Row, Value};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A database of either engine. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Db {
    Sqlite(Arc<SqliteFile>),
    Postgres(PgPool),
}

/// A write transaction. Dropping it without [`Tx::commit`] undoes it.
pub(crate) enum Tx {
    Sqlite(SqliteTx),
    /// A reader that sees one moment.
    SqliteSnapshot(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Where statements run, and for which tenant: its id is bound as `$1` of every statement.
pub(crate) struct Scope<'a> {
    source: Source<'a>,
    tenant: Option<i64>,
}

enum Source<'a> {
    Db(&'a Db),
    Tx(&'a mut Tx),
}

/// One statement with what is bound so far.
pub(crate) struct Query<'s, 'a> {
    scope: &'s mut Scope<'a>,
    sql: &'static str,
    values: Vec<Value>,
}

impl Db {
    /// Statements of one tenant.
    pub fn tenant(&self, id: i64) -> Scope<'_> {
        Scope {
            source: Source::Db(self),
            tenant: Some(id),
        }
    }

    /// Statements on tables that belong to no tenant, and token look-ups.
    pub fn global(&self) -> Scope<'_> {
        Scope {
            source: Source::Db(self),
            tenant: None,
        }
    }

    /// Begins a write transaction; on SQLite it holds the one writer.
    pub async fn begin(&self) -> Result<Tx> {
        match self {
            Self::Sqlite(file) => file.begin().await.map(Tx::Sqlite),
            Self::Postgres(pool) => match pool.begin().await {
                Err(error) if is_disconnect(&error) => {
                    drop_broken(pool).await;
                    pool.begin().await.map(Tx::Postgres)
                }
                begun => begun.map(Tx::Postgres),
            },
        }
    }

    /// Begins a transaction that sees one moment and changes nothing.
    pub async fn begin_snapshot(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite(file) => Tx::SqliteSnapshot(file.readers().begin().await?),
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    .await?;
                Tx::Postgres(tx)
            }
        })
    }
}

impl Tx {
    /// Statements of one tenant.
    pub fn tenant(&mut self, id: i64) -> Scope<'_> {
        Scope {
            source: Source::Tx(self),
            tenant: Some(id),
        }
    }

    /// Statements on tables that belong to no tenant.
    pub fn global(&mut self) -> Scope<'_> {
        Scope {
            source: Source::Tx(self),
            tenant: None,
        }
    }

    /// Makes it last.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::SqliteSnapshot(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

impl<'a> Scope<'a> {
    /// Begins a statement; the tenant, where there is one, is already bound as `$1`.
    pub fn query<'s>(&'s mut self, sql: &'static str) -> Query<'s, 'a> {
        let values = self.tenant.map(Value::from).into_iter().collect();
        Query {
            scope: self,
            sql,
            values,
        }
    }

    /// As [`Self::query`], of a text that unfolds many rows from one parameter, in the words of [`many_rows`].
    pub fn query_many<'s>(&'s mut self, sql: &'static str) -> Query<'s, 'a> {
        let dialect = match self.is_postgres() {
            true => Dialect::Postgres,
            false => Dialect::Sqlite,
        };
        self.query(many_rows::in_words_of(sql, dialect))
    }

    /// As [`Self::query`], where the engines have no text in common.
    pub fn query_by_engine<'s>(&'s mut self, sqlite: &'static str, postgres: &'static str) -> Query<'s, 'a> {
        let sql = if self.is_postgres() { postgres } else { sqlite };
        self.query(sql)
    }

    fn is_postgres(&self) -> bool {
        matches!(
            &self.source,
            Source::Db(Db::Postgres(_)) | Source::Tx(Tx::Postgres(_))
        )
    }
}

impl Query<'_, '_> {
    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// All rows of the answer.
    pub async fn all(self) -> Result<Vec<Row>> {
        let Self { scope, sql, values } = self;
        match &mut scope.source {
            Source::Db(Db::Sqlite(file)) => sqlite_rows(file.readers(), sql, values).await,
            Source::Db(Db::Postgres(pool)) => match postgres_rows(pool, sql, values.clone()).await {
                Err(error) if is_disconnect(&error) => {
                    drop_broken(pool).await;
                    postgres_rows(pool, sql, values).await
                }
                rows => rows,
            },
            Source::Tx(Tx::Sqlite(tx)) => sqlite_rows(tx.connection(), sql, values).await,
            Source::Tx(Tx::SqliteSnapshot(tx)) => sqlite_rows(&mut **tx, sql, values).await,
            Source::Tx(Tx::Postgres(tx)) => postgres_rows(&mut **tx, sql, values).await,
        }
    }

    /// A number of every row.
    pub async fn numbers(self, column: &str) -> Result<Vec<i64>> {
        self.all().await?.iter().map(|row| row.int(column)).collect()
    }

    /// The first row, if any.
    pub async fn optional(self) -> Result<Option<Row>> {
        Ok(self.all().await?.into_iter().next())
    }

    /// The only row.
    pub async fn one(self) -> Result<Row> {
        self.optional().await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs a write; the number of rows it touched. Outside a transaction it is one of its own.
    pub async fn execute(self) -> Result<u64> {
        let Self { scope, sql, values } = self;
        match &mut scope.source {
            Source::Db(Db::Sqlite(file)) => {
                let mut tx = file.begin().await?;
                let touched = tx
                    .connection()
                    .execute(sqlite_query(sql, values)?)
                    .await?
                    .rows_affected();
                tx.commit().await?;
                Ok(touched)
            }
            // Writes outside a transaction are conditional ones that may be tried twice.
            Source::Db(Db::Postgres(pool)) => {
                match pool.execute(postgres_query(sql, values.clone())?).await {
                    Err(error) if is_disconnect(&error) => {
                        drop_broken(pool).await;
                        Ok(pool.execute(postgres_query(sql, values)?).await?.rows_affected())
                    }
                    done => Ok(done?.rows_affected()),
                }
            }
            Source::Tx(Tx::Sqlite(tx)) => Ok(tx
                .connection()
                .execute(sqlite_query(sql, values)?)
                .await?
                .rows_affected()),
            Source::Tx(Tx::SqliteSnapshot(tx)) => {
                Ok(tx.execute(sqlite_query(sql, values)?).await?.rows_affected())
            }
            Source::Tx(Tx::Postgres(tx)) => {
                Ok(tx.execute(postgres_query(sql, values)?).await?.rows_affected())
            }
        }
    }
}

/// The pool does not ping: the first statement on a broken connection finds out, and then all idle ones are looked at.
pub(in crate::store) async fn drop_broken(pool: &PgPool) {
    let mut idle = Vec::new();
    while let Some(connection) = pool.try_acquire() {
        idle.push(connection);
    }
    for mut connection in idle {
        if connection.ping().await.is_err() {
            connection.close_on_drop();
        }
    }
}

type SqliteQuery = sqlx::query::Query<'static, Sqlite, SqliteArguments>;
type PostgresQuery = sqlx::query::Query<'static, Postgres, PgArguments>;

pub(in crate::store) fn sqlite_query(sql: &'static str, values: Vec<Value>) -> Result<SqliteQuery> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        value.bind_sqlite(&mut arguments)?;
    }
    Ok(sqlx::query_with(sql, arguments))
}

pub(in crate::store) fn postgres_query(sql: &'static str, values: Vec<Value>) -> Result<PostgresQuery> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), values.len() * 16);
    for value in values {
        value.bind_postgres(&mut arguments)?;
    }
    Ok(sqlx::query_with(sql, arguments))
}

async fn sqlite_rows<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<Row>> {
    let rows = executor.fetch_all(sqlite_query(sql, values)?).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

async fn postgres_rows<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<Row>> {
    let rows = executor.fetch_all(postgres_query(sql, values)?).await?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}
