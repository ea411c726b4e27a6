//! What clients buy, their classes, their cohorts.

use std::collections::HashMap;

use loyalty::Clock;
use loyalty::ledger::{Line, SaleRequest};
use loyalty::model::{Bonus, Date, Goods, Identifier, Money, Month, RfmClass, StockItem, Tenant, Timestamp};
use loyalty::usecase::{self, Cohort, EnrolmentRequest, Once, StockReport};
use std::sync::Arc;

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Shop, fresh, sale};

/// A sale of these articles at this time.
pub fn basket(skus: &[&str], sale_at: Timestamp) -> SaleRequest {
    let line = |sku: &&str| Line {
        sku: Some((*sku).to_owned()),
        ..Line::default()
    };
    SaleRequest {
        lines: skus.iter().map(line).collect(),
        sale_at: Some(sale_at),
        ..sale(Money::whole(100), Bonus::ZERO, None)
    }
}

/// Milk in a category with a tag, salt in a category, and bread that the stock does not know.
pub async fn stock(shop: &Shop, tenant: &Tenant) {
    let item = |sku: &str, category: &str, tag: Option<&str>| StockItem {
        sku: sku.to_owned(),
        category_code: Some(category.to_owned()),
        interest_tag: tag.map(str::to_owned),
        ..StockItem::default()
    };
    let report = StockReport {
        items: vec![
            item("milk", "DAIRY", Some("breakfast")),
            item("salt", "GROCERY", None),
        ],
        ..StockReport::default()
    };
    let once = Once::unnamed();
    fresh(
        usecase::sync_stock(&shop.loyalty, tenant, report, once)
            .await
            .unwrap(),
    );
}

pub async fn tenant(shop: &Shop) -> Arc<Tenant> {
    shop.register(1).await.tenant
}

fn goods() -> [Goods; 5] {
    [
        Goods::Sku("milk".to_owned()),
        Goods::Sku("bread".to_owned()),
        Goods::Category("DAIRY".to_owned()),
        Goods::Category("GROCERY".to_owned()),
        Goods::Tag("breakfast".to_owned()),
    ]
}

