//! R-INVENTORY-4, R-INVENTORY-5: slow stock, whom a campaign reaches, its portions, what came of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use loyalty::Clock;
use loyalty::model::{
    Audience, CampaignDraft, CampaignStatus, CampaignTexts, Goods, Identifier, Money, RecentPurchase,
    Segment, StockItem, Tenant,
};
use loyalty::usecase::{self, Campaign, Once, StockReport};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::segments::{basket, stock, tenant};
use crate::shop::{Shop, connect, fresh};

/// Clients of the crowd have these numbers.
const CROWD: std::ops::RangeInclusive<i64> = 6..=305;

/// Three hundred more clients, past all enrolment.
async fn crowd(shop: &Shop) -> Raw {
    let raw = Raw::of(shop).await;
    raw.execute(
        "INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                sale_number, last_id, version, is_blocked, created_at)
         WITH RECURSIVE n (i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n WHERE i < 305)
         SELECT t.id, i, '+99291' || CAST(1000000 + i AS TEXT), i, 0, 0, 0, 0, 0, 0, 1, FALSE, t.created_at
           FROM n CROSS JOIN tenants AS t",
    )
    .await;
    raw.execute("UPDATE tenants SET clients_count = 305, cards_count = 305")
        .await;
    raw
}

fn draft(audience: Audience) -> CampaignDraft {
    CampaignDraft {
        request_key: None,
        name: "Молоко".to_owned(),
        audience,
        texts: CampaignTexts {
            ru: "Молоко дешевле".to_owned(),
            tg: Some("Шир арзонтар".to_owned()),
            en: None,
        },
        goods: vec![Goods::Sku("milk".to_owned())],
        hold_out_percent: 20,
        portion_size: 50,
        portion_pause_seconds: 60,
        attribution_days: 7,
    }
}

async fn campaign(shop: &Shop, tenant: &Tenant, id: i64) -> Campaign {
    let result = usecase::campaign_result(&shop.loyalty, tenant, id).await.unwrap();
    result.unwrap().campaign
}

/// Members held out, by number.
async fn held_out(raw: &Raw) -> HashSet<i64> {
    let rows = raw
        .numbers("SELECT client_id FROM campaign_members WHERE held_out")
        .await;
    rows.into_iter().map(|row| row[0].unwrap()).collect()
}

/// How many messages each client has.
async fn messages(raw: &Raw) -> HashMap<i64, i64> {
    let sql = "SELECT client_id, COUNT(*) FROM outbox WHERE kind = 'campaign' GROUP BY client_id";
    raw.numbers(sql)
        .await
        .into_iter()
        .map(|row| (row[0].unwrap(), row[1].unwrap()))
        .collect()
}

/// Everybody but those held out has exactly one message.
async fn assert_each_has_one(raw: &Raw) {
    let (held_out, messages) = (held_out(raw).await, messages(raw).await);
    for client in 1..=*CROWD.end() {
        let expected = (!held_out.contains(&client)).then_some(1);
        assert_eq!(messages.get(&client).copied(), expected, "client {client}");
    }
}

fn bought(days: i64, goods: Goods) -> Audience {
    Audience {
        bought: Some(RecentPurchase {
            goods: vec![goods],
            days,
        }),
        segment: None,
    }
}

