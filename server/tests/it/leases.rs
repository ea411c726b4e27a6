//! What waits in tables and is taken with a lease: one row's trouble is its own, leases go by the machines' clocks, and
//! what is done is deleted in time.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use loyalty::model::{Channel, MessageQueue};
use loyalty::usecase::{self, Attempted, Tried};
use serde_json::{Value, json};
use server::outgoing::Reach;
use server::parts::Parts;
use server::router::{router, work_router};
use server::workers::messages::Messages;
use server::workers::schedule::run_due;
use server::workers::sms_reports::SmsReports;
use server::workers::webhooks::Webhooks;
use server::workers::{Condition, Crew, cleaning};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;
use tower::ServiceExt;

use crate::api::{Api, Engine, run, settings};
use crate::auth::by_contact;
use crate::crash::Installation;
use crate::fakes::Services;
use crate::fakes::telegram::Answer as TelegramAnswer;
use crate::on_both_engines;
use crate::receiver::Receiver;
use crate::wire::Wire;

const DAY: i64 = 86_400;

/// A webhook of the demo shop that hears of sales.
async fn add_webhook(api: &Api, url: &str) {
    let body = json!({ "url": url, "events": ["sale.created"] });
    let answer = api.partner("POST", "/partner/webhooks", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn buy(api: &Api, number: usize) {
    let body = json!({ "client_phone": api.phone(number), "total_amount": 200 });
    let answer = api.post("/cashier/sale", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn word(_: &loyalty::model::Tenant, _: &usecase::Event) -> String {
    "{\"type\":\"x\"}".to_owned()
}

async fn number(api: &Api, sql: &str) -> i64 {
    let sql = format!("SELECT CAST(({sql}) AS TEXT)");
    let texts = api.texts(&sql).await;
    texts[0].parse().unwrap()
}

on_both_engines! {
    async fn a_webhook_whose_secret_can_not_be_read_stops_no_other(api: Api) {
        let (spoilt, whole) = (Receiver::start().await, Receiver::start().await);
        add_webhook(api, &spoilt.url).await;
        add_webhook(api, &whole.url).await;
        api.execute("UPDATE webhook_endpoints SET secret_sealed = '00' WHERE id = 1").await;
        buy(api, 1).await;
        Webhooks::worker(api.loyalty.clone(), Reach::Anywhere).unwrap().do_due().await.unwrap();
        assert_eq!((whole.take().len(), spoilt.take().len()), (1, 0));
        let log = api.partner("GET", "/partner/webhooks/1/deliveries?page=1&per_page=50", Value::Null).await;
        let entry = &log.data("data")[0];
        assert_eq!((&entry["status"], &entry["attempts"]), (&json!("waiting"), &json!(1)));
        assert_eq!(entry["error"], "Секрет вебхука не прочитать. Выпустите новый.");
    }

    async fn a_channel_whose_account_can_not_be_read_stops_no_other(api: Api) {
        api.execute("DELETE FROM outbox").await;
        let services = Services::start().await;
        let worker = Messages::worker(api.loyalty.clone(), services.channels());
        let (status, body) = by_contact(api, 700_001, api.phone(1), None).await;
        assert_eq!(status, 200, "{body}");
        api.execute("UPDATE channels SET config_sealed = '00' WHERE kind = 'sms'").await;
        buy(api, 1).await;
        buy(api, 2).await;
        worker.do_due().await.unwrap();
        assert_eq!(services.telegram.messages(700_001).len(), 1);
        let waits = api.texts("SELECT status FROM outbox WHERE client_id = 2").await;
        assert_eq!(waits, ["waiting"], "until the account is typed in anew, or it is of no use any more");
        let told = api.texts("SELECT error FROM channels WHERE kind = 'sms'").await;
        assert_eq!(told, ["Настройки канала не прочитать. Введите их заново."]);
    }

    async fn a_shop_whose_account_can_not_be_read_keeps_no_reports_from_the_others(api: Api) {
        let services = Services::start().await;
        let other = api.other_shop().await;
        let other = usecase::identify_tenant(&api.loyalty, Some(&other.token)).await.unwrap();
        let account = r#"{"login":"other","sender":"Other","auth":{"bearer":"secret"}}"#;
        usecase::put_channel(&api.loyalty, &other, Channel::Sms, true, Some(account)).await.unwrap();
        api.execute("UPDATE channels SET config_sealed = '00' WHERE tenant_id = 1 AND kind = 'sms'").await;
        SmsReports::new(api.loyalty.clone(), services.channels()).ask_all().await.unwrap();
        let asked = services.osonsms.received();
        assert_eq!(asked.iter().map(|asked| asked.get("login")).collect::<Vec<_>>(), ["other"]);
    }

    async fn a_delivery_is_its_workers_by_the_machines_clock(api: Api) {
        add_webhook(api, "https://shop.example/hook").await;
        buy(api, 1).await;
        let taken = usecase::take_attempts(&api.loyalty, 1, 10, &word).await.unwrap();
        assert_eq!(taken.len(), 1);
        api.clock.pass(DAY);
        let again = usecase::take_attempts(&api.loyalty, 1, 10, &word).await.unwrap();
        assert_eq!(again.len(), 0, "the programme's day is no minute of the machine's");
        assert_eq!(usecase::shops_with_deliveries(&api.loyalty).await.unwrap(), Vec::<i64>::new());
    }

    async fn an_event_that_can_not_be_put_into_words_stops_no_other(api: Api) {
        add_webhook(api, "https://shop.example/hook").await;
        buy(api, 1).await;
        buy(api, 2).await;
        let worded = AtomicUsize::new(0);
        let but_the_first = |_: &loyalty::model::Tenant, _: &usecase::Event| {
            assert!(worded.fetch_add(1, Ordering::SeqCst) > 0, "a fault of ours");
            "{}".to_owned()
        };
        let taken = usecase::take_attempts(&api.loyalty, 1, 10, &but_the_first).await.unwrap();
        assert_eq!(taken.len(), 1, "the second sale's is on its way");
        let told = api.texts("SELECT error FROM webhook_events WHERE fresh").await;
        assert_eq!(told, ["putting it into words ended in a panic"]);
        let again = usecase::take_attempts(&api.loyalty, 1, 10, &but_the_first).await.unwrap();
        assert_eq!(again.len(), 0, "not over and over");
    }

    async fn jobs_that_nobody_can_read_starve_no_other(api: Api) {
        run_due(&api.loyalty).await.unwrap();
        for job in 0..60 {
            api.execute(&format!(
                "INSERT INTO tenant_jobs (tenant_id, job, day, next_at, leased_until, counted)
                 VALUES (1, 'of a later version {job}', '2026-06-05', 0, 0, 0)"
            )).await;
        }
        api.execute("UPDATE tenant_jobs SET day = 'no day' WHERE job = 'figures'").await;
        api.clock.pass(2 * DAY);
        run_due(&api.loyalty).await.unwrap();
        let done = number(api, "SELECT COUNT(*) FROM job_runs WHERE job = 'expiry'").await;
        assert_eq!(done, 2, "one look finds them all");
        let told = api.texts("SELECT job FROM tenant_jobs WHERE error IS NOT NULL").await;
        assert_eq!(told, ["figures"], "what is of a later version is left to it");
        let touched = number(api, "SELECT COUNT(*) FROM tenant_jobs WHERE job LIKE 'of a later%' AND leased_until > 0");
        assert_eq!(touched.await, 0);
    }

    async fn a_process_that_stops_gives_back_what_it_has_taken(api: Api) {
        api.execute("DELETE FROM outbox").await;
        add_webhook(api, "https://shop.example/hook").await;
        run_due(&api.loyalty).await.unwrap();
        buy(api, 1).await;
        buy(api, 2).await;
        api.execute(
            "INSERT INTO follow_ups (tenant_id, id, client_id, task, due_at, attempts, created_at) VALUES (1, 7, 1, '', 0, 0, 0)",
        ).await;
        let process = api.beside().await;
        let take = async |process: &loyalty::Loyalty| {
            let messages = usecase::take_messages(process, 1, MessageQueue::Others, 10).await.unwrap();
            let attempts = usecase::take_attempts(process, 1, 10, &word).await.unwrap();
            let follow_ups = usecase::take_follow_ups(process, 1).await.unwrap();
            (messages, attempts, follow_ups)
        };
        let (messages, attempts, follow_ups) = take(&process).await;
        assert_eq!((messages.len(), attempts.len(), follow_ups.is_some()), (2, 2, true));
        // What is settled is nobody's any more.
        let done = Tried { reasons: vec!["Нет.".to_owned()], ..Tried::default() };
        usecase::settle_message(&process, &messages[0], &done, 0.0).await.unwrap();
        api.clock.pass(3600);
        let jobs = usecase::take_jobs(&process, 1, 1).await.unwrap();
        assert_eq!(jobs.len(), 1);
        let (messages, attempts, follow_ups) = take(&api.loyalty).await;
        assert_eq!((messages.len(), attempts.len(), follow_ups.is_some()), (0, 0, false), "all is the other's");
        assert_eq!(usecase::give_back_leases(&process).await.unwrap(), 1 + 2 + 1 + 1);
        assert_eq!(usecase::give_back_leases(&process).await.unwrap(), 0);
        let (messages, attempts, follow_ups) = take(&api.loyalty).await;
        assert_eq!((messages.len(), attempts.len(), follow_ups.is_some()), (1, 2, true), "at once");
        assert_eq!(number(api, "SELECT COUNT(*) FROM tenant_jobs WHERE leased_until > 0").await, 0);
        process.close().await;
    }

    async fn what_hangs_when_the_workers_stop_is_given_back(api: Api) {
        api.execute("DELETE FROM outbox").await;
        let services = Services::start().await;
        let (status, body) = by_contact(api, 700_001, api.phone(1), None).await;
        assert_eq!(status, 200, "{body}");
        services.telegram.answer(&[TelegramAnswer::TakeThenHang]);
        let mut settings = settings();
        settings.telegram_api_url = Some(services.telegram.url.clone());
        let crew = Crew::start(&api.loyalty, &settings, &Condition::default()).unwrap();
        buy(api, 1).await;
        services.telegram.arrived().await;
        assert_eq!(number(api, "SELECT COUNT(*) FROM outbox WHERE leased_until > 0").await, 1);
        timeout(Duration::from_secs(8), crew.stop()).await.expect("within its deadline");
        assert_eq!(api.texts("SELECT status FROM outbox WHERE leased_until = 0").await, ["waiting"]);
    }

    async fn a_worker_that_panicked_is_named_by_health(api: Api) {
        let parts = Parts::new(api.loyalty.clone(), &settings()).unwrap();
        let ask = async |router: axum::Router| {
            let request = Request::builder().uri("/health/ready").body(Body::empty()).unwrap();
            let response = router.oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        };
        assert_eq!(ask(work_router(parts.clone())).await, (200, "ok".to_owned()));
        parts.condition.panicked("messages");
        let (status, told) = ask(work_router(parts.clone())).await;
        assert!(status == 503 && told.contains("messages"), "a process that only works: {status} {told}");
        let (status, told) = ask(router(parts)).await;
        assert!(status == 200 && told.contains("messages"), "tills go on: {status} {told}");
    }

    async fn what_is_done_is_deleted_in_time(api: Api) {
        run_due(&api.loyalty).await.unwrap();
        let tables = ["follow_ups", "otp_codes", "otp_sends", "job_runs", "promotion_uses", "webhook_events",
            "webhook_deliveries", "outbox WHERE kind = 'code'", "client_tokens WHERE revoked_at IS NOT NULL"];
        // One row of each that is over, and one that is not.
        let (old, now) = (api.loyalty.now().millis(), api.loyalty.now().plus_days(400).millis());
        let id = "(SELECT MAX(id) FROM entries)";
        for sql in [
            format!("INSERT INTO follow_ups (tenant_id, id, client_id, task, due_at, attempts, done_at, created_at)
                     VALUES (1, {id}, 1, '', 0, 0, {old}, {old}), (1, {id} + 1, 1, '', {now} + 9000000000, 0, NULL, {old})"),
            format!("INSERT INTO otp_codes (tenant_id, phone, code_hash, attempts, expires_at, created_at)
                     VALUES (1, '+992900000001', '', 0, {old}, {old}), (1, '+992900000002', '', 0, {now} + 1000, {old})"),
            format!("INSERT INTO otp_sends (tenant_id, id, phone, address, created_at) VALUES (1, {id}, '+992900000001', '', {old})"),
            format!("INSERT INTO job_runs (tenant_id, job, day, scheduled_at, finished_at, counted)
                     VALUES (1, 'expiry', '2026-01-01', {old}, {old}, 0), (1, 'expiry', '2027-07-01', {now}, {now}, 0)"),
            format!("INSERT INTO promotions (tenant_id, id, name, kind, personalized, enabled, ends_at, created_at)
                     VALUES (1, 901, '', 'x', FALSE, FALSE, {old}, 0), (1, 902, '', 'x', FALSE, FALSE, {now}, 0)"),
            "INSERT INTO promotion_uses (tenant_id, promotion_id, client_id, times) VALUES (1, 901, 1, 1), (1, 902, 1, 1)".to_owned(),
            format!("INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at) VALUES (1, {id}, '', '', FALSE, {old})"),
            format!("INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, status, attempts, due_at, created_at)
                     VALUES (1, {id}, 1, {id}, 'delivered', 1, {old}, {old})"),
            format!("INSERT INTO outbox (tenant_id, id, kind, status, due_at, expires_at, leased_until, attempts, channels, created_at)
                     VALUES (1, {id}, 'code', 'failed', {old}, {old}, 0, 1, '', {old})"),
            format!("INSERT INTO client_tokens (tenant_id, id, client_id, token_hash, created_at, revoked_at)
                     VALUES (1, 1, 1, '', {old}, {old}), (1, 2, 1, '', {old}, {now})"),
        ] {
            api.execute(&sql).await;
        }
        let mut counts = Vec::new();
        api.clock.pass(400 * DAY);
        for _ in 0..2 {
            let mut count = Vec::new();
            for table in tables {
                count.push(number(api, &format!("SELECT COUNT(*) FROM {table}")).await);
            }
            counts.push(count);
            cleaning::clean(&api.loyalty).await;
        }
        assert_eq!(counts, [[2, 2, 1, 2, 2, 1, 1, 1, 2], [1, 1, 0, 1, 1, 0, 0, 0, 1]], "{tables:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_only_works_shows_health_and_metrics_where_it_is_told_to() {
    let installation = Installation::new(Engine::Sqlite).await;
    installation.demo();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut worker = installation
        .bonex(&["work", "--metrics-listen", &address])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Wire::new(address.clone()).ready().await;
    let shown = async || {
        let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
        answer.text().await.unwrap()
    };
    let seen = async {
        // The demo shop's messages, which nobody is to hear.
        while !shown().await.contains("bonex_messages_total") {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), seen).await.unwrap();
    let terminated = Command::new("kill")
        .args(["-TERM", &worker.id().to_string()])
        .status();
    assert!(terminated.unwrap().success());
    let status = tokio::task::spawn_blocking(move || worker.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_of_deliveries_is_written_together() {
    run(Engine::Postgres, async |api: &Api| {
        add_webhook(api, "https://shop.example/hook").await;
        for _ in 0..20 {
            buy(api, 1).await;
        }
        let attempts = usecase::take_attempts(&api.loyalty, 1, 20, &word).await.unwrap();
        assert_eq!(attempts.len(), 20);
        // The first waits for this, and the others come meanwhile.
        let mut busy = PgConnection::connect(&api.url).await.unwrap();
        busy.execute("BEGIN").await.unwrap();
        busy.execute("SELECT 1 FROM webhook_deliveries FOR UPDATE").await.unwrap();
        let answered = Attempted::Answered { status: 200, retry_after: None };
        let settled = attempts.iter().map(|attempt| usecase::settle_attempt(&api.loyalty, attempt, &answered, 0.0));
        let (done, _) = tokio::join!(futures::future::join_all(settled), async {
            let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while number(api, waits).await == 0 {}
            busy.execute("ROLLBACK").await.unwrap();
        });
        assert!(done.iter().all(Result::is_ok));
        let written = number(api, "SELECT COUNT(DISTINCT CAST(xmin AS TEXT)) FROM webhook_deliveries WHERE status = 'delivered'");
        let written = written.await;
        assert!(written <= 2, "twenty in {written} commits");
        assert_eq!(number(api, "SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'delivered'").await, 20);
    })
    .await;
}
