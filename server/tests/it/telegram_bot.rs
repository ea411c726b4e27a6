//! The shops' bots: what people write to them, and how Telegram learns where to send it.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use loyalty::usecase;
use serde_json::{Value, json};
use server::channels::{Addresses, Channels};
use server::parts::Parts;
use server::router::router;
use server::workers::bots::connect;

use crate::api::{Answer, Api, seal, settings};
use crate::auth::by_contact;
use crate::fakes::Services;
use crate::on_both_engines;

const USER: i64 = 700_001;
const BASE: &str = "https://bonex.example";
const HEADER: &str = "x-telegram-bot-api-secret-token";

/// What Telegram shows with every update of the demo shop's bot.
pub async fn bot_secret(api: &Api) -> String {
    let bots = usecase::bots_to_connect(&api.loyalty, "https://elsewhere.example")
        .await
        .unwrap();
    let [bot] = bots.try_into().ok().expect("the demo shop has a bot");
    bot.secret
}

/// Telegram passes on what somebody has written to the demo shop's bot.
pub async fn update(api: &Api, secret: &str, user_id: i64, text: &str) -> Answer {
    post(
        api,
        &api.router,
        "demo",
        Some(secret),
        &private(user_id, text).to_string(),
    )
    .await
}

async fn post(api: &Api, router: &Router, code: &str, secret: Option<&str>, body: &str) -> Answer {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("/telegram/{code}"))
        .header("Content-Type", "application/json");
    if let Some(secret) = secret {
        request = request.header(HEADER, secret);
    }
    let outside = Api {
        router: router.clone(),
        loyalty: api.loyalty.clone(),
        demo: api.demo.clone(),
        clock: api.clock.clone(),
        url: api.url.clone(),
    };
    outside
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// As Telegram words a message in the chat with the bot.
fn private(user_id: i64, text: &str) -> Value {
    let from = json!({ "id": user_id, "is_bot": false, "first_name": "Парвиз", "language_code": "ru" });
    let chat = json!({ "id": user_id, "type": "private", "first_name": "Парвиз" });
    let message = json!({ "message_id": 5, "from": from, "chat": chat, "date": 1_780_651_800, "text": text });
    json!({ "update_id": 90_001, "message": message })
}

/// The server as the world sees it.
fn public_router(api: &Api) -> Router {
    let mut settings = settings();
    settings.public_url = Some(BASE.to_owned());
    router(Parts::new(api.loyalty.clone(), &settings).unwrap())
}

async fn consent(api: &Api) -> String {
    api.texts("SELECT consent FROM clients WHERE tenant_id = 1 AND id = 1")
        .await
        .remove(0)
}

