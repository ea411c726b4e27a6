//! Codes that log in.

use futures::FutureExt;
use loyalty::model::{Consent, Language, MessageQueue};
use loyalty::usecase;
use serde_json::{Value, json};

use super::{Outlets, write_campaign};
use crate::api::Api;
use crate::fakes::osonsms::Answer;
use crate::on_both_engines;

const NEW: &str = "+992901112233";
const DIGITS: &str = "992901112233";

async fn ask(api: &Api) {
    let answer = api
        .app("POST", "/auth/send-otp", None, json!({ "phone": NEW }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The code that came to the new phone last.
fn code(outlets: &Outlets<'_>) -> String {
    let messages = outlets.services.osonsms.messages(DIGITS);
    let mut codes = messages.iter().filter(|sms| sms.contains_key("is_confidential"));
    let text = &codes.next_back().expect("a code came")["msg"];
    let words = text
        .strip_prefix("Сеть «Хорошо»: код ")
        .expect("the words of a code");
    words.split('.').next().unwrap().to_owned()
}

/// Everything that the outbox holds, in one text.
async fn outbox(api: &Api) -> String {
    let sql =
        "SELECT kind || ' ' || status || ' ' || COALESCE(params, '') || ' ' || COALESCE(text, '') || ' '
                      || COALESCE(body_sealed, '') || ' ' || COALESCE(reason, '')
                 FROM outbox ORDER BY id";
    api.texts(sql).await.join("\n")
}

on_both_engines! {
    async fn a_code_that_came_by_sms_enrols_a_new_phone(api: Api) {
        let outlets = Outlets::open(api).await;
        ask(api).await;
        assert_eq!(outlets.send().await, 1);
        let sms = outlets.services.osonsms.messages(DIGITS).remove(0);
        assert_eq!(sms["is_confidential"], "true");
        let code = code(&outlets);
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{}", sms["msg"]);
        let body = json!({ "phone": NEW, "code": code, "full_name": "Новый Клиент" });
        let made = api.app("POST", "/auth/register", None, body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.data("token").as_str().unwrap();
        let profile = api.app("GET", "/client/profile", Some(token), Value::Null).await;
        assert_eq!((profile.status, profile.data("phone")), (200, &json!(NEW)));
    }

    async fn ruling_33_a_code_is_sealed_while_it_waits_and_gone_when_it_is_sent(api: Api) {
        let outlets = Outlets::open(api).await;
        ask(api).await;
        let waiting = outbox(api).await;
        assert!(waiting.starts_with("code waiting"), "{waiting}");
        outlets.send().await;
        let code = code(&outlets);
        assert!(!waiting.contains(&code) && !waiting.contains(DIGITS), "{waiting}");
        assert_eq!(outbox(api).await, "");
        let hashes = api.texts("SELECT code_hash FROM otp_codes").await;
        assert!(hashes.len() == 1 && !hashes[0].contains(&code), "{hashes:?}");
    }

    async fn ruling_33_a_code_is_in_no_history(api: Api) {
        let outlets = Outlets::open(api).await;
        ask(api).await;
        outlets.send().await;
        let body = json!({ "phone": NEW, "code": code(&outlets) });
        let made = api.app("POST", "/auth/register", None, body).await;
        assert_eq!(made.status, 201);
        let client = 6;
        api.clock.pass(61);
        outlets.services.osonsms.answer(&[Answer::Error(500, 112)]);
        ask(api).await;
        outlets.send().await;
        let told = outlets.history(client).await;
        assert_eq!(told.iter().map(|told| told.kind.as_str()).collect::<Vec<_>>(), ["welcome"]);
        api.clock.pass(6);
        outlets.send().await;
        let code = code(&outlets);
        assert!(!format!("{:?}", outlets.history(client).await).contains(&code));
        assert!(!outbox(api).await.contains("code"));
    }

    async fn a_code_goes_by_sms_alone_whatever_else_the_client_has_or_refuses(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.send_to_all_channels().await;
        ask(api).await;
        outlets.send().await;
        let body = json!({ "phone": NEW, "code": code(&outlets) });
        let made = api.app("POST", "/auth/register", None, body).await;
        let bearer = made.data("token").as_str().unwrap();
        let app = json!({ "token": "new-app", "platform": "android" });
        assert_eq!(api.app("POST", "/client/device-token", Some(bearer), app).await.status, 200);
        let shop = api.shop().await;
        usecase::set_consent(&api.loyalty, &shop, 6, Consent::None).await.unwrap();
        usecase::set_language(&api.loyalty, &shop, 6, Language::English).await.unwrap();
        outlets.send().await;
        api.clock.pass(61);
        let before = outlets.asked();
        ask(api).await;
        outlets.send().await;
        assert_eq!(outlets.asked(), [before[0], before[1], before[2] + 1]);
        let body = json!({ "phone": NEW, "code": code(&outlets) });
        assert_eq!(api.app("POST", "/auth/verify-otp", None, body).await.status, 200);
    }

    async fn what_goes_to_many_at_once_holds_up_no_code_and_no_sale(api: Api) {
        let outlets = Outlets::open(api).await;
        write_campaign(api).await;
        api.clock.pass(1);
        outlets.buy(1).await;
        // A worker hears of a sale at once, and of a code.
        api.loyalty.message_work(MessageQueue::Others).await;
        api.clock.pass(1);
        ask(api).await;
        assert!(api.loyalty.message_work(MessageQueue::Codes).now_or_never().is_some());
        let codes = usecase::take_messages(&api.loyalty, 1, MessageQueue::Codes, 10).await.unwrap();
        assert_eq!(codes.iter().map(|message| message.kind.as_str()).collect::<Vec<_>>(), ["code"]);
        let mut kinds = Vec::new();
        for most in [1, 2, 4] {
            let taken = usecase::take_messages(&api.loyalty, 1, MessageQueue::Others, most).await.unwrap();
            kinds.push(taken.iter().map(|message| message.kind.as_str()).collect::<Vec<_>>());
        }
        assert_eq!(kinds, [vec!["sale"], vec!["campaign"; 2], vec!["campaign"; 3]]);
    }

    async fn a_code_is_tried_for_as_long_as_it_lives_and_then_forgotten(api: Api) {
        let outlets = Outlets::open(api).await;
        outlets.services.osonsms.always(Some(Answer::Error(500, 112)));
        ask(api).await;
        for pause in [6, 34, 133] {
            assert_eq!(outlets.send().await, 1);
            assert!(outbox(api).await.starts_with("code waiting"));
            api.clock.pass(pause);
        }
        assert_eq!(outlets.send().await, 1);
        assert!(outbox(api).await.starts_with("code failed"), "the next attempt would come too late");
        api.clock.pass(8);
        usecase::forget_old_messages(&api.loyalty).await.unwrap();
        assert_eq!((outbox(api).await, outlets.send().await), (String::new(), 0));
    }

    async fn a_code_that_waited_too_long_is_not_sent(api: Api) {
        let outlets = Outlets::open(api).await;
        ask(api).await;
        api.clock.pass(180);
        outlets.send().await;
        assert_eq!(outlets.asked(), [0, 0, 0]);
    }
}
