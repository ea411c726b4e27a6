//! Bytes, addresses and numbers as real tills send them (rulings 6, 9, 10 and 58).

use std::io::Write;

use axum::body::Body;
use axum::http::Request;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use crate::api::{Answer, Api, sign};
use crate::on_both_engines;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// `POST` of register 1 with these bytes, packed as the header says.
async fn post_bytes(api: &Api, path: &str, encoding: Option<&str>, bytes: Vec<u8>) -> Answer {
    let mut request = api
        .request(1, "POST", path)
        .header("Content-Type", "application/json");
    if let Some(encoding) = encoding {
        request = request.header("Content-Encoding", encoding);
    }
    api.send(request.body(Body::from(bytes)).unwrap()).await
}

fn sale(id: &str) -> Value {
    json!({ "client_phone": "900000500", "total_amount": 100, "external_sale_id": id })
}

on_both_engines! {
    async fn ruling_10_a_byte_order_mark_is_skipped(api: Api) {
        let body = format!("\u{feff}{}", sale("bom"));
        let answer = post_bytes(api, "/cashier/sale", None, body.into_bytes()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let partner = format!("\u{feff}{}", sale("bom of a partner"));
        let request = api.signed("POST", "/partner/sale", &partner).body(Body::from(partner)).unwrap();
        assert_eq!(api.send(request).await.status, 201, "ruling 6: signed with its mark");
    }

    async fn ruling_10_packed_bodies_are_unpacked_and_others_refused(api: Api) {
        let text = |id: &str| sale(id).to_string().into_bytes();
        for (number, (encoding, bytes)) in [
            ("gzip", gzip(&text("p0"))),
            ("x-gzip", gzip(&text("p1"))),
            ("GZIP", gzip(&text("p2"))),
            ("deflate", zlib(&text("p3"))),
            ("deflate", bare_deflate(&text("p4"))),
            ("identity", text("p5")),
            ("gzip", gzip(format!("\u{feff}{}", sale("p6")).as_bytes())),
        ]
        .into_iter()
        .enumerate()
        {
            let answer = post_bytes(api, "/cashier/sale", Some(encoding), bytes).await;
            assert_eq!(answer.status, 201, "{encoding}: {answer:?}");
            assert_eq!(answer.data("external_sale_id"), &format!("p{number}"));
        }
        for encoding in ["br", "zstd", "gzip, br", "windows-1251"] {
            let answer = post_bytes(api, "/cashier/sale", Some(encoding), text("no")).await;
            assert_eq!((answer.status, &answer.body["success"]), (415, &json!(false)), "{encoding}");
            assert!(answer.error().contains("gzip"), "{answer:?}");
        }
        for broken in [b"no gzip at all".to_vec(), gzip(&text("cut"))[..30].to_vec()] {
            let answer = post_bytes(api, "/cashier/sale", Some("gzip"), broken).await;
            assert_eq!((answer.status, answer.error().contains("gzip")), (400, true), "{answer:?}");
        }
    }

    async fn ruling_10_a_bomb_is_413_by_what_it_unpacks_to(api: Api) {
        let padded = |bytes: usize| format!("{{\"total_amount\":150{}}}", " ".repeat(bytes)).into_bytes();
        let fits = post_bytes(api, "/cashier/receipt", Some("gzip"), gzip(&padded(9_900_000))).await;
        assert_eq!(fits.status, 201, "{fits:?}");
        for (path, encoding, bytes) in [
            ("/cashier/receipt", "gzip", gzip(&padded(10_000_000))),
            ("/cashier/receipt", "deflate", zlib(&padded(60_000_000))),
            ("/integration/inventory/sync", "gzip", gzip(&padded(8_000_000))),
        ] {
            assert!(bytes.len() < 400_000, "it is small on the wire");
            let answer = post_bytes(api, path, Some(encoding), bytes).await;
            assert_eq!((answer.status, &answer.body["success"]), (413, &json!(false)), "{path}");
        }
        let values = format!("{{\"total_amount\":150,\"x\":[{}0]}}", "0,".repeat(4_000_000)).into_bytes();
        let answer = post_bytes(api, "/cashier/receipt", Some("gzip"), gzip(&values)).await;
        assert_eq!((answer.status, answer.error().contains("значений")), (413, true), "{answer:?}");
        let plain = post_bytes(api, "/cashier/receipt", None, padded(1_000_001)).await;
        assert_eq!(plain.status, 413, "what is not packed is not worth a megabyte");
    }

    async fn ruling_6_a_packed_body_is_signed_as_on_the_wire(api: Api) {
        let packed = gzip(sale("packed").to_string().as_bytes());
        let at = api.loyalty.now().millis() / 1000;
        // What is signed is bytes, and those are no text.
        let secret = &api.demo.tenant.partner_secret;
        let signed = [format!("{at}.POST./api/v1/partner/sale.").as_bytes(), &packed].concat();
        let request = Request::builder()
            .method("POST")
            .uri("/api/v1/partner/sale")
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip")
            .header("X-Tenant-Token", &api.demo.tenant.token)
            .header("X-Partner-Timestamp", at)
            .header("X-Partner-Signature", crate::api::sign_bytes(secret, &signed));
        let answer = api.send(request.body(Body::from(packed)).unwrap()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    async fn ruling_10_a_body_in_another_encoding_is_told_so(api: Api) {
        // «Молоко» in Windows-1251, and the whole body in UTF-16.
        let windows = b"{\"client_phone\":\"900000500\",\"total_amount\":100,\"lines\":[{\"name\":\"\xcc\xee\xeb\xee\xea\xee\"}]}";
        let utf_16: Vec<u8> = sale("utf-16").to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [vec![0xff, 0xfe], utf_16].concat();
        for bytes in [windows.to_vec(), with_mark] {
            let answer = post_bytes(api, "/cashier/sale", None, bytes).await;
            assert_eq!((answer.status, answer.error().contains("UTF-8")), (400, true), "{answer:?}");
        }
    }

    async fn ruling_10_one_trailing_slash_is_ignored(api: Api) {
        let made = post_bytes(api, "/cashier/sale/", None, sale("slash").to_string().into_bytes()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let found = api.send(api.request(1, "GET", "/cashier/client/900000500/").body(Body::empty()).unwrap()).await;
        assert_eq!((found.status, found.data("phone")), (200, &json!("+992900000500")));
        let twice = api.send(api.request(1, "GET", "/cashier/session//").body(Body::empty()).unwrap()).await;
        assert_eq!((twice.status, twice.error()), (404, "Адрес не найден."));
        let wrong = api.send(api.request(1, "DELETE", "/cashier/sale/").body(Body::empty()).unwrap()).await;
        assert_eq!((wrong.status, &wrong.body["success"]), (405, &json!(false)));
        let at = api.loyalty.now().millis() / 1000;
        let (path, body) = ("/api/v1/partner/sale/", sale("slash of a partner").to_string());
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header("X-Tenant-Token", &api.demo.tenant.token)
            .header("X-Partner-Timestamp", at)
            .header("X-Partner-Signature", sign(&api.demo.tenant.partner_secret, &format!("{at}.POST.{path}.{body}")));
        let answer = api.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 201, "ruling 6: the path as sent, {answer:?}");
    }

    async fn ruling_58_whatever_is_under_api_answers_in_the_envelope(api: Api) {
        for path in [
            "/api", "/api/", "/api/v2/cashier/sale", "//api/v1/cashier/sale", "/api//v1/cashier/sale", "/api/v1x/sale",
            "/API/v1/cashier/sale", "/%61pi/v1/cashier/sale", "/./api/v1/sale", "/api/v1", "/api/v1/", "/api/v1//cashier/sale",
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
                let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
                let answer = api.send(request).await;
                assert_eq!(
                    (answer.status, &answer.body["success"], answer.error()),
                    (404, &json!(false), "Адрес не найден."),
                    "{method} {path}"
                );
                assert_eq!(answer.headers["content-type"], "application/json", "{method} {path}");
            }
        }
        let english = Request::builder().uri("/api/v2/x").header("Accept-Language", "en").body(Body::empty()).unwrap();
        assert_eq!(api.send(english).await.error(), "No such address.");
        let page = Request::builder().uri("/apiary").body(Body::empty()).unwrap();
        let answer = api.send(page).await;
        assert!((answer.status, answer.body.is_string()) == (404, true), "others get the page");
    }

    async fn ruling_10_a_number_too_large_is_422_and_names_the_field(api: Api) {
        let huge = "9".repeat(400);
        for (body, field) in [
            ("{\"client_phone\":\"900000500\",\"total_amount\":1e400}".to_owned(), "total_amount"),
            ("{\"client_phone\":\"900000500\",\"total_amount\":-1E+400}".to_owned(), "total_amount"),
            (format!("{{\"client_phone\":\"900000500\",\"total_amount\":{huge}}}"), "total_amount"),
            ("{\"client_phone\":\"900000500\",\"total_amount\":100,\"cashier_id\":1e400}".to_owned(), "cashier_id"),
            ("{\"client_phone\":\"900000500\",\"total_amount\":100,\"cashier_id\":1e30}".to_owned(), "cashier_id"),
            (
                "{\"client_phone\":\"900000500\",\"total_amount\":100,\"lines\":[{\"quantity\":1e400}]}".to_owned(),
                "lines.0.quantity",
            ),
        ] {
            let answer = post_bytes(api, "/cashier/sale", None, body.clone().into_bytes()).await;
            assert_eq!((answer.status, answer.error().contains(field)), (422, true), "{body}: {answer:?}");
        }
        let ignored = "{\"client_phone\":\"900000500\",\"total_amount\":100,\"note\":\"1e400\",\"weight\":1e400}";
        let answer = post_bytes(api, "/cashier/sale", None, ignored.as_bytes().to_vec()).await;
        assert_eq!(answer.status, 201, "an unknown field is ignored, whatever it says: {answer:?}");
        let look_up = api.request(1, "GET", "/cashier/client/900000500?check_amount=1e400").body(Body::empty()).unwrap();
        assert_eq!(api.send(look_up).await.status, 422);
        for body in ["{\"total_amount\":1e400", "{\"total_amount\":1e400,}", "{\"a\":1e4001e400}"] {
            let answer = post_bytes(api, "/cashier/sale", None, body.as_bytes().to_vec()).await;
            assert_eq!((answer.status, answer.error()), (400, "Тело запроса — не JSON."), "{body}");
        }
    }

    async fn ruling_9_binary_noise_means_the_hundredth(api: Api) {
        for (sent, meant) in [
            ("50.0000000001", json!(50)),
            ("29.999999999999996", json!(30)),
            ("48.300000000000004", json!(48.3)),
            ("30.0000009999", json!(30)),
        ] {
            let body = format!("{{\"client_phone\":\"900000500\",\"total_amount\":{sent}}}");
            let answer = post_bytes(api, "/cashier/sale", None, body.into_bytes()).await;
            assert_eq!((answer.status, answer.data("total_amount")), (201, &meant), "{sent}: {answer:?}");
        }
        for sent in ["50.000001", "50.001", "50.999", "49.999999"] {
            let body = format!("{{\"client_phone\":\"900000500\",\"total_amount\":{sent}}}");
            let answer = post_bytes(api, "/cashier/sale", None, body.into_bytes()).await;
            assert_eq!(answer.status, 422, "{sent}");
        }
    }

    async fn ruling_9_decimals_of_lines_never_refuse_a_sale(api: Api) {
        let bearer = api.log_in(1).await;
        let body = json!({
            "client_phone": api.phone(1), "total_amount": 41.15, "external_sale_id": "decimals",
            "lines": [
                { "sku": "A", "quantity": 3.333, "unit_price": 12.3456, "line_amount": 41.1478848 },
                { "sku": "B", "quantity": 1, "unit_price": 0.12345, "line_amount": 0.005 },
            ],
        });
        let made = post_bytes(api, "/cashier/sale", None, body.to_string().into_bytes()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let purchases = api.app("GET", "/client/purchases", Some(&bearer), Value::Null).await;
        let lines = &purchases.data("data")[0]["lines"];
        assert_eq!((&lines[0]["unit_price"], &lines[0]["line_amount"]), (&json!(12.3456), &json!(41.15)), "{purchases:?}");
        assert_eq!((&lines[1]["unit_price"], &lines[1]["line_amount"]), (&json!(0.1235), &json!(0.01)));
    }
}
