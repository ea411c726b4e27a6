//! Stock from 1С or an ERP.

use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::on_both_engines;

async fn sync(api: &Api, body: Value) -> Answer {
    api.app("POST", "/integration/inventory/sync", None, body).await
}

/// created, changed, unchanged, reactivated, deactivated.
fn counts(answer: &Answer) -> [i64; 5] {
    assert_eq!(answer.status, 200, "{answer:?}");
    ["created", "changed", "unchanged", "reactivated", "deactivated"]
        .map(|name| answer.data(name).as_i64().unwrap())
}

on_both_engines! {
    async fn r_inventory_2_and_3_what_changed_is_told_and_the_rest_not_written(api: Api) {
        let milk = json!({ "sku": "SKU-001", "name": "Молоко", "category_code": "DAIRY", "quantity": 12.5 });
        let bread = json!({ "sku": "SKU-002", "quantity_on_hand": 3, "overstock_threshold": 10, "days_without_sale": 30 });
        let both = json!({ "items": [milk, bread] });
        let stamps = async || api.texts("SELECT CAST(updated_at AS TEXT) FROM stock_items ORDER BY sku").await;
        assert_eq!(counts(&sync(api, both.clone()).await), [2, 0, 0, 0, 0]);
        let first = stamps().await;
        api.clock.pass(10);
        assert_eq!(counts(&sync(api, both.clone()).await), [0, 0, 2, 0, 0]);
        assert_eq!(stamps().await, first, "what did not change is not written");
        let more = json!({ "items": [{ "sku": "SKU-001", "name": "Молоко", "category_code": "DAIRY", "quantity": 12 }] });
        assert_eq!(counts(&sync(api, more.clone()).await), [0, 1, 0, 0, 0]);
        let mut alone = more;
        alone["deactivate_missing"] = json!(true);
        assert_eq!(counts(&sync(api, alone.clone()).await), [0, 0, 1, 0, 1]);
        assert_eq!(counts(&sync(api, alone).await), [0, 0, 1, 0, 0], "once is enough");
        let mut again = both;
        again["items"][0]["quantity"] = json!(12);
        assert_eq!(counts(&sync(api, again).await), [0, 0, 1, 1, 0]);
    }

    async fn r_inventory_refused_items_are_named_and_the_others_taken(api: Api) {
        let body = json!({ "items": [
            { "sku": "A", "quantity": 1 },
            { "sku": "A", "quantity": 2 },
            { "name": "без артикула" },
            { "sku": "x".repeat(65) },
            { "sku": "B", "quantity": -1 },
            { "sku": "C", "days_without_sale": 1.5 },
            "D",
            { "sku": "E" },
        ] });
        let answer = sync(api, body).await;
        assert_eq!(counts(&answer), [2, 0, 0, 0, 0]);
        insta::assert_json_snapshot!("refused_items", answer.data("refused"));
    }

    async fn a_refused_item_is_not_a_missing_one(api: Api) {
        sync(api, json!({ "items": [{ "sku": "A" }, { "sku": "B" }, { "sku": "C" }] })).await;
        let body = json!({ "items": [{ "sku": "A" }, { "sku": "B", "quantity": -1 }], "deactivate_missing": true });
        assert_eq!(counts(&sync(api, body).await), [0, 0, 1, 0, 1]);
    }

    async fn r_inventory_6_bad_data_changes_nothing(api: Api) {
        let item = |number: usize| json!({ "sku": format!("SKU-{number}") });
        let too_many: Vec<Value> = (0..5_001).map(item).collect();
        for (body, status) in [
            (json!({}), 422),
            (json!({ "items": "all" }), 422),
            (json!({ "items": [{ "sku": "A" }], "deactivate_missing": "yes" }), 422),
            (json!({ "items": [{ "name": "без артикула" }, { "sku": "A", "quantity": -1 }] }), 422),
            (json!({ "items": too_many }), 422),
            (json!({ "items": [{ "sku": "A", "name": "x".repeat(9_000_000) }] }), 413),
        ] {
            let answer = sync(api, body).await;
            assert_eq!((answer.status, answer.error().is_empty()), (status, false), "{}", answer.error());
        }
        assert_eq!(api.texts("SELECT sku FROM stock_items").await, Vec::<String>::new());
    }

    async fn r_inventory_2_five_thousand_in_one_call(api: Api) {
        let item = |number: usize| json!({
            "sku": format!("SKU-{number:05}"), "name": "Товар ".repeat(20), "category_code": "DAIRY",
            "interest_tag": "milk", "quantity": number, "quantity_on_hand": number, "overstock_threshold": 10,
            "days_without_sale": 3,
        });
        let items: Vec<Value> = (0..5_000).map(item).collect();
        let body = json!({ "items": items, "deactivate_missing": true });
        assert_eq!(counts(&sync(api, body.clone()).await), [5_000, 0, 0, 0, 0]);
        assert_eq!(counts(&sync(api, body).await), [0, 0, 5_000, 0, 0]);
    }

    async fn two_reports_at_once_wait_for_each_other(api: Api) {
        let report = |tag: &str| {
            let item = |number: usize| json!({ "sku": format!("{number}"), "interest_tag": tag });
            json!({ "items": (0..200).map(item).collect::<Vec<_>>(), "deactivate_missing": true })
        };
        let tags = ["a", "b", "c", "d"];
        let answers = futures::future::join_all(tags.iter().map(|tag| sync(api, report(tag)))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        let stored = api.texts("SELECT DISTINCT interest_tag FROM stock_items").await;
        assert_eq!(stored.len(), 1, "the last one, whole");
    }
}
