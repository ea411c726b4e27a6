//! Logging in: codes, registration, Telegram, tokens.

use std::net::Ipv4Addr;

use loyalty::model::{Phone, Source};
use loyalty::usecase::{self, CodeLimits};
use serde_json::{Value, json};

use crate::api::{Api, signed_by_telegram};
use crate::on_both_engines;

const NEW: &str = "+992901112233";

async fn send(api: &Api, phone: &str) -> u16 {
    api.app("POST", "/auth/send-otp", None, json!({ "phone": phone }))
        .await
        .status
}

async fn verify(api: &Api, phone: &str, code: &str) -> (u16, String) {
    let body = json!({ "phone": phone, "code": code });
    let answer = api.app("POST", "/auth/verify-otp", None, body).await;
    (answer.status, answer.error().to_owned())
}

/// Phones and codes that wait in the outbox, the newest last.
async fn queued(api: &Api) -> Vec<(String, String)> {
    let sealed = api
        .texts("SELECT body_sealed FROM outbox WHERE kind = 'code' ORDER BY id")
        .await;
    let open = |sealed: &String| {
        let body: Value = serde_json::from_str(&api.open("code", sealed)).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("phone"), text("code"))
    };
    sealed.iter().map(open).collect()
}

/// The code that went to a phone last.
pub async fn code_of(api: &Api, phone: &str) -> String {
    let found = queued(api).await.into_iter().rev().find(|(to, _)| to == phone);
    found.expect("a code was queued").1
}

/// `initData` of a Telegram account, signed now by the demo shop's bot.
pub fn init_data(api: &Api, user_id: i64, more: &[(&str, &str)]) -> String {
    let user = json!({ "id": user_id, "first_name": "Парвиз", "username": "parviz" }).to_string();
    let at = (api.loyalty.now().millis() / 1000).to_string();
    let mut pairs = vec![
        ("user", user.as_str()),
        ("auth_date", at.as_str()),
        ("signature", "x-y_z"),
    ];
    pairs.extend(more);
    signed_by_telegram(&api.demo.tenant.telegram_bot_token, &pairs)
}

fn contact(api: &Api, user_id: i64, phone: &str) -> String {
    let contact = json!({ "user_id": user_id, "phone_number": phone, "first_name": "Парвиз" }).to_string();
    let at = (api.loyalty.now().millis() / 1000).to_string();
    signed_by_telegram(
        &api.demo.tenant.telegram_bot_token,
        &[("contact", &contact), ("auth_date", &at)],
    )
}

pub async fn by_contact(api: &Api, user_id: i64, phone: &str, code: Option<&str>) -> (u16, Value) {
    let body = json!({
        "init_data": init_data(api, user_id, &[]),
        "contact": contact(api, user_id, phone),
        "referral_code": code,
    });
    let answer = api.app("POST", "/auth/telegram-contact", None, body).await;
    (answer.status, answer.body)
}

