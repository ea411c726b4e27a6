//! The database as it is, past all use cases: for counting by hand and for what would take them too long.

use sqlx::{AssertSqlSafe, Executor, PgPool, Row, SqlitePool};

use crate::shop::Shop;

/// Connections of the test's own.
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    pub async fn of(shop: &Shop) -> Self {
        match shop.url.starts_with("sqlite") {
            true => Self::Sqlite(SqlitePool::connect(&shop.url).await.unwrap()),
            false => Self::Postgres(PgPool::connect(&shop.url).await.unwrap()),
        }
    }

    /// Rows of whole numbers.
    pub async fn numbers(&self, sql: &str) -> Vec<Vec<Option<i64>>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
                rows.iter()
                    .map(|row| (0..row.len()).map(|column| row.get(column)).collect())
                    .collect()
            }
            Self::Postgres(pool) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
                rows.iter()
                    .map(|row| (0..row.len()).map(|column| row.get(column)).collect())
                    .collect()
            }
        }
    }

    /// The only number there is.
    pub async fn number(&self, sql: &str) -> i64 {
        self.numbers(sql).await[0][0].unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => drop(pool.execute(sql).await.unwrap()),
            Self::Postgres(pool) => drop(pool.execute(sql).await.unwrap()),
        }
    }

    /// The names of the tables.
    pub async fn tables(&self) -> Vec<String> {
        self.texts(
            "SELECT name FROM sqlite_schema WHERE type = 'table'",
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'",
        )
        .await
    }

    /// The names of the indexes that hold a part of their table's rows.
    pub async fn partial_indexes(&self) -> Vec<String> {
        self.texts(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'",
            "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% WHERE %'",
        )
        .await
    }

    async fn texts(&self, sqlite: &'static str, postgres: &'static str) -> Vec<String> {
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sqlite).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(postgres).fetch_all(pool).await.unwrap(),
        }
    }

    /// How the engine would run this text with so many parameters, whatever they are: line by line.
    pub async fn plan(
        &self,
        sql: &str,
        parameters: usize,
        types: Option<String>,
    ) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Sqlite(pool) => {
                let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = pool.fetch_all(sqlx::query(sql)).await?;
                Ok(rows.iter().map(|row| row.get("detail")).collect())
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                // A table that is read from end to end although that is forbidden has no index to be read by.
                let begin =
                    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; DEALLOCATE ALL";
                connection.execute(sqlx::raw_sql(begin)).await?;
                let prepare = format!("PREPARE planned{} AS {sql}", types.unwrap_or_default());
                connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await?;
                let nulls = vec!["NULL"; parameters].join(", ");
                let explain = match parameters {
                    0 => "EXPLAIN EXECUTE planned".to_owned(),
                    _ => format!("EXPLAIN EXECUTE planned ({nulls})"),
                };
                let rows = connection
                    .fetch_all(sqlx::raw_sql(AssertSqlSafe(explain)))
                    .await?;
                Ok(rows.iter().map(|row| row.get(0)).collect())
            }
        }
    }
}