on_both_engines! {
    async fn r_inventory_5_slow_goods_the_worst_first(shop: Shop) {
        let tenant = tenant(shop).await;
        let item = |sku: &str, on_hand, threshold, days| StockItem {
            sku: sku.to_owned(),
            quantity_on_hand: on_hand,
            overstock_threshold: threshold,
            days_without_sale: days,
            ..StockItem::default()
        };
        let report = async |items| {
            let report = StockReport { items, deactivate_missing: true, ..StockReport::default() };
            let once = Once::unnamed();
            fresh(usecase::sync_stock(&shop.loyalty, &tenant, report, once).await.unwrap());
        };
        report(vec![item("gone", Some(9), Some(1), Some(99))]).await;
        report(vec![
            item("idle", None, None, Some(30)),
            item("fresh", Some(5), Some(5), Some(29)),
            item("both", Some(9), Some(5), Some(90)),
            item("much", Some(8000), Some(5000), None),
            item("more", Some(9000), Some(5000), Some(3)),
            item("unknown", Some(5), None, None),
        ]).await;
        let page = usecase::slow_stock(&shop.loyalty, &tenant, 1, 3).await.unwrap();
        let skus = |page: &usecase::Page<usecase::SlowItem>| -> Vec<String> {
            page.items.iter().map(|slow| slow.item.sku.clone()).collect()
        };
        assert_eq!((skus(&page), page.total, page.last), (vec!["both".into(), "idle".into(), "more".into()], 4, 2));
        let why = page.items[0].why;
        assert_eq!((why.excess, why.idle_days), (Some(4), Some(90)));
        let page = usecase::slow_stock(&shop.loyalty, &tenant, 2, 3).await.unwrap();
        assert_eq!(skus(&page), ["much"]);
        assert_eq!((page.items[0].why.excess, page.items[0].why.idle_days), (Some(3000), None));
    }

    async fn a_preview_tells_who_is_reached_and_how(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        stock(shop, &tenant).await;
        let now = shop.clock.now();
        for (client, days) in [(1, 0), (2, 10), (3, 40), (4, 0), (5, 0)] {
            let request = basket(&["milk"], now.plus_days(-days));
            shop.sell(&Identifier::Client(client), &request).await.unwrap();
        }
        shop.wait_seconds(121);
        usecase::refresh_interests(&shop.loyalty, &tenant).await.unwrap();
        raw.execute("UPDATE clients SET consent = 'own' WHERE id = 4").await;
        raw.execute("UPDATE clients SET is_blocked = TRUE WHERE id = 5").await;
        raw.execute("UPDATE clients SET telegram_user_id = 77 WHERE id = 2").await;
        for client in [1, 4] {
            raw.execute(&format!(
                "INSERT INTO device_tokens (tenant_id, token, client_id, created_at) VALUES (1, 'token {client}', {client}, 0)"
            )).await;
        }
        let preview = async |audience: Audience| {
            usecase::preview_audience(&shop.loyalty, &tenant, &audience).await.unwrap()
        };
        let found = preview(bought(30, Goods::Tag("breakfast".to_owned()))).await;
        assert_eq!((found.members, found.reachable_by_push, found.reachable_by_telegram), (2, 1, 1));
        assert_eq!(found.reachable_by_phone_only, 0);
        let named: Vec<_> = found.sample.iter().map(|one| (one.client_id, one.masked_phone.as_str())).collect();
        assert_eq!(named, [(1, "+992•••••0500"), (2, "+992•••••0501")]);
        assert_eq!(preview(bought(60, Goods::Sku("milk".to_owned()))).await.members, 3);
        assert_eq!(preview(bought(60, Goods::Sku("salt".to_owned()))).await.members, 0);

        let everybody = preview(Audience::default()).await;
        assert_eq!((everybody.members, everybody.sample.len()), (303, 20));
        assert_eq!(everybody.reachable_by_phone_only, 301);
        let of = |segment| Audience { bought: None, segment: Some(segment) };
        assert_eq!(preview(of(Segment::Newcomers)).await.members, 300);
        let milk = Goods::Sku("milk".to_owned());
        assert_eq!(preview(of(Segment::Interest { goods: milk.clone() })).await.members, 3);
        assert_eq!(preview(of(Segment::Bought { goods: milk.clone(), days: 30 })).await.members, 2);
        assert_eq!(preview(of(Segment::NotBought { goods: milk, days: 30 })).await.members, 301);
        raw.execute("UPDATE clients SET total_spent = 600000, year_spent = 600000 WHERE id = 2").await;
        assert_eq!(preview(of(Segment::Tiers { ids: vec![2] })).await.members, 1);
        let both = Audience {
            segment: Some(Segment::Tiers { ids: vec![2] }),
            ..bought(5, Goods::Sku("milk".to_owned()))
        };
        assert_eq!(preview(both).await.members, 0, "both conditions hold, or nobody is meant");
        raw.execute("UPDATE clients SET total_spent = 10000, year_spent = 10000 WHERE id = 2").await;
    }

    async fn a_campaign_writes_to_each_member_once(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let draft = CampaignDraft { request_key: Some("key".to_owned()), ..draft(Audience::default()) };
        let id = usecase::start_campaign(&shop.loyalty, &tenant, "Мадина", &draft).await.unwrap();
        let again = usecase::start_campaign(&shop.loyalty, &tenant, "Мадина", &draft).await.unwrap();
        assert_eq!((id, again), (1, 1), "the same request is the same campaign");
        let started = campaign(shop, &tenant, id).await;
        assert_eq!((started.status, started.members, started.author.as_str()), (CampaignStatus::Running, 305, "Мадина"));
        let held = held_out(&raw).await;
        assert_eq!(started.held_out, held.len() as i64);
        assert!((30..=95).contains(&held.len()), "{} of 305, asked 20 %", held.len());

        // Two of them change their minds before their turn.
        let last: Vec<i64> = (1..=305).filter(|id| !held.contains(id)).rev().take(2).collect();
        raw.execute(&format!("UPDATE clients SET consent = 'none' WHERE id = {}", last[0])).await;
        raw.execute(&format!("UPDATE clients SET is_blocked = TRUE WHERE id = {}", last[1])).await;
        let send = async || usecase::send_portion(&shop.loyalty, &tenant, shop.clock.now()).await.unwrap();
        assert!(send().await);
        assert!(send().await, "the next portion is not due");
        assert_eq!(messages(&raw).await.len(), 50);
        let sql = "SELECT COUNT(*) FROM campaign_members WHERE held_out AND status = 'reached'
                      AND client_id > (SELECT MAX(client_id) FROM campaign_members WHERE message_id IS NOT NULL)";
        assert_eq!(raw.number(sql).await, 0, "those held out have their turn with their neighbours");
        let mut portions = 1;
        loop {
            shop.wait_seconds(60);
            portions += 1;
            if !send().await {
                break;
            }
        }
        let to_send = 305 - held.len() as i64;
        assert_eq!(portions, to_send / 50 + 1);
        let sent = campaign(shop, &tenant, id).await;
        assert_eq!((sent.status, sent.sent, sent.skipped), (CampaignStatus::Sent, to_send - 2, 2));
        let messages = messages(&raw).await;
        assert!(messages.values().all(|count| *count == 1) && messages.len() as i64 == to_send - 2);
        assert!(held.iter().chain(&last).all(|client| !messages.contains_key(client)));
        let waiting = "SELECT COUNT(*) FROM campaign_members WHERE status = 'waiting'";
        assert_eq!(raw.number(waiting).await, 0);
        let kept = "SELECT COUNT(*) FROM outbox AS o JOIN campaign_members AS m ON m.message_id = o.id
                     WHERE o.campaign_id = 1 AND o.expires_at = o.due_at + 259200000 AND o.status = 'waiting'
                       AND o.params = '{\"campaign_id\":1,\"text\":{\"ru\":\"Молоко дешевле\",\"tg\":\"Шир арзонтар\"}}'";
        assert_eq!(raw.number(kept).await, to_send - 2);
        assert!(!send().await);
    }

    async fn two_processes_write_to_nobody_twice(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let draft = CampaignDraft { portion_size: 7, portion_pause_seconds: 0, ..draft(Audience::default()) };
        usecase::start_campaign(&shop.loyalty, &tenant, "", &draft).await.unwrap();
        let other = connect(&shop.url, Arc::clone(&shop.clock)).await;
        let now = shop.clock.now();
        let send = async |loyalty: &loyalty::Loyalty| {
            while usecase::send_portion(loyalty, &tenant, now).await.unwrap() {}
        };
        tokio::join!(send(&shop.loyalty), send(&other), send(&shop.loyalty));
        other.close().await;
        assert_each_has_one(&raw).await;
        assert_eq!(campaign(shop, &tenant, 1).await.status, CampaignStatus::Sent);
    }

    async fn cut_short_anywhere_it_goes_on(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let draft = CampaignDraft { portion_size: 7, portion_pause_seconds: 0, ..draft(Audience::default()) };
        usecase::start_campaign(&shop.loyalty, &tenant, "", &draft).await.unwrap();
        let (held, now) = (held_out(&raw).await, shop.clock.now());
        // As if the start had ended after client 100.
        raw.execute("DELETE FROM campaign_members WHERE client_id > 100").await;
        let held_first = held.iter().filter(|id| **id <= 100).count();
        raw.execute(&format!(
            "UPDATE campaigns SET status = 'gathering', gathered_to = 100, members = 100, held_out = {held_first}"
        )).await;
        for step in 0..150 {
            let turns = async {
                for _ in 0..step * 30 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                _ended = usecase::send_portion(&shop.loyalty, &tenant, now) => {}
                () = turns => {}
            }
        }
        let so_far = campaign(shop, &tenant, 1).await;
        println!("cut short again and again it is {:?} and has written {}", so_far.status, so_far.sent);
        while usecase::send_portion(&shop.loyalty, &tenant, now).await.unwrap() {}
        assert_eq!(held_out(&raw).await, held, "the same clients are held out");
        assert_each_has_one(&raw).await;
        let sent = campaign(shop, &tenant, 1).await;
        assert_eq!((sent.members, sent.held_out, sent.sent), (305, held.len() as i64, 305 - held.len() as i64));
    }

    async fn a_stopped_campaign_writes_no_more(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let id = usecase::start_campaign(&shop.loyalty, &tenant, "", &draft(Audience::default())).await.unwrap();
        usecase::send_portion(&shop.loyalty, &tenant, shop.clock.now()).await.unwrap();
        assert!(usecase::stop_campaign(&shop.loyalty, &tenant, id).await.unwrap());
        assert!(!usecase::stop_campaign(&shop.loyalty, &tenant, id).await.unwrap(), "it is over already");
        assert!(!usecase::stop_campaign(&shop.loyalty, &tenant, 99).await.unwrap());
        shop.wait_seconds(600);
        assert!(!usecase::send_portion(&shop.loyalty, &tenant, shop.clock.now()).await.unwrap());
        assert_eq!(messages(&raw).await.len(), 50);
        usecase::start_campaign(&shop.loyalty, &tenant, "", &draft(Audience::default())).await.unwrap();
        let page = usecase::campaigns(&shop.loyalty, &tenant, 1, 1).await.unwrap();
        assert_eq!((page.total, page.items[0].id), (2, 2), "the newest first");
        let page = usecase::campaigns(&shop.loyalty, &tenant, 2, 1).await.unwrap();
        assert_eq!((page.items[0].id, page.items[0].status), (1, CampaignStatus::Stopped));
        assert_eq!(usecase::campaign_result(&shop.loyalty, &tenant, 99).await.unwrap(), None);
        let wrong = CampaignDraft { portion_size: 0, ..draft(Audience::default()) };
        let refused = usecase::start_campaign(&shop.loyalty, &tenant, "", &wrong).await.unwrap_err();
        assert!(matches!(refused, usecase::Error::Campaign(_)));
    }

    async fn what_came_of_it_is_counted_on_both_sides(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let draft = CampaignDraft { portion_size: 2000, hold_out_percent: 50, ..draft(Audience::default()) };
        let id = usecase::start_campaign(&shop.loyalty, &tenant, "", &draft).await.unwrap();
        let held = held_out(&raw).await;
        let (out, sent): (Vec<i64>, Vec<i64>) = (1..=305).partition(|client| held.contains(client));
        let buy = async |client: i64, sku: &str| {
            let request = basket(&[sku], shop.clock.now());
            shop.sell(&Identifier::Client(client), &request).await.unwrap();
        };
        let measure = async || {
            usecase::refresh_interests(&shop.loyalty, &tenant).await.unwrap();
            usecase::measure_campaigns(&shop.loyalty, &tenant).await.unwrap()
        };
        let result = async || usecase::campaign_result(&shop.loyalty, &tenant, id).await.unwrap().unwrap();
        assert_eq!(measure().await, 0, "nothing was sent yet");
        // Before the message: of no account.
        buy(sent[0], "milk").await;
        shop.wait_seconds(1);
        assert!(!usecase::send_portion(&shop.loyalty, &tenant, shop.clock.now()).await.unwrap());
        shop.wait_seconds(60);
        for client in &sent[..40] {
            buy(*client, "milk").await;
        }
        buy(sent[0], "bread").await;
        buy(out[0], "milk").await;
        buy(out[1], "bread").await;
        shop.wait_seconds(121);
        assert_eq!(measure().await, 1);
        let found = result().await;
        assert_eq!((found.sent.clients, found.held_out.clients), (sent.len() as i64, out.len() as i64));
        assert_eq!((found.sent.buyers, found.sent.sales, found.sent.goods_buyers), (40, 41, 40));
        assert_eq!((found.held_out.buyers, found.held_out.sales, found.held_out.goods_buyers), (2, 2, 1));
        assert_eq!((found.sent.amount, found.held_out.amount), (Money::whole(4100), Money::whole(200)));
        let lift = found.lift.unwrap();
        assert!(lift.difference > 2000 && lift.is_certain, "{lift:?}");
        assert_eq!(found.goods_lift.unwrap().sent, lift.sent);
        assert!(!found.is_final);
        // After its days: of no account; then it is counted once more and never again.
        shop.wait_seconds(7 * 86_400);
        buy(sent[50], "bread").await;
        shop.wait_seconds(121);
        assert_eq!(measure().await, 1);
        let last = result().await;
        assert_eq!((last.sent, last.held_out, last.is_final), (found.sent, found.held_out, true));
        assert_eq!(measure().await, 0);
    }

    async fn members_are_forgotten_when_a_campaign_is_measured_and_its_results_stay(shop: Shop) {
        let tenant = tenant(shop).await;
        let raw = crowd(shop).await;
        let start = async |portion_size: i64| {
            let draft = CampaignDraft { portion_size, hold_out_percent: 50, ..draft(Audience::default()) };
            usecase::start_campaign(&shop.loyalty, &tenant, "", &draft).await.unwrap()
        };
        let forget = async || usecase::forget_campaign_members(&shop.loyalty).await.unwrap();
        let (id, slow, stopped) = (start(2000).await, start(1).await, start(2000).await);
        let members = async |id: i64| {
            raw.number(&format!("SELECT COUNT(*) FROM campaign_members WHERE campaign_id = {id}")).await
        };
        // Nobody was told, nothing will be counted.
        assert!(usecase::stop_campaign(&shop.loyalty, &tenant, stopped).await.unwrap());
        assert_eq!((forget().await, members(stopped).await), (305, 0));
        usecase::send_portion(&shop.loyalty, &tenant, shop.clock.now()).await.unwrap();
        let held = raw.numbers(&format!("SELECT client_id FROM campaign_members WHERE campaign_id = {id} AND held_out")).await;
        let client = (1..=305).find(|client| !held.contains(&vec![Some(*client)])).unwrap();
        shop.wait_seconds(60);
        shop.sell(&Identifier::Client(client), &basket(&["milk"], shop.clock.now())).await.unwrap();
        // As many as several batches.
        raw.execute(&format!(
            "INSERT INTO campaign_members (tenant_id, campaign_id, client_id, held_out, status)
             WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
             SELECT t.id, {id}, i, FALSE, 'skipped' FROM n CROSS JOIN tenants AS t"
        ))
        .await;
        let measure = async || usecase::measure_campaigns(&shop.loyalty, &tenant).await.unwrap();
        let result = async || usecase::campaign_result(&shop.loyalty, &tenant, id).await.unwrap().unwrap();
        measure().await;
        assert_eq!((forget().await, members(id).await), (0, 5305), "its days last");
        shop.wait_seconds(7 * 86_400);
        assert_eq!((forget().await, members(id).await), (0, 5305), "not yet measured after them");
        measure().await;
        let last = result().await;
        assert!(last.is_final && last.sent.buyers == 1, "{last:?}");
        assert_eq!((forget().await, members(id).await), (5305, 0));
        assert_eq!(members(slow).await, 305, "it is not over");
        assert_eq!(forget().await, 0);
        measure().await;
        assert_eq!(result().await, last);
    }
}
