//! What is due by the clock of each shop: once per shop and day (the pulse apart), in the shop's own time zone, whatever
//! the number of processes (ruling 35). A missed day is made up for, in its order.

use std::sync::Arc;
use std::time::Duration;

use crate::Loyalty;
use crate::model::{Date, Job, Tenant, Timestamp, Zone};
use crate::store::account::batch::LotPlace;
use crate::store::platform::tenant;
use crate::store::upkeep::job::{self, JOBS, RunRow, TakenRow};
use crate::store::upkeep::lease::{self, Lease};
use crate::usecase::account::expire::{expire_some, remind_some};
use crate::usecase::account::give_birthdays;
use crate::usecase::programme::review_tiers;
use crate::usecase::{
    Error, measure_campaigns, refresh_cohorts, refresh_figures, refresh_interests, review_segments,
};

/// How long a job is its holder's after each batch.
const LEASE_SECONDS: i64 = 60;
/// How often the lease is renewed while a batch takes longer.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// After a failure it is left alone for so long.
const PAUSE_SECONDS: i64 = 30;
/// A job that can't be read is left alone for so long.
const UNREADABLE_SECONDS: i64 = 3600;
/// After a panic it is left alone for so long: it would most likely end in the next.
const BROKEN_SECONDS: i64 = 600;
/// Purchases older than this leave the year.
const YEAR_DAYS: i64 = 365;

/// A job taken for one run; its holder's alone while the lease lasts.
#[derive(Clone)]
pub struct TakenJob {
    job: Job,
    shop: Arc<Tenant>,
    day: Date,
    row: TakenRow,
    heartbeat: Duration,
}

/// A run that was made.
#[derive(Clone, Debug)]
pub struct JobRun {
    /// Which job.
    pub job: Job,
    /// For which day of the shop, `YYYY-MM-DD`.
    pub day: String,
    /// When it was due.
    pub scheduled_at: Timestamp,
    /// When it was finished.
    pub finished_at: Timestamp,
    /// How many clients it concerned.
    pub counted: i64,
}

/// Gives shops the jobs that they do not have yet: a new shop's begin with their first time after it was made, one that an
/// older shop did not have with its first time of the last day.
///
/// # Errors
/// The database refuses.
pub async fn plan_jobs(loyalty: &Loyalty) -> Result<(), Error> {
    loop {
        let shops = job::shops_without(&mut loyalty.db().global(), Job::ALL.len()).await?;
        if shops.is_empty() {
            return Ok(());
        }
        for (tenant_id, zone, created_at) in shops {
            let zone = Zone::named(&zone).unwrap_or(Zone::DUSHANBE);
            let begin = created_at.max(loyalty.now().plus_days(-1));
            let mut tx = loyalty.db().begin().await?;
            let mut scope = tx.tenant(tenant_id);
            for one in Job::ALL {
                let (day, next_at) = one.first_after(begin, zone);
                job::add(&mut scope, one.as_str(), &day.to_string(), next_at).await?;
            }
            tx.commit().await?;
        }
    }
}

/// Shops with a job to run now.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_jobs(loyalty: &Loyalty) -> Result<Vec<i64>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    Ok(lease::shops_with_work(&mut loyalty.db().global(), &JOBS, now, clock).await?)
}

/// Takes up to `most` jobs of a shop that are due, the longest waiting first; each is this caller's for a minute, and for
/// as long as it runs. One that can't be read is set aside for an hour with its error.
///
/// # Errors
/// The database refuses.
pub async fn take_jobs(loyalty: &Loyalty, tenant_id: i64, most: i64) -> Result<Vec<TakenJob>, Error> {
    let shop = match tenant::by_id(&mut loyalty.db().global(), tenant_id).await {
        Err(error) if error.is_unavailable() => return Err(error.into()),
        shop => shop.ok().flatten().map(Arc::new),
    };
    let clock = loyalty.system_now();
    let lease = Lease {
        now: loyalty.now(),
        clock,
        until: clock.plus_seconds(LEASE_SECONDS),
    };
    let (mut taken, mut tx) = (Vec::new(), loyalty.db().begin().await?);
    let mut scope = tx.tenant(tenant_id);
    for row in job::take(&mut scope, lease, most).await? {
        match read(shop.as_ref(), row) {
            Ok(job) => taken.push(job),
            Err(row) => {
                tracing::error!(
                    job = row.job,
                    day = row.day,
                    tenant = tenant_id,
                    "a job can't be read"
                );
                let free_at = clock.plus_seconds(UNREADABLE_SECONDS);
                let why = "the shop, the job or its day can't be read";
                job::fail(&mut scope, &row, why, free_at).await?;
            }
        }
    }
    tx.commit().await?;
    for job in &taken {
        let (id, attempts) = (job.row.id, job.row.attempts);
        loyalty.holdings().took(&JOBS, tenant_id, id, attempts);
    }
    Ok(taken)
}

