//! How often who may knock (ruling 8), and that whoever knocks too often costs nothing.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use loyalty::usecase;
use serde_json::{Value, json};
use server::parts::Parts;
use server::router::router;
use server::settings::Settings;

use crate::api::{Answer, Api, settings};
use crate::auth::{code_of, init_data};
use crate::on_both_engines;

/// Longer than any answer takes that waits for nobody.
const AT_ONCE: Duration = Duration::from_secs(5);
const WRONG: &str = "000000";

/// A request that comes from an address; headers by name and value.
async fn ask(
    api: &Api,
    from: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    let from: IpAddr = from.parse().unwrap();
    request
        .extensions_mut()
        .insert(ConnectInfo(SocketAddr::new(from, 5000)));
    api.send(request).await
}

/// A request of an app that knows the demo shop's token.
async fn knock(api: &Api, from: &str, path: &str, body: Value) -> Answer {
    let token = api.demo.tenant.token.clone();
    ask(
        api,
        from,
        "POST",
        path,
        &[("X-Tenant-Token", &token)],
        &body.to_string(),
    )
    .await
}

async fn send(api: &Api, from: &str, phone: &str) -> Answer {
    knock(api, from, "/auth/send-otp", json!({ "phone": phone })).await
}

async fn verify(api: &Api, from: &str, phone: &str, code: &str) -> Answer {
    knock(
        api,
        from,
        "/auth/verify-otp",
        json!({ "phone": phone, "code": code }),
    )
    .await
}

fn header(answer: &Answer, name: &str) -> u64 {
    let value = answer
        .headers
        .get(name)
        .unwrap_or_else(|| panic!("{name} is not in {answer:?}"));
    value.to_str().unwrap().parse().unwrap()
}

/// The answer is «too many», with what to wait for.
fn too_many(answer: &Answer, limit: u64) {
    assert_eq!(
        (answer.status, answer.error()),
        (429, "Too Many Requests"),
        "{answer:?}"
    );
    assert_eq!(
        (
            header(answer, "x-ratelimit-limit"),
            header(answer, "x-ratelimit-remaining")
        ),
        (limit, 0)
    );
    assert!(header(answer, "retry-after") >= 1);
}

/// While this lives nobody can write to the tables of those who sign in.
enum NobodyWrites {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl NobodyWrites {
    async fn to(api: &Api) -> Self {
        if api.url.starts_with("sqlite") {
            let pool = sqlx::sqlite::SqlitePoolOptions::new()
                .max_connections(1)
                .connect(&api.url)
                .await
                .unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&pool).await.unwrap();
            return Self::Sqlite(pool);
        }
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .connect(&api.url)
            .await
            .unwrap();
        for sql in [
            "BEGIN",
            "LOCK TABLE tenants, registers, otp_codes, otp_sends IN EXCLUSIVE MODE",
        ] {
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        Self::Postgres(pool)
    }