on_both_engines! {
    async fn r_otp_6_the_demo_code_logs_a_demo_client_in(api: Api) {
        let token = api.log_in(1).await;
        let profile = api.app("GET", "/client/profile", Some(&token), Value::Null).await;
        assert_eq!((profile.status, profile.data("phone")), (200, &json!("+992900000500")));
        assert_eq!(verify(api, api.phone(1), "123456").await.0, 422, "a code is spent by the login");
    }

    async fn r_otp_4_the_words_of_the_contract(api: Api) {
        let answer = api.app("POST", "/auth/send-otp", None, json!({ "phone": "90 000-05-00" })).await;
        assert_eq!((answer.status, answer.data("message")), (200, &json!("OTP отправлен.")));
        for body in [json!({}), json!({ "phone": "?" }), json!({ "phone": "+9".repeat(11) }), json!({ "phone": 5 })] {
            assert_eq!(api.app("POST", "/auth/send-otp", None, body).await.status, 422);
        }
    }

    async fn only_demo_phones_have_the_fixed_code(api: Api) {
        assert_eq!(send(api, NEW).await, 200);
        assert_ne!(code_of(api, NEW).await, "123456", "one in a million is bad luck");
        assert_eq!(verify(api, NEW, "123456").await, (422, "Неверный или просроченный код.".into()));
        assert_eq!(send(api, api.phone(1)).await, 200);
        assert!(queued(api).await.iter().all(|(to, _)| to == NEW), "nothing goes out to a demo phone");
    }

    async fn r_otp_9_an_unknown_client_keeps_the_code_and_registers_with_it(api: Api) {
        send(api, NEW).await;
        let code = code_of(api, NEW).await;
        let unknown = "Клиент не найден в программе лояльности.";
        assert_eq!(verify(api, NEW, &code).await, (404, unknown.into()));
        let body = json!({ "phone": NEW, "code": code, "full_name": "Новый Клиент" });
        let made = api.app("POST", "/auth/register", None, body.clone()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.data("token").as_str().unwrap();
        let profile = api.app("GET", "/client/profile", Some(token), Value::Null).await;
        assert_eq!(profile.data("full_name"), &json!("Новый Клиент"));
        assert_eq!(profile.data("welcome_bonus_balance"), &json!(10), "the welcome bonus comes as at the register");
        assert_eq!(api.app("POST", "/auth/register", None, body).await.status, 422, "the code is spent");
    }

    async fn r_reg_3_an_enrolled_client_is_told_to_log_in(api: Api) {
        send(api, api.phone(1)).await;
        let body = json!({ "phone": api.phone(1), "code": "123456" });
        let answer = api.app("POST", "/auth/register", None, body).await;
        assert_eq!((answer.status, answer.error()), (422, "Клиент уже зарегистрирован. Войдите по коду."));
        assert_eq!(verify(api, api.phone(1), "123456").await.0, 200, "with the same code");
    }

    async fn r_otp_2_a_code_lives_180_seconds(api: Api) {
        send(api, api.phone(1)).await;
        api.clock.pass(179);
        send(api, api.phone(2)).await;
        api.clock.pass(1);
        assert_eq!(verify(api, api.phone(1), "123456").await.0, 422);
        assert_eq!(verify(api, api.phone(2), "123456").await.0, 200);
    }

    async fn ruling_33_the_third_wrong_attempt_kills_the_code(api: Api) {
        send(api, api.phone(1)).await;
        for code in ["000000", "000001", "000002"] {
            assert_eq!(verify(api, api.phone(1), code).await, (422, "Неверный или просроченный код.".into()));
        }
        assert_eq!(verify(api, api.phone(1), "123456").await.0, 422, "it is dead");
        api.clock.pass(60);
        send(api, api.phone(1)).await;
        verify(api, api.phone(1), "000000").await;
        verify(api, api.phone(1), "000001").await;
        assert_eq!(verify(api, api.phone(1), "123456").await.0, 200, "two wrong ones do not");
    }

    async fn eight_at_once_try_three_codes_at_most_and_log_in_once(api: Api) {
        send(api, api.phone(1)).await;
        let phone = api.phone(1);
        let wrong = ["1", "2", "3", "4", "5", "6", "7"].map(|digit| digit.repeat(6));
        let tries = wrong.iter().map(|code| verify(api, phone, code));
        let answers = futures::future::join_all(tries).await;
        assert!(answers.iter().all(|(status, _)| *status == 422));
        assert_eq!(verify(api, phone, "123456").await.0, 422, "seven wrong ones are more than three");
        send(api, api.phone(2)).await;
        let answers = futures::future::join_all((0..8).map(|_| verify(api, api.phone(2), "123456"))).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
    }

    async fn ruling_8_codes_go_out_now_and_then(api: Api) {
        assert_eq!(send(api, NEW).await, 200);
        let answer = api.app("POST", "/auth/send-otp", None, json!({ "phone": NEW })).await;
        assert_eq!((answer.status, answer.error()), (429, "Too Many Requests"));
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!((header("retry-after"), header("x-ratelimit-remaining")), ("60".into(), "0".into()));
        for _ in 0..4 {
            api.clock.pass(60);
            assert_eq!(send(api, NEW).await, 200);
        }
        api.clock.pass(60);
        assert_eq!(send(api, NEW).await, 429, "five in an hour");
        api.clock.pass(3600 - 5 * 60);
        assert_eq!(send(api, NEW).await, 200, "the first one is an hour old");
    }

    async fn ruling_8_sixty_codes_an_hour_from_one_address(api: Api) {
        // Past the limit of a minute, which is not meant here.
        let (shop, source) = (api.shop().await, Source::of(Ipv4Addr::LOCALHOST.into()));
        for number in 0..60 {
            let phone = Phone::parse(&format!("+99290222{number:04}")).unwrap();
            usecase::send_code(&api.loyalty, &shop, &phone, source, CodeLimits::times(1)).await.unwrap();
        }
        assert_eq!(send(api, NEW).await, 429);
        api.clock.pass(3600);
        assert_eq!(send(api, NEW).await, 200);
    }

    async fn r_auth_6_other_tokens_are_nobody(api: Api) {
        let token = api.log_in(1).await;
        let (id, secret) = token.split_once('|').unwrap();
        assert_eq!(secret.len(), 48);
        let wrong = format!("{id}|{}", "A".repeat(48));
        let other_id = format!("{}|{secret}", id.parse::<i64>().unwrap() + 1);
        for bearer in [wrong.as_str(), other_id.as_str(), secret, "", "|", "a|b", "1|"] {
            let answer = api.app("GET", "/client/profile", Some(bearer), Value::Null).await;
            assert_eq!(answer.status, 401, "{bearer}");
        }
        assert_eq!(api.app("GET", "/client/profile", None, Value::Null).await.status, 401);
    }

    async fn ruling_5_a_token_lives_until_log_out(api: Api) {
        let (token, other) = (api.log_in(1).await, api.log_in(2).await);
        api.clock.pass(400 * 86_400);
        assert_eq!(api.app("GET", "/client/profile", Some(&token), Value::Null).await.status, 200);
        let answer = api.send(api.bearer_request("POST", "/auth/logout", &token)).await;
        assert_eq!((answer.status, answer.data("logged_out")), (200, &json!(true)));
        assert_eq!(api.app("GET", "/client/profile", Some(&token), Value::Null).await.status, 401);
        assert_eq!(api.send(api.bearer_request("POST", "/auth/logout", &token)).await.status, 401);
        assert_eq!(api.app("GET", "/client/profile", Some(&other), Value::Null).await.status, 200);
    }

    async fn r_tg_2_a_linked_account_logs_in(api: Api) {
        let not_linked = "Аккаунт не привязан. Поделитесь контактом для входа.";
        let log_in = async || {
            let body = json!({ "init_data": init_data(api, 77, &[]) });
            api.app("POST", "/auth/telegram", None, body).await
        };
        let answer = log_in().await;
        assert_eq!((answer.status, answer.error()), (404, not_linked));
        assert_eq!(answer.headers["x-ratelimit-limit"], "20");
        let (status, body) = by_contact(api, 77, "992900000500", None).await;
        assert_eq!((status, &body["data"]["client"]["telegram_username"]), (200, &json!("parviz")), "{body}");
        let answer = log_in().await;
        assert_eq!((answer.status, &answer.data("client")["phone"]), (200, &json!("+992900000500")));
        let token = answer.data("token").as_str().unwrap();
        assert_eq!(api.app("GET", "/client/profile", Some(token), Value::Null).await.status, 200);
    }

    async fn r_tg_8_a_new_contact_is_enrolled(api: Api) {
        let (status, body) = by_contact(api, 78, NEW, None).await;
        assert_eq!((status, &body["data"]["client"]["phone"]), (201, &json!(NEW)), "{body}");
        assert_eq!(body["data"]["client"]["bonus_balance"], json!(10));
        assert_eq!(by_contact(api, 78, NEW, None).await.0, 200);
    }

    async fn r_tg_4_what_telegram_did_not_sign_is_refused(api: Api) {
        let (good, at) = (init_data(api, 77, &[]), api.loyalty.now().millis() / 1000);
        let refused = async |init_data: &str| {
            let answer = api.app("POST", "/auth/telegram", None, json!({ "init_data": init_data })).await;
            assert_eq!((answer.status, answer.error()), (401, "Недействительная подпись Telegram."), "{init_data}");
        };
        refused(&good.replace("77", "78")).await;
        refused("hash=0").await;
        let other_bot = signed_by_telegram("1:other", &[("user", r#"{"id":77}"#), ("auth_date", &at.to_string())]);
        refused(&other_bot).await;
        api.clock.pass(86_401);
        refused(&good).await;
        let body = json!({ "init_data": init_data(api, 77, &[]), "contact": good });
        let answer = api.app("POST", "/auth/telegram-contact", None, body).await;
        assert_eq!(answer.status, 401);
        assert_eq!(api.app("POST", "/auth/telegram", None, json!({})).await.status, 422);
    }

    async fn r_tg_10_and_11_a_contact_belongs_to_its_account_and_an_account_to_one_client(api: Api) {
        let body = json!({ "init_data": init_data(api, 77, &[]), "contact": contact(api, 78, NEW) });
        assert_eq!(api.app("POST", "/auth/telegram-contact", None, body).await.status, 422);
        assert_eq!(by_contact(api, 77, api.phone(1), None).await.0, 200);
        let (status, body) = by_contact(api, 77, api.phone(2), None).await;
        assert_eq!((status, &body["error"]), (422, &json!("Этот Telegram уже привязан к другому клиенту.")));
        let token = api.log_in(2).await;
        let link = async |user_id| {
            let body = json!({ "init_data": init_data(api, user_id, &[]) });
            api.app("POST", "/client/link-telegram", Some(&token), body).await
        };
        assert_eq!(link(77).await.status, 422);
        let linked = link(79).await;
        assert_eq!((linked.status, linked.data("linked")), (200, &json!(true)), "r_tg_14");
        assert_eq!(link(79).await.status, 200, "again is fine");
    }

    async fn r_reg_6_a_referral_code_in_both_forms(api: Api) {
        let token = api.log_in(1).await;
        let referral = api.app("GET", "/client/referral", Some(&token), Value::Null).await;
        let code = referral.data("code").as_str().unwrap().to_owned();
        for (phone, given) in [("+992901112201", code.clone()), ("+992901112202", format!("ref_{code}"))] {
            send(api, phone).await;
            let body = json!({ "phone": phone, "code": code_of(api, phone).await, "referral_code": given });
            assert_eq!(api.app("POST", "/auth/register", None, body).await.status, 201);
        }
        assert_eq!(by_contact(api, 80, "+992901112203", Some(&code)).await.0, 201);
        let start = format!("ref_{code}");
        let body = json!({
            "init_data": init_data(api, 81, &[("start_param", &start)]),
            "contact": contact(api, 81, "+992901112204"),
        });
        assert_eq!(api.app("POST", "/auth/telegram-contact", None, body).await.status, 201);
        let referral = api.app("GET", "/client/referral", Some(&token), Value::Null).await;
        assert_eq!((referral.data("invited_count"), referral.data("completed_count")), (&json!(4), &json!(0)));
        send(api, NEW).await;
        let body = json!({ "phone": NEW, "code": code_of(api, NEW).await, "referral_code": "ZZZZZZZZ" });
        let answer = api.app("POST", "/auth/register", None, body).await;
        assert_eq!(answer.status, 422, "r_reg_4");
    }
}
