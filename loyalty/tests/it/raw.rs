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
}