    async fn end(self) {
        match self {
            Self::Sqlite(pool) => drop(sqlx::query("ROLLBACK").execute(&pool).await.unwrap()),
            Self::Postgres(pool) => drop(sqlx::query("ROLLBACK").execute(&pool).await.unwrap()),
        }
    }
}

/// The answer, which waits for no writer.
async fn at_once(answer: impl Future<Output = Answer>) -> Answer {
    tokio::time::timeout(AT_ONCE, answer)
        .await
        .expect("an answer that waits for nobody")
}

async fn number(api: &Api, sql: &'static str) -> i64 {
    api.texts(sql).await[0].parse().unwrap()
}

/// The same shop served with other settings.
fn served(api: &Api, change: impl FnOnce(&mut Settings)) -> Router {
    let mut settings = settings();
    change(&mut settings);
    router(Parts::new(api.loyalty.clone(), &settings).unwrap())
}

async fn get(router: &Router, request: axum::http::request::Builder) -> axum::http::Response<Body> {
    use tower::ServiceExt;
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = "127.0.0.1:5000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    router.clone().oneshot(request).await.unwrap()
}

on_both_engines! {
    async fn who_sends_a_body_for_ever_keeps_nobody_from_signing_in(api: Api) {
        let stalled = (0..8).map(|number| {
            let mut request = Request::post("/api/v1/auth/verify-otp")
                .header("Content-Type", "application/json")
                .header("X-Tenant-Token", &api.demo.tenant.token)
                .body(Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>()))
                .unwrap();
            let from = IpAddr::from([203, 0, 113, number]);
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from, 5000)));
            api.send(request)
        });
        let knocked = async {
            let body = json!({ "phone": api.phone(1), "code": WRONG });
            tokio::time::timeout(AT_ONCE, knock(api, "203.0.113.77", "/auth/verify-otp", body)).await
        };
        tokio::select! {
            biased;
            _ = futures::future::join_all(stalled) => panic!("a body without an end was read"),
            answer = knocked => assert!(answer.expect("its turn comes at once").status < 500),
        }
    }

    async fn ruling_8_thirty_a_minute_and_address_at_every_door(api: Api) {
        let doors = ["send-otp", "verify-otp", "register", "telegram", "telegram-contact", "logout"];
        for number in 0..30 {
            let door = doors[number % doors.len()];
            let answer = knock(api, "203.0.113.1", &format!("/auth/{door}"), json!({})).await;
            assert!(matches!(answer.status, 401 | 422), "{door}: {answer:?}");
        }
        let still = NobodyWrites::to(api).await;
        for door in doors {
            let answer = at_once(knock(api, "203.0.113.1", &format!("/auth/{door}"), json!({}))).await;
            too_many(&answer, 30);
        }
        let other_shop = [("X-Tenant-Token", "nobody")];
        too_many(&ask(api, "203.0.113.1", "POST", "/auth/register", &other_shop, "{}").await, 30);
        still.end().await;
        let answer = send(api, "203.0.113.2", "+992901110001").await;
        assert_eq!((answer.status, header(&answer, "x-ratelimit-limit")), (200, 30), "another address");
        assert!(header(&answer, "x-ratelimit-remaining") >= 29);
    }

    async fn ruling_8_an_ipv6_address_counts_as_its_64_and_a_48_has_ten_times_as_much(api: Api) {
        for network in 0..10 {
            for host in 0..30 {
                let from = format!("2001:db8:7:{network:x}::{host:x}");
                assert_eq!(knock(api, &from, "/auth/verify-otp", json!({})).await.status, 422, "{from}");
            }
            let from = format!("2001:db8:7:{network:x}:ffff::1");
            too_many(&knock(api, &from, "/auth/verify-otp", json!({})).await, 30);
        }
        too_many(&knock(api, "2001:db8:7:ffff::1", "/auth/verify-otp", json!({})).await, 300);
        assert_eq!(knock(api, "2001:db8:8::1", "/auth/verify-otp", json!({})).await.status, 422, "another /48");
    }

    async fn ruling_8_twenty_wrong_codes_an_hour_from_an_address_over_all_shops_and_processes(api: Api) {
        let (guesser, other) = ("203.0.113.3", api.other_shop().await);
        let beside = Api { router: router(Parts::new(api.beside().await, &settings()).unwrap()), ..api.clone() };
        for phone in 1..=5 {
            assert_eq!(send(api, "203.0.113.9", api.phone(phone)).await.status, 200);
        }
        let token = [("X-Tenant-Token", other.token.as_str())];
        for phone in ["+992901110001", "+992901110002"] {
            let body = json!({ "phone": phone }).to_string();
            assert_eq!(ask(api, "203.0.113.9", "POST", "/auth/send-otp", &token, &body).await.status, 200);
        }
        for number in 0..13 {
            let through = if number % 2 == 0 { api } else { &beside };
            assert_eq!(verify(through, guesser, api.phone(1 + number / 3), WRONG).await.status, 422);
        }
        for number in 0..7 {
            let phone = format!("+99290111000{}", 1 + number / 4);
            let wrong = format!("99999{number}");
            let body = json!({ "phone": phone, "code": wrong }).to_string();
            let through = if number % 2 == 0 { api } else { &beside };
            let answer = ask(through, guesser, "POST", "/auth/verify-otp", &token, &body).await;
            assert_eq!(answer.status, 422, "{number}: {answer:?}");
        }
        // The fifth client's code was tried once and lives; one try on the other shop's phones met a dead code.
        let counted = number(api, "SELECT CAST(COUNT(*) AS TEXT) FROM wrong_codes").await;
        assert_eq!(counted, 19);
        assert_eq!(verify(api, guesser, api.phone(5), WRONG).await.status, 422, "the twentieth");
        for through in [api, &beside] {
            let answer = at_once(verify(through, guesser, api.phone(5), "123456")).await;
            too_many(&answer, 20);
            assert!(header(&answer, "retry-after") > 3500);
        }
        assert_eq!(number(api, "SELECT CAST(COUNT(*) AS TEXT) FROM wrong_codes").await, 20, "and no more");
        assert_eq!(verify(api, "203.0.113.4", api.phone(5), "123456").await.status, 200, "another address");
        api.clock.pass(3600);
        send(api, "203.0.113.9", api.phone(4)).await;
        assert_eq!(verify(api, guesser, api.phone(4), "123456").await.status, 200, "an hour later");
    }

    async fn a_code_of_nobody_and_a_guess_too_many_take_no_writer(api: Api) {
        let guesser = "203.0.113.5";
        for phone in 1..=2 {
            send(api, "203.0.113.9", api.phone(phone)).await;
            for _ in 0..3 {
                assert_eq!(verify(api, "203.0.113.6", api.phone(phone), WRONG).await.status, 422);
            }
        }
        let still = NobodyWrites::to(api).await;
        // Nothing was sent to these phones.
        for number in 0..20 {
            let answer = at_once(verify(api, guesser, &format!("+9929011100{number:02}"), WRONG)).await;
            assert_eq!(answer.status, 422);
        }
        too_many(&at_once(verify(api, guesser, "+992901110000", WRONG)).await, 20);
        let dead = at_once(verify(api, "203.0.113.7", api.phone(1), "123456")).await;
        assert_eq!(dead.status, 422, "three wrong ones killed it");
        let asked_again = at_once(send(api, "203.0.113.7", api.phone(2))).await;
        assert_eq!(asked_again.status, 429, "a code went out just now");
        still.end().await;
    }

    async fn ruling_8_pauses_of_a_phone_grow(api: Api) {
        let phone = api.phone(1);
        for pause in [60, 120, 240] {
            let sent = send(api, "203.0.113.9", phone).await;
            assert_eq!(sent.status, 200, "{pause}: {sent:?}");
            for _ in 0..3 {
                assert_eq!(verify(api, "203.0.113.8", phone, WRONG).await.status, 422);
            }
            let told = send(api, "203.0.113.9", phone).await;
            assert_eq!((told.status, header(&told, "retry-after")), (429, pause), "{told:?}");
            api.clock.pass(pause.cast_signed() - 1);
            let sent = send(api, "203.0.113.9", phone).await;
            assert_eq!((sent.status, header(&sent, "retry-after")), (429, 1), "{pause}");
            api.clock.pass(1);
        }
        send(api, "203.0.113.9", phone).await;
        assert_eq!(verify(api, "203.0.113.8", phone, "123456").await.status, 200);
        api.clock.pass(3600);
        send(api, "203.0.113.9", phone).await;
        for _ in 0..3 {
            verify(api, "203.0.113.8", phone, WRONG).await;
        }
        let told = send(api, "203.0.113.9", phone).await;
        assert_eq!(header(&told, "retry-after"), 60, "whoever signed in begins anew");
    }

    async fn ruling_8_sixty_codes_an_hour_from_an_address_over_all_shops(api: Api) {
        let other = api.other_shop().await;
        let token = [("X-Tenant-Token", other.token.as_str())];
        let mut through = api.clone();
        for number in 0..60 {
            if number % 25 == 0 {
                // The minute's limit is kept by each process for itself.
                through.router = served(api, |_| {});
            }
            let body = json!({ "phone": format!("+99290222{number:04}") });
            let answer = match number % 2 {
                0 => knock(&through, "203.0.113.10", "/auth/send-otp", body).await,
                _ => ask(&through, "203.0.113.10", "POST", "/auth/send-otp", &token, &body.to_string()).await,
            };
            assert_eq!(answer.status, 200, "{number}: {answer:?}");
        }
        let through = Api { router: router(Parts::new(api.beside().await, &settings()).unwrap()), ..api.clone() };
        let answer = send(&through, "203.0.113.10", "+992901112233").await;
        too_many(&answer, 60);
        assert_eq!(send(&through, "203.0.113.11", "+992901112233").await.status, 200);
        api.clock.pass(3600);
        assert_eq!(send(&through, "203.0.113.10", "+992901112234").await.status, 200);
        let kept = number(api, "SELECT CAST(COUNT(*) AS TEXT) FROM otp_sends").await;
        assert!(kept <= 31, "what is older than an hour is forgotten: {kept}");
    }

    async fn ruling_8_a_shops_own_cap_pauses_its_codes(api: Api) {
        api.execute("UPDATE tenants SET codes_per_hour = 3 WHERE id = 1").await;
        for number in 0..3 {
            assert_eq!(send(api, &format!("203.0.113.{}", 20 + number), &format!("+99290111000{number}")).await.status, 200);
        }
        let still = NobodyWrites::to(api).await;
        let answer = at_once(send(api, "203.0.113.30", "+992901110009")).await;
        still.end().await;
        too_many(&answer, 3);
        let other = api.other_shop().await;
        let token = [("X-Tenant-Token", other.token.as_str())];
        let body = json!({ "phone": "+992901110009" }).to_string();
        let answer = ask(api, "203.0.113.30", "POST", "/auth/send-otp", &token, &body).await;
        assert_eq!(answer.status, 200, "another shop has its own");
        api.clock.pass(3600);
        assert_eq!(send(api, "203.0.113.30", "+992901110008").await.status, 200);
    }

    async fn ruling_8_an_address_where_many_signed_in_has_ten_times_the_limit(api: Api) {
        let home = "203.0.113.40";
        for round in 0..20 {
            let phone = api.phone(1 + round % 5);
            let sent = send(api, &format!("203.0.114.{}", round / 10), phone).await;
            assert_eq!(sent.status, 200, "{sent:?}");
            assert_eq!(verify(api, home, phone, "123456").await.status, 200);
            api.clock.pass(180);
        }
        for number in 0..60 {
            let answer = knock(api, home, "/auth/verify-otp", json!({})).await;
            assert_eq!(answer.status, 422, "{number}: {answer:?}");
        }
        let answer = send(api, home, "+992901110001").await;
        assert_eq!((answer.status, header(&answer, "x-ratelimit-limit")), (200, 300));
        for number in 0..21 {
            let answer = verify(api, home, &format!("+9929033300{number:02}"), WRONG).await;
            assert_eq!(answer.status, 422, "wrong codes too: {number}");
        }
        api.clock.pass(86_400);
        let beside = Api { router: router(Parts::new(api.beside().await, &settings()).unwrap()), ..api.clone() };
        for _ in 0..30 {
            knock(&beside, home, "/auth/verify-otp", json!({})).await;
        }
        too_many(&knock(&beside, home, "/auth/verify-otp", json!({})).await, 30);
    }

    async fn unknown_tokens_are_limited_by_address_and_neighbours_go_on(api: Api) {
        let home = "203.0.113.50";
        let (shop, till) = (api.demo.tenant.token.clone(), api.demo.cashier_nodes[0].token.clone());
        let (shop, till) = (shop.as_str(), till.as_str());
        let bearer = format!("Bearer {}", api.log_in(1).await);
        let good: [(&str, Vec<(&str, &str)>); 2] = [
            ("/cashier/session", vec![("X-Tenant-Token", shop), ("X-Cashier-Token", till), ("X-Device-Id", "1")]),
            ("/client/profile", vec![("X-Tenant-Token", shop), ("Authorization", &bearer)]),
        ];
        for (path, headers) in &good {
            assert_eq!(ask(api, home, "GET", path, headers, "").await.status, 200);
        }
        for number in 0..60 {
            let unknown = format!("1{number}|{}", "x".repeat(48));
            let unknown_bearer = format!("Bearer {unknown}");
            let (path, headers) = match number % 3 {
                0 => ("/client/settings", vec![("X-Tenant-Token", unknown.as_str())]),
                1 => ("/cashier/session", vec![("X-Tenant-Token", shop), ("X-Cashier-Token", &unknown), ("X-Device-Id", "1")]),
                _ => ("/client/profile", vec![("X-Tenant-Token", shop), ("Authorization", &unknown_bearer)]),
            };
            let answer = ask(api, home, "GET", path, &headers, "").await;
            assert_eq!(answer.status, 401, "{number}: {answer:?}");
        }
        let other = api.other_shop().await;
        // A token that nobody has shown yet costs no query either.
        too_many(&ask(api, home, "GET", "/client/settings", &[("X-Tenant-Token", &other.token)], "").await, 60);
        for (path, headers) in &good {
            let answer = ask(api, home, "GET", path, headers, "").await;
            assert_eq!(answer.status, 200, "whoever was known goes on: {answer:?}");
        }
        let elsewhere = ask(api, "203.0.113.51", "GET", "/client/settings", &[("X-Tenant-Token", &other.token)], "").await;
        assert_eq!(elsewhere.status, 200);
    }

    async fn a_neighbour_with_one_wrong_token_locks_nobody_out(api: Api) {
        let home = "203.0.113.52";
        let mut answer = ask(api, home, "GET", "/client/settings", &[("X-Tenant-Token", "wrong")], "").await;
        for _ in 0..100 {
            answer = ask(api, home, "GET", "/client/settings", &[("X-Tenant-Token", "wrong")], "").await;
        }
        too_many(&answer, 60);
        let shop = api.demo.tenant.token.clone();
        let newcomer = ask(api, home, "GET", "/client/settings", &[("X-Tenant-Token", &shop)], "").await;
        assert_eq!(newcomer.status, 200, "{newcomer:?}");
    }

    async fn wrong_signatures_are_limited_before_a_body_is_read(api: Api) {
        let (home, shop) = ("203.0.113.60", api.demo.tenant.token.clone());
        let at = (api.loyalty.now().millis() / 1000).to_string();
        let wrong = "ab".repeat(32);
        let headers = [("X-Tenant-Token", shop.as_str()), ("X-Partner-Timestamp", &at), ("X-Partner-Signature", &wrong)];
        for number in 0..60 {
            let answer = ask(api, home, "POST", "/partner/sale", &headers, "{}").await;
            assert_eq!(answer.status, 401, "{number}: {answer:?}");
        }
        let large = " ".repeat(2_000_000);
        too_many(&ask(api, home, "POST", "/partner/sale", &headers, &large).await, 60);
        assert_eq!(ask(api, "203.0.113.61", "POST", "/partner/sale", &headers, "{}").await.status, 401);
        assert_eq!(ask(api, "203.0.113.61", "POST", "/partner/sale", &[("X-Tenant-Token", &shop)], &large).await.status, 401);
    }

    async fn a_copied_tokens_strikes_are_written_once_a_minute(api: Api) {
        let strikes = "SELECT CAST(device_mismatch_count AS TEXT) FROM registers WHERE tenant_id = 1 AND id = 1";
        let (shop, till) = (api.demo.tenant.token.clone(), api.demo.cashier_nodes[0].token.clone());
        let copied = [("X-Tenant-Token", shop.as_str()), ("X-Cashier-Token", &till), ("X-Device-Id", "a copy")];
        api.get("/cashier/session").await;
        for number in 0..50 {
            let answer = ask(api, "203.0.113.70", "GET", "/cashier/session", &copied, "").await;
            assert_eq!(answer.status, 403, "{number}: {answer:?}");
        }
        assert_eq!(number(api, strikes).await, 1, "the first is written, the others wait");
        let still = NobodyWrites::to(api).await;
        assert_eq!(at_once(ask(api, "203.0.113.70", "GET", "/cashier/session", &copied, "")).await.status, 403);
        still.end().await;
        api.clock.pass(60);
        assert_eq!(ask(api, "203.0.113.70", "GET", "/cashier/session", &copied, "").await.status, 403);
        assert_eq!(number(api, strikes).await, 52);
    }

    async fn a_device_reset_counts_no_strike_of_the_new_device(api: Api) {
        let (shop, till) = (api.demo.tenant.token.clone(), api.demo.cashier_nodes[0].token.clone());
        for _ in 0..2 {
            // The second time the binding is known without asking.
            assert_eq!(api.get("/cashier/session").await.status, 200);
        }
        api.execute("UPDATE registers SET device_id = NULL, device_bound_at = NULL WHERE tenant_id = 1 AND id = 1").await;
        let new = [("X-Tenant-Token", shop.as_str()), ("X-Cashier-Token", &till), ("X-Device-Id", "new")];
        let answer = ask(api, "203.0.113.71", "GET", "/cashier/session", &new, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let strikes = "SELECT CAST(device_mismatch_count AS TEXT) FROM registers WHERE tenant_id = 1 AND id = 1";
        assert_eq!(number(api, strikes).await, 0);
        assert_eq!(api.get("/cashier/session").await.status, 403, "the old one is another device now");
    }

    async fn ruling_62_metrics_are_for_direct_requests_of_this_machine(api: Api) {
        let plain = served(api, |_| {});
        let status = async |request| get(&plain, request).await.status().as_u16();
        let metrics = || Request::builder().uri("/metrics");
        assert_eq!(status(metrics().header("Host", "127.0.0.1:8081")).await, 200);
        assert_eq!(status(metrics().header("Host", "localhost:8081")).await, 200);
        for (name, value) in [
            ("Via", "1.1 nginx"),
            ("Forwarded", "for=192.0.2.1"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "bonex.example"),
            ("X-Real-IP", "192.0.2.1"),
            ("CF-Connecting-IP", "192.0.2.1"),
            ("Host", "bonex.example"),
        ] {
            assert_eq!(status(metrics().header(name, value)).await, 404, "{name}");
        }
        // `proxy_pass` with nothing beside it asks in HTTP/1.0.
        assert_eq!(status(metrics().version(axum::http::Version::HTTP_10)).await, 404);
        let public = served(api, |settings| settings.public_url = Some("https://bonex.example".to_owned()));
        assert_eq!(get(&public, metrics()).await.status(), 404, "whoever is behind a proxy needs the token");
        let with_token = served(api, |settings| {
            settings.public_url = Some("https://bonex.example".to_owned());
            settings.metrics_token = Some("secret".to_owned());
        });
        let shown = metrics().header("Authorization", "Bearer secret").header("Via", "1.1 nginx");
        assert_eq!(get(&with_token, shown).await.status(), 200);
        assert_eq!(get(&with_token, metrics()).await.status(), 404);
    }

    async fn under_https_a_browser_is_told_to_stay_there(api: Api) {
        let health = || Request::builder().uri("/health/live");
        let secure = served(api, |settings| settings.public_url = Some("https://bonex.example".to_owned()));
        let answer = get(&secure, health()).await;
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        let plain = get(&served(api, |_| {}), health()).await;
        assert!(!plain.headers().contains_key("strict-transport-security"));
    }

    async fn ruling_12_a_clock_behind_telegrams_is_no_wrong_signature(api: Api) {
        let data = init_data(api, 77, &[]);
        let log_in = async || knock(api, "203.0.113.80", "/auth/telegram", json!({ "init_data": data })).await;
        api.clock.pass(-200);
        assert_eq!(log_in().await.status, 404, "nobody is linked yet");
        api.clock.pass(-100);
        assert_eq!(log_in().await.status, 404);
        api.clock.pass(-1);
        let answer = log_in().await;
        assert_eq!(answer.status, 401);
        assert!(answer.error().contains("Часы"), "{answer:?}");
    }

    async fn counts_of_signing_in_do_not_grow_without_end(api: Api) {
        for hour in 0..30 {
            let phone = format!("+9929055500{hour:02}");
            send(api, "203.0.115.1", &phone).await;
            let wrong = if code_of(api, &phone).await == WRONG { "000001" } else { WRONG };
            verify(api, "203.0.115.1", &phone, wrong).await;
            api.clock.pass(7200);
        }
        for table in ["SELECT CAST(COUNT(*) AS TEXT) FROM otp_sends", "SELECT CAST(COUNT(*) AS TEXT) FROM wrong_codes"] {
            assert!(number(api, table).await <= 2, "{table}");
        }
        assert!(number(api, "SELECT CAST(COUNT(*) AS TEXT) FROM otp_codes").await <= 14, "a day of them");
        assert_eq!(usecase::check_ledger(&api.loyalty).await.unwrap(), []);
    }
}
