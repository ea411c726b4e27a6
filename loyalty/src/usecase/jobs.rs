//! What is due by the clock of each shop: once per shop and day (the pulse apart), in the shop's own time zone, whatever
//! the number of processes (ruling 35). A missed day is made up for, in its order.

use std::time::Duration;

use rand::seq::SliceRandom;

use super::expire::{expire_some, remind_some};
use super::{
    Error, birthdays, measure_campaigns, refresh_cohorts, refresh_figures, refresh_interests,
    review_segments, review_tiers,
};
use crate::Loyalty;
use crate::model::{Date, Tenant, Timestamp, Zone};
use crate::store::batch::LotPlace;
use crate::store::job::{self, DueRow, HeldJob, RunRow};
use crate::store::tenant;

/// How long a job is its holder's after each batch.
const LEASE_SECONDS: i64 = 60;
/// How often the lease is renewed while a batch takes longer.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// After a failure it is left alone for so long.
const PAUSE_SECONDS: i64 = 30;
/// A job that can't be read is left alone for so long.
const UNREADABLE_SECONDS: i64 = 3600;
/// Jobs that one look finds.
const FOUND_MAX: i64 = 50;
/// Purchases older than this leave the year.
const YEAR_DAYS: i64 = 365;

/// How often what is new is counted, in seconds.
const PULSE_SECONDS: i64 = 300;

/// Something that is done for each shop by the clock: once a day, but for the pulse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Job {
    /// Yesterday's figures are counted for the last time.
    Figures,
    /// Purchases leave the last twelve months.
    TierReview,
    /// Bonuses burn.
    Expiry,
    /// Gifts for birthdays.
    Birthdays,
    /// Reminders of what burns soon.
    Reminders,
    /// Classes of clients, cohorts, results of campaigns.
    Segments,
    /// Every five minutes: today's figures, and what clients buy.
    Pulse,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 7] = [
        Self::Figures,
        Self::TierReview,
        Self::Expiry,
        Self::Segments,
        Self::Birthdays,
        Self::Reminders,
        Self::Pulse,
    ];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Figures => "figures",
            Self::Segments => "segments",
            Self::Pulse => "pulse",
            Self::TierReview => "tier_review",
            Self::Expiry => "expiry",
            Self::Birthdays => "birthdays",
            Self::Reminders => "reminders",
        }
    }

    /// When, in minutes of the shop's day (R-EXPIRE-4); none: not by the day.
    pub const fn at_minute(self) -> Option<u32> {
        Some(match self {
            Self::Figures => 15,
            Self::TierReview => 2 * 60 + 30,
            Self::Expiry => 3 * 60,
            Self::Segments => 4 * 60,
            Self::Birthdays => 9 * 60,
            Self::Reminders => 9 * 60 + 30,
            Self::Pulse => return None,
        })
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == name)
    }

    /// The run after this moment, and the day it is for.
    fn first_after(self, moment: Timestamp, zone: Zone) -> (Date, Timestamp) {
        let today = Date::at(moment, zone);
        let Some(minute) = self.at_minute() else {
            return (today, moment.plus_seconds(PULSE_SECONDS));
        };
        match today.at_minute(minute, zone) {
            at if at > moment => (today, at),
            _ => self.next(today, moment, zone),
        }
    }

    /// The run after the one of `day`, which is finished at `now`.
    fn next(self, day: Date, now: Timestamp, zone: Zone) -> (Date, Timestamp) {
        match self.at_minute() {
            Some(minute) => {
                let next = day.plus_days(1);
                (next, next.at_minute(minute, zone))
            }
            None => (Date::at(now, zone), now.plus_seconds(PULSE_SECONDS)),
        }
    }
}

