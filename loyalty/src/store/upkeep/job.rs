//! What is due by the clock of each shop: one row a job and shop, taken with a lease, and a row for each run made.

use super::lease::{self, Lease, Leased, leased};
use crate::Failure;
use crate::model::Timestamp;
use crate::store::{Row, Scope, Tx};

/// A job that was taken, and how far an earlier holder got.
#[derive(Clone, Debug)]
pub(crate) struct TakenRow {
    pub tenant_id: i64,
    pub id: i64,
    /// How often it was taken, this time included.
    pub attempts: i64,
    pub job: String,
    pub day: String,
    pub next_at: Timestamp,
    pub cursor: Option<String>,
    pub counted: i64,
}

/// A run of a job for a shop's day.
#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    pub job: String,
    pub day: String,
    pub scheduled_at: Timestamp,
    pub finished_at: Timestamp,
    pub counted: i64,
}

/// The jobs that this program knows. Those of a later version are left to it.
macro_rules! known_jobs {
    () => {
        "job IN ('figures', 'tier_review', 'expiry', 'segments', 'birthdays', 'reminders', 'pulse')"
    };
}

/// Jobs, each of which always waits for its next day.
pub(crate) static JOBS: Leased =
    leased!("tenant_jobs", waiting: known_jobs!(), due: "next_at", order: "next_at");

/// Shops that have not all `many` jobs that this program knows: their numbers, zones, and when they came to be.
pub(crate) async fn shops_without(
    scope: &mut Scope<'_>,
    many: usize,
) -> Result<Vec<(i64, String, Timestamp)>, Failure> {
    let sql = concat!(
        "SELECT t.id, t.zone, t.created_at FROM tenants AS t
          WHERE (SELECT COUNT(*) FROM tenant_jobs AS j WHERE j.tenant_id = t.id AND j.",
        known_jobs!(),
        ") < $1
          ORDER BY t.id LIMIT 500"
    );
    let rows = scope.query(sql).bind(many as i64).all().await?;
    rows.iter()
        .map(|row| Ok((row.int("id")?, row.text("zone")?, row.time("created_at")?)))
        .collect()
}

/// Adds a job to a shop, unless it is there.
pub(crate) async fn add(
    scope: &mut Scope<'_>,
    job: &str,
    day: &str,
    next_at: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO tenant_jobs (tenant_id, job, day, next_at, leased_until, counted)
               VALUES ($1, $2, $3, $4, 0, 0)
               ON CONFLICT (tenant_id, job) DO NOTHING";
    scope
        .query(sql)
        .bind(job)
        .bind(day)
        .bind(next_at)
        .execute()
        .await?;
    Ok(())
}

/// Takes jobs of a shop that are due; the longest waiting first.
pub(crate) async fn take(scope: &mut Scope<'_>, lease: Lease, most: i64) -> Result<Vec<TakenRow>, Failure> {
    let ids = lease::take(scope, JOBS.take, lease, most).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_many(
            "SELECT tenant_id, id, attempts, job, day, next_at, cursor, counted FROM tenant_jobs
              WHERE tenant_id = $1 AND id IN LIST ($2)
              ORDER BY next_at, id",
        )
        .bind(serde_json::to_string(&ids)?)
        .all()
        .await?;
    rows.iter().map(taken_row).collect()
}

fn taken_row(row: &Row) -> Result<TakenRow, Failure> {
    Ok(TakenRow {
        tenant_id: row.int("tenant_id")?,
        id: row.int("id")?,
        attempts: row.int("attempts")?,
        job: row.text("job")?,
        day: row.text("day")?,
        next_at: row.time("next_at")?,
        cursor: row.text_opt("cursor")?,
        counted: row.int("counted")?,
    })
}

/// Notes how far the holder got; false when the job is somebody else's by now.
pub(crate) async fn note(
    scope: &mut Scope<'_>,
    job: &TakenRow,
    leased_until: Timestamp,
) -> Result<bool, Failure> {
    let sql = "UPDATE tenant_jobs SET cursor = $4, counted = $5, leased_until = $6, owner = NULL
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3";
    let touched = scope
        .query(sql)
        .bind(job.id)
        .bind(job.attempts)
        .bind(job.cursor.as_deref())
        .bind(job.counted)
        .bind(leased_until)
        .execute()
        .await?;
    Ok(touched == 1)
}

/// The run is made: it is recorded, and the job waits for its next day. False when the job is somebody else's by now.
pub(crate) async fn finish(
    tx: &mut Tx,
    job: &TakenRow,
    run: Option<&RunRow>,
    next: (&str, Timestamp),
) -> Result<bool, Failure> {
    let mut scope = tx.tenant(job.tenant_id);
    let sql = "UPDATE tenant_jobs
                  SET day = $4, next_at = $5, leased_until = 0, owner = NULL, cursor = NULL, counted = 0, error = NULL
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3";
    let touched = scope
        .query(sql)
        .bind(job.id)
        .bind(job.attempts)
        .bind(next.0)
        .bind(next.1)
        .execute()
        .await?;
    if touched == 0 {
        return Ok(false);
    }
    let Some(run) = run else { return Ok(true) };
    let sql = "INSERT INTO job_runs (tenant_id, job, day, scheduled_at, finished_at, counted)
               VALUES ($1, $2, $3, $4, $5, $6)";
    scope
        .query(sql)
        .bind(run.job.as_str())
        .bind(run.day.as_str())
        .bind(run.scheduled_at)
        .bind(run.finished_at)
        .bind(run.counted)
        .execute()
        .await?;
    Ok(true)
}

/// The run failed; whoever comes after `leased_until` goes on where it stopped. The day that it is for stays.
pub(crate) async fn fail(
    scope: &mut Scope<'_>,
    job: &TakenRow,
    error: &str,
    leased_until: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE tenant_jobs SET error = $4, leased_until = $5, owner = NULL
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3";
    scope
        .query(sql)
        .bind(job.id)
        .bind(job.attempts)
        .bind(error)
        .bind(leased_until)
        .execute()
        .await?;
    Ok(())
}

/// Deletes runs of days before `day`; how many.
pub(crate) async fn forget_runs(scope: &mut Scope<'_>, day: &str) -> Result<u64, Failure> {
    let sql = "DELETE FROM job_runs
                WHERE tenant_id = $1 AND (job, day) IN (SELECT job, day FROM job_runs
                       WHERE tenant_id = $1 AND day < $2 LIMIT 2000)";
    Ok(scope.query(sql).bind(day).execute().await?)
}

/// The newest runs of a shop.
pub(crate) async fn runs(scope: &mut Scope<'_>, most: i64) -> Result<Vec<RunRow>, Failure> {
    let sql = "SELECT job, day, scheduled_at, finished_at, counted FROM job_runs
                WHERE tenant_id = $1 ORDER BY day DESC, job LIMIT $2";
    let rows = scope.query(sql).bind(most).all().await?;
    rows.iter()
        .map(|row| {
            Ok(RunRow {
                job: row.text("job")?,
                day: row.text("day")?,
                scheduled_at: row.time("scheduled_at")?,
                finished_at: row.time("finished_at")?,
                counted: row.int("counted")?,
            })
        })
        .collect()
}
