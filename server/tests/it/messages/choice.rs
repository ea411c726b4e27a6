//! By which channel, to whom, when.

use loyalty::model::{Channel, Consent, MessageKind};
use loyalty::usecase::{self, MessageRules};
use serde_json::{Value, json};
use server::channels::{Addresses, Channels};
use server::workers::messages::Messages;

use super::{Outlets, app, chat, write_campaign};
use crate::api::Api;
use crate::auth::init_data;
use crate::on_both_engines;
use crate::telegram_bot::{bot_secret, update};

const SALE: &str = "Сеть «Хорошо»: покупка на 200 TJS. Начислено 10. Баланс: 170.";

async fn set_consent(api: &Api, number: i64, consent: Consent) {
    let shop = api.shop().await;
    usecase::set_consent(&api.loyalty, &shop, number, consent)
        .await
        .unwrap();
}

on_both_engines! {
    async fn ruling_36_a_client_with_the_app_is_told_there_and_nowhere_else(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.link_telegram(1).await;
        outlets.buy(1).await;
        assert_eq!(outlets.send().await, 1);
        assert_eq!(outlets.got(1), [vec![SALE.to_owned()], vec![], vec![]]);
        assert_eq!(outlets.asked(), [1, 0, 0], "the others are not even tried");
        let push = outlets.services.google.pushes(&app(1)).remove(0);
        assert_eq!((&push["notification"]["title"], &push["data"]["kind"]), (&json!("Сеть «Хорошо»"), &json!("sale")));
        let told = outlets.last(1).await;
        assert_eq!((told.kind, told.status.as_str(), told.channels), (MessageKind::Sale, "sent", vec![Channel::Push]));
        assert_eq!((told.text.as_deref(), told.reason, told.attempts), (Some(SALE), None, 1));
        assert_eq!(told.sent_at, Some(api.loyalty.now()));
        assert_eq!(outlets.send().await, 0, "nothing is sent twice");
    }

    async fn ruling_36_without_the_app_the_bot_and_without_the_bot_an_sms(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.buy(1).await;
        outlets.buy(2).await;
        assert_eq!(outlets.send().await, 2);
        assert_eq!(outlets.got(1), [vec![], vec![SALE.to_owned()], vec![]]);
        let by_sms = "Сеть «Хорошо»: покупка на 200 TJS. Начислено 10. Баланс: 60.".to_owned();
        assert_eq!(outlets.got(2), [vec![], vec![], vec![by_sms]]);
        assert_eq!(outlets.asked(), [0, 1, 1]);
        let (told, by_sms) = (outlets.last(1).await, outlets.last(2).await);
        assert_eq!((told.channels, by_sms.channels), (vec![Channel::Telegram], vec![Channel::Sms]));
        let sms = outlets.services.osonsms.received().remove(0);
        assert_eq!(sms.get("txn_id"), format!("bonex-1-{}", by_sms.id));
    }

    async fn ruling_36_all_channels_and_a_retry_leaves_out_those_that_have_taken_it(api: Api) {
        use crate::fakes::telegram::Answer;
        let outlets = Outlets::open(api).await;
        outlets.send_to_all_channels().await;
        outlets.install_app(1).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.answer(&[Answer::Status(302)]);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.counts(1), [1, 0, 1]);
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels), ("waiting", vec![Channel::Push, Channel::Sms]));
        assert_eq!(told.reason.as_deref(), Some("Telegram ответил непонятно (код 302)."));
        api.clock.pass(6);
        outlets.send().await;
        assert_eq!(outlets.got(1), [[SALE.to_owned()], [SALE.to_owned()], [SALE.to_owned()]]);
        assert_eq!(outlets.asked(), [1, 2, 1], "the others were not asked again");
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels.len(), told.text.as_deref()), ("sent", 3, Some(SALE)));
    }

    async fn ruling_36_an_app_that_is_gone_is_forgotten_and_the_bot_comes_next(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.link_telegram(1).await;
        outlets.services.google.unregister(&app(1));
        outlets.buy(1).await;
        assert_eq!(outlets.send().await, 1);
        assert_eq!(outlets.counts(1), [0, 1, 0]);
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels), ("sent", vec![Channel::Telegram]));
        assert_eq!(told.reason.as_deref(), Some("Приложение удалено с телефона."));
        assert_eq!(api.texts("SELECT token FROM device_tokens").await, Vec::<String>::new());
        api.clock.pass(60);
        let bearer = api.log_in(1).await;
        let profile = api.app("GET", "/client/profile", Some(&bearer), Value::Null).await;
        assert_eq!(profile.data("has_mobile_app"), &json!(false));
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [1, 2, 0], "the dead address is not tried again");
    }

    async fn of_two_phones_one_that_is_gone_costs_the_other_nothing(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.install(1, "old-phone").await;
        outlets.services.google.unregister("old-phone");
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.counts(1), [1, 0, 0]);
        assert_eq!(outlets.last(1).await.channels, [Channel::Push]);
        assert_eq!(api.texts("SELECT token FROM device_tokens").await, [app(1)]);
    }

    async fn ruling_36_who_stopped_the_bot_gets_an_sms_until_the_bot_is_started_again(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.link_telegram(1).await;
        outlets.services.telegram.block(chat(1));
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.asked()), ([0, 0, 1], [0, 1, 1]));
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.channels), ("sent", vec![Channel::Sms]));
        assert_eq!(told.reason.as_deref(), Some("Клиент остановил бота в Telegram."));
        let body = json!({ "init_data": init_data(api, chat(1), &[]) });
        let log_in = api.app("POST", "/auth/telegram", None, body).await;
        assert_eq!((log_in.status, &log_in.data("client")["phone"]), (200, &json!(api.phone(1))));
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.asked()), ([0, 0, 2], [0, 1, 2]), "logging in is not starting the bot");
        outlets.services.telegram.unblock(chat(1));
        let secret = bot_secret(api).await;
        assert_eq!(update(api, &secret, chat(1), "/start").await.status, 200);
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.asked()), ([0, 1, 2], [0, 2, 2]));
    }

    async fn a_channel_that_the_shop_switched_off_is_passed_over(api: Api) {
        let outlets = Outlets::open(api).await;
        let shop = api.shop().await;
        for channel in [Channel::Push, Channel::Telegram] {
            usecase::put_channel(&api.loyalty, &shop, channel, false, None).await.unwrap();
        }
        outlets.install_app(1).await;
        outlets.link_telegram(1).await;
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.counts(1), [0, 0, 1]);
        outlets.buy(1).await;
        usecase::put_channel(&api.loyalty, &shop, Channel::Sms, false, None).await.unwrap();
        outlets.send().await;
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.attempts, outlets.asked()), ("skipped", 1, [0, 0, 1]));
        assert_eq!(told.reason.as_deref(), Some("Нет канала: ни приложения, ни Telegram, ни SMS."));
    }

    async fn a_client_hears_no_more_than_allowed(api: Api) {
        let outlets = Outlets::open(api).await;
        write_campaign(api).await;
        set_consent(api, 1, Consent::None).await;
        set_consent(api, 2, Consent::Own).await;
        for number in 1..=3 {
            outlets.buy(number).await;
        }
        outlets.send().await;
        assert_eq!((outlets.counts(1), outlets.counts(2), outlets.counts(3)), ([0, 0, 0], [0, 0, 1], [0, 0, 2]));
        assert!(outlets.got(3)[2].contains(&"Сеть «Хорошо»: Скидки!".to_owned()));
        for (number, kind) in [(1, MessageKind::Sale), (1, MessageKind::Campaign), (2, MessageKind::Campaign)] {
            let history = outlets.history(number).await;
            let told = history.iter().find(|told| told.kind == kind).unwrap();
            assert_eq!(told.reason.as_deref(), Some("Клиент отказался от таких сообщений."), "{number} {kind:?}");
            assert_eq!((told.status.as_str(), &told.text), ("skipped", &None));
        }
    }

    async fn a_blocked_client_is_told_nothing(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.buy(1).await;
        api.execute("UPDATE clients SET is_blocked = TRUE WHERE tenant_id = 1 AND id = 1").await;
        outlets.send().await;
        let told = outlets.last(1).await;
        assert_eq!((told.status.as_str(), told.reason.as_deref()), ("skipped", Some("Клиент заблокирован.")));
        assert_eq!(outlets.asked(), [0, 0, 0]);
    }

    async fn quiet_hours_hold_back_a_reminder_until_their_end_but_not_a_sale(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.set_rules(MessageRules { to_all: false, quiet: Some((22 * 60, 9 * 60)) }).await;
        // From 14:30 to 23:00, six days before what the demo client was given burns.
        api.clock.pass(174 * 86_400 + 8 * 3600 + 1800);
        assert_eq!(usecase::remind_of_expiring(&api.loyalty, api.loyalty.now()).await.unwrap(), 5);
        outlets.buy(1).await;
        outlets.send().await;
        let [sale] = outlets.got(1)[2].clone().try_into().unwrap();
        assert_eq!(sale, SALE);
        let [_, reminder] = outlets.history(1).await.try_into().unwrap();
        assert_eq!((reminder.kind, reminder.status.as_str()), (MessageKind::Expiring, "waiting"));
        assert_eq!(reminder.due_at, api.loyalty.now().plus_seconds(10 * 3600), "at nine");
        api.clock.pass(10 * 3600 - 1);
        assert_eq!((outlets.send().await, outlets.counts(1)), (0, [0, 0, 1]));
        api.clock.pass(1);
        assert_eq!(outlets.send().await, 5);
        let reminder = outlets.got(1)[2][1].clone();
        assert_eq!(reminder, "Сеть «Хорошо»: 02.12.2026 сгорят 160. Успейте потратить. Баланс: 160.");
    }

    async fn the_demo_shop_says_nothing_to_services_that_are_real(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.install_app(1).await;
        outlets.link_telegram(2).await;
        let real = Messages::worker(api.loyalty.clone(), Channels::new(Addresses::default()).unwrap());
        let code = json!({ "phone": "+992901112233" });
        assert_eq!(api.app("POST", "/auth/send-otp", None, code).await.status, 200);
        for number in 1..=3 {
            outlets.buy(number).await;
        }
        let codes = Messages::codes(api.loyalty.clone(), Channels::new(Addresses::default()).unwrap());
        assert_eq!((real.do_due().await.unwrap(), codes.do_due().await.unwrap()), (3, 1));
        for number in 1..=3 {
            let told = outlets.last(number).await;
            assert_eq!((told.status.as_str(), told.attempts, told.channels), ("skipped", 1, vec![]));
            assert_eq!(told.reason.as_deref(), Some("Демо-магазин ничего не отправляет."));
        }
        // With one of them in reach, the others are silent.
        let addresses = Addresses::new(None, None, Some(&outlets.services.osonsms.url)).unwrap();
        outlets.buy(1).await;
        Messages::worker(api.loyalty.clone(), Channels::new(addresses).unwrap()).do_due().await.unwrap();
        assert_eq!(outlets.counts(1), [0, 0, 1]);
    }
}