fn read(shop: Option<&Arc<Tenant>>, row: TakenRow) -> Result<TakenJob, TakenRow> {
    let (Some(job), Some(shop), Ok(day)) = (Job::named(&row.job), shop, Date::parse(&row.day)) else {
        return Err(row);
    };
    Ok(TakenJob {
        job,
        shop: Arc::clone(shop),
        day,
        row,
        heartbeat: HEARTBEAT,
    })
}

/// Runs a job to its end, batch by batch; false when it was taken over by somebody else. It may be cut short anywhere:
/// whoever takes it next goes on from the last batch.
///
/// # Errors
/// The database refuses; then the job is free again after half a minute.
pub async fn run_job(loyalty: &Loyalty, taken: &TakenJob) -> Result<bool, Error> {
    let run = match run_to_the_end(loyalty, taken.clone()).await {
        Ok(is_made) => Ok(is_made),
        Err(error) => {
            leave_alone(loyalty, taken, &error.to_string(), PAUSE_SECONDS).await;
            Err(error)
        }
    };
    // Not reached when it is cut short: then it is given back when the process stops.
    let holdings = loyalty.holdings();
    holdings.settled(&JOBS, taken.shop.id, taken.row.id);
    run
}

/// A run ended by a panic: the job is left alone for ten minutes.
pub async fn break_job(loyalty: &Loyalty, taken: &TakenJob) {
    leave_alone(loyalty, taken, "the run ended by a panic", BROKEN_SECONDS).await;
    let holdings = loyalty.holdings();
    holdings.settled(&JOBS, taken.shop.id, taken.row.id);
}

async fn leave_alone(loyalty: &Loyalty, taken: &TakenJob, why: &str, seconds: i64) {
    let mut scope = loyalty.db().tenant(taken.shop.id);
    let free_at = loyalty.system_now().plus_seconds(seconds);
    if let Err(error) = job::fail(&mut scope, &taken.row, why, free_at).await {
        tracing::debug!(%error, "the job is free when its lease ends");
    }
}

async fn run_to_the_end(loyalty: &Loyalty, mut taken: TakenJob) -> Result<bool, Error> {
    loop {
        match step(loyalty, &mut taken).await? {
            Step::On => {}
            Step::Lost => return Ok(false),
            Step::Finished => return finish(loyalty, &taken).await,
        }
    }
}

/// The newest runs of a shop's jobs.
///
/// # Errors
/// The database refuses.
pub async fn job_runs(loyalty: &Loyalty, shop: &Tenant, most: i64) -> Result<Vec<JobRun>, Error> {
    let rows = job::runs(&mut loyalty.db().tenant(shop.id), most).await?;
    let run = |row: RunRow| {
        Some(JobRun {
            job: Job::named(&row.job)?,
            day: row.day,
            scheduled_at: row.scheduled_at,
            finished_at: row.finished_at,
            counted: row.counted,
        })
    };
    Ok(rows.into_iter().filter_map(run).collect())
}

impl TakenJob {
    /// Which job.
    pub fn job(&self) -> Job {
        self.job
    }

    /// Of which shop.
    pub fn tenant_id(&self) -> i64 {
        self.shop.id
    }

    /// Renews the lease so often while a batch takes longer; every 20 s unless told otherwise.
    pub fn with_heartbeat(self, heartbeat: Duration) -> Self {
        Self { heartbeat, ..self }
    }
}

enum Step {
    On,
    Finished,
    Lost,
}