/// A job taken for one run; its holder's alone while the lease lasts.
pub struct TakenJob {
    job: Job,
    shop: Tenant,
    day: Date,
    row: DueRow,
    owner: String,
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

/// Jobs that were found due, to be taken one by one; others may be faster.
#[derive(Default)]
pub struct DueJobs(Vec<DueRow>);

/// Takes a job of those found due, or looks for others when none is left; none when nothing is due. A new shop's jobs
/// begin with their first time after it was made, a job that an older shop did not have with its first time of the last
/// day. A job that can't be read is set aside for an hour with its error.
///
/// # Errors
/// The database refuses.
pub async fn take_job(loyalty: &Loyalty, found: &mut DueJobs) -> Result<Option<TakenJob>, Error> {
    let owner = crate::secret::to_hex(&rand::random::<[u8; 8]>());
    loop {
        let Some(row) = found.0.pop() else {
            *found = look_for_jobs(loyalty).await?;
            if found.0.is_empty() {
                return Ok(None);
            }
            continue;
        };
        let clock = loyalty.system_now();
        let leased_until = clock.plus_seconds(LEASE_SECONDS);
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(row.tenant_id);
        let taken = job::take(&mut scope, &row, &owner, clock, leased_until).await?;
        tx.commit().await?;
        let Some(row) = taken else { continue };
        let shop = match tenant::by_id(&mut loyalty.db().global(), row.tenant_id).await {
            Err(error) if error.is_unavailable() => return Err(error.into()),
            shop => shop.ok().flatten(),
        };
        let (Some(job), Some(shop), Ok(day)) = (Job::named(&row.job), shop, Date::parse(&row.day)) else {
            set_aside(loyalty, &row, &owner).await?;
            continue;
        };
        loyalty.holdings().took_job(held(&row, &owner));
        return Ok(Some(TakenJob {
            job,
            shop,
            day,
            row,
            owner,
            heartbeat: HEARTBEAT,
        }));
    }
}

/// The others go on.
async fn set_aside(loyalty: &Loyalty, row: &DueRow, owner: &str) -> Result<(), Error> {
    tracing::error!(
        job = row.job,
        day = row.day,
        tenant = row.tenant_id,
        "a job can't be read"
    );
    let free_at = loyalty.system_now().plus_seconds(UNREADABLE_SECONDS);
    let mut scope = loyalty.db().tenant(row.tenant_id);
    Ok(job::fail(
        &mut scope,
        row,
        owner,
        "the shop, the job or its day can't be read",
        free_at,
    )
    .await?)
}

fn held(row: &DueRow, owner: &str) -> HeldJob {
    HeldJob {
        tenant_id: row.tenant_id,
        job: row.job.clone(),
        day: row.day.clone(),
        owner: owner.to_owned(),
    }
}

/// What this program knows to do.
fn known_jobs() -> [&'static str; Job::ALL.len()] {
    Job::ALL.map(Job::as_str)
}

/// The longest waiting of what is due, in any order: processes that look at the same moment seldom want the same.
async fn look_for_jobs(loyalty: &Loyalty) -> Result<DueJobs, Error> {
    plan_new_shops(loyalty).await?;
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    let mut due = job::due(&mut loyalty.db().global(), &known_jobs(), now, clock, FOUND_MAX).await?;
    due.shuffle(&mut rand::rng());
    Ok(DueJobs(due))
}

/// Runs a job to its end, batch by batch; false when it was taken over by somebody else. It may be cut short anywhere:
/// whoever takes it next goes on from the last batch.
///
/// # Errors
/// The database refuses; then the job is free again after half a minute.
pub async fn run_job(loyalty: &Loyalty, mut taken: TakenJob) -> Result<bool, Error> {
    let held = held(&taken.row, &taken.owner);
    let run = run_to_the_end(loyalty, &mut taken).await;
    // Not reached when it is cut short: then it is given back when the process stops.
    loyalty.holdings().ended_job(&held);
    run
}

async fn run_to_the_end(loyalty: &Loyalty, taken: &mut TakenJob) -> Result<bool, Error> {
    loop {
        match step(loyalty, taken).await {
            Ok(Step::On) => {}
            Ok(Step::Lost) => return Ok(false),
            Ok(Step::Finished) => return finish(loyalty, taken).await,
            Err(error) => {
                let mut scope = loyalty.db().tenant(taken.shop.id);
                let free_at = loyalty.system_now().plus_seconds(PAUSE_SECONDS);
                let text = error.to_string();
                if let Err(error) = job::fail(&mut scope, &taken.row, &taken.owner, &text, free_at).await {
                    tracing::debug!(%error, "the job is free when its lease ends");
                }
                return Err(error);
            }
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
    Ok(job::note(&mut scope, &taken.row, &taken.owner, leased_until).await?)
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
        Job::Birthdays => birthdays::give_some(loyalty, shop, taken.day, after)
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
        &taken.owner,
        is_daily.then_some(&run),
        (&next_day.to_string(), next_at),
    )
    .await?;
    tx.commit().await?;
    metrics::counter!("bonex_job_runs_total", "job" => taken.job.as_str()).increment(1);
    Ok(is_ours)
}

async fn plan_new_shops(loyalty: &Loyalty) -> Result<(), Error> {
    let shops = job::shops_without(&mut loyalty.db().global(), &known_jobs()).await?;
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
    Ok(())
}
