//! Phones, names, ids and retries as people and real tills send them (rulings 10, 12, 14, 16, 17, 58 and 59).

use axum::body::Body;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::auth::by_contact;
use crate::on_both_engines;

/// A server function of the web cashier, asked by register 1.
async fn cash(api: &Api, function: &str, body: Value) -> Answer {
    let request = api
        .request(1, "POST", "/")
        .header("Content-Type", "application/json");
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    *request.uri_mut() = format!("/sfn/cash/{function}").parse().unwrap();
    api.send(request).await
}

/// `POST` of register 1 with this text and key.
async fn keyed(api: &Api, path: &str, key: &str, body: &str) -> (u16, bool, Value) {
    let request = api
        .request(1, "POST", path)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", key);
    let answer = api.send(request.body(Body::from(body.to_owned())).unwrap()).await;
    let replayed = answer.headers.contains_key("idempotent-replayed");
    (answer.status, replayed, answer.body)
}

/// Percent-encoded for a path.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn look_up(api: &Api, identifier: &str) -> Answer {
    let path = format!("/cashier/client/{}", encoded(identifier));
    api.send(api.request(1, "GET", &path).body(Body::empty()).unwrap())
        .await
}

async fn enrol(api: &Api, body: Value) -> Answer {
    api.post("/cashier/client/register", body).await
}

async fn sync(api: &Api, body: Value) -> Answer {
    api.app("POST", "/integration/inventory/sync", None, body).await
}

async fn skus(api: &Api) -> Vec<String> {
    api.texts("SELECT sku FROM stock_items WHERE active ORDER BY sku")
        .await
}

