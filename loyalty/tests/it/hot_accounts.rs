//! A client with very many lots, as a house card has: what is read of it does not grow with them.

use std::time::{Duration, Instant};

use loyalty::ledger::{AdjustmentRequest, RedemptionRequest, ReturnRequest};
use loyalty::model::{Bonus, Identifier, Money};
use loyalty::rules::redemption::take;
use loyalty::usecase::{self, Once};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{fresh, sale};

const LOTS: i64 = 40_000;

/// Gives the client so many lots of one bonus, the first of which burn first, with a history that adds up: each by
/// an entry, all of them `ago` milliseconds ago.
async fn make_hot(raw: &Raw, client_id: i64, now: i64, ago: i64) {
    let first = 1_000;
    for sql in [
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LOTS})
             INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
             SELECT 1, {first} + i, {client_id}, 'regular', 100, 100, {now} - 1000, {now} + 86400000 + i * 1000, TRUE FROM n"
        ),
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LOTS})
             INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, explanation, created_at)
             SELECT 1, c.id, c.entry_number + i, 900000 + i, 'adjustment', 100, c.balance + i * 100,
                    '{{\"rule\":\"adjustment\",\"reason\":\"\",\"paid_debt\":0}}', {now} - {ago}
               FROM n CROSS JOIN clients AS c WHERE c.tenant_id = 1 AND c.id = {client_id}"
        ),
        format!(
            "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
             SELECT 1, l.client_id, c.entry_number + l.id - {first}, l.id, 100 FROM lots AS l
               JOIN clients AS c ON c.tenant_id = 1 AND c.id = l.client_id
              WHERE l.tenant_id = 1 AND l.client_id = {client_id} AND l.id > {first} AND l.id <= {first} + {LOTS}"
        ),
        format!(
            "UPDATE clients SET balance = balance + {LOTS} * 100, entry_number = entry_number + {LOTS}, version = version + 1
              WHERE tenant_id = 1 AND id = {client_id}"
        ),
        "ANALYZE".to_owned(),
    ] {
        raw.execute(&sql).await;
    }
}

