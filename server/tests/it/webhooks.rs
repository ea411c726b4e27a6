//! Webhooks of partners: managed, signed, retried, given up, replayed (ruling 37, Standard Webhooks).

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use loyalty::usecase;
use loyalty::{Loyalty, Options};
use serde_json::{Value, json};
use server::outgoing::Reach;
use server::workers::shop_work::ShopWorker;
use server::workers::webhooks::Webhooks;
use server::workers::{Condition, Crew};

use crate::api::{Answer, Api, hmac, settings, sign};
use crate::on_both_engines;
use crate::receiver::{Received, Receiver};

async fn add(api: &Api, url: &str, events: &[&str]) -> (i64, String) {
    let answer = api
        .partner(
            "POST",
            "/partner/webhooks",
            json!({ "url": url, "events": events }),
        )
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let secret = answer.data("secret").as_str().unwrap().to_owned();
    (answer.data("id").as_i64().unwrap(), secret)
}

fn worker(api: &Api) -> ShopWorker<Webhooks> {
    Webhooks::worker(api.loyalty.clone(), Reach::Anywhere).unwrap()
}

async fn sale(api: &Api, external_id: &str) -> Answer {
    let body = json!({ "client_phone": api.phone(1), "total_amount": 200, "external_sale_id": external_id });
    let answer = api.post("/cashier/sale", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer
}

/// As a receiver checks it, apart from our own code.
pub fn is_signed(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (
        received.header("webhook-id"),
        received.header("webhook-timestamp"),
    );
    let expected = STANDARD.encode(hmac(&key, &format!("{id}.{at}.{}", received.body)));
    let signatures = received.header("webhook-signature").split(' ');
    let mut versions = signatures.filter_map(|signature| signature.strip_prefix("v1,"));
    versions.any(|signature| signature == expected)
}

async fn log(api: &Api, id: i64) -> Vec<Value> {
    let path = format!("/partner/webhooks/{id}/deliveries?page=1&per_page=50");
    let answer = api.partner("GET", &path, Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.data("data").as_array().unwrap().clone()
}

on_both_engines! {
    async fn ruling_37_a_partner_manages_its_webhooks(api: Api) {
        let body = json!({ "url": "https://shop.example/hook?key=1", "events": ["sale.created", "sale.created"] });
        let made = api.partner("POST", "/partner/webhooks", body.clone()).await;
        assert_eq!((made.status, made.data("events")), (201, &json!(["sale.created"])));
        let secret = made.data("secret").as_str().unwrap();
        assert!(secret.starts_with("whsec_"));
        let again = api.partner("POST", "/partner/webhooks", body).await;
        assert_eq!((again.status, &again.body), (201, &made.body), "ruling 6: the very same request");
        for sql in ["SELECT secret_sealed FROM webhook_endpoints", "SELECT reply FROM idempotency_keys"] {
            let stored = api.texts(sql).await;
            assert!(!stored.is_empty() && stored.iter().all(|text| !text.contains(secret)), "{sql}");
        }
        let listed = api.partner("GET", "/partner/webhooks", Value::Null).await;
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1, "{listed:?}");
        assert_eq!(listed.body["data"][0].get("secret"), None);
        let off = api.partner("PATCH", "/partner/webhooks/1", json!({ "enabled": false, "events": [] })).await;
        assert_eq!((off.status, off.data("enabled"), off.data("events")), (200, &json!(false), &json!([])));
        assert_eq!(off.data("secret"), &Value::Null);
        let test = api.partner("POST", "/partner/webhooks/1/test", Value::Null).await;
        assert_eq!((test.status, test.error()), (422, "Вебхук выключен. Включите его: PATCH с enabled: true."));
        let removed = api.partner("DELETE", "/partner/webhooks/1", Value::Null).await;
        assert_eq!((removed.status, removed.data("deleted")), (200, &json!(true)));
        api.clock.pass(1);
        for (method, path) in [
            ("PATCH", "/partner/webhooks/1"), ("DELETE", "/partner/webhooks/1"), ("POST", "/partner/webhooks/1/test"),
            ("GET", "/partner/webhooks/1/deliveries"), ("POST", "/partner/webhooks/1/deliveries/1/replay"),
        ] {
            let answer = api.partner(method, path, if method == "PATCH" { json!({}) } else { Value::Null }).await;
            assert_eq!((answer.status, answer.error()), (404, "Вебхук не найден."), "{method} {path}");
        }
    }

    async fn odd_webhooks_are_refused(api: Api) {
        for (body, error) in [
            (json!({}), "Поле url обязательно."),
            (json!({ "url": 1 }), "Поле url должно быть строкой."),
            (json!({ "url": "not an address" }), "Поле url: укажите адрес https://…, доступный из интернета."),
            (json!({ "url": "https://a.example", "events": "sale.created" }), "Поле events должно быть списком."),
            (json!({ "url": "https://a.example", "events": [1] }), "Поле events.0 должно быть строкой."),
            (json!({ "url": "https://a.example", "events": ["sale.made"] }),
                "Поле events.0: события sale.made нет. Список: /docs/partner."),
        ] {
            let answer = api.partner("POST", "/partner/webhooks", body).await;
            assert_eq!((answer.status, answer.error()), (422, error));
        }
        for number in 0..20 {
            add(api, &format!("https://a.example/{number}"), &[]).await;
        }
        let answer = api.partner("POST", "/partner/webhooks", json!({ "url": "https://a.example/20" })).await;
        assert_eq!((answer.status, answer.error()), (422, "Не больше 20 вебхуков на магазин. Удалите ненужный."));
        let answer = api.partner("PATCH", "/partner/webhooks/x", json!({})).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }

    async fn addresses_within_a_network_are_refused_where_it_counts(api: Api) {
        let mut settings = settings();
        settings.reach = Reach::Public;
        let router = server::router::router(server::parts::Parts::new(api.loyalty.clone(), &settings).unwrap());
        let outside = Api {
            router, loyalty: api.loyalty.clone(), demo: api.demo.clone(), clock: api.clock.clone(), url: api.url.clone(),
        };
        for url in ["https://127.0.0.1/hook", "https://localhost/hook", "http://shop.example/hook", "https://10.0.0.1"] {
            let answer = outside.partner("POST", "/partner/webhooks", json!({ "url": url })).await;
            assert_eq!(answer.status, 422, "{url}: {answer:?}");
        }
        // One that was stored all the same is not asked.
        let receiver = Receiver::start().await;
        let (id, _) = add(api, &receiver.url, &[]).await;
        sale(api, "s").await;
        let guarded = Webhooks::worker(api.loyalty.clone(), Reach::Public).unwrap();
        assert!(guarded.do_due().await.unwrap() > 0);
        assert_eq!(receiver.take().len(), 0);
        assert_eq!(log(api, id).await[0]["error"], "Адрес недоступен из интернета.");
    }

    async fn what_happens_is_told_signed_and_once(api: Api) {
        let (all, sales) = (Receiver::start().await, Receiver::start().await);
        let (_, secret) = add(api, &all.url, &[]).await;
        let (_, sales_secret) = add(api, &sales.url, &["sale.created"]).await;
        let worker = worker(api);
        let enrolled = api.post("/cashier/client/register", json!({ "phone": "+992901112233", "full_name": "Новый" })).await;
        assert_eq!(enrolled.status, 201);
        worker.do_due().await.unwrap();
        let told = all.take();
        let kinds: HashSet<String> = told.iter().map(Received::kind).collect();
        assert_eq!(kinds, HashSet::from(["client.created".to_owned(), "bonus.accrued".to_owned()]));
        assert!(told.iter().all(|received| is_signed(received, &secret)), "{told:?}");
        let created = told.iter().find(|received| received.kind() == "client.created").unwrap();
        assert_eq!(created.header("x-bonex-event"), "client.created");
        assert_eq!(created.header("content-type"), "application/json");
        assert_eq!(created.json()["data"]["phone"], "+992901112233");
        assert_eq!(created.json()["data"]["full_name"], "Новый");
        assert!(created.json()["timestamp"].as_str().unwrap().ends_with("+05:00"));

        let made = sale(api, "s-1").await;
        worker.do_due().await.unwrap();
        let told = all.take();
        let of = |kind: &str| told.iter().find(|received| received.kind() == kind).unwrap().json()["data"].clone();
        assert_eq!(of("sale.created"), made.body["data"]);
        let accrued = of("bonus.accrued");
        assert_eq!((&accrued["type"], &accrued["amount"]), (&json!("accrual"), &json!(10)));
        assert_eq!(accrued["sale_id"], *made.data("id"));
        let [only] = sales.take().try_into().unwrap();
        assert_eq!(only.json()["data"], made.body["data"]);
        assert!(is_signed(&only, &sales_secret) && !is_signed(&only, &secret), "each endpoint has its own secret");

        let body = json!({ "client_phone": api.phone(1), "amount": 5, "total_amount": 100 });
        assert_eq!(api.partner("POST", "/partner/redeem", body).await.status, 200);
        let body = json!({
            "client_phone": api.phone(1), "return_amount": 200, "original_external_sale_id": "s-1", "external_return_id": "r",
        });
        assert_eq!(api.post("/cashier/return", body).await.status, 201);
        api.set_balance(1, 500).await;
        let token = api.log_in(1).await;
        assert_eq!(api.app("PUT", "/client/profile", Some(&token), json!({ "gender": "f" })).await.status, 200);
        worker.do_due().await.unwrap();
        let mut kinds: Vec<String> = all.take().iter().map(Received::kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["bonus.adjusted", "bonus.redeemed", "client.updated", "sale.returned"]);
        assert_eq!(worker.do_due().await.unwrap(), 0, "nothing is told twice");
        assert_eq!(sales.take().len(), 0);
    }

    async fn a_tier_and_a_referral_are_told(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["tier.changed", "referral.completed"]).await;
        api.execute("UPDATE clients SET invited_by = 1 WHERE tenant_id = 1 AND id = 2").await;
        let body = json!({ "client_phone": api.phone(2), "total_amount": 900_000 });
        let first = api.post("/cashier/sale", body.clone()).await;
        assert_eq!(first.status, 201);
        assert_eq!(api.post("/cashier/sale", body).await.status, 201);
        worker(api).do_due().await.unwrap();
        let told = receiver.take();
        let of = |kind: &str| told.iter().filter(|received| received.kind() == kind).collect::<Vec<_>>();
        let [referral] = of("referral.completed").try_into().unwrap();
        let expected = json!({ "inviter_id": 1, "invitee_id": 2, "sale_id": first.data("id") });
        assert_eq!(referral.json()["data"], expected);
        let [tier] = of("tier.changed").try_into().unwrap();
        let data = &tier.json()["data"];
        assert!(data["client_id"] == 2 && data["from"]["id"] != data["to"]["id"], "{data}");
    }

    async fn a_failure_is_retried_with_the_same_id_and_bytes(api: Api) {
        let receiver = Receiver::start().await;
        let (id, secret) = add(api, &receiver.url, &["sale.created"]).await;
        let worker = worker(api);
        receiver.answer(&[(500, &[]), (302, &[("location", "/elsewhere")]), (429, &[("retry-after", "3600")])]);
        sale(api, "s").await;
        assert_eq!(worker.do_due().await.unwrap(), 1);
        let [first] = receiver.take().try_into().unwrap();
        assert_eq!(worker.do_due().await.unwrap(), 0, "it waits");
        // The pause, and the tenth that jitter may add.
        for (pause, error) in [(6, "HTTP 500"), (331, "HTTP 302"), (3600, "HTTP 429")] {
            let entry = log(api, id).await[0].clone();
            assert_eq!((&entry["status"], &entry["error"]), (&json!("waiting"), &json!(error)));
            assert!(entry["next_attempt_at"].is_string() && entry["attempted_at"].is_string());
            api.clock.pass(pause);
            assert_eq!(worker.do_due().await.unwrap(), 1, "after {error}");
            let [again] = receiver.take().try_into().unwrap();
            assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
            assert_ne!(again.header("webhook-timestamp"), first.header("webhook-timestamp"));
            assert!(is_signed(&again, &secret));
        }
        let entry = log(api, id).await[0].clone();
        assert_eq!((&entry["status"], &entry["attempts"], &entry["response_code"]), (&json!("delivered"), &json!(4), &json!(204)));
        assert_eq!(entry["next_attempt_at"], Value::Null);
    }

    async fn after_three_days_it_is_dead_and_can_be_replayed(api: Api) {
        let receiver = Receiver::start().await;
        let (id, _) = add(api, &receiver.url, &["sale.created"]).await;
        let worker = worker(api);
        receiver.always(Some((503, &[])));
        let made = sale(api, "s").await;
        let started = api.loyalty.now();
        while worker.do_due().await.unwrap() > 0 {
            api.clock.pass(27 * 3600);
        }
        assert!((api.loyalty.now() - started).as_secs() > 3 * 86_400);
        assert_eq!(receiver.take().len(), 10);
        let entry = log(api, id).await[0].clone();
        assert_eq!((&entry["status"], &entry["attempts"]), (&json!("dead"), &json!(10)));
        let listed = api.partner("GET", "/partner/webhooks", Value::Null).await;
        assert_eq!(listed.body["data"][0]["enabled"], false, "it failed for three days");
        assert_eq!(listed.body["data"][0]["disabled_reason"], "Адрес не принимает доставки больше трёх суток.");
        sale(api, "unheard").await;
        receiver.always(None);
        let replay = format!("/partner/webhooks/{id}/deliveries/{}/replay", entry["id"]);
        assert_eq!(api.partner("POST", &replay, Value::Null).await.status, 422, "it is off");
        let on = api.partner("PATCH", &format!("/partner/webhooks/{id}"), json!({ "enabled": true })).await;
        assert_eq!(on.data("disabled_reason"), &Value::Null);
        api.clock.pass(1);
        let replayed = api.partner("POST", &replay, Value::Null).await;
        assert_eq!((replayed.status, replayed.data("status")), (200, &json!("waiting")));
        worker.do_due().await.unwrap();
        let [again] = receiver.take().try_into().unwrap();
        assert_eq!(again.json()["data"], made.body["data"]);
        assert_eq!(log(api, id).await[0]["status"], "delivered");
        let unknown = format!("/partner/webhooks/{id}/deliveries/1/replay");
        assert_eq!(api.partner("POST", &unknown, Value::Null).await.error(), "Доставка не найдена: записи хранятся 30 дней.");
    }

    async fn a_receiver_that_is_gone_is_switched_off(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created"]).await;
        receiver.answer(&[(410, &[])]);
        sale(api, "s").await;
        worker(api).do_due().await.unwrap();
        let listed = api.partner("GET", "/partner/webhooks", Value::Null).await;
        assert_eq!(listed.body["data"][0]["enabled"], false);
        assert_eq!(listed.body["data"][0]["disabled_reason"], "Адрес ответил 410: вебхук больше не нужен.");
        assert_eq!(receiver.take().len(), 1);
    }

    async fn a_webhook_switched_off_is_sent_nothing_more(api: Api) {
        let receiver = Receiver::start().await;
        let (id, _) = add(api, &receiver.url, &["sale.created"]).await;
        let worker = worker(api);
        receiver.answer(&[(500, &[])]);
        sale(api, "s").await;
        worker.do_due().await.unwrap();
        assert_eq!(receiver.take().len(), 1);
        let off = api.partner("PATCH", &format!("/partner/webhooks/{id}"), json!({ "enabled": false })).await;
        assert_eq!(off.status, 200);
        api.clock.pass(6);
        assert_eq!(worker.do_due().await.unwrap(), 0);
        assert_eq!(receiver.take().len(), 0);
        assert_eq!(log(api, id).await[0]["status"], "dead");
    }

    async fn an_event_that_can_not_be_read_does_not_stop_the_others(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created"]).await;
        api.execute(
            "INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
             VALUES (1, 1, 'of another version', '{}', TRUE, 0), (1, 2, 'sale.created', 'no JSON', TRUE, 0),
                    (7, 3, 'of no shop', '{}', TRUE, 0)",
        ).await;
        sale(api, "s").await;
        worker(api).do_due().await.unwrap();
        assert_eq!(receiver.take().len(), 1);
        let left = api.texts("SELECT kind FROM webhook_events WHERE tenant_id = 1 AND fresh").await;
        assert_eq!(left, Vec::<String>::new());
    }

    async fn workers_deliver_by_themselves(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created", "client.created"]).await;
        let crew = Crew::start(&api.loyalty, &settings(), &Condition::default()).unwrap();
        sale(api, "s").await;
        receiver.arrived().await;
        assert_eq!(receiver.take()[0].kind(), "sale.created");
        let made = api.post("/cashier/client/register", json!({ "phone": "+992901112233" })).await;
        assert_eq!(made.status, 201);
        receiver.arrived().await;
        assert_eq!(receiver.take()[0].kind(), "client.created");
        crew.stop().await;
    }

    async fn nobody_there_is_a_failure_like_any_other(api: Api) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let (id, _) = add(api, &url, &["sale.created"]).await;
        sale(api, "s").await;
        worker(api).do_due().await.unwrap();
        let entry = log(api, id).await[0].clone();
        assert_eq!((&entry["status"], &entry["error"]), (&json!("waiting"), &json!("Соединиться с адресом не удалось.")));
    }

    async fn a_rotated_secret_signs_beside_the_new_one_for_a_day(api: Api) {
        let receiver = Receiver::start().await;
        let (id, old) = add(api, &receiver.url, &["webhook.test"]).await;
        let path = format!("/partner/webhooks/{id}");
        let rotated = api.partner("PATCH", &path, json!({ "rotate_secret": true })).await;
        let new = rotated.data("secret").as_str().unwrap().to_owned();
        let again = api.partner("PATCH", &path, json!({ "rotate_secret": true })).await;
        assert_eq!(again.body, rotated.body, "caught on the wire and sent again, it changes nothing");
        let worker = worker(api);
        for (passed, signatures) in [(3600, 2), (86_400, 1)] {
            api.clock.pass(passed);
            let tested = api.partner("POST", &format!("{path}/test"), Value::Null).await;
            assert_eq!((tested.status, tested.data("type")), (201, &json!("webhook.test")));
            worker.do_due().await.unwrap();
            let [received] = receiver.take().try_into().unwrap();
            assert_eq!(received.header("webhook-signature").split(' ').count(), signatures);
            assert!(is_signed(&received, &new));
            assert_eq!(is_signed(&received, &old), signatures == 2);
        }
    }

    async fn two_workers_never_send_the_same(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created"]).await;
        for number in 0..40 {
            sale(api, &format!("s-{number}")).await;
        }
        let options = Options {
            database_url: api.url.clone(), secret_key: Some("ab".repeat(32)), clock: Arc::new(api.clock.clone()),
        };
        let other = Loyalty::connect(options).await.unwrap();
        let (one, two) = (worker(api), Webhooks::worker(other.clone(), Reach::Anywhere).unwrap());
        let (one, two) = tokio::join!(one.do_due(), two.do_due());
        assert_eq!(one.unwrap() + two.unwrap(), 40);
        let ids: Vec<String> = receiver.take().iter().map(|received| received.header("webhook-id").to_owned()).collect();
        assert_eq!((ids.len(), ids.iter().collect::<HashSet<_>>().len()), (40, 40));
        other.close().await;
    }

    async fn a_worker_takes_no_more_than_it_has_room_for(api: Api) {
        add(api, "https://shop.example/hook", &["sale.created"]).await;
        for number in 0..5 {
            sale(api, &format!("s-{number}")).await;
        }
        let word = |_: &_, _: &_| "{\"type\":\"x\"}".to_owned();
        for most in [1, 2, 5] {
            let taken = usecase::take_attempts(&api.loyalty, 1, most, &word).await.unwrap();
            assert_eq!(taken.len(), most.min(2) as usize, "of five, up to {most}");
        }
    }

    async fn what_a_killed_worker_had_taken_is_sent_by_another(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created"]).await;
        sale(api, "s").await;
        let word = |_: &_, _: &_| "{\"type\":\"x\"}".to_owned();
        let taken = usecase::take_attempts(&api.loyalty, 1, 10, &word).await.unwrap();
        assert_eq!(taken.len(), 1);
        let worker = worker(api);
        assert_eq!(worker.do_due().await.unwrap(), 0, "it is the other's for a minute");
        api.execute("UPDATE webhook_deliveries SET leased_until = 0").await;
        assert_eq!(worker.do_due().await.unwrap(), 1);
        let [received] = receiver.take().try_into().unwrap();
        assert_eq!(received.body, taken[0].body, "worded once");
        // The first one was not dead after all: what it says now comes too late.
        let late = usecase::Attempted::Failed("late".to_owned());
        usecase::settle_attempt(&api.loyalty, &taken[0], &late, 0.0).await.unwrap();
        assert_eq!(log(api, 1).await[0]["status"], "delivered");
    }

    async fn a_shop_hears_of_itself_alone(api: Api) {
        let other = api.other_shop().await;
        let receiver = Receiver::start().await;
        let ask = async |method: &str, path: &str, body: &str| {
            let (at, path) = (api.loyalty.now().millis() / 1000, format!("/api/v1{path}"));
            let signature = sign(&other.partner_secret, &format!("{at}.{method}.{path}.{body}"));
            let request = Request::builder().method(method).uri(&path)
                .header("X-Tenant-Token", &other.token)
                .header("X-Partner-Timestamp", at)
                .header("X-Partner-Signature", signature);
            api.send(request.body(Body::from(body.to_owned())).unwrap()).await
        };
        let (id, _) = add(api, "https://shop.example/hook", &[]).await;
        for (method, path) in [("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")] {
            let body = if method == "PATCH" { "{\"enabled\":false}" } else { "" };
            assert_eq!(ask(method, &format!("/partner/webhooks/{id}{path}"), body).await.status, 404, "{method} {path}");
        }
        let made = ask("POST", "/partner/webhooks", &json!({ "url": receiver.url }).to_string()).await;
        assert_eq!(made.status, 201, "{made:?}");
        sale(api, "s").await;
        worker(api).do_due().await.unwrap();
        assert_eq!(receiver.take().len(), 0);
    }

    async fn where_nobody_listens_nothing_is_written(api: Api) {
        sale(api, "s").await;
        assert_eq!(api.texts("SELECT kind FROM webhook_events").await, Vec::<String>::new());
        add(api, "https://shop.example/hook", &["bonus.expired"]).await;
        sale(api, "t").await;
        assert!(!api.texts("SELECT kind FROM webhook_events").await.is_empty());
        worker(api).do_due().await.unwrap();
        assert_eq!(api.texts("SELECT kind FROM webhook_events").await, Vec::<String>::new(), "wanted by nobody");
    }

    async fn old_deliveries_are_forgotten(api: Api) {
        let receiver = Receiver::start().await;
        add(api, &receiver.url, &["sale.created"]).await;
        sale(api, "s").await;
        worker(api).do_due().await.unwrap();
        api.clock.pass(29 * 86_400);
        assert_eq!(usecase::forget_old_deliveries(&api.loyalty).await.unwrap(), 0);
        api.clock.pass(2 * 86_400);
        assert_eq!(usecase::forget_old_deliveries(&api.loyalty).await.unwrap(), 2, "the delivery and its event");
        assert_eq!(log(api, 1).await, Vec::<Value>::new());
    }
}