on_both_engines! {
    async fn whoever_does_not_know_the_secret_is_not_telegram(api: Api) {
        let secret = bot_secret(api).await;
        let body = private(USER, "/start").to_string();
        let near = format!("{}0", &secret[..secret.len() - 1]);
        for (code, shown) in [
            ("demo", None), ("demo", Some("")), ("demo", Some("wrong")), ("demo", Some(near.as_str())),
            ("nobody", Some(secret.as_str())),
        ] {
            let answer = post(api, &api.router, code, shown, &body).await;
            assert_eq!((answer.status, answer.body), (401, json!("")), "{code} {shown:?}");
        }
        // A shop without a bot, and a bot's secret that is another bot's.
        api.other_shop().await;
        assert_eq!(post(api, &api.router, "other", Some(&secret), &body).await.status, 401);
        let same_bot = seal(&api.demo.tenant.telegram_bot_token);
        api.execute(&format!("UPDATE tenants SET telegram_bot_token_sealed = '{same_bot}' WHERE id = 2")).await;
        assert_eq!(post(api, &api.router, "other", Some(&secret), &body).await.status, 401, "each shop has its own");
        assert_eq!(post(api, &api.router, "demo", Some(&secret), &body).await.status, 200);
    }

    async fn start_is_answered_with_the_mini_app_that_knows_who_invited(api: Api) {
        let (secret, router) = (bot_secret(api).await, public_router(api));
        let start = async |text: &str| {
            let answer = post(api, &router, "demo", Some(&secret), &private(USER, text).to_string()).await;
            assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, "application/json"));
            answer.body
        };
        let button = json!({ "text": "Открыть карту", "web_app": { "url": format!("{BASE}/miniapp/demo?ref=ref_AB12CD34") } });
        let expected = json!({
            "method": "sendMessage",
            "chat_id": USER,
            "text": "Сеть «Хорошо»: здесь ваша карта, бонусы и акции. Нажмите кнопку, чтобы открыть.",
            "reply_markup": { "inline_keyboard": [[button]] },
        });
        assert_eq!(start("/start ref_AB12CD34").await, expected);
        for (text, url) in [
            ("/start", "/miniapp/demo"), ("салом", "/miniapp/demo"), ("/start a&b=c", "/miniapp/demo"),
            ("/start ref_ab-12", "/miniapp/demo?ref=ref_ab-12"),
        ] {
            let shown = &start(text).await["reply_markup"]["inline_keyboard"][0][0]["web_app"]["url"];
            assert_eq!(shown, &json!(format!("{BASE}{url}")), "{text}");
        }
        // Telegram opens https alone.
        let answer = update(api, &secret, USER, "/start").await;
        assert_eq!((answer.status, answer.body.get("reply_markup")), (200, None));
        let mut english = private(USER, "/start");
        english["message"]["from"]["language_code"] = json!("en-GB");
        let answer = post(api, &router, "demo", Some(&secret), &english.to_string()).await;
        assert_eq!(answer.body["reply_markup"]["inline_keyboard"][0][0]["text"], "Open my card");
    }

    async fn groups_and_other_updates_are_taken_in_silence(api: Api) {
        let (secret, router) = (bot_secret(api).await, public_router(api));
        let mut group = private(USER, "/start");
        group["message"]["chat"] = json!({ "id": -100_123, "type": "supergroup", "title": "Соседи" });
        let mut channel = private(USER, "/start");
        channel["message"].as_object_mut().unwrap().remove("from");
        let photo = {
            let mut photo = private(USER, "");
            photo["message"].as_object_mut().unwrap().remove("text");
            photo
        };
        let edited = json!({ "update_id": 1, "edited_message": private(USER, "/stop")["message"] });
        for silent in [group, channel, edited, json!({ "update_id": 1 })] {
            let answer = post(api, &router, "demo", Some(&secret), &silent.to_string()).await;
            assert_eq!((answer.status, answer.body), (200, json!("")), "{silent}");
        }
        let answer = post(api, &router, "demo", Some(&secret), &photo.to_string()).await;
        assert_eq!((answer.status, &answer.body["method"]), (200, &json!("sendMessage")));
        for bad in ["", "no JSON", "[]", r#"{"message":5}"#] {
            assert_eq!(post(api, &router, "demo", Some(&secret), bad).await.status, 400, "{bad}");
        }
    }

    async fn stop_ends_the_messages_and_start_begins_them_again(api: Api) {
        let secret = bot_secret(api).await;
        assert_eq!(by_contact(api, USER, api.phone(1), None).await.0, 200);
        let stopped = update(api, &secret, USER, "/stop").await;
        let words = "Сеть «Хорошо»: больше не пишем. Чтобы снова получать сообщения, отправьте /start.";
        let expected = json!({ "method": "sendMessage", "chat_id": USER, "text": words });
        assert_eq!((stopped.status, stopped.body), (200, expected));
        assert_eq!(consent(api).await, "none");
        update(api, &secret, USER, "салом").await;
        assert_eq!(consent(api).await, "none", "only a start is a start");
        update(api, &secret, USER, "/start").await;
        assert_eq!(consent(api).await, "all");
        assert_eq!(update(api, &secret, 5, "/stop").await.status, 200, "somebody who is no client");
        let others = api.texts("SELECT consent FROM clients WHERE tenant_id = 1").await;
        assert!(others.iter().all(|consent| consent == "all"), "{others:?}");
    }

    async fn telegram_is_told_where_a_bot_lives_once_and_again_when_it_moves(api: Api) {
        let services = Services::start().await;
        let (channels, token) = (services.channels(), &api.demo.tenant.telegram_bot_token);
        assert_eq!(connect(&api.loyalty, &channels, BASE).await.unwrap(), 1);
        let set = services.telegram.webhook(token).unwrap();
        assert_eq!(set["url"], format!("{BASE}/telegram/demo"));
        let secret = set["secret_token"].as_str().unwrap();
        assert_eq!(update(api, secret, USER, "/start").await.status, 200, "the secret is the right one");
        assert_eq!(connect(&api.loyalty, &channels, BASE).await.unwrap(), 0);
        assert_eq!(services.telegram.take().len(), 1, "once");
        assert_eq!(connect(&api.loyalty, &channels, "https://moved.example").await.unwrap(), 1);
        let moved = services.telegram.webhook(token).unwrap();
        assert_eq!((&moved["url"], &moved["secret_token"]), (&json!("https://moved.example/telegram/demo"), &json!(secret)));
    }

    async fn a_bot_that_could_not_be_connected_is_tried_again(api: Api) {
        use crate::fakes::telegram::Answer;
        let services = Services::start().await;
        services.telegram.answer(&[Answer::Status(502)]);
        let channels = services.channels();
        assert_eq!(connect(&api.loyalty, &channels, BASE).await.unwrap(), 0);
        assert_eq!(connect(&api.loyalty, &channels, BASE).await.unwrap(), 1);
        assert_eq!(services.telegram.received().len(), 2);
    }

    async fn the_demo_shops_bot_is_not_told_of_to_telegram_itself(api: Api) {
        let real = Channels::new(Addresses::default()).unwrap();
        assert_eq!(connect(&api.loyalty, &real, BASE).await.unwrap(), 0);
        let known = "SELECT telegram_webhook_url FROM tenants WHERE telegram_webhook_url IS NOT NULL";
        assert_eq!(api.texts(known).await, Vec::<String>::new());
        let services = Services::start().await;
        assert_eq!(connect(&api.loyalty, &services.channels(), BASE).await.unwrap(), 1, "it is still to be done");
    }
}