/// The middle of some tries.
async fn usually(mut work: impl AsyncFnMut(usize)) -> Duration {
    let mut times = Vec::new();
    for number in 0..21 {
        let started = Instant::now();
        work(number).await;
        times.push(started.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn redemption(amount: i64, name: String) -> RedemptionRequest {
    RedemptionRequest {
        amount: Bonus::whole(amount),
        total: Money::whole((amount * 10).max(1000)),
        external_id: Some(name),
    }
}

on_both_engines! {
    async fn what_is_read_of_a_client_does_not_grow_with_the_lots(shop: Shop) {
        let (hot, cold) = (shop.client(2), shop.client(3));
        let register = shop.register(1).await;
        shop.set_balance(&cold, Bonus::whole(4000)).await;
        shop.set_balance(&hot, Bonus::ZERO).await;
        let raw = Raw::of(shop).await;
        use loyalty::Clock;
        make_hot(&raw, 2, shop.clock.now().millis(), 3_600_000).await;
        assert_eq!(shop.balance(&hot).await, Bonus::whole(LOTS));
        assert_eq!(shop.card(&hot).await.redeemable, Bonus::whole(LOTS));
        let mut grown = Vec::new();
        let mut compare = |what: &str, hot: Duration, cold: Duration| {
            if hot > cold * 4 + Duration::from_millis(15) {
                grown.push(format!("{what}: {hot:?} of a hot client, {cold:?} of another"));
            }
        };
        let of = async |client: &Identifier| usually(async |_| drop(shop.card(client).await)).await;
        compare("look-up", of(&hot).await, of(&cold).await);
        let of = async |client: &Identifier, who: &str| usually(async |number| {
            let request = redemption(3, format!("{who} {number}"));
            usecase::redeem(&shop.loyalty, &register, client, &request, Once::unnamed()).await.unwrap();
        }).await;
        compare("redemption", of(&hot, "hot").await, of(&cold, "cold").await);
        let of = async |client: &Identifier, who: &str| usually(async |number| {
            let name = format!("{who} order {number}");
            shop.sell(client, &sale(Money::whole(100), Bonus::whole(3), Some(&name))).await.unwrap();
        }).await;
        compare("sale that spends", of(&hot, "hot").await, of(&cold, "cold").await);
        let of = async |client: &Identifier, who: &str| usually(async |number| {
            let name = format!("{who} order {number}");
            let request = ReturnRequest {
                amount: Money::whole(100),
                cash_refund: None,
                to_revoke: None,
                shortage_settled: true,
                external_id: format!("back {name}"),
            };
            usecase::return_goods(&shop.loyalty, &register, client, &name, &request, Once::unnamed()).await.unwrap();
        }).await;
        compare("return", of(&hot, "hot").await, of(&cold, "cold").await);
        let of = async |id: i64| usually(async |_| {
            let request = AdjustmentRequest { amount: -Bonus::whole(2), reason: "test".to_owned() };
            usecase::adjust(&shop.loyalty, &register.tenant, id, &request).await.unwrap();
        }).await;
        compare("correction", of(2).await, of(3).await);
        assert!(grown.is_empty(), "{grown:#?}");
    }

    async fn a_redemption_takes_the_lots_that_burn_first_however_many_there_are(shop: Shop) {
        let client = shop.client(2);
        let register = shop.register(1).await;
        shop.set_balance(&client, Bonus::ZERO).await;
        let raw = Raw::of(shop).await;
        use loyalty::Clock;
        let now = shop.clock.now().millis();
        make_hot(&raw, 2, now, 0).await;
        // Some are held, some are past their date and not burnt yet, some have to wait for a large receipt.
        for sql in [
            format!("UPDATE lots SET available_at = {now} + 1000 WHERE tenant_id = 1 AND client_id = 2 AND id % 7 = 0 AND open"),
            format!("UPDATE lots SET expires_at = {now} - id WHERE tenant_id = 1 AND client_id = 2 AND id % 11 = 0 AND open"),
            "UPDATE lots SET kind = 'welcome' WHERE tenant_id = 1 AND client_id = 2 AND id % 13 = 0 AND open".to_owned(),
        ] {
            raw.execute(&sql).await;
        }
        for (number, amount) in [1, 7, 40, 333, 1000].into_iter().enumerate() {
            let lots = open_lots(&raw).await;
            let sums = loyalty::rules::redemption::Available::of(&lots, shop.clock.now());
            let card = shop.card(&client).await;
            assert_eq!(card.available, sums);
            let spendable = lots.iter().filter(|lot| lot.is_available(shop.clock.now()));
            let planned: Vec<(i64, i64)> = take(spendable, Bonus::whole(amount))
                .into_iter()
                .map(|(id, part)| (id, part.hundredths()))
                .collect();
            let request = redemption(amount, format!("order {number}"));
            let made = usecase::redeem(&shop.loyalty, &register, &client, &request, Once::unnamed()).await;
            assert_eq!(fresh(made.unwrap()).amount, Bonus::whole(amount));
            let taken = raw
                .numbers("SELECT lot_id, -amount FROM entry_lots WHERE tenant_id = 1 AND client_id = 2
                             AND number = (SELECT entry_number FROM clients WHERE tenant_id = 1 AND id = 2)")
                .await;
            let mut taken: Vec<(i64, i64)> = taken.iter().map(|row| (row[0].unwrap(), row[1].unwrap())).collect();
            let mut planned = planned;
            taken.sort_unstable();
            planned.sort_unstable();
            assert_eq!(taken, planned, "{amount}");
        }
        // A correction takes from any lot, whatever its date, and a small receipt spends no welcome bonuses.
        let small = RedemptionRequest { total: Money::whole(90), ..redemption(20, "small".to_owned()) };
        usecase::redeem(&shop.loyalty, &register, &client, &small, Once::unnamed()).await.unwrap();
        let request = AdjustmentRequest { amount: -Bonus::whole(2000), reason: "test".to_owned() };
        usecase::adjust(&shop.loyalty, &register.tenant, 2, &request).await.unwrap();
        let left = raw.number("SELECT COUNT(*) FROM lots WHERE tenant_id = 1 AND client_id = 2 AND open AND id % 11 = 0 AND id <= 41000").await;
        assert_eq!(left, LOTS / 11 + 1 - 2000, "what burns first goes first");
    }
}

async fn open_lots(raw: &Raw) -> Vec<loyalty::model::Lot> {
    use loyalty::model::{Lot, LotKind, Timestamp};
    let rows = raw
        .numbers(
            "SELECT id, amount, remaining, available_at, expires_at, CAST(CASE WHEN kind = 'welcome' THEN 1 ELSE 0 END AS BIGINT)
               FROM lots WHERE tenant_id = 1 AND client_id = 2 AND open",
        )
        .await;
    let lot = |row: &Vec<Option<i64>>| {
        let of = |column: usize| row[column].unwrap();
        Lot {
            id: of(0),
            kind: match of(5) {
                1 => LotKind::Welcome,
                _ => LotKind::Regular,
            },
            amount: Bonus::from_hundredths(of(1)),
            remaining: Bonus::from_hundredths(of(2)),
            available_at: Timestamp::from_millis(of(3)),
            expires_at: Timestamp::from_millis(of(4)),
        }
    };
    rows.iter().map(lot).collect()
}
