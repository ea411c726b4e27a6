//! What a service refuses or can't do now.

use std::time::Duration;

use loyalty::model::{Channel, MessageQueue};
use loyalty::usecase::{self, Later, Tried};
use serde_json::json;
use server::workers::messages::Messages;

use super::{Outlets, chat};
use crate::fakes::google::Answer as PushAnswer;
use crate::fakes::osonsms::Answer as SmsAnswer;
use crate::fakes::telegram::Answer as TelegramAnswer;
use crate::on_both_engines;

/// A message that can wait: the client is not doing anything just now.
async fn tell_of_a_gift(outlets: &Outlets<'_>, number: usize) {
    outlets.buy(number).await;
    let turned = "UPDATE outbox SET kind = 'birthday', params = '{\"amount\":25,\"balance\":100}'
                   WHERE kind = 'sale' AND status = 'waiting' AND attempts = 0";
    outlets.api.execute(turned).await;
}

/// Pauses between attempts, in seconds.
const PAUSES: [i64; 7] = [5, 30, 120, 600, 1800, 3600, 7200];

on_both_engines! {
    async fn a_pause_that_a_service_asks_for_is_the_whole_shops(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.link_telegram(2).await;
        outlets.services.telegram.answer(&[TelegramAnswer::TooMany(300)]);
        tell_of_a_gift(&outlets, 1).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [0, 1, 0]);
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.reason.as_deref()),
            ("waiting", Some("Telegram просит отправлять сообщения реже.")));
        assert!(told.due_at >= api.loyalty.now().plus_seconds(300), "{:?}", told.due_at);
        tell_of_a_gift(&outlets, 2).await;
        assert_eq!(outlets.send().await, 0);
        let other = outlets.last(2).await;
        let wait = (other.due_at - api.loyalty.now()).as_secs();
        assert!(other.status == "waiting" && (200..=300).contains(&wait), "{other:?}");
        // By the shop's clock it is over, by the machine's it is not.
        api.clock.pass(400);
        assert_eq!((outlets.send().await, outlets.asked()), (0, [0, 1, 0]), "nothing goes to the channel meanwhile");
        let told = outlets.last(1).await;
        assert_eq!((told.attempts, told.reason.as_deref()), (1, Some("Telegram просит отправлять сообщения реже.")),
            "waiting is no attempt, and its cause is still told");
        outlets.end_pauses().await;
        api.clock.pass(400);
        assert_eq!(outlets.send().await, 2);
        assert_eq!((outlets.counts(1), outlets.counts(2), outlets.asked()), ([0, 1, 0], [0, 1, 0], [0, 3, 0]));
    }

    async fn a_paused_channel_is_gone_around_at_once_by_what_answers_the_client(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.always(Some(TelegramAnswer::Unauthorized));
        for _ in 0..2 {
            outlets.buy(1).await;
            outlets.send().await;
            let told = outlets.last(1).await;
            assert_eq!((told.status.as_str(), told.channels), ("sent", vec![Channel::Sms]));
        }
        assert_eq!(outlets.asked(), [0, 1, 2], "the second does not even ask");
        let card = usecase::channels(&api.loyalty, &*api.shop().await).await.unwrap();
        let bot = card.iter().find(|card| card.channel == Channel::Telegram).unwrap();
        assert_eq!(bot.error.as_deref(), Some("Telegram не знает такого бота: проверьте токен бота."));
    }

    async fn a_message_that_a_silent_channel_may_have_taken_is_not_said_twice(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.answer(&[TelegramAnswer::Status(502)]);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!((outlets.asked(), outlets.last(1).await.status.as_str()), ([0, 1, 0], "waiting"));
        api.clock.pass(40);
        assert_eq!((outlets.send().await, outlets.asked()), (0, [0, 1, 0]), "its channel rests");
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [0, 1, 1], "another message is another matter");
        outlets.end_pauses().await;
        api.clock.pass(70);
        outlets.send().await;
        assert_eq!(outlets.counts(1), [0, 1, 1]);
    }

    async fn ruling_36_a_key_of_another_project_costs_nobody_the_app(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.google.always(Some(PushAnswer::SenderIdMismatch));
        for number in 1..=5 {
            outlets.install_app(number).await;
        }
        for number in 1..=5 {
            outlets.buy(number).await;
            outlets.send().await;
            assert_eq!(outlets.last(number).await.channels, [Channel::Sms], "{number}");
        }
        assert_eq!(api.texts("SELECT token FROM device_tokens").await.len(), 5, "nothing is forgotten");
        assert_eq!(outlets.asked(), [5, 0, 5]);
        let told = api.texts("SELECT error FROM channels WHERE kind = 'push'").await;
        assert_eq!(told, ["Firebase несколько раз подряд не узнал телефоны: проверьте, от того ли проекта ключ."]);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [5, 0, 6], "the channel rests");
        outlets.services.google.always(None);
        outlets.end_pauses().await;
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.counts(1)[0], 1);
        let in_a_row = "SELECT CAST(refused_in_a_row AS TEXT) FROM channels WHERE kind = 'push'";
        assert_eq!(api.texts(in_a_row).await, ["0"]);
    }

    async fn messages_of_a_suspended_shop_wait_until_it_is_served_again(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.buy(1).await;
        let code = json!({ "phone": "+992901112233" });
        assert_eq!(api.app("POST", "/auth/send-otp", None, code).await.status, 200);
        for status in ["suspended", "unpaid"] {
            api.execute(&format!("UPDATE tenants SET status = '{status}' WHERE id = 1")).await;
            assert_eq!((outlets.send().await, outlets.asked()), (0, [0, 0, 0]));
        }
        api.execute("UPDATE tenants SET status = 'active' WHERE id = 1").await;
        assert_eq!((outlets.send().await, outlets.asked()), (2, [0, 0, 2]));
    }

    async fn a_channel_that_fails_for_ten_minutes_is_gone_around_until_it_works(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.always(Some(TelegramAnswer::Unauthorized));
        tell_of_a_gift(&outlets, 1).await;
        outlets.send().await;
        assert_eq!((outlets.asked(), outlets.last(1).await.status.as_str()), ([0, 1, 0], "waiting"));
        api.clock.pass(599);
        assert_eq!((outlets.send().await, outlets.counts(1)), (0, [0, 0, 0]), "not yet");
        api.clock.pass(61);
        outlets.send().await;
        tell_of_a_gift(&outlets, 1).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.asked()), ([0, 0, 2], [0, 1, 2]));
        outlets.services.telegram.always(None);
        outlets.end_pauses().await;
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.counts(1), [0, 1, 2]);
        let channels = usecase::channels(&api.loyalty, &*api.shop().await).await.unwrap();
        assert!(channels.iter().all(|card| card.error.is_none()), "{channels:?}");
    }

    async fn a_message_that_was_on_its_way_does_not_end_the_pause(api: Api) {
        let outlets = Outlets::open(api).await;
        for number in 1..=3 {
            outlets.link_telegram(number).await;
        }
        tell_of_a_gift(&outlets, 1).await;
        tell_of_a_gift(&outlets, 2).await;
        let [first, second] = usecase::take_messages(&api.loyalty, 1, MessageQueue::Others, 10).await.unwrap().try_into().ok().unwrap();
        let later = Later { channel: Channel::Telegram, after_seconds: Some(600), whole_channel: true };
        let paused = Tried { later: vec![later], reasons: vec!["Реже.".to_owned()], ..Tried::default() };
        usecase::settle_message(&api.loyalty, &first, &paused, 0.0).await.unwrap();
        let served = Tried { served: vec![Channel::Telegram], ..Tried::default() };
        usecase::settle_message(&api.loyalty, &second, &served, 0.0).await.unwrap();
        tell_of_a_gift(&outlets, 3).await;
        assert_eq!((outlets.send().await, outlets.asked()), (0, [0, 0, 0]));
        outlets.end_pauses().await;
        api.clock.pass(700);
        assert_eq!((outlets.send().await, outlets.asked()), (2, [0, 2, 0]));
        let shop = api.shop().await;
        let cards = usecase::channels(&api.loyalty, &shop).await.unwrap();
        assert!(cards.iter().all(|card| card.error.is_none()), "what works again complains no more: {cards:?}");
    }

    async fn a_channel_that_pauses_is_left_alone_while_the_others_go_on(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.send_to_all_channels().await;
        for number in 1..=2 {
            outlets.install_app(number).await;
            outlets.link_telegram(number).await;
        }
        outlets.services.telegram.answer(&[TelegramAnswer::TooMany(600)]);
        outlets.buy(1).await;
        outlets.send().await;
        outlets.buy(2).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.counts(2)), ([1, 0, 1], [1, 0, 1]));
        assert_eq!(outlets.asked(), [2, 1, 2], "Telegram is not asked during its pause");
        assert_eq!(outlets.last(2).await.channels, [Channel::Push, Channel::Sms]);
        outlets.end_pauses().await;
        api.clock.pass(700);
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.counts(2), outlets.asked()), ([1, 1, 1], [1, 1, 1], [2, 3, 2]));
        assert_eq!((outlets.last(1).await.status, outlets.last(2).await.status), ("sent".into(), "sent".into()));
    }

    async fn a_pause_is_heeded_between_two_phones_of_one_client(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.install(1, "tablet").await;
        outlets.services.google.answer(&[PushAnswer::Unavailable(Some(600))]);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [1, 0, 0]);
        outlets.end_pauses().await;
        api.clock.pass(700);
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.services.google.pushes("tablet").len()), ([1, 0, 0], 1));
    }

    async fn what_one_channel_took_is_sent_even_if_another_pauses_for_too_long(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.send_to_all_channels().await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.answer(&[TelegramAnswer::TooMany(40_000)]);
        outlets.buy(1).await;
        outlets.send().await;
        api.clock.pass(45_000);
        outlets.send().await;
        assert_eq!(outlets.last(1).await.status, "waiting", "the pause goes by the machine's clock");
        api.clock.pass(45_000);
        outlets.send().await;
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels, outlets.counts(1)), ("sent", vec![Channel::Sms], [0, 0, 1]));
        assert_eq!(told.text, Some(outlets.got(1)[2][0].clone()));
    }

    async fn attempts_grow_rare_and_end_when_the_message_is_of_no_use(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.osonsms.always(Some(SmsAnswer::Error(500, 112)));
        outlets.buy(1).await;
        let (started, mut waits) = (api.loyalty.now(), Vec::new());
        loop {
            assert_eq!(outlets.send().await, 1);
            let told = outlets.last(1).await;
            assert_eq!(told.reason.as_deref(), Some("OsonSMS не смог отправить сообщение."));
            if told.status != "waiting" {
                assert_eq!((told.status.as_str(), told.text, told.channels), ("failed", None, vec![]));
                assert_eq!((told.attempts, told.sent_at), (waits.len() as i64 + 1, None));
                break;
            }
            let wait = told.due_at - api.loyalty.now();
            waits.push(wait.as_millis() as i64);
            api.clock.pass(wait.as_secs() as i64 + 1);
        }
        for (number, wait) in waits.iter().enumerate() {
            let pause = PAUSES[number.min(6)] * 1000;
            assert!((pause..=pause + pause / 10).contains(wait), "{number}: {waits:?}");
        }
        let lasted = (api.loyalty.now() - started).as_secs();
        assert!((79_000..86_400).contains(&lasted), "for as long as a sale is news: {lasted}");
        api.clock.pass(7 * 86_400);
        assert_eq!((outlets.send().await, outlets.asked()), (0, [0, 0, waits.len() + 1]), "never again");
        assert_eq!(outlets.counts(1), [0, 0, 0]);
    }

    async fn silence_and_a_broken_server_are_tried_again(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.osonsms.answer(&[SmsAnswer::Hang, SmsAnswer::Status(502)]);
        outlets.buy(1).await;
        let channels = outlets.services.channels().with_timeout(Duration::from_millis(300));
        Messages::worker(api.loyalty.clone(), channels).do_due().await.unwrap();
        for reason in ["OsonSMS не ответил вовремя.", "OsonSMS временно не работает (ошибка 502)."] {
            let told = outlets.last(1).await;
            assert_eq!((told.status.as_str(), told.reason.as_deref()), ("waiting", Some(reason)));
            outlets.end_pauses().await;
            api.clock.pass(40);
            assert_eq!(outlets.send().await, 1);
        }
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.attempts, told.reason), ("sent", 3, None));
        assert_eq!(outlets.counts(1), [0, 0, 1]);
    }

    async fn an_sms_whose_answer_is_lost_is_asked_for_again_and_sent_once(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.osonsms.answer(&[SmsAnswer::TakeThenBreak]);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.last(1).await.status), ([0, 0, 1], "waiting".into()));
        api.clock.pass(6);
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.last(1).await.status), ([0, 0, 1], "sent".into()));
        let [first, second] = outlets.services.osonsms.received().try_into().unwrap();
        assert_eq!((first.get("txn_id"), first.get("msg")), (second.get("txn_id"), second.get("msg")));
    }

    async fn a_message_that_will_never_be_taken_goes_by_the_next_channel(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.answer(&[TelegramAnswer::BadRequest("Bad Request: can't parse entities")]);
        outlets.services.osonsms.answer(&[SmsAnswer::Error(400, 107)]);
        outlets.buy(1).await;
        outlets.send().await;
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.attempts, outlets.asked()), ("failed", 1, [0, 1, 1]));
        let reason = "Telegram не принял сообщение. OsonSMS не знает такого имени отправителя.";
        assert_eq!(told.reason.as_deref(), Some(reason), "of every channel");
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.services.telegram.messages(chat(1)).len(), 1, "the address was good");
    }

    async fn a_message_that_can_not_be_read_does_not_stop_the_others(api: Api) {
        let outlets = Outlets::open(api).await;
        for number in 1..=4 {
            outlets.buy(number).await;
        }
        for (number, spoilt) in [(1, "params = 'no JSON'"), (2, "kind = 'of another version'"), (3, "body_sealed = '00'")] {
            api.execute(&format!("UPDATE outbox SET {spoilt} WHERE client_id = {number}")).await;
        }
        assert_eq!(outlets.send().await, 1);
        assert_eq!(outlets.counts(4), [0, 0, 1]);
        let statuses = api.texts("SELECT status FROM outbox ORDER BY client_id").await;
        assert_eq!(statuses, ["failed", "failed", "failed", "sent"]);
        assert_eq!(outlets.last(1).await.reason.as_deref(), Some("Сообщение не прочитать."));
    }
}
