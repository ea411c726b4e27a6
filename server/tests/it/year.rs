//! A simulated year: shops with everything switched on, three processes that sell, work and are killed at any moment, and
//! a clock that races. Afterwards the ledger adds up, every job ran once per shop and day, and every message is accounted
//! for. `cargo xtask soak year` makes it longer and larger.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use loyalty::ledger::{Line, RedemptionRequest, ReturnRequest, SaleRequest};
use loyalty::model::{
    BirthdayTerms, Bonus, Client, Date, Identifier, Limits, Money, Percent, Phone, Programme,
    ReactivationTerms, RedeemMode, Register, SecondPurchaseTerms, TierBasis, Timestamp, Zone,
};
use loyalty::usecase::{self, Enrolment, EnrolmentRequest, Job, Once, Outcome, ProfileChange, Reply};
use loyalty::{Clock, Loyalty, Options};
use server::channels::{Addresses, Channels};
use server::workers::messages::Messages;
use server::workers::schedule;
use sqlx::PgPool;

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

fn token(shop: i64) -> String {
    format!("{shop:064}")
}

fn phone(shop: i64, client: i64) -> Phone {
    Phone::parse(&format!("+9929{:03}{:05}", shop, client)).unwrap()
}

/// Everything that a programme can do.
fn rules(before: &Programme) -> Programme {
    let mut rules = Programme {
        bonus_expiry_days: Some(60),
        welcome_expiry_days: Some(30),
        birthday: Some(BirthdayTerms {
            bonus: Bonus::whole(25),
            days_before: 2,
            expiry_days: Some(14),
        }),
        referral_inviter_max: Some(3),
        second_purchase: Some(SecondPurchaseTerms {
            bonus: Bonus::whole(5),
            within_days: 20,
        }),
        reactivation: Some(ReactivationTerms {
            bonus: Bonus::whole(7),
            silence_days: 30,
        }),
        tier_basis: TierBasis::TwelveMonths,
        ..before.clone()
    };
    for (tier, spent_min) in rules.tiers.iter_mut().zip([0, 500, 2000]) {
        tier.spent_min = Money::whole(spent_min);
    }
    rules
}

