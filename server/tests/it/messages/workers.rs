//! Many workers, and their deaths.

use std::collections::HashSet;

use loyalty::model::Channel;
use loyalty::usecase::{self, Tried};
use server::workers::messages::Messages;

use super::{Outlets, chat};
use crate::api::settings;
use crate::fakes::osonsms::Answer as SmsAnswer;
use crate::fakes::telegram::Answer as TelegramAnswer;
use crate::on_both_engines;

/// A worker begins to send what is due and dies when the service has it.
async fn die_sending(outlets: &Outlets<'_>, arrived: impl Future<Output = ()>) {
    let worker = Messages::new(outlets.api.loyalty.clone(), outlets.services.channels());
    let dying = tokio::spawn(async move { worker.send_due().await });
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
        let beside = Messages::new(other.clone(), outlets.services.channels());
        let (one, two) = tokio::join!(outlets.worker.send_due(), beside.send_due());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one + two, 200);
        assert!(one > 0 && two > 0, "both have worked: {one} and {two}");
        assert_eq!(outlets.asked(), [0, 200, 0]);
        let told: HashSet<String> = (1..=5).flat_map(|number| outlets.got(number)[1].clone()).collect();
        assert_eq!(told.len(), 200, "every one of them arrived");
        other.close().await;
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
        let slow = usecase::take_messages(&api.loyalty, 1, 10).await.unwrap().remove(0);
        api.execute("UPDATE outbox SET leased_until = 0").await;
        assert_eq!(outlets.send().await, 1);
        let failed = Tried { reasons: vec!["Поздно.".to_owned()], ..Tried::default() };
        usecase::settle_message(&api.loyalty, &slow, &failed, 0.0).await.unwrap();
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels, told.reason), ("sent", vec![Channel::Telegram], None));
    }

    async fn workers_send_by_themselves(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        let mut settings = settings();
        settings.telegram_api_url = Some(outlets.services.telegram.url.clone());
        let crew = server::workers::Crew::start(&api.loyalty, &settings).unwrap();
        outlets.buy(1).await;
        outlets.services.telegram.arrived().await;
        crew.stop().await;
        assert_eq!(outlets.services.telegram.messages(chat(1)).len(), 1);
        assert_eq!(outlets.last(1).await.status, "sent", "what was under way is finished");
    }
}