on_both_engines! {
    async fn ruling_14_every_spelling_of_a_phone_is_one_client(api: Api) {
        for spelling in [
            "+992900000500", "992900000500", "900000500", "00992900000500", "8900000500", "00 992 90 000 05 00",
            "+992\u{a0}90\u{202f}000\u{2007}05\u{a0}00", "+992 90‑000–05—00", "+992.90.000.05.00", "(90) 000−05·00",
            "\u{200e}+992900000500\u{202c}", "\u{2066}900000500\u{2069}", "\u{feff}900000500", "９０００００５００",
            "＋９９２９０００００５００", "٩٠٠٠٠٠٥٠٠", "۹۰۰۰۰۰۵۰۰", "90\u{200b}0000\u{ad}500\r\n",
        ] {
            let found = look_up(api, spelling).await;
            assert_eq!((found.status, found.data("id")), (200, &json!(1)), "{spelling:?}: {found:?}");
            let sale = json!({ "client_phone": spelling, "total_amount": 100 });
            let made = api.post("/cashier/sale", sale.clone()).await;
            assert_eq!((made.status, made.data("client_id")), (201, &json!(1)), "{spelling:?}");
            api.clock.pass(1);
            let partner = api.partner("POST", "/partner/sale", sale).await;
            assert_eq!((partner.status, partner.data("client_id")), (201, &json!(1)), "{spelling:?}");
            let known = enrol(api, json!({ "phone": spelling })).await;
            assert_eq!((known.status, known.data("id")), (200, &json!(1)), "{spelling:?}");
            let card = cash(api, "client", json!({ "identifier": spelling })).await;
            assert_eq!(card.body["phone"], "+992900000500", "{spelling:?}: {card:?}");
            let signed_in = api.partner("POST", "/partner/auth", json!({ "phone": spelling })).await;
            assert_eq!((signed_in.status, &signed_in.data("client")["id"]), (200, &json!(1)), "{spelling:?}");
        }
        let sent = api.app("POST", "/auth/send-otp", None, json!({ "phone": "\u{2066}00992 900 000 500\u{2069}" })).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        let (phone, code) = ("8 (900) 000-500", "\u{200e}123456 ");
        let logged_in = api.app("POST", "/auth/verify-otp", None, json!({ "phone": phone, "code": code })).await;
        assert_eq!((logged_in.status, logged_in.data("client_id")), (200, &json!(1)), "{logged_in:?}");
    }

    async fn ruling_14_what_would_be_a_phantom_is_refused_with_words_that_help(api: Api) {
        let count = async || api.texts("SELECT CAST(COUNT(*) AS TEXT) FROM clients").await;
        let before = count().await;
        for (phantom, words) in [
            ("+0992901234567", "не начинается с 0"),
            ("000992901234567", "не начинается с 0"),
            ("+992992901234567", "+992 указан дважды"),
            ("00992992901234567", "+992 указан дважды"),
            ("+992+992901234567", "международном формате"),
        ] {
            for answer in [
                enrol(api, json!({ "phone": phantom })).await,
                api.partner("POST", "/partner/auth", json!({ "phone": phantom })).await,
                api.app("POST", "/auth/send-otp", None, json!({ "phone": phantom })).await,
                cash(api, "enrol", json!({ "phone": phantom, "full_name": null })).await,
            ] {
                assert_eq!(answer.status, 422, "{phantom}: {answer:?}");
                assert!(answer.body.to_string().contains(words), "{phantom}: {answer:?}");
            }
        }
        for (phantom, words) in [("+0992901234567", "не начинается с 0"), ("+992992901234567", "+992 указан дважды")] {
            let sale = api.post("/cashier/sale", json!({ "client_phone": phantom, "total_amount": 100 })).await;
            assert_eq!((sale.status, sale.error().contains(words)), (422, true), "{sale:?}");
            let found = look_up(api, phantom).await;
            assert_eq!((found.status, found.error().contains(words)), (422, true), "{found:?}");
        }
        assert_eq!(count().await, before);
    }

    async fn a_client_stored_with_a_phantom_phone_is_still_served(api: Api) {
        api.execute("UPDATE clients SET phone = '+992992901234567' WHERE tenant_id = 1 AND id = 2").await;
        api.execute("UPDATE clients SET phone = '+0901234567' WHERE tenant_id = 1 AND id = 3").await;
        for (ean13, phone) in [("2000000000022", "+992992901234567"), ("2000000000039", "+0901234567")] {
            let found = look_up(api, ean13).await;
            assert_eq!((found.status, found.data("phone")), (200, &json!(phone)), "{found:?}");
            let sale = api.post("/cashier/sale", json!({ "client_phone": ean13, "total_amount": 100 })).await;
            assert_eq!(sale.status, 201, "{sale:?}");
        }
    }

    async fn ruling_14_cards_and_barcodes_in_every_spelling(api: Api) {
        for spelling in [
            "2000000000015", "200-000000001-5", "２００００００００００１５", "2000000000015\r\n", "001-0000001", "0010000001",
            "001–0000001", "００１－００００００１", " 001 0000001\u{200f}",
        ] {
            let found = look_up(api, spelling).await;
            assert_eq!((found.status, found.data("id")), (200, &json!(1)), "{spelling:?}: {found:?}");
        }
        assert_eq!(look_up(api, "2000000000016").await.status, 404, "ruling 15");
    }

    async fn rulings_10_and_16_ids_with_odd_ends_are_one_sale(api: Api) {
        let sale = |id: &str| json!({ "client_phone": api.phone(1), "total_amount": 100, "external_sale_id": id });
        let made = api.post("/cashier/sale", sale("X")).await;
        assert_eq!((made.status, made.data("external_sale_id")), (201, &json!("X")));
        let balance = api.balance(api.phone(1)).await;
        for id in ["X ", " X", "X\n", "\r\nX\t", "\u{a0}X\u{200b}", "\u{feff}X", "\u{3000}X"] {
            let again = api.post("/cashier/sale", sale(id)).await;
            assert_eq!((again.status, again.data("id")), (422, made.data("id")), "{id:?}: {again:?}");
        }
        assert_eq!(api.balance(api.phone(1)).await, balance, "earned once");
        let bring_back = |original: &str, id: &str| json!({
            "client_phone": api.phone(1), "return_amount": 10, "original_external_sale_id": original, "external_return_id": id,
        });
        assert_eq!(api.post("/cashier/return", bring_back("X ", "R")).await.status, 201);
        assert_eq!(api.post("/cashier/return", bring_back("X", "R\n")).await.status, 422, "one return");
        let receipt = |id: &str| json!({ "total_amount": 5, "external_receipt_id": id });
        assert_eq!(api.post("/cashier/receipt", receipt("C")).await.status, 201);
        assert_eq!(api.post("/cashier/receipt", receipt("\u{2009}C ")).await.status, 422);
        let redemption = |id: &str| json!({ "client_phone": api.phone(1), "amount": 1, "total_amount": 100, "external_sale_id": id });
        assert_eq!(api.post("/cashier/redeem", redemption("D")).await.status, 200);
        assert_eq!(api.post("/cashier/redeem", redemption("D\t")).await.status, 422);
        let blank = api.post("/cashier/sale", sale(" \u{200b}\n")).await;
        assert_eq!((blank.status, blank.data("external_sale_id")), (201, &Value::Null), "blank is null");
        let required = bring_back("\u{a0}", "R2");
        let answer = api.post("/cashier/return", required).await;
        assert_eq!((answer.status, answer.error()), (422, "Поле original_external_sale_id обязательно."));
    }

    async fn a_sale_stored_with_a_blank_in_its_id_can_still_be_returned(api: Api) {
        let sale = json!({ "client_phone": api.phone(1), "total_amount": 100, "external_sale_id": "OLD" });
        assert_eq!(api.post("/cashier/sale", sale).await.status, 201);
        store_as(api, "OLD", "OLD ").await;
        let calculated = json!({ "client_phone": api.phone(1), "original_external_sale_id": "OLD " });
        assert_eq!(api.post("/cashier/return/calculate", calculated).await.status, 200);
        let body = json!({
            "client_phone": api.phone(1), "return_amount": 10, "original_external_sale_id": "OLD ", "external_return_id": "R",
        });
        let answer = api.post("/cashier/return", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    async fn names_lose_what_turns_them_around(api: Api) {
        let nasty = "\u{202e}акшоМ\u{202c} \u{200b}Соли\u{ad}ев\u{0}\u{7}\u{2066}\n";
        let made = enrol(api, json!({ "phone": "901112233", "full_name": nasty })).await;
        assert_eq!((made.status, made.data("full_name")), (201, &json!("акшоМ Солиев")), "{made:?}");
        let family = "Анна 👩\u{200d}👧 ❤\u{fe0f}";
        let by_partner = json!({ "phone": "901112234", "full_name": format!("\u{200f}{family}") });
        let made = api.partner("POST", "/partner/auth", by_partner).await;
        assert_eq!(made.data("client")["full_name"], family, "joiners inside emoji stay");
        let card = cash(api, "enrol", json!({ "phone": "901112235", "full_name": nasty })).await;
        assert_eq!(card.body["full_name"], "акшоМ Солиев", "{card:?}");
        let nobody = cash(api, "enrol", json!({ "phone": "901112236", "full_name": "\u{200b}\u{202e} " })).await;
        assert_eq!(nobody.body["full_name"], Value::Null, "{nobody:?}");
        let bearer = api.log_in(1).await;
        let profile = api.app("PUT", "/client/profile", Some(&bearer), json!({ "full_name": nasty })).await;
        assert_eq!(profile.data("full_name"), "акшоМ Солиев");
        let cleared = api.app("PUT", "/client/profile", Some(&bearer), json!({ "full_name": "\u{2060}" })).await;
        assert_eq!((cleared.status, cleared.data("full_name")), (200, &Value::Null), "blank is null, and null clears");
        let sale = json!({
            "client_phone": api.phone(1), "total_amount": 100,
            "lines": [{ "sku": " A-1\u{a0}", "name": "\u{202e}окол\u{200d}оМ", "line_amount": 10 }],
        });
        api.post("/cashier/sale", sale).await;
        let purchases = api.app("GET", "/client/purchases", Some(&bearer), Value::Null).await;
        let line = &purchases.data("data")[0]["lines"][0];
        assert_eq!((&line["sku"], &line["name"]), (&json!("A-1"), &json!("околоМ")));
    }

    async fn a_name_stored_before_is_shown_clean(api: Api) {
        api.execute("UPDATE clients SET full_name = '\u{202e}акшоМ\u{200b}' WHERE tenant_id = 1 AND id = 1").await;
        assert_eq!(look_up(api, "900000500").await.data("full_name"), "акшоМ");
        let card = cash(api, "client", json!({ "identifier": "900000500" })).await;
        assert_eq!(card.body["full_name"], "акшоМ");
        let bearer = api.log_in(1).await;
        let profile = api.app("GET", "/client/profile", Some(&bearer), Value::Null).await;
        assert_eq!(profile.data("full_name"), "акшоМ");
    }

    async fn ruling_59_a_nameless_client_gets_a_name_and_nothing_else_changes(api: Api) {
        let made = enrol(api, json!({ "phone": "901112233" })).await;
        assert_eq!((made.status, made.data("full_name")), (201, &Value::Null));
        let named = enrol(api, json!({ "phone": "901112233", "full_name": "Парвиз" })).await;
        assert_eq!((named.status, named.data("full_name"), named.data("id")), (200, &json!("Парвиз"), made.data("id")));
        assert_eq!(look_up(api, "901112233").await.data("full_name"), "Парвиз", "it is stored");
        let other = enrol(api, json!({ "phone": "901112233", "full_name": "Другой" })).await;
        assert_eq!((other.status, other.data("full_name")), (200, &json!("Парвиз")), "a name that is there stays");
        assert_eq!(other.data("bonus_balance"), made.data("bonus_balance"));
        enrol(api, json!({ "phone": "901112234" })).await;
        let by_partner = json!({ "phone": "901112234", "full_name": "Зарина" });
        let signed_in = api.partner("POST", "/partner/auth", by_partner).await;
        assert_eq!((signed_in.status, &signed_in.data("client")["full_name"]), (200, &json!("Зарина")));
        enrol(api, json!({ "phone": "901112235" })).await;
        let card = cash(api, "enrol", json!({ "phone": "901112235", "full_name": "Фируз" })).await;
        assert_eq!(card.body["full_name"], "Фируз", "{card:?}");
    }

    async fn ruling_59_a_referral_code_in_any_case_of_letters(api: Api) {
        let bearer = api.log_in(1).await;
        let referral = api.app("GET", "/client/referral", Some(&bearer), Value::Null).await;
        let code = referral.data("code").as_str().unwrap().to_owned();
        let spellings = [
            format!("REF_{code}"), format!("Ref_{}", code.to_lowercase()), format!(" ref_{code}\u{200b}"), code.to_lowercase(),
        ];
        for (number, spelling) in spellings.iter().enumerate() {
            let phone = format!("99290111223{number}");
            let (status, body) = by_contact(api, 100 + number as i64, &phone, Some(spelling)).await;
            assert_eq!(status, 201, "{spelling}: {body}");
        }
        let referral = api.app("GET", "/client/referral", Some(&bearer), Value::Null).await;
        assert_eq!(referral.data("invited_count"), &json!(4));
    }

    async fn ruling_17_a_body_is_what_it_means(api: Api) {
        let first = r#"{"client_phone":"900000500","total_amount":100.5,"lines":[{"sku":"A","quantity":2,"line_amount":10}],"payment_method":"Карта"}"#;
        let (status, replayed, made) = keyed(api, "/cashier/sale", "key", first).await;
        assert_eq!((status, replayed), (201, false), "{made}");
        for same in [
            r#"{"lines":[{"line_amount":10.0,"quantity":2.00,"sku":"A"}],"payment_method":"\u041aарта","total_amount":1.005e2,"client_phone":"900000500"}"#,
            "\u{feff}{ \"total_amount\" : 100.50 , \"payment_method\":\"Карта\",\n\"client_phone\":\"900000500\",\
             \"lines\":[ {\"quantity\":2e0,\"sku\":\"A\",\"line_amount\":1E1} ] }",
        ] {
            let (status, replayed, body) = keyed(api, "/cashier/sale", "key", same).await;
            assert_eq!((status, replayed, &body), (201, true, &made), "{same}");
        }
        for other in [
            r#"{"client_phone":"900000500","total_amount":100.51,"lines":[{"sku":"A","quantity":2,"line_amount":10}],"payment_method":"Карта"}"#,
            r#"{"client_phone":"900000500","total_amount":100.5,"lines":[{"sku":"A","quantity":"2","line_amount":10}],"payment_method":"Карта"}"#,
            r#"{"client_phone":"900000500","total_amount":100.5,"lines":[],"payment_method":"Карта"}"#,
        ] {
            let (status, _, body) = keyed(api, "/cashier/sale", "key", other).await;
            assert_eq!(status, 422, "{other}: {body}");
        }
        let receipt = r#"{"total_amount":5,"receipt_number":"7"}"#;
        let (status, ..) = keyed(api, "/cashier/receipt", "receipt", receipt).await;
        assert_eq!(status, 201);
        let (status, replayed, _) = keyed(api, "/cashier/receipt", "receipt", r#"{"receipt_number":"7","total_amount":5.0}"#).await;
        assert_eq!((status, replayed), (201, true));
    }

    async fn a_key_stored_before_the_upgrade_still_replays(api: Api) {
        use sha2::Digest;
        let body = r#"{"client_phone":"900000500","total_amount":100}"#;
        let (_, _, made) = keyed(api, "/cashier/sale", "key", body).await;
        let hash = sha2::Sha256::digest([b"sale\n".as_slice(), body.as_bytes()].concat());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        api.execute(&format!("UPDATE idempotency_keys SET body_hash = '{hash}' WHERE key = 'key'")).await;
        let (status, replayed, again) = keyed(api, "/cashier/sale", "key", body).await;
        assert_eq!((status, replayed, &again), (201, true, &made));
        let (status, ..) = keyed(api, "/cashier/sale", "key", r#"{"client_phone":"900000500","total_amount":101}"#).await;
        assert_eq!(status, 422);
    }

    async fn ruling_12_dates_before_2000_are_refused_and_short_offsets_read(api: Api) {
        for date in ["1899-12-30T00:00:00", "1899-12-30T00:00:00+05:00", "0001-01-01T00:00:00", "1999-12-31T23:59:59"] {
            for (path, field) in [("/cashier/sale", "sale_date"), ("/cashier/receipt", "receipt_date")] {
                let answer = api.post(path, json!({ "client_phone": api.phone(1), "total_amount": 100, field: date })).await;
                assert_eq!(answer.status, 422, "{date}: {answer:?}");
                assert!(answer.error().contains(field) && answer.error().contains("2000"), "{answer:?}");
            }
        }
        let moment = "2026-06-05T14:00:00+05:00";
        for date in [
            "2026-06-05T14:00:00+0500", "2026-06-05T14:00:00+05", "2026-06-05T13:00+04", "2026-06-05 14:00:00.5+05",
            "2026-06-05 14:00:00 +0500", "\u{200e}2026-06-05T09:00:00Z ", "2026-06-05T14:00:00",
        ] {
            let sale = json!({ "client_phone": api.phone(1), "total_amount": 100, "sale_date": date });
            let made = api.post("/cashier/sale", sale).await;
            assert_eq!((made.status, made.data("sale_date")), (201, &json!(moment)), "{date}: {made:?}");
        }
    }

    async fn ruling_58_articles_with_blanks_are_the_same_article(api: Api) {
        sync(api, json!({ "items": [{ "sku": "A-1", "quantity": 5 }, { "sku": "7", "quantity": 1 }] })).await;
        let report = json!({ "items": [{ "sku": "A-1 ", "quantity": 5 }, { "sku": 7, "quantity": 1 }], "deactivate_missing": true });
        let answer = sync(api, report).await;
        assert_eq!((answer.data("unchanged"), answer.data("deactivated")), (&json!(2), &json!(0)), "{answer:?}");
        assert_eq!(skus(api).await, ["7", "A-1"]);
        let twice = sync(api, json!({ "items": [{ "sku": "B" }, { "sku": "\u{a0}B\n" }] })).await;
        assert_eq!(twice.data("refused")[0]["index"], 1, "{twice:?}");
    }

    async fn ruling_58_a_refused_line_never_counts_as_missing(api: Api) {
        sync(api, json!({ "items": [{ "sku": "A" }, { "sku": "B" }, { "sku": "7" }, { "sku": "D" }, { "sku": "E" }, { "sku": "F" }] })).await;
        let report = json!({ "deactivate_missing": true, "items": [
            { "sku": "A" }, { "sku": "B\u{a0}", "quantity": -1 }, { "sku": 7, "quantity": "много" }, "D",
            { "sku": "E", "days_without_sale": "x" },
        ] });
        let answer = sync_text(api, &report.to_string().replace("\"x\"", "1e400")).await;
        assert_eq!((answer.status, answer.data("deactivated")), (200, &json!(1)), "{answer:?}");
        let named: Vec<&Value> = answer.data("refused").as_array().unwrap().iter().map(|line| &line["sku"]).collect();
        assert_eq!(named, ["B", "7", "D", "E"]);
        assert_eq!(skus(api).await, ["7", "A", "B", "D", "E"]);
    }

    async fn ruling_58_an_empty_report_does_not_empty_the_shop(api: Api) {
        sync(api, json!({ "items": [{ "sku": "A" }] })).await;
        let answer = sync(api, json!({ "items": [], "deactivate_missing": true })).await;
        assert_eq!((answer.status, answer.error().contains("items")), (422, true), "{answer:?}");
        assert_eq!(skus(api).await, ["A"]);
        assert_eq!(sync(api, json!({ "items": [] })).await.status, 200, "it changes nothing");
    }

    async fn rulings_24_and_52_a_receipt_keeps_its_number_and_its_cashier(api: Api) {
        let body = json!({ "total_amount": 150, "receipt_number": " 000123\n", "cashier_id": 4711, "receipt_date": "2026-06-05T14:00:00" });
        let made = api.post("/cashier/receipt", body).await;
        assert_eq!((made.status, made.data("receipt_date")), (201, &json!("2026-06-05T14:00:00+05:00")), "{made:?}");
        let stored = "SELECT receipt_number || ' ' || CAST(cashier_id AS TEXT) FROM receipts WHERE receipt_number IS NOT NULL";
        assert_eq!(api.texts(stored).await, ["000123 4711"], "an unknown number stays as it is");
        for wrong in [json!({ "receipt_number": "1".repeat(65) }), json!({ "cashier_id": "7" }), json!({ "receipt_number": 7 })] {
            let mut body = wrong;
            body["total_amount"] = json!(1);
            assert_eq!(api.post("/cashier/receipt", body.clone()).await.status, 422, "{body}");
        }
    }
}

async fn sync_text(api: &Api, body: &str) -> Answer {
    let request = axum::http::Request::builder()
        .method("POST")
        .uri("/api/v1/integration/inventory/sync")
        .header("X-Tenant-Token", &api.demo.tenant.token);
    api.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// Gives a sale the id that it had before ids were trimmed; sales themselves are append-only.
async fn store_as(api: &Api, id: &str, stored: &str) {
    let (off, on) = match api.url.starts_with("sqlite") {
        true => ("DROP TRIGGER sales_refuse_update", ""),
        false => (
            "ALTER TABLE sales DISABLE TRIGGER USER",
            "ALTER TABLE sales ENABLE TRIGGER USER",
        ),
    };
    api.execute(off).await;
    api.execute(&format!(
        "UPDATE sales SET external_id = '{stored}' WHERE external_id = '{id}'"
    ))
    .await;
    api.execute(on).await;
}
