//! Many workers, and their deaths.

use std::collections::HashSet;
use std::process::Command;

use loyalty::model::{Channel, MessageQueue};
use loyalty::usecase::{self, Tried};
use serde_json::{Value, json};
use server::workers::messages::Messages;
use server::workers::{Condition, Crew};

use super::{Outlets, chat};
use crate::api::{Engine, settings};
use crate::crash::Installation;
use crate::fakes::OsonSms;
use crate::fakes::osonsms::Answer as SmsAnswer;
use crate::fakes::telegram::Answer as TelegramAnswer;
use crate::on_both_engines;

/// A worker begins to send what is due and dies when the service has it.
async fn die_sending(outlets: &Outlets<'_>, arrived: impl Future<Output = ()>) {
    let worker = Messages::worker(outlets.api.loyalty.clone(), outlets.services.channels());
    let dying = tokio::spawn(async move { worker.do_due().await });
    arrived.await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
}

on_both_engines! {
    async fn two_workers_never_send_one_message_twice(api: Api) {
        let outlets = Outlets::open(api).await;
        for number in 1..=5 {
            outlets.link_telegram(number).await;
        }
        for number in 0..200 {
            outlets.buy_for(number % 5 + 1, 20 + number as i64).await;
        }
        let other = api.beside().await;
        let beside = Messages::worker(other.clone(), outlets.services.channels());
        let (one, two) = tokio::join!(outlets.worker.do_due(), beside.do_due());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one + two, 200);
        assert!(one > 0 && two > 0, "both have worked: {one} and {two}");
        assert_eq!(outlets.asked(), [0, 200, 0]);
        let told: HashSet<String> = (1..=5).flat_map(|number| outlets.got(number)[1].clone()).collect();
        assert_eq!(told.len(), 200, "every one of them arrived");
        other.close().await;
    }

    async fn a_worker_takes_no_more_than_it_has_room_for(api: Api) {
        let outlets = Outlets::open(api).await;
        for number in 1..=5 {
            outlets.buy(number).await;
        }
        for most in [1, 2, 5] {
            let taken = usecase::take_messages(&api.loyalty, 1, MessageQueue::Others, most).await.unwrap();
            assert_eq!(taken.len(), most.min(2) as usize, "of five, up to {most}");
        }
    }

    async fn what_a_dead_worker_was_sending_is_sent_again_when_its_lease_ends(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.answer(&[TelegramAnswer::TakeThenHang]);
        outlets.buy(1).await;
        die_sending(&outlets, outlets.services.telegram.arrived()).await;
        assert_eq!(outlets.send().await, 0, "it is the dead one's for a while");
        assert_eq!(outlets.last(1).await.status, "waiting");
        api.execute("UPDATE outbox SET leased_until = 0").await;
        assert_eq!(outlets.send().await, 1);
        assert_eq!(outlets.counts(1), [0, 2, 0], "at least once");
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.attempts), ("sent", 2));
    }

    async fn an_sms_that_a_dead_worker_was_sending_arrives_once(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.osonsms.answer(&[SmsAnswer::TakeThenHang]);
        outlets.buy(1).await;
        die_sending(&outlets, outlets.services.osonsms.arrived()).await;
        api.execute("UPDATE outbox SET leased_until = 0").await;
        assert_eq!(outlets.send().await, 1);
        assert_eq!((outlets.counts(1), outlets.asked()), ([0, 0, 1], [0, 0, 2]));
        assert_eq!(outlets.last(1).await.status, "sent");
    }

    async fn what_a_worker_says_after_its_lease_comes_too_late(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.buy(1).await;
        let slow = usecase::take_messages(&api.loyalty, 1, MessageQueue::Others, 10).await.unwrap().remove(0);
        api.execute("UPDATE outbox SET leased_until = 0").await;
        assert_eq!(outlets.send().await, 1);
        let failed = Tried { reasons: vec!["Поздно.".to_owned()], ..Tried::default() };
        usecase::settle_message(&api.loyalty, &slow, &failed, 0.0).await.unwrap();
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels, told.reason), ("sent", vec![Channel::Telegram], None));
    }

    async fn a_code_has_a_place_of_its_own_while_every_other_is_taken(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.telegram.always(Some(TelegramAnswer::Hang));
        for number in 1..=5 {
            outlets.link_telegram(number).await;
        }
        for number in 0..80 {
            outlets.buy_for(number % 5 + 1, 20 + number as i64).await;
        }
        let slow = outlets.worker.clone();
        let busy = tokio::spawn(async move { slow.do_due().await });
        // As many as may be under way of one shop.
        while outlets.services.telegram.received().len() < 8 {
            outlets.services.telegram.arrived().await;
        }
        let code = json!({ "phone": "+992901112233" });
        assert_eq!(api.app("POST", "/auth/send-otp", None, code).await.status, 200);
        assert_eq!(outlets.codes.do_due().await.unwrap(), 1);
        assert_eq!(outlets.services.osonsms.messages("992901112233").len(), 1);
        busy.abort();
    }

    async fn workers_send_by_themselves(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        let mut settings = settings();
        settings.telegram_api_url = Some(outlets.services.telegram.url.clone());
        let crew = Crew::start(&api.loyalty, &settings, &Condition::default()).unwrap();
        outlets.buy(1).await;
        outlets.services.telegram.arrived().await;
        crew.stop().await;
        assert_eq!(outlets.services.telegram.messages(chat(1)).len(), 1);
        assert_eq!(outlets.last(1).await.status, "sent", "what was under way is finished");
    }
}

