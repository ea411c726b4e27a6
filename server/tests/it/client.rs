//! What a client sees and changes.

use serde_json::{Value, json};

use crate::on_both_engines;

on_both_engines! {
    async fn r_client_10_the_profile_is_shown_and_changed(api: Api) {
        let token = api.log_in(1).await;
        let shown = api.app("GET", "/client/profile", Some(&token), Value::Null).await;
        insta::assert_json_snapshot!("profile", shown.body);
        let body = json!({ "full_name": "Парвиз", "birth_date": "1990-05-01", "gender": "male" });
        let changed = api.app("PUT", "/client/profile", Some(&token), body).await;
        assert_eq!((changed.status, changed.data("birth_date")), (200, &json!("1990-05-01")));
        let changed = api.app("PUT", "/client/profile", Some(&token), json!({ "gender": null })).await;
        assert_eq!((changed.data("gender"), changed.data("full_name")), (&Value::Null, &json!("Парвиз")), "ruling 34");
        for wrong in [
            json!({ "birth_date": "1990-02-30" }),
            json!({ "birth_date": "01.05.1990" }),
            json!({ "birth_date": "2026-06-06" }),
            json!({ "gender": "x".repeat(21) }),
            json!({ "full_name": "x".repeat(256) }),
            json!({ "full_name": 5 }),
        ] {
            assert_eq!(api.app("PUT", "/client/profile", Some(&token), wrong).await.status, 422);
        }
        let same = api.app("GET", "/client/profile", Some(&token), Value::Null).await;
        assert_eq!(same.body, changed.body, "what was refused changed nothing");
    }

    async fn r_hist_1_transactions_come_in_pages_of_twenty(api: Api) {
        let token = api.log_in(1).await;
        for _ in 0..24 {
            api.post("/cashier/sale", json!({ "client_phone": api.phone(1), "total_amount": 100 })).await;
        }
        let page = async |number: &str| {
            let path = format!("/client/transactions?page={number}");
            api.app("GET", &path, Some(&token), Value::Null).await
        };
        // The welcome bonus, the gift, and 24 accruals.
        let first = page("1").await;
        assert_eq!((first.data("total"), first.data("last_page")), (&json!(26), &json!(2)));
        assert_eq!(first.data("data").as_array().unwrap().len(), 20);
        let newest = &first.data("data")[0];
        assert_eq!((&newest["type"], &newest["amount"], &newest["sale_amount"]), (&json!("accrual"), &json!(5), &json!(100)));
        let second = page("2").await;
        assert_eq!(second.data("data").as_array().unwrap().len(), 6);
        let oldest = &second.data("data")[5];
        assert_eq!((&oldest["type"], &oldest["sale_amount"]), (&json!("welcome"), &Value::Null), "r_hist_5");
        let past = page("3").await;
        assert_eq!((past.status, past.data("data"), past.data("current_page")), (200, &json!([]), &json!(3)));
        for odd in ["0", "-1", "x", ""] {
            assert_eq!(page(odd).await.data("current_page"), &json!(1), "ruling 11");
        }
    }

    async fn r_hist_4_what_is_spent_is_negative(api: Api) {
        let token = api.log_in(1).await;
        let sale = json!({ "client_phone": api.phone(1), "total_amount": 200, "bonus_redeem_amount": 50 });
        assert_eq!(api.post("/cashier/sale", sale).await.status, 201);
        let list = api.app("GET", "/client/transactions", Some(&token), Value::Null).await;
        let (accrual, redeem) = (&list.data("data")[0], &list.data("data")[1]);
        assert_eq!((&redeem["type"], &redeem["amount"]), (&json!("redeem"), &json!(-50)));
        assert_eq!((&accrual["type"], &accrual["amount"], &accrual["balance_after"]), (&json!("accrual"), &json!(7.5), &json!(117.5)));
    }

    async fn the_largest_sums_can_be_read_again(api: Api) {
        let token = api.log_in(1).await;
        for number in 0..2 {
            let body = json!({
                "client_phone": api.phone(1), "total_amount": 999_999_999.99, "bonus_redeem_amount": 10,
                "redeem_mode": "discount", "external_sale_id": number.to_string(),
            });
            assert_eq!(api.post("/cashier/sale", body).await.status, 201);
        }
        for path in ["/client/profile", "/client/transactions", "/client/purchases"] {
            assert_eq!(api.app("GET", path, Some(&token), Value::Null).await.status, 200, "{path}");
        }
        let profile = api.app("GET", "/client/profile", Some(&token), Value::Null).await;
        assert_eq!(profile.data("total_spent"), &json!(1_999_999_999.98));
    }

    async fn r_hist_6_purchases_with_their_lines(api: Api) {
        let token = api.log_in(1).await;
        let sale = json!({
            "client_phone": api.phone(1), "total_amount": 40, "receipt_number": "000123",
            "lines": [{ "sku": "SKU-001", "name": "Молоко 1л", "quantity": 2, "unit_price": 20, "line_amount": 40 }],
        });
        api.post("/cashier/sale", sale).await;
        api.post("/cashier/sale", json!({ "client_phone": api.phone(1), "total_amount": 100 })).await;
        let redemption = json!({ "client_phone": api.phone(1), "amount": 5, "total_amount": 100 });
        assert_eq!(api.post("/cashier/redeem", redemption).await.status, 200);
        let list = api.app("GET", "/client/purchases?per_page=2", Some(&token), Value::Null).await;
        assert_eq!((list.data("total"), list.data("last_page")), (&json!(3), &json!(2)));
        assert_eq!(list.data("data")[0]["kind"], "redemption");
        assert_eq!(list.data("data")[1]["lines"], json!([]), "r_hist_7");
        let second = api.app("GET", "/client/purchases?per_page=2&page=2", Some(&token), Value::Null).await;
        insta::assert_json_snapshot!("purchase", second.data("data")[0], { ".id" => "[id]" });
        let clamped = api.app("GET", "/client/purchases?per_page=0", Some(&token), Value::Null).await;
        assert_eq!(clamped.data("last_page"), &json!(3), "ruling 11");
    }

    async fn r_brand_1_settings_need_no_client(api: Api) {
        let settings = api.app("GET", "/client/settings", None, Value::Null).await;
        insta::assert_json_snapshot!("settings", settings.body);
    }

    async fn r_hist_8_stores_are_the_branches(api: Api) {
        let token = api.log_in(1).await;
        let stores = api.app("GET", "/client/stores", Some(&token), Value::Null).await;
        assert_eq!(stores.body["data"][0], json!({ "id": 1, "name": "Рудаки", "address": "пр. Рудаки, 12" }));
        assert_eq!(api.app("GET", "/client/stores", None, Value::Null).await.status, 401);
    }

    async fn ruling_34_promotions_are_for_everybody_but_a_wrong_bearer(api: Api) {
        assert_eq!(api.app("GET", "/client/promotions", None, Value::Null).await.status, 200);
        let token = api.log_in(1).await;
        assert_eq!(api.app("GET", "/client/promotions", Some(&token), Value::Null).await.status, 200);
        assert_eq!(api.app("GET", "/client/promotions", Some("1|x"), Value::Null).await.status, 401);
    }

    async fn r_promo_1_to_3_everybody_sees_what_runs_and_clients_see_the_terms(api: Api) {
        api.execute(
            "INSERT INTO promotions (tenant_id, id, name, description, kind, condition, reward, starts_at, ends_at,
                    personalized, enabled, created_at)
             VALUES (1, 7, 'Двойной кэшбэк на молочное', NULL, 'category_multiplier', '{\"category_code\":\"DAIRY\"}',
                     '{\"multiplier\":2}', 1780651800000, 1780738200000, FALSE, TRUE, 0),
                    (1, 8, 'Ещё не началась', NULL, 'receipt_multiplier', NULL, '{\"multiplier\":2}', 1780651800001, NULL, FALSE, TRUE, 0),
                    (1, 9, 'Уже кончилась', NULL, 'receipt_multiplier', NULL, '{\"multiplier\":2}', NULL, 1780651800000, FALSE, TRUE, 0),
                    (1, 10, 'Выключена', NULL, 'receipt_multiplier', NULL, '{\"multiplier\":2}', NULL, NULL, FALSE, FALSE, 0),
                    (2, 7, 'Чужая', NULL, 'receipt_multiplier', NULL, '{\"multiplier\":2}', NULL, NULL, FALSE, TRUE, 0)",
        )
        .await;
        let public = api.app("GET", "/client/promotions", None, Value::Null).await;
        insta::assert_json_snapshot!("promotions_public", public.body["data"]);
        let token = api.log_in(1).await;
        let own = api.app("GET", "/client/promotions", Some(&token), Value::Null).await;
        insta::assert_json_snapshot!("promotions_of_client", own.body["data"]);
    }

    async fn r_promo_1_personal_promotions_are_for_their_segment(api: Api) {
        for (id, segment) in [
            (11, r#"'{"kind":"newcomers"}'"#),
            (12, r#"'{"kind":"active","days":30}'"#),
            (13, r#"'{"kind":"inactive","days":30}'"#),
            (14, r#"'{"kind":"tiers","ids":[1]}'"#),
            (15, r#"'{"kind":"tiers","ids":[2,3]}'"#),
            (16, "NULL"),
            (17, "'{\"kind\":\"something else\"}'"),
        ] {
            api.execute(&format!(
                "INSERT INTO promotions (tenant_id, id, name, kind, reward, personalized, enabled, created_at, segment)
                 VALUES (1, {id}, 'Для вас', 'receipt_multiplier', '{{\"multiplier\":2}}', TRUE, TRUE, 0, {segment})"
            )).await;
        }
        let token = api.log_in(1).await;
        let shown = async |bearer: Option<&str>| -> Vec<i64> {
            let answer = api.app("GET", "/client/promotions", bearer, Value::Null).await;
            let list = answer.body["data"].as_array().unwrap().clone();
            let is_personal = |promotion: &Value| promotion["id"].as_i64() > Some(10);
            assert!(bearer.is_none() || list.iter().all(|one| one["personalized"] == is_personal(one)));
            list.iter().filter(|one| is_personal(one)).map(|one| one["id"].as_i64().unwrap()).collect()
        };
        assert_eq!(shown(None).await, Vec::<i64>::new(), "R-PROMO-3");
        assert_eq!(shown(Some(&token)).await, [11, 14]);
        let body = json!({ "client_phone": api.phone(1), "total_amount": 50 });
        assert_eq!(api.post("/cashier/sale", body).await.status, 201);
        assert_eq!(shown(Some(&token)).await, [12, 14]);
        api.clock.pass(31 * 86_400);
        assert_eq!(shown(Some(&token)).await, [13, 14]);
    }

    async fn r_referral_2_to_5_the_code_and_its_words(api: Api) {
        let token = api.log_in(1).await;
        let referral = api.app("GET", "/client/referral", Some(&token), Value::Null).await;
        let code = referral.data("code").as_str().unwrap();
        assert_eq!(code.len(), 8);
        assert_eq!(referral.data("telegram_start_param"), &json!(format!("ref_{code}")));
        assert_eq!(referral.data("invite_url"), &json!(format!("https://t.me/bonex_demo_bot?start=ref_{code}")));
        let words = "Пригласи друга в Сеть «Хорошо» – получи 20 бонусов. Друг получит 10 бонусов после первой покупки.";
        assert_eq!(referral.data("share_text"), &json!(words));
        let again = api.app("GET", "/client/referral", Some(&token), Value::Null).await;
        assert_eq!(again.body, referral.body, "the code stays");
    }

    async fn r_push_3_a_push_token_belongs_to_one_client(api: Api) {
        let (first, second) = (api.log_in(1).await, api.log_in(2).await);
        let has_app = async |token: &str| {
            let profile = api.app("GET", "/client/profile", Some(token), Value::Null).await;
            profile.data("has_mobile_app").as_bool().unwrap()
        };
        let body = json!({ "token": "fcm-token", "platform": "android" });
        let answer = api.app("POST", "/client/device-token", Some(&first), body.clone()).await;
        assert_eq!((answer.status, answer.data("registered")), (200, &json!(true)));
        assert!(has_app(&first).await, "r_client_8");
        api.app("POST", "/client/device-token", Some(&second), body).await;
        assert_eq!((has_app(&first).await, has_app(&second).await), (false, true));
        let body = json!({ "token": "fcm-token" });
        api.app("DELETE", "/client/device-token", Some(&first), body.clone()).await;
        assert!(has_app(&second).await, "another's token stays");
        let answer = api.app("DELETE", "/client/device-token", Some(&second), body).await;
        assert_eq!((answer.status, answer.data("deleted")), (200, &json!(true)));
        assert!(!has_app(&second).await);
        for wrong in [json!({}), json!({ "token": "x".repeat(513) }), json!({ "token": "x", "platform": "palm" })] {
            assert_eq!(api.app("POST", "/client/device-token", Some(&first), wrong).await.status, 422);
        }
    }

    async fn r_limit_1_sixty_a_minute_and_client(api: Api) {
        let (first, second) = (api.log_in(1).await, api.log_in(2).await);
        let mut status = 200;
        for _ in 0..80 {
            let answer = api.app("GET", "/client/profile", Some(&first), Value::Null).await;
            assert_eq!(answer.headers["x-ratelimit-limit"], "60");
            status = answer.status;
            if status == 429 {
                break;
            }
        }
        assert_eq!(status, 429);
        assert_eq!(api.app("GET", "/client/profile", Some(&second), Value::Null).await.status, 200);
    }

    async fn a_catalogue_read_again_costs_nothing(api: Api) {
        let token = api.log_in(1).await;
        for path in ["/client/settings", "/client/stores", "/client/promotions"] {
            let first = api.app("GET", path, Some(&token), Value::Null).await;
            let tag = first.headers["etag"].to_str().unwrap().to_owned();
            let ask = async |tag: &str| {
                let mut request = api.bearer_request("GET", path, &token);
                request.headers_mut().insert("if-none-match", tag.parse().unwrap());
                api.send(request).await
            };
            let again = ask(&tag).await;
            assert_eq!((again.status, &again.body), (304, &json!("")), "{path}");
            assert_eq!(again.headers["etag"].to_str().unwrap(), tag);
            assert_eq!(ask("\"other\"").await.status, 200);
        }
        let profile = api.app("GET", "/client/profile", Some(&token), Value::Null).await;
        assert!(!profile.headers.contains_key("etag"), "a balance is always read anew");
    }

    async fn long_answers_are_compressed_where_the_caller_can_read_it(api: Api) {
        let token = api.log_in(1).await;
        for _ in 0..10 {
            api.post("/cashier/sale", json!({ "client_phone": api.phone(1), "total_amount": 100 })).await;
        }
        let ask = async |encoding: &str| {
            let mut request = api.bearer_request("GET", "/client/transactions", &token);
            request.headers_mut().insert("accept-encoding", encoding.parse().unwrap());
            let answer = api.send(request).await;
            answer.headers.get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(ask("br").await.as_deref(), Some("br"));
        assert_eq!(ask("gzip").await.as_deref(), Some("gzip"));
        assert_eq!(ask("identity").await, None);
    }
}