on_both_engines! {
    async fn each_sale_counts_once_into_what_a_client_buys(shop: Shop) {
        let tenant = tenant(shop).await;
        stock(shop, &tenant).await;
        let raw = Raw::of(shop).await;
        let at = shop.clock.now();
        let earlier = at.plus_days(-3);
        for (skus, sale_at) in [(vec!["milk", "milk", "bread"], at), (vec!["milk"], earlier), (vec![], at)] {
            shop.sell(&shop.client(1), &basket(&skus, sale_at)).await.unwrap();
        }
        let refresh = async || usecase::refresh_interests(&shop.loyalty, &tenant).await.unwrap();
        let bought = async |client| usecase::last_bought(&shop.loyalty, &tenant, client, &goods()).await.unwrap();
        assert_eq!(refresh().await, 0, "postings may still be on their way");
        shop.wait_seconds(121);
        shop.sell(&shop.client(2), &basket(&["salt"], at)).await.unwrap();
        assert_eq!(refresh().await, 3);
        let [milk, bread, dairy, grocery, breakfast] = goods();
        let expected = HashMap::from([(milk, at), (bread, at), (dairy, at), (breakfast, at)]);
        assert_eq!(bought(1).await, expected);
        assert_eq!(refresh().await, 0);
        let times = "SELECT times FROM client_interests WHERE client_id = 1 AND kind = 'sku' ORDER BY name";
        assert_eq!(raw.numbers(times).await, [[Some(1)], [Some(2)]], "bread, milk: receipts, not positions");
        shop.wait_seconds(121);
        shop.sell(&shop.client(1), &basket(&["bread"], at.plus_days(-9))).await.unwrap();
        shop.wait_seconds(121);
        let (one, two, three) = tokio::join!(refresh(), refresh(), refresh());
        assert_eq!(one + two + three, 2, "three at once count nothing twice");
        assert_eq!(bought(2).await, HashMap::from([(grocery, at)]));
        assert_eq!(bought(1).await, expected, "an older receipt is not the newest");
        assert_eq!(raw.numbers(times).await, [[Some(2)], [Some(2)]]);
        assert!(bought(99).await.is_empty());
        assert!(usecase::last_bought(&shop.loyalty, &tenant, 1, &[]).await.unwrap().is_empty());
    }

    async fn a_receipt_that_cannot_be_read_stops_nobody(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = Raw::of(shop).await;
        let id = raw.number("SELECT MAX(last_id) + 1 FROM clients").await;
        shop.sell(&shop.client(1), &basket(&["bread"], shop.clock.now())).await.unwrap();
        shop.wait_seconds(1000);
        // The history of somebody else is bent: numbers stay as the ledger wants them.
        raw.execute(&format!(
            "INSERT INTO sales (tenant_id, id, client_id, number, kind, total, gross, redeemed, accrued, mode, sale_at,
                    lines, balance_after, entry_first, entry_last, created_at)
             SELECT tenant_id, {id}, 2, 1, 'sale', 0, 0, 0, 0, mode, sale_at, 'not JSON', 0, 0, 0, created_at
               FROM sales"
        )).await;
        raw.execute("UPDATE clients SET sale_number = 1, sales_count = 1,
                     last_purchase_at = (SELECT MAX(created_at) FROM sales WHERE client_id = 2) WHERE id = 2").await;
        assert_eq!(usecase::refresh_interests(&shop.loyalty, &tenant).await.unwrap(), 2);
        let bread = [Goods::Sku("bread".to_owned())];
        let bought = usecase::last_bought(&shop.loyalty, &tenant, 1, &bread).await.unwrap();
        assert_eq!(bought.len(), 1);
    }

    async fn classes_compare_buyers_with_each_other(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = Raw::of(shop).await;
        let now = shop.clock.now();
        // Client 5 has never bought; the others are in rising order of everything, from 300 days ago to today.
        for (client, days, sales) in [(1, 300, 1), (2, 200, 3), (3, 100, 9), (4, 0, 30)] {
            let at = now.plus_days(-days).millis();
            raw.execute(&format!(
                "UPDATE clients SET last_visit_at = {at}, sales_count = {sales}, year_spent = {sales} * 100000
                  WHERE id = {client}"
            )).await;
        }
        let versions = "SELECT version FROM clients ORDER BY id";
        let before = raw.numbers(versions).await;
        let review = usecase::review_segments(&shop.loyalty, &tenant).await.unwrap();
        assert_eq!((review.clients, review.changed), (5, 5));
        assert_eq!(raw.numbers(versions).await, before, "no sale that is being decided has to be decided again");
        let class_of = async |client: i64| {
            for class in RfmClass::ALL {
                let sql = format!(
                    "SELECT COUNT(*) FROM clients WHERE id = {client} AND rfm = '{}'", class.as_str()
                );
                if raw.number(&sql).await == 1 {
                    return class;
                }
            }
            panic!("client {client} has no class");
        };
        assert_eq!(class_of(1).await, RfmClass::Lost);
        assert_eq!(class_of(4).await, RfmClass::Champion, "the best of four is in the fourth fifth");
        assert_eq!(class_of(5).await, RfmClass::Newcomer);
        let review = usecase::review_segments(&shop.loyalty, &tenant).await.unwrap();
        assert_eq!((review.clients, review.changed), (5, 0));

        let today = Date::at(now, tenant.zone);
        let summary = usecase::rfm_summary(&shop.loyalty, &tenant, today, today).await.unwrap();
        assert_eq!(summary.len(), RfmClass::ALL.len());
        assert_eq!(summary.iter().map(|count| count.clients).sum::<i64>(), 5);
        let spent = summary.iter().fold(Money::ZERO, |sum, count| sum + count.spent);
        assert_eq!(spent, Money::whole(43_000));
        let newcomers = summary.iter().find(|count| count.class == RfmClass::Newcomer).unwrap();
        assert_eq!((newcomers.clients, newcomers.spent), (1, Money::ZERO));
        // The test moved figures that the ledger's check compares with the sales.
        raw.execute("UPDATE clients SET year_spent = 0, sales_count = 0, last_visit_at = NULL").await;
    }

    async fn cohorts_by_month_of_enrolment(shop: Shop) {
        let tenant = tenant(shop).await;
        let month = |number| Month::from_number(number).unwrap();
        let june = month(202_606);
        shop.sell(&shop.client(1), &basket(&[], shop.clock.now())).await.unwrap();
        shop.sell(&shop.client(1), &basket(&[], shop.clock.now())).await.unwrap();
        shop.wait_seconds(30 * 86_400);
        let request = EnrolmentRequest {
            phone: loyalty::model::Phone::parse("+992907000001").unwrap(),
            full_name: None,
            invited_by: None,
        };
        let once = Once::unnamed();
        fresh(usecase::enrol(&shop.loyalty, &shop.register(1).await, &request, once).await.unwrap());
        for client in [Identifier::Client(1), Identifier::Client(2), Identifier::Client(6)] {
            shop.sell(&client, &basket(&[], shop.clock.now())).await.unwrap();
        }
        // A late receipt of June.
        shop.sell(&shop.client(3), &basket(&[], shop.clock.now().plus_days(-30))).await.unwrap();
        let cohort = |enrolled, month, clients, buyers, sales| Cohort {
            enrolled,
            month,
            clients,
            buyers,
            sales,
            amount: Money::whole(sales * 100),
        };
        let expected = [
            cohort(june, june, 5, 2, 3),
            cohort(june, june.next(), 5, 2, 2),
            cohort(june.next(), june.next(), 1, 1, 1),
        ];
        for _ in 0..2 {
            assert_eq!(usecase::refresh_cohorts(&shop.loyalty, &tenant).await.unwrap(), 3);
            let cohorts = usecase::cohorts(&shop.loyalty, &tenant, june, june.next()).await.unwrap();
            assert_eq!(cohorts, expected);
        }
        shop.wait_seconds(90 * 86_400);
        usecase::refresh_cohorts_of(&shop.loyalty, &tenant, june, month(202_610)).await.unwrap();
        let cohorts = usecase::cohorts(&shop.loyalty, &tenant, june, june).await.unwrap();
        assert_eq!(cohorts.len(), 5, "a month in which nobody bought is there too");
        assert_eq!(cohorts[4], cohort(june, month(202_610), 5, 0, 0));
    }
}
