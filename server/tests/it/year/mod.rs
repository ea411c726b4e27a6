//! A simulated year: shops with everything switched on, three processes that sell, work and are killed at any moment, and
//! a clock that races. Afterwards the ledger adds up, every job ran once per shop and day, every message is accounted for,
//! and what is over is deleted. `cargo xtask soak year` makes it longer and larger.

mod checks;
mod crowd;
mod growth;
mod process;
mod shops;
mod waits;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loyalty::model::{Timestamp, Zone};
use loyalty::{Clock, Loyalty, Options};
use server::channels::{Addresses, Channels};
use server::workers::messages::Messages;
use server::workers::{cleaning, follow_ups, schedule};
use sqlx::PgPool;

use self::crowd::{Crowd, Patience, within};
use crate::api::fresh_postgres;
use crate::fakes::{OsonSms, Telegram};

/// Processes that sell and work.
const PROCESSES: usize = 3;
/// Steps in which the clock moves.
const STEP_SECONDS: i64 = 8 * 3600;
/// The clock waits when the oldest job is so far behind: reminders look seven days ahead.
const JOBS_BEHIND_MAX: i64 = 4 * 86_400;
/// … or the oldest message.
const MESSAGES_BEHIND_MAX: i64 = 12 * 3600;
/// One process is killed about so often.
const KILLED_EVERY: Duration = Duration::from_millis(1500);
const DAYS: i64 = 366;
/// Follow-ups of one account are made one after another, a hundred of a shop in a round.
const FOLLOW_UP_ROUNDS: i64 = 20;
/// One and the same thing is not waited for any longer: the shortest pause after a failure is half a minute.
const STUCK_AFTER: Duration = Duration::from_secs(240);
/// For what is done once, before and after the year, and longer for many shops.
const ONCE_WITHIN: Duration = Duration::from_secs(600);
/// A longer year says every so often how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// How large the year is.
#[derive(Clone, Copy)]
struct Size {
    shops: i64,
    clients_of_shop: i64,
}

impl Size {
    fn asked() -> Self {
        let number =
            |name: &str, otherwise: i64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
        Self {
            shops: number("BONEX_YEAR_SHOPS", 2),
            clients_of_shop: number("BONEX_YEAR_CLIENTS", 25),
        }
    }
}

/// Milliseconds in a file: all processes live at the same moment.
struct FileClock(PathBuf);

impl FileClock {
    fn set(path: &Path, now: Timestamp) {
        // Renamed into place, so that nobody reads half of it.
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, now.millis().to_string()).unwrap();
        std::fs::rename(&fresh, path).unwrap();
    }
}

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        let text = std::fs::read_to_string(&self.0).unwrap();
        Timestamp::from_millis(text.parse().unwrap())
    }
}

async fn connect(url: &str, clock: &Path) -> Loyalty {
    let options = Options {
        database_url: url.to_owned(),
        secret_key: Some("ab".repeat(32)),
        clock: Arc::new(FileClock(clock.to_owned())),
    };
    Loyalty::connect(options).await.unwrap()
}

/// One of the processes: this program again, with only that to do.
fn process_command(url: &str, clock: &Path, telegram: &str, sms: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["year::process::process", "--exact", "--ignored", "--nocapture"])
        .env("YEAR_DATABASE", url)
        .env("YEAR_CLOCK", clock)
        .env("YEAR_TELEGRAM", telegram)
        .env("YEAR_SMS", sms)
        // Its last words are to be the reason.
        .env("RUST_BACKTRACE", "0");
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_with_three_processes_and_kill_nine_at_any_moment() {
    let size = Size::asked();
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let begin = Timestamp::parse("2026-01-15T12:00:00", Zone::DUSHANBE).unwrap();
    FileClock::set(&clock, begin);
    let url = fresh_postgres().await;
    let loyalty = connect(&url, &clock).await;
    loyalty.prepare().await.unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    growth::keep_aside(&pool).await;
    let once_within = ONCE_WITHIN + Duration::from_secs(3) * size.shops as u32;
    within(once_within, "the shops", shops::fill(&loyalty, &pool, size)).await;
    // Each shop's days begin.
    schedule::run_due(&loyalty).await.unwrap();
    let (telegram, sms) = (Telegram::start().await, OsonSms::start().await);
    sms.set_balance(1e12);
    let mut crowd = {
        let (url, clock, telegram, sms) = (url.clone(), clock.clone(), telegram.url.clone(), sms.url.clone());
        let command = move || process_command(&url, &clock, &telegram, &sms);
        Crowd::start(PROCESSES, folder.path(), command)
    };
    let end = begin.plus_days(DAYS);
    let (mut killed, mut last_kill, mut told) = (0_usize, Instant::now(), Instant::now());
    let mut now = begin;
    let mut patience = Patience::of(STUCK_AFTER);
    while now < end {
        crowd.check().unwrap();
        if told.elapsed() > TOLD_EVERY {
            let days = now.millis().saturating_sub(begin.millis()) / 86_400_000;
            eprintln!("day {days} of {DAYS}, {killed} killed");
            told = Instant::now();
        }
        if last_kill.elapsed() > KILLED_EVERY {
            killed += 1;
            crowd.kill(killed % PROCESSES);
            last_kill = Instant::now();
            // The dead one's leases end, and those of the living too: whoever lost one must notice.
            for sql in [
                "UPDATE tenant_jobs SET leased_until = 0 WHERE leased_until > 0",
                "UPDATE follow_ups SET leased_until = 0 WHERE done_at IS NULL AND leased_until > 0",
            ] {
                sqlx::query(sql).execute(&pool).await.unwrap();
            }
        }
        let asked = Instant::now();
        let behind = within(STUCK_AFTER, "the database to say what waits", behind(&pool, now)).await;
        if let Some(what) = behind {
            if let Err(tired) = patience.wait_for(&what) {
                panic!("{tired}\n{}{}", failures(&pool).await, crowd.last_words());
            }
            // In a large year the question takes long itself.
            tokio::time::sleep(Duration::from_millis(5).max(4 * asked.elapsed())).await;
            continue;
        }
        patience.end();
        now = now.plus_seconds(STEP_SECONDS);
        FileClock::set(&clock, now);
    }
    drop(crowd);
    assert!(killed >= 3, "too short a year to have killed anybody");

    within(
        once_within,
        "the rest of the work",
        make_up(&loyalty, &pool, &clock, now, (&telegram, &sms)),
    )
    .await;
    let now = now.plus_seconds(86_400);
    within(once_within, "the checks", async {
        let whole = growth::whole_year(&url).await;
        checks::check(&loyalty, &whole, size, (begin, now)).await;
        checks::check_messages(&whole, &telegram, &sms).await;
        growth::check(&pool, now).await;
        eprintln!("{killed} killed, {}", checks::summary(&whole).await);
    })
    .await;
    loyalty.close().await;
}

