//! What is due by the clock of each shop: one row a job and shop, taken with a lease, and a row for each run made.

use super::db::Query;
use super::{Row, Scope, Tx};
use crate::Failure;
use crate::model::Timestamp;

/// A job that is due, and how far an earlier holder got.
#[derive(Clone, Debug)]
pub(crate) struct DueRow {
    pub tenant_id: i64,
    pub job: String,
    pub day: String,
    pub next_at: Timestamp,
    pub cursor: Option<String>,
    pub counted: i64,
}

/// A job that somebody holds.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct HeldJob {
    pub tenant_id: i64,
    pub job: String,
    pub day: String,
    pub owner: String,
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

/// Shops that lack one of these jobs: their numbers, zones, and when they came to be.
pub(crate) async fn shops_without(
    scope: &mut Scope<'_>,
    jobs: &[&str],
) -> Result<Vec<(i64, String, Timestamp)>, Failure> {
    let rows = scope
        .query_by_engine(
            "SELECT t.id, t.zone, t.created_at FROM tenants AS t
              WHERE (SELECT COUNT(*) FROM tenant_jobs AS j WHERE j.tenant_id = t.id
                        AND j.job IN (SELECT value FROM json_each($1))) < $2
              ORDER BY t.id LIMIT 500",
            "SELECT t.id, t.zone, t.created_at FROM tenants AS t
              WHERE (SELECT COUNT(*) FROM tenant_jobs AS j WHERE j.tenant_id = t.id
                        AND j.job IN (SELECT json_array_elements_text($1::json))) < $2
              ORDER BY t.id LIMIT 500",
        )
        .bind(serde_json::to_string(jobs)?)
        .bind(jobs.len() as i64)
        .all()
        .await?;
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

/// Those of `jobs` that are due at `now` and nobody's by the machines' `clock`, the longest waiting first. Jobs of a later
/// version of the program are left to it.
pub(crate) async fn due(
    scope: &mut Scope<'_>,
    jobs: &[&str],
    now: Timestamp,
    clock: Timestamp,
    most: i64,
) -> Result<Vec<DueRow>, Failure> {
    let rows = scope
        .query_by_engine(
            "SELECT tenant_id, job, day, next_at, cursor, counted FROM tenant_jobs
              WHERE next_at <= $2 AND leased_until <= $3 AND job IN (SELECT value FROM json_each($1))
              ORDER BY next_at, tenant_id LIMIT $4",
            "SELECT tenant_id, job, day, next_at, cursor, counted FROM tenant_jobs
              WHERE next_at <= $2 AND leased_until <= $3 AND job IN (SELECT json_array_elements_text($1::json))
              ORDER BY next_at, tenant_id LIMIT $4",
        )
        .bind(serde_json::to_string(jobs)?)
        .bind(now)
        .bind(clock)
        .bind(most)
        .all()
        .await?;
    rows.iter().map(due_row).collect()
}

fn due_row(row: &Row) -> Result<DueRow, Failure> {
    Ok(DueRow {
        tenant_id: row.int("tenant_id")?,
        job: row.text("job")?,
        day: row.text("day")?,
        next_at: row.time("next_at")?,
        cursor: row.text_opt("cursor")?,
        counted: row.int("counted")?,
    })
}

/// Takes a job until `leased_until`; what an earlier holder noted last, or none when somebody was faster.
pub(crate) async fn take(
    scope: &mut Scope<'_>,
    due: &DueRow,
    owner: &str,
    clock: Timestamp,
    leased_until: Timestamp,
) -> Result<Option<DueRow>, Failure> {
    let sql = "UPDATE tenant_jobs SET owner = $4, leased_until = $5
                WHERE tenant_id = $1 AND job = $2 AND day = $3 AND next_at = $7 AND leased_until <= $6
               RETURNING tenant_id, job, day, next_at, cursor, counted";
    let row = scope
        .query(sql)
        .bind(due.job.as_str())
        .bind(due.day.as_str())
        .bind(owner)
        .bind(leased_until)
        .bind(clock)
        .bind(due.next_at)
        .optional()
        .await?;
    row.as_ref().map(due_row).transpose()
}

/// A statement about a job while `owner` holds it: `$2` to `$4` are its name, its day and its owner.
fn held<'s, 'a>(scope: &'s mut Scope<'a>, sql: &'static str, job: &DueRow, owner: &str) -> Query<'s, 'a> {
    scope
        .query(sql)
        .bind(job.job.as_str())
        .bind(job.day.as_str())
        .bind(owner)
}

/// Notes how far the holder got; false when the job is somebody else's by now.
pub(crate) async fn note(
    scope: &mut Scope<'_>,
    job: &DueRow,
    owner: &str,
    leased_until: Timestamp,
) -> Result<bool, Failure> {
    let sql = "UPDATE tenant_jobs SET cursor = $5, counted = $6, leased_until = $7
                WHERE tenant_id = $1 AND job = $2 AND day = $3 AND owner = $4";
    let touched = held(scope, sql, job, owner)
        .bind(job.cursor.as_deref())
        .bind(job.counted)
        .bind(leased_until)
        .execute()
        .await?;
    Ok(touched == 1)
}

/// The run is made: it is recorded, and the job waits for its next day. False when somebody else has done so.
pub(crate) async fn finish(
    tx: &mut Tx,
    job: &DueRow,
    owner: &str,
    run: Option<&RunRow>,
    next: (&str, Timestamp),
) -> Result<bool, Failure> {
    let mut scope = tx.tenant(job.tenant_id);
    let sql = "UPDATE tenant_jobs
                  SET day = $5, next_at = $6, leased_until = 0, owner = NULL, cursor = NULL, counted = 0, error = NULL
                WHERE tenant_id = $1 AND job = $2 AND day = $3 AND owner = $4";
    let touched = held(&mut scope, sql, job, owner)
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

/// The run failed; whoever comes after `leased_until` goes on where it stopped.
pub(crate) async fn fail(
    scope: &mut Scope<'_>,
    job: &DueRow,
    owner: &str,
    error: &str,
    leased_until: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE tenant_jobs SET error = $5, leased_until = $6
                WHERE tenant_id = $1 AND job = $2 AND day = $3 AND owner = $4";
    held(scope, sql, job, owner)
        .bind(error)
        .bind(leased_until)
        .execute()
        .await?;
    Ok(())
}

/// The lease ends now: its holder stops. False when the job is somebody else's by now.
pub(crate) async fn give_back(scope: &mut Scope<'_>, job: &HeldJob) -> Result<bool, Failure> {
    let sql = "UPDATE tenant_jobs SET leased_until = 0 WHERE tenant_id = $1 AND job = $2 AND day = $3 AND owner = $4";
    let given = scope
        .query(sql)
        .bind(job.job.as_str())
        .bind(job.day.as_str())
        .bind(job.owner.as_str())
        .execute()
        .await?;
    Ok(given == 1)
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
