//! Goods that come back are not what a client buys.

use std::collections::HashMap;

use loyalty::Clock;
use loyalty::ledger::SaleRequest;
use loyalty::model::{Goods, Timestamp};
use loyalty::usecase;

use crate::on_both_engines;
use crate::raw::Raw;
use crate::segments::{basket, stock, tenant};
use crate::shop::Shop;

fn goods() -> [Goods; 4] {
    [
        Goods::Sku("milk".to_owned()),
        Goods::Sku("bread".to_owned()),
        Goods::Category("DAIRY".to_owned()),
        Goods::Tag("breakfast".to_owned()),
    ]
}

impl Shop {
    /// Client 1 buys these articles for 100 at this time.
    async fn buys(&self, external_id: &str, skus: &[&str], sale_at: Timestamp) {
        let request = SaleRequest {
            external_id: Some(external_id.to_owned()),
            ..basket(skus, sale_at)
        };
        self.sell(&self.client(1), &request).await.unwrap();
    }

    /// Part of it, or all, comes back.
    async fn brings_back(&self, external_id: &str, whole: i64) {
        self.give_back(&self.client(1), external_id, whole).await;
    }

    /// Counts what is old enough, three processes at once.
    async fn count_interests(&self) {
        self.wait_seconds(121);
        let tenant = tenant(self).await;
        let refresh = async || usecase::refresh_interests(&self.loyalty, &tenant).await.unwrap();
        tokio::join!(refresh(), refresh(), refresh());
    }

    async fn bought(&self) -> HashMap<Goods, Timestamp> {
        let tenant = tenant(self).await;
        usecase::last_bought(&self.loyalty, &tenant, 1, &goods())
            .await
            .unwrap()
    }

    /// Name, receipts with it, and what of them came back, in ten-thousandths of a receipt.
    async fn counted(&self) -> Vec<String> {
        self.texts(
            "SELECT name || ' ' || times || ' ' || returned FROM client_interests
              WHERE client_id = 1 AND kind = 'sku' ORDER BY name",
        )
        .await
    }
}

on_both_engines! {
    async fn goods_that_come_back_lower_what_a_client_buys_by_their_share(shop: Shop) {
        let tenant = tenant(shop).await;
        stock(shop, &tenant).await;
        let at = shop.clock.now();
        let earlier = at.plus_days(-5);
        let [milk, bread, dairy, breakfast] = goods();
        shop.buys("old", &["milk"], earlier).await;
        shop.buys("new", &["milk", "bread"], at).await;
        shop.count_interests().await;
        let all_new = HashMap::from([(milk.clone(), at), (bread.clone(), at), (dairy.clone(), at), (breakfast.clone(), at)]);
        assert_eq!(shop.bought().await, all_new);
        shop.brings_back("new", 30).await;
        shop.brings_back("new", 3).await;
        shop.count_interests().await;
        assert_eq!(shop.counted().await, ["bread 1 3300", "milk 2 3300"]);
        assert_eq!(shop.bought().await, all_new, "most of it was kept");
        shop.brings_back("new", 67).await;
        shop.count_interests().await;
        assert_eq!(shop.counted().await, ["milk 2 10000"], "no bread was bought");
        let old = HashMap::from([(milk, earlier), (dairy, earlier), (breakfast, earlier)]);
        assert_eq!(shop.bought().await, old, "milk was last bought before that");
        shop.count_interests().await;
        assert_eq!(shop.bought().await, old, "each return counts once");
        shop.brings_back("old", 100).await;
        shop.count_interests().await;
        assert_eq!(shop.bought().await, HashMap::new());
        shop.buys("again", &["bread"], at).await;
        shop.count_interests().await;
        assert_eq!(shop.counted().await, ["bread 1 0"]);
    }

    async fn what_came_back_before_it_was_counted_is_not_bought(shop: Shop) {
        let at = shop.clock.now();
        let [milk, bread, ..] = goods();
        shop.buys("kept", &["bread"], at.plus_days(-1)).await;
        shop.buys("back", &["milk", "bread"], at).await;
        shop.brings_back("back", 40).await;
        shop.brings_back("back", 60).await;
        shop.count_interests().await;
        assert_eq!(shop.bought().await, HashMap::from([(bread, at.plus_days(-1))]));
        assert!(!shop.bought().await.contains_key(&milk));
    }

    async fn an_older_receipt_that_comes_back_does_not_age_what_was_bought_later(shop: Shop) {
        let at = shop.clock.now();
        let [milk, ..] = goods();
        shop.buys("old", &["milk"], at.plus_days(-3)).await;
        shop.buys("new", &["milk"], at).await;
        shop.count_interests().await;
        shop.brings_back("old", 100).await;
        shop.count_interests().await;
        assert_eq!(shop.bought().await, HashMap::from([(milk, at)]));
        assert_eq!(shop.counted().await, ["milk 2 10000"]);
    }

    async fn what_was_bought_last_is_found_behind_many_other_receipts(shop: Shop) {
        let at = shop.clock.now();
        let [milk, ..] = goods();
        shop.buys("first", &["milk"], at.plus_days(-4)).await;
        for number in 0..3 {
            shop.buys(&format!("bread {number}"), &["bread"], at).await;
        }
        // As many more as no page holds.
        let raw = Raw::of(shop).await;
        raw.execute("UPDATE clients SET sale_number = sale_number + 600, sales_count = sales_count + 600 WHERE id = 1").await;
        let step = "SELECT 1 AS n UNION ALL SELECT n + 1 FROM step WHERE n < 600";
        raw.execute(&format!(
            "WITH RECURSIVE step AS ({step})
             INSERT INTO sales (tenant_id, id, client_id, number, kind, total, gross, redeemed, accrued, mode, sale_at,
                    lines, balance_after, entry_first, entry_last, created_at)
             SELECT s.tenant_id, s.id + step.n, 1, 4 + step.n, 'sale', 0, 0, 0, 0, s.mode, s.sale_at, '[]', s.balance_after,
                    s.entry_last, s.entry_last, s.created_at
               FROM sales AS s CROSS JOIN step WHERE s.number = 4 AND s.client_id = 1"
        )).await;
        raw.execute("UPDATE clients SET last_id = last_id + 1000 WHERE id = 1").await;
        shop.wait_seconds(1);
        shop.buys("last", &["milk"], at).await;
        shop.count_interests().await;
        assert_eq!(shop.bought().await.get(&milk), Some(&at));
        shop.brings_back("last", 100).await;
        shop.count_interests().await;
        assert_eq!(shop.bought().await.get(&milk), Some(&at.plus_days(-4)));
    }
}