/// What the dead had taken is free again; one process makes up for everything, up to a day later.
async fn make_up(
    loyalty: &Loyalty,
    pool: &PgPool,
    clock: &Path,
    now: Timestamp,
    (telegram, sms): (&Telegram, &OsonSms),
) {
    for sql in [
        "UPDATE tenant_jobs SET leased_until = 0",
        "UPDATE outbox SET leased_until = 0 WHERE status = 'waiting'",
        "UPDATE follow_ups SET leased_until = 0 WHERE done_at IS NULL",
    ] {
        sqlx::query(sql).execute(pool).await.unwrap();
    }
    let addresses = Addresses::new(Some(&telegram.url), None, Some(&sms.url)).unwrap();
    let messages = Messages::worker(loyalty.clone(), Channels::new(addresses).unwrap());
    schedule::run_due(loyalty).await.unwrap();
    // Out of the quiet hours, so that nothing has to wait.
    let now = now.plus_seconds(86_400);
    FileClock::set(clock, now);
    schedule::run_due(loyalty).await.unwrap();
    for round in 0..FOLLOW_UP_ROUNDS {
        // One that waits for an older one of its account is due again some seconds later.
        FileClock::set(clock, now.plus_seconds(10 * round));
        follow_ups::make_due(loyalty).await.unwrap();
    }
    messages.do_due().await.unwrap();
    cleaning::clean(loyalty).await;
}

/// What the clock waits for: jobs may be some days behind, messages, most of which live a day, some hours.
async fn behind(pool: &PgPool, now: Timestamp) -> Option<String> {
    let oldest = async |sql: &'static str| -> Option<(String, i64)> {
        sqlx::query_as(sql).fetch_optional(pool).await.unwrap()
    };
    let job = oldest(
        "SELECT job || ' of shop ' || tenant_id || ' for ' || day, next_at FROM tenant_jobs
          ORDER BY next_at, tenant_id, job LIMIT 1",
    )
    .await;
    // What a killed process had taken can't be waited for: its lease lasts as long as minutes do.
    let message = oldest(
        "SELECT 'message ' || id || ' of shop ' || tenant_id || ' (' || kind || ')', due_at FROM outbox
          WHERE status = 'waiting' AND leased_until = 0 AND tenant_id > 1 ORDER BY due_at, id LIMIT 1",
    )
    .await;
    let follow_up = oldest(
        "SELECT 'follow-up ' || id || ' of shop ' || tenant_id, due_at FROM follow_ups
          WHERE done_at IS NULL ORDER BY due_at, id LIMIT 1",
    )
    .await;
    let too_old = |oldest: Option<(String, i64)>, most_seconds: i64| {
        let (what, at) = oldest?;
        (now.millis() - at > most_seconds * 1000).then(|| format!("{what}, due at {at}"))
    };
    too_old(job, JOBS_BEHIND_MAX)
        .or_else(|| too_old(message, MESSAGES_BEHIND_MAX))
        .or_else(|| too_old(follow_up, MESSAGES_BEHIND_MAX))
}

/// What jobs and follow-ups fail of, some of it.
async fn failures(pool: &PgPool) -> String {
    let sql =
        "SELECT job || ' of shop ' || tenant_id || ': ' || error FROM tenant_jobs WHERE error IS NOT NULL
               UNION ALL
               SELECT 'follow-up ' || id || ' of shop ' || tenant_id || ': ' || error FROM follow_ups
                WHERE done_at IS NULL AND error IS NOT NULL
                LIMIT 10";
    let found: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    found.iter().map(|line| format!("{line}\n")).collect()
}