/// Ends every lease, as time would.
async fn end_leases(url: &str) {
    let sql = "UPDATE outbox SET leased_until = 0";
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
}

/// A server is killed while OsonSMS has messages that it has not heard of; the next server loses none of them and sends
/// none twice.
async fn a_killed_server_loses_no_message(engine: Engine) {
    let osonsms = OsonSms::start().await;
    let mut installation = Installation::new(engine).await;
    installation
        .services
        .push(("BONEX_OSONSMS_API_URL", osonsms.url.clone()));
    let demo = installation.demo();
    osonsms.always(Some(SmsAnswer::TakeThenHang));
    let mut server = installation.serve().await;
    for client in demo["clients"].as_array().unwrap() {
        let sale = json!({ "client_phone": client["phone"], "total_amount": 200 });
        let answer = server.wire.post(&demo, 1, "/cashier/sale", &sale).await.unwrap();
        assert_eq!(answer.0, 201, "{answer:?}");
    }
    // Beside them the servers ask what is left on the account.
    let asked = || {
        let received = osonsms.received();
        received
            .iter()
            .filter(|asked| asked.file == "sendsms_v1.php")
            .count()
    };
    // As many as a shop may have under way: then the server takes no more.
    while asked() < 8 {
        osonsms.arrived().await;
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    osonsms.always(None);
    end_leases(&installation.url).await;
    let mut server = installation.serve().await;
    // Five welcomes, four gifts, five sales; eight of them once more.
    while asked() < 22 {
        osonsms.arrived().await;
    }
    let terminated = Command::new("kill")
        .args(["-TERM", &server.child.id().to_string()])
        .status();
    assert!(terminated.unwrap().success());
    let status = tokio::task::spawn_blocking(move || server.child.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "{status}");
    let told = |client: &Value| {
        let phone = client["phone"].as_str().unwrap().trim_start_matches('+');
        osonsms.messages(phone).len()
    };
    let told: Vec<usize> = demo["clients"].as_array().unwrap().iter().map(told).collect();
    assert_eq!((told, asked()), (vec![3, 3, 2, 3, 3], 22));
    installation.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_message_on_sqlite() {
    a_killed_server_loses_no_message(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_message_on_postgres() {
    a_killed_server_loses_no_message(Engine::Postgres).await;
}