/// One batch. While it runs the job stays its holder's; when it is lost, the batch is cut short.
async fn step(loyalty: &Loyalty, taken: &mut TakenJob) -> Result<Step, Error> {
    let cursor = taken.row.cursor.clone().unwrap_or_default();
    // Both go on at once: the batch may hold SQLite's one writer, which the lease needs too.
    let renewed = async {
        loop {
            tokio::time::sleep(taken.heartbeat).await;
            if !note(loyalty, taken).await? {
                return Ok::<(), Error>(());
            }
        }
    };
    let made = tokio::select! {
        made = batch(loyalty, taken, &cursor) => made?,
        lost = renewed => return lost.map(|()| Step::Lost),
    };
    let Some((counted, next)) = made else {
        return Ok(Step::Finished);
    };
    taken.row.counted += counted;
    taken.row.cursor = Some(next);
    Ok(match note(loyalty, taken).await? {
        true => Step::On,
        false => Step::Lost,
    })
}

/// Notes how far the job is, and renews its lease; false when it is somebody else's by now.
async fn note(loyalty: &Loyalty, taken: &TakenJob) -> Result<bool, Error> {
    let mut scope = loyalty.db().tenant(taken.shop.id);
    let leased_until = loyalty.system_now().plus_seconds(LEASE_SECONDS);
    Ok(job::note(&mut scope, &taken.row, leased_until).await?)
}

/// How many one batch concerned, and where to go on; none when the job is done.
async fn batch(loyalty: &Loyalty, taken: &TakenJob, cursor: &str) -> Result<Option<(i64, String)>, Error> {
    let (shop, at) = (&taken.shop, taken.row.next_at);
    let after = cursor.parse().unwrap_or(0);
    Ok(match taken.job {
        Job::TierReview => {
            let year_from = at.plus_days(-YEAR_DAYS);
            match review_tiers::review_some(loyalty, shop, year_from, after).await? {
                // Those that moved on meanwhile get another pass.
                None if after > 0 => Some((0, "0".to_owned())),
                reviewed => reviewed.map(|(counted, last)| (counted, last.to_string())),
            }
        }
        Job::Expiry => expire_some(loyalty, shop, at, place(cursor))
            .await?
            .map(|(counted, last)| (counted, format!("{} {}", last.expires_at, last.id))),
        Job::Birthdays => give_birthdays::give_some(loyalty, shop, taken.day, after)
            .await?
            .map(|(counted, last)| (counted, last.to_string())),
        Job::Reminders => remind_some(loyalty, shop, at)
            .await?
            .map(|counted| (counted, String::new())),
        // These are begun anew when they are cut short: done twice they change nothing.
        Job::Figures => {
            refresh_figures(loyalty, shop, taken.day.plus_days(-1)).await?;
            None
        }
        // They tell how things are now: a missed day's have nothing to tell.
        Job::Segments if taken.day < Date::at(loyalty.now(), shop.zone) => None,
        Job::Segments => {
            refresh_interests(loyalty, shop).await?;
            review_segments(loyalty, shop).await?;
            refresh_cohorts(loyalty, shop).await?;
            measure_campaigns(loyalty, shop).await?;
            None
        }
        Job::Pulse => {
            refresh_interests(loyalty, shop).await?;
            refresh_figures(loyalty, shop, Date::at(loyalty.now(), shop.zone)).await?;
            None
        }
    })
}

fn place(cursor: &str) -> LotPlace {
    let numbers = cursor
        .split_once(' ')
        .and_then(|(expires_at, id)| Some((expires_at.parse().ok()?, id.parse().ok()?)));
    numbers.map_or(LotPlace::default(), |(expires_at, id)| LotPlace {
        expires_at,
        id,
    })
}

async fn finish(loyalty: &Loyalty, taken: &TakenJob) -> Result<bool, Error> {
    let now = loyalty.now();
    let run = RunRow {
        job: taken.row.job.clone(),
        day: taken.row.day.clone(),
        scheduled_at: taken.row.next_at,
        finished_at: now,
        counted: taken.row.counted,
    };
    let (next_day, next_at) = taken.job.next(taken.day, now, taken.shop.zone);
    let is_daily = taken.job.at_minute().is_some();
    let mut tx = loyalty.db().begin().await?;
    let is_ours = job::finish(
        &mut tx,
        &taken.row,
        is_daily.then_some(&run),
        (&next_day.to_string(), next_at),
    )
    .await?;
    tx.commit().await?;
    metrics::counter!("bonex_job_runs_total", "job" => taken.job.as_str()).increment(1);
    Ok(is_ours)
}