/// The shops, copies of the demo shop, with their clients.
async fn fill(loyalty: &Loyalty, pool: &PgPool, size: Size) {
    usecase::provision_demo(loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    for shop in 2..=size.shops + 1 {
        let hash = sha256(&token(shop));
        for sql in [
            format!(
                "INSERT INTO tenants (id, code, name, token_hash, token_sealed, status, currency, bonus_unit, zone,
                        programme_version, clients_count, cards_count, created_at, telegram_bot_token_sealed,
                        has_channels, quiet_from, quiet_to)
                 SELECT {shop}, 'shop{shop}', name, '{hash}', '', 'active', currency, bonus_unit,
                        CASE WHEN {shop} % 2 = 0 THEN 'Asia/Dushanbe' ELSE 'Europe/Berlin' END, 1, 0, 0, created_at,
                        telegram_bot_token_sealed, TRUE, 1320, 480
                   FROM tenants WHERE id = 1"
            ),
            format!(
                "INSERT INTO programmes (tenant_id, version, document, created_at)
                 SELECT {shop}, 1, document, created_at FROM programmes WHERE tenant_id = 1 AND version = 1"
            ),
            format!("INSERT INTO branches (tenant_id, id, name) VALUES ({shop}, 1, 'Главный')"),
            format!(
                "INSERT INTO registers (tenant_id, id, branch_id, name, token_hash, token_sealed, device_mismatch_count)
                 VALUES ({shop}, 1, 1, 'Касса', '{}', '', 0)",
                sha256(&format!("register {shop}"))
            ),
            format!(
                "INSERT INTO channels (tenant_id, kind, enabled, config_sealed, paused_until, updated_at)
                 SELECT {shop}, kind, enabled, config_sealed, 0, 0 FROM channels WHERE tenant_id = 1 AND kind = 'sms'"
            ),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
        }
        let register = register(loyalty, shop).await;
        let rules = rules(&register.tenant.programme);
        usecase::change_programme(loyalty, &register.tenant, "год", 1, &rules)
            .await
            .unwrap();
        let mut promotion = usecase::all_promotions(loyalty, &demo(loyalty).await)
            .await
            .unwrap()
            .remove(0);
        promotion.id = 0;
        promotion.limits = Limits {
            per_client: Some(20),
            in_all: Some(200),
        };
        usecase::put_promotion(loyalty, &register.tenant, "год", &promotion)
            .await
            .unwrap();
        for number in 1..=size.clients_of_shop {
            enrol(loyalty, &register, shop, number).await;
        }
        // Every other client is reached by Telegram, the rest by SMS.
        let sql = format!(
            "UPDATE clients SET telegram_user_id = {shop} * 100000 + id WHERE tenant_id = {shop} AND id % 2 = 0"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
    }
}

async fn demo(loyalty: &Loyalty) -> loyalty::model::Tenant {
    let demo = usecase::provision_demo(loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    let shop = usecase::identify_tenant(loyalty, Some(&demo.tenant.token))
        .await
        .unwrap();
    (*shop).clone()
}

async fn register(loyalty: &Loyalty, shop: i64) -> Register {
    let (tenant, cashier) = (token(shop), format!("register {shop}"));
    usecase::identify_register(loyalty, Some(&tenant), Some(&cashier), Some(b"year"))
        .await
        .unwrap()
}

async fn enrol(loyalty: &Loyalty, register: &Register, shop: i64, number: i64) {
    let words = |_: &Enrolment| no_reply();
    let once = Once {
        key: None,
        body: &[],
        reply: &words,
    };
    let request = EnrolmentRequest {
        phone: phone(shop, number),
        full_name: None,
        // Every third was invited by the one before.
        invited_by: (number > 1 && number % 3 == 0).then_some(number - 1),
    };
    usecase::enrol(loyalty, register, &request, once).await.unwrap();
    let client = Client {
        tenant: Arc::clone(&register.tenant),
        id: number,
        token_id: 0,
    };
    let day = Date::parse(&format!("1990-{:02}-{:02}", number % 12 + 1, number % 28 + 1)).unwrap();
    let change = ProfileChange {
        birth_date: Some(Some(day)),
        ..ProfileChange::default()
    };
    usecase::update_profile(loyalty, &client, &change).await.unwrap();
}

fn no_reply() -> Reply {
    Reply {
        status: 200,
        body: String::new(),
    }
}

/// A process that runs until it is killed: it sells, and does all the work behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "one of the processes of the simulated year, which starts it"]
async fn process() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let (size, clock) = (Size::asked(), PathBuf::from(variable("YEAR_CLOCK")));
    let loyalty = connect(&variable("YEAR_DATABASE"), &clock).await;
    let addresses = Addresses::new(
        Some(&variable("YEAR_TELEGRAM")),
        None,
        Some(&variable("YEAR_SMS")),
    );
    let messages = Messages::new(loyalty.clone(), Channels::new(addresses.unwrap()).unwrap());
    // A killed neighbour may hold something; the next round finds it.
    let round = || tokio::time::sleep(Duration::from_millis(10));
    let jobs = async {
        loop {
            let _later = schedule::run_due(&loyalty).await;
            round().await;
        }
    };
    let sending = async {
        loop {
            let _later = messages.send_due().await;
            round().await;
        }
    };
    let following = async {
        loop {
            for shop in usecase::shops_with_follow_ups(&loyalty).await.unwrap_or_default() {
                let _later = usecase::follow_up(&loyalty, shop).await;
            }
            round().await;
        }
    };
    let till = async {
        let mut number = u64::from(std::process::id()) << 32;
        loop {
            number += 1;
            sell_something(&loyalty, size, number).await;
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    tokio::join!(jobs, sending, following, till);
}

/// A purchase, a redemption or a return, as the number says. Refusals are part of life.
async fn sell_something(loyalty: &Loyalty, size: Size, number: u64) {
    let pick = |of: i64, salt: u64| (mixed(number, salt) % of.unsigned_abs()) as i64;
    let shop = 2 + pick(size.shops, 1);
    let client = Identifier::Client(1 + pick(size.clients_of_shop, 2));
    let register = register(loyalty, shop).await;
    let name = format!("{number}");
    let total = 20 + pick(180, 3);
    let line = Line {
        category_code: Some(if total % 3 == 0 { "DAIRY" } else { "BREAD" }.to_owned()),
        line_amount: Some(Money::whole(total)),
        ..Line::default()
    };
    let redeem = Bonus::whole(if total % 4 == 0 { total / 10 } else { 0 });
    if total % 11 == 0 {
        let request = RedemptionRequest {
            amount: Bonus::whole(3),
            total: Money::whole(total),
            external_id: Some(name.clone()),
        };
        let words = |_: &_| no_reply();
        let once = Once {
            key: None,
            body: &[],
            reply: &words,
        };
        let _refused = usecase::redeem(loyalty, &register, &client, &request, once).await;
    }
    let request = SaleRequest {
        total: Money::whole(total),
        gross: None,
        redeem,
        mode: RedeemMode::PaymentType,
        external_id: Some(name.clone()),
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: vec![line],
    };
    let words = |_: &_| no_reply();
    let once = Once {
        key: Some(&name),
        body: name.as_bytes(),
        reply: &words,
    };
    let sold = usecase::sell(loyalty, &register, &client, &request, once).await;
    if total % 7 == 0 && matches!(sold, Ok(Outcome::Fresh(_))) {
        let request = ReturnRequest {
            amount: Money::whole(if total % 2 == 0 { total } else { total / 2 }),
            cash_refund: None,
            to_revoke: None,
            shortage_settled: true,
            external_id: format!("return {name}"),
        };
        let words = |_: &_| no_reply();
        let once = Once {
            key: None,
            body: &[],
            reply: &words,
        };
        let _refused = usecase::return_goods(loyalty, &register, &client, &name, &request, once).await;
    }
}

/// Numbers next to each other become numbers that have nothing in common.
fn mixed(number: u64, salt: u64) -> u64 {
    let mut mixed = number.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Running processes; killed when dropped.
struct Crowd {
    children: Vec<Child>,
    start: Box<dyn Fn() -> Child>,
}

impl Crowd {
    fn kill(&mut self, place: usize) {
        self.children[place].kill().unwrap();
        self.children[place].wait().unwrap();
        self.children[place] = (self.start)();
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
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
    fill(&loyalty, &pool, size).await;
    // Each shop's days begin.
    schedule::run_due(&loyalty).await.unwrap();
    let (telegram, sms) = (Telegram::start().await, OsonSms::start().await);
    sms.set_balance(1e12);
    let start = {
        let (url, clock, telegram, sms) = (url.clone(), clock.clone(), telegram.url.clone(), sms.url.clone());
        move || {
            Command::new(std::env::current_exe().unwrap())
                .args(["year::process", "--exact", "--ignored", "--nocapture"])
                .env("YEAR_DATABASE", &url)
                .env("YEAR_CLOCK", &clock)
                .env("YEAR_TELEGRAM", &telegram)
                .env("YEAR_SMS", &sms)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        }
    };
    let mut crowd = Crowd {
        children: (0..PROCESSES).map(|_| start()).collect(),
        start: Box::new(start),
    };
    let end = begin.plus_days(DAYS);
    let (mut killed, mut last_kill) = (0_usize, Instant::now());
    let mut now = begin;
    while now < end {
        if last_kill.elapsed() > KILLED_EVERY {
            killed += 1;
            crowd.kill(killed % PROCESSES);
            last_kill = Instant::now();
            // The dead one's leases end, and those of the living too: whoever lost one must notice.
            let sql = "UPDATE tenant_jobs SET leased_until = 0 WHERE owner IS NOT NULL";
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        if is_behind(&pool, now).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        now = now.plus_seconds(STEP_SECONDS);
        FileClock::set(&clock, now);
    }
    drop(crowd);
    assert!(killed >= 3, "too short a year to have killed anybody");

    // What the dead had taken is free again; one process makes up for everything.
    for sql in [
        "UPDATE tenant_jobs SET leased_until = 0",
        "UPDATE outbox SET leased_until = 0 WHERE status = 'waiting'",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let addresses = Addresses::new(Some(&telegram.url), None, Some(&sms.url)).unwrap();
    let messages = Messages::new(loyalty.clone(), Channels::new(addresses).unwrap());
    schedule::run_due(&loyalty).await.unwrap();
    // Out of the quiet hours, so that nothing has to wait.
    FileClock::set(&clock, now.plus_seconds(86_400));
    schedule::run_due(&loyalty).await.unwrap();
    for shop in usecase::shops_with_follow_ups(&loyalty).await.unwrap() {
        usecase::follow_up(&loyalty, shop).await.unwrap();
    }
    messages.send_due().await.unwrap();
    check(&loyalty, &pool, size, (begin, now.plus_seconds(86_400))).await;
    check_messages(&pool, &telegram, &sms).await;
    loyalty.close().await;
}

/// The clock waits for the work: for jobs some days, for messages, most of which live a day, some hours.
async fn is_behind(pool: &PgPool, now: Timestamp) -> bool {
    let oldest = async |sql: &'static str| -> i64 {
        let oldest: Option<i64> = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        now.millis() - oldest.unwrap_or(now.millis())
    };
    let job = oldest("SELECT MIN(next_at) FROM tenant_jobs").await;
    // What a killed process had taken can't be waited for: its lease lasts as long as minutes do.
    let message = oldest(
        "SELECT MIN(due_at) FROM outbox WHERE status = 'waiting' AND leased_until = 0 AND tenant_id > 1",
    )
    .await;
    let follow_up = oldest("SELECT MIN(due_at) FROM follow_ups WHERE done_at IS NULL").await;
    job > JOBS_BEHIND_MAX * 1000 || message.max(follow_up) > MESSAGES_BEHIND_MAX * 1000
}

async fn check(loyalty: &Loyalty, pool: &PgPool, size: Size, (begin, now): (Timestamp, Timestamp)) {
    assert_eq!(usecase::check_ledger(loyalty).await.unwrap(), []);
    let number = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(pool).await.unwrap() };
    let sales = number("SELECT COUNT(*) FROM sales WHERE kind = 'sale'").await;
    assert!(sales > 100 * size.shops, "{sales} sales are no year");
    // Every job once per shop and day: the key forbids twice, and here no day is missing.
    for shop in 2..=size.shops + 1 {
        let tenant = register(loyalty, shop).await.tenant;
        let runs = usecase::job_runs(loyalty, &tenant, i64::MAX).await.unwrap();
        for (job, minute) in Job::ALL
            .into_iter()
            .filter_map(|job| Some((job, job.at_minute()?)))
        {
            let mut days: Vec<&str> = runs
                .iter()
                .filter(|run| run.job == job)
                .map(|run| run.day.as_str())
                .collect();
            days.sort_unstable();
            let mut expected = Vec::new();
            let mut day = Date::at(begin, tenant.zone);
            while day.at_minute(minute, tenant.zone) <= now {
                if day.at_minute(minute, tenant.zone) > begin {
                    expected.push(day.to_string());
                }
                day = day.plus_days(1);
            }
            assert_eq!(days, expected, "{job:?} of shop {shop}");
        }
    }
    let nothing = [
        ("follow-ups wait", "SELECT COUNT(*) FROM follow_ups WHERE done_at IS NULL"),
        (
            "burnt without a reminder",
            "SELECT COUNT(*) FROM entries AS e
               JOIN entry_lots AS t ON t.tenant_id = e.tenant_id AND t.client_id = e.client_id AND t.number = e.number
               JOIN lots AS l ON l.tenant_id = t.tenant_id AND l.id = t.lot_id
              WHERE e.kind = 'expiration' AND e.tenant_id > 1 AND l.reminded_at IS NULL",
        ),
        (
            "invited and bought, but nobody was thanked or told why not",
            "SELECT COUNT(*) FROM clients AS c
              WHERE c.invited_by IS NOT NULL AND c.sales_count > 0
                AND NOT EXISTS (SELECT 1 FROM follow_ups AS f WHERE f.tenant_id = c.tenant_id
                                  AND f.client_id = c.invited_by AND f.task LIKE '%\"invitee_id\":' || c.id || ',%')",
        ),
        (
            "a promotion beyond its limit",
            "SELECT COUNT(*) FROM promotions WHERE tenant_id > 1 AND used > 200",
        ),
        (
            "a birthday without its gift",
            "SELECT COUNT(*) FROM clients AS c
              WHERE c.tenant_id > 1 AND NOT EXISTS (SELECT 1 FROM entries AS e
                     WHERE e.tenant_id = c.tenant_id AND e.client_id = c.id AND e.kind = 'birthday')",
        ),
    ];
    for (what, sql) in nothing {
        assert_eq!(number(sql).await, 0, "{what}");
    }
    for kind in [
        "expiration",
        "birthday",
        "referral_inviter",
        "second_purchase",
        "reactivation",
    ] {
        let sql = format!("SELECT COUNT(*) FROM entries WHERE kind = '{kind}' AND tenant_id > 1");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(count > 0, "no {kind} in a whole year");
    }
    assert!(number("SELECT used FROM promotions WHERE tenant_id = 2").await > 0);
    let percent: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT explanation::json ->> 'percent' FROM entries WHERE kind = 'accrual'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(
        percent.len() > 1,
        "nobody changed tiers: {percent:?} {:?}",
        Percent::whole(5)
    );
}

async fn check_messages(pool: &PgPool, telegram: &Telegram, sms: &OsonSms) {
    let rows =
        async |sql: &'static str| -> Vec<i64> { sqlx::query_scalar(sql).fetch_all(pool).await.unwrap() };
    let open = rows("SELECT id FROM outbox WHERE status = 'waiting' AND tenant_id > 1").await;
    assert_eq!(open, Vec::<i64>::new(), "every message is accounted for");
    let untold = rows(
        "SELECT s.id FROM sales AS s
          WHERE s.tenant_id > 1 AND (SELECT COUNT(*) FROM outbox AS o WHERE o.tenant_id = s.tenant_id
                  AND o.client_id = s.client_id AND o.created_at = s.created_at AND o.kind IN ('sale', 'redemption')) = 0",
    )
    .await;
    assert_eq!(untold, Vec::<i64>::new(), "every sale was told of");
    let unexplained =
        rows("SELECT id FROM outbox WHERE status <> 'sent' AND reason IS NULL AND tenant_id > 1").await;
    assert_eq!(unexplained, Vec::<i64>::new(), "what was not sent says why");
    // By SMS exactly once: as many as were sent, each under its own name.
    let sent =
        rows("SELECT id FROM outbox WHERE status = 'sent' AND channels = 'sms' AND tenant_id > 1").await;
    let taken: HashSet<String> = sms
        .received()
        .iter()
        .filter(|asked| !asked.get("txn_id").is_empty())
        .map(|asked| asked.get("txn_id").to_owned())
        .collect();
    let names: HashSet<String> = taken
        .iter()
        .filter_map(|name| name.rsplit('-').next())
        .map(str::to_owned)
        .collect();
    let lost: Vec<&i64> = sent
        .iter()
        .filter(|id| !names.contains(&id.to_string()))
        .collect();
    assert!(lost.is_empty() && !sent.is_empty(), "never arrived: {lost:?}");
    // By Telegram at least once.
    let sent: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT o.tenant_id, o.client_id, COUNT(*) FROM outbox AS o
          WHERE o.status = 'sent' AND o.channels = 'telegram' AND o.tenant_id > 1 GROUP BY 1, 2",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(!sent.is_empty());
    for (shop, client, count) in sent {
        let arrived = telegram.messages(shop * 100_000 + client).len() as i64;
        assert!(
            arrived >= count,
            "client {client} of shop {shop}: {arrived} of {count}"
        );
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
