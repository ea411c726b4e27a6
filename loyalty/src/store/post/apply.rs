//! Applying a posting: atomically or not at all, and only to the version it was decided on.

use std::sync::Arc;

use super::posted::Posted;
use super::rows::PostingRows;
use super::{group_postgres, postgres, sqlite};
use crate::Failure;
use crate::failure::is_disconnect;
use crate::store::engine::committer::Committer;
use crate::store::engine::db::drop_broken;
use crate::store::{Db, Tx};

/// Where postings of a database go. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Postings {
    db: Db,
    /// On SQLite those that come at about the same time share a commit.
    committer: Option<Arc<Committer<Box<PostingRows>>>>,
}

impl Postings {
    /// Those of this database.
    pub fn of(db: &Db) -> Self {
        let committer = match db {
            Db::Sqlite(file) => Some(Arc::new(Committer::start(file))),
            Db::Postgres(_) => None,
        };
        Self {
            db: db.clone(),
            committer,
        }
    }

    /// The same, by other connections to the database.
    pub fn by(&self, db: &Db) -> Self {
        Self {
            db: db.clone(),
            committer: self.committer.clone(),
        }
    }

    /// Waits for those that are queued; none is taken any more.
    pub async fn close(&self) {
        if let Some(committer) = &self.committer {
            committer.close().await;
        }
    }
    /// Applies the rows in a transaction of their own (on SQLite shared with others that wait).
    pub async fn post(&self, rows: Box<PostingRows>) -> Result<Posted, Failure> {
        let posted = match (&self.db, &self.committer) {
            (Db::Sqlite(_), None) => return Err(Failure::new("SQLite has no committer")),
            (Db::Sqlite(_), Some(committer)) => committer.write(rows).await?,
            (Db::Postgres(pool), _) => match postgres::post(pool, &rows).await {
                Err(error) if is_disconnect(&error) => self.post_again(pool, &rows).await?,
                posted => posted?,
            },
        };
        let outcome = match posted {
            Posted::Done => "done",
            Posted::Stale => "stale",
            Posted::Repeated => "repeated",
        };
        metrics::counter!("bonex_postings_total", "outcome" => outcome).increment(1);
        Ok(posted)
    }

    /// Applies rows of several accounts of one shop, none of them with a sale, a return or a key: together where that
    /// goes, else one by one; how each went.
    #[expect(clippy::vec_box, reason = "one that is posted alone goes on in its box")]
    pub async fn post_group(&self, group: Vec<Box<PostingRows>>) -> Result<Vec<Posted>, Failure> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let posted = match &self.db {
            Db::Sqlite(file) => {
                let mut tx = file.begin().await?;
                match sqlite::apply(tx.connection(), &group).await {
                    Ok(outcomes) => {
                        tx.commit().await?;
                        Some(outcomes)
                    }
                    Err(error) => {
                        tracing::debug!(%error, "a group is posted one by one");
                        None
                    }
                }
            }
            // After a lost connection some may be posted and some not: each one's own version tells.
            Db::Postgres(pool) => match group_postgres::post_group(pool, &group).await {
                Err(error) if is_disconnect(&error) => None,
                posted => posted?,
            },
        };
        if let Some(posted) = posted {
            return Ok(posted);
        }
        let mut outcomes = Vec::with_capacity(group.len());
        for rows in group {
            outcomes.push(self.post(rows).await?);
        }
        Ok(outcomes)
    }

    /// The connection broke and nobody knows whether the statement ran: try the very same rows again. If they are
    /// there already, the version guard refuses them and their own ids tell that it was us.
    async fn post_again(&self, pool: &sqlx::PgPool, rows: &PostingRows) -> Result<Posted, Failure> {
        drop_broken(pool).await;
        let posted = postgres::post(pool, rows).await?;
        if posted != Posted::Done && self.landed(rows).await? {
            return Ok(Posted::Done);
        }
        Ok(posted)
    }

    async fn landed(&self, rows: &PostingRows) -> Result<bool, Failure> {
        let mut scope = self.db.tenant(rows.client.tenant_id);
        let found = match (rows.entries.first(), &rows.sale, &rows.returned) {
            (Some(entry), ..) => {
                let sql = "SELECT id FROM entries WHERE tenant_id = $1 AND client_id = $2 AND number = $3 AND id = $4";
                scope
                    .query(sql)
                    .bind(entry.client_id)
                    .bind(entry.number)
                    .bind(entry.id)
                    .optional()
                    .await?
            }
            (None, Some(sale), _) => {
                scope
                    .query("SELECT id FROM sales WHERE tenant_id = $1 AND id = $2")
                    .bind(sale.id)
                    .optional()
                    .await?
            }
            (None, None, Some(returned)) => {
                let sql = "SELECT id FROM returns WHERE tenant_id = $1 AND id = $2";
                scope.query(sql).bind(returned.id).optional().await?
            }
            (None, None, None) => None,
        };
        Ok(found.is_some())
    }
}

impl Tx {
    /// Applies the rows inside this transaction. After [`Posted::Repeated`] the transaction is of no more use.
    pub async fn post(&mut self, rows: Box<PostingRows>) -> Result<Posted, Failure> {
        Ok(match self {
            Self::Sqlite(tx) => match sqlite::apply(tx.connection(), &[rows]).await {
                Ok(outcomes) => outcomes[0],
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Posted::Repeated,
                Err(error) => return Err(error.into()),
            },
            Self::SqliteSnapshot(_) => return Err(Failure::new("a snapshot can't be posted to")),
            Self::Postgres(tx) => postgres::post(&mut **tx, &rows).await?,
        })
    }
}
