//! Figures by day: what dashboards read equals what a person would count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use loyalty::Clock;
use loyalty::ledger::{AdjustmentRequest, RedemptionRequest, ReturnRequest, SaleRequest};
use loyalty::model::{
    Bonus, Date, Figures, Level, Money, Partner, Phone, Programme, ReactivationTerms, Register,
    SecondPurchaseTerms, Seller, Tenant, Timestamp,
};
use loyalty::usecase::{self, EnrolmentRequest, Once, ReceiptRequest};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Shop, fresh, sale};

#[derive(Clone, Debug)]
enum Step {
    Sell {
        client: i64,
        register: usize,
        total: i64,
        redeem: i64,
        days_ago: i64,
    },
    Redeem {
        client: i64,
        amount: i64,
    },
    Return {
        order: usize,
        share: i64,
    },
    Receipt {
        register: usize,
        total: i64,
        days_ago: i64,
    },
    Adjust {
        client: i64,
        amount: i64,
    },
    Enrol {
        register: usize,
    },
    Expire,
    FollowUp,
    Wait {
        minutes: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (1_i64..9, 0_usize..5, 1000_i64..100_000, 0_i64..500, 0_i64..8)
            .prop_map(|(client, register, total, redeem, late)| {
                // Most receipts come on their own day.
                Step::Sell { client, register, total, redeem, days_ago: (late - 4).max(0) }
            }),
        1 => (1_i64..5, 100_i64..1000).prop_map(|(client, amount)| Step::Redeem { client, amount }),
        2 => (0_usize..20, 1_i64..=100).prop_map(|(order, share)| Step::Return { order, share }),
        2 => (1_usize..5, 1000_i64..9000, 0_i64..3)
            .prop_map(|(register, total, days_ago)| Step::Receipt { register, total, days_ago }),
        1 => (1_i64..5, -500_i64..5000).prop_map(|(client, amount)| Step::Adjust { client, amount }),
        1 => (1_usize..5).prop_map(|register| Step::Enrol { register }),
        1 => Just(Step::Expire),
        1 => Just(Step::FollowUp),
        5 => (1_i64..700).prop_map(|minutes| Step::Wait { minutes }),
    ];
    proptest::collection::vec(step, 40..60)
}

/// A shop that trades.
struct Trade<'a> {
    shop: &'a Shop,
    raw: Raw,
    registers: Vec<Register>,
    partner: Partner,
    orders: Vec<(i64, String, i64)>,
    clients: i64,
}

impl<'a> Trade<'a> {
    async fn new(shop: &'a Shop) -> Self {
        let mut registers = Vec::new();
        for id in 1..=4 {
            let mut register = shop.register(id).await;
            register.tenant = Arc::new(with_gifts(&register.tenant));
            registers.push(register);
        }
        let partner = Partner {
            tenant: Arc::clone(&registers[0].tenant),
            signature: None,
        };
        Self {
            shop,
            raw: Raw::of(shop).await,
            registers,
            partner,
            orders: Vec::new(),
            clients: 5,
        }
    }

    fn tenant(&self) -> &Tenant {
        &self.partner.tenant
    }

    fn now(&self) -> Timestamp {
        self.shop.clock.now()
    }

    async fn step(&mut self, number: usize, step: &Step) {
        let loyalty = &self.shop.loyalty;
        match *step {
            Step::Sell {
                client,
                register,
                total,
                redeem,
                days_ago,
            } => {
                let name = format!("order {number}");
                let request = SaleRequest {
                    sale_at: Some(self.now().plus_days(-days_ago)),
                    ..sale(
                        Money::from_hundredths(total),
                        Bonus::from_hundredths(redeem),
                        Some(&name),
                    )
                };
                let seller = match register {
                    0 => Seller::Partner(&self.partner),
                    id => Seller::Register(&self.registers[id - 1]),
                };
                let identifier = loyalty::model::Identifier::Client(client);
                if usecase::sell(loyalty, seller, &identifier, &request, Once::unnamed())
                    .await
                    .is_ok()
                {
                    self.orders.push((client, name, total));
                }
            }
            Step::Redeem { client, amount } => {
                let request = RedemptionRequest {
                    amount: Bonus::from_hundredths(amount),
                    total: Money::whole(10_000),
                    external_id: None,
                };
                let identifier = loyalty::model::Identifier::Client(client);
                // A client may have too little; then nothing happens.
                let _refused = usecase::redeem(
                    loyalty,
                    &self.registers[1],
                    &identifier,
                    &request,
                    Once::unnamed(),
                )
                .await;
            }
            Step::Return { order, share } if order < self.orders.len() => {
                let (client, name, total) = self.orders[order].clone();
                let request = ReturnRequest {
                    amount: Money::from_hundredths((total * share / 100).max(1)),
                    cash_refund: None,
                    to_revoke: None,
                    shortage_settled: true,
                    external_id: format!("return {number}"),
                };
                let identifier = loyalty::model::Identifier::Client(client);
                let register = &self.registers[2];
                // More than is left of the sale is refused.
                let _refused =
                    usecase::return_goods(loyalty, register, &identifier, &name, &request, Once::unnamed())
                        .await;
            }
            Step::Return { .. } => {}
            Step::Receipt {
                register,
                total,
                days_ago,
            } => {
                let request = ReceiptRequest {
                    total: Money::from_hundredths(total),
                    external_id: None,
                    receipt_number: None,
                    cashier_id: None,
                    receipt_at: Some(self.now().plus_days(-days_ago)),
                };
                let register = &self.registers[register - 1];
                fresh(
                    usecase::record_receipt(loyalty, register, &request, Once::unnamed())
                        .await
                        .unwrap(),
                );
            }
            Step::Adjust { client, amount } => {
                let amount = Bonus::from_hundredths(amount);
                let request = AdjustmentRequest {
                    amount,
                    reason: "test".to_owned(),
                };
                // More than there is can't be taken.
                let _refused = usecase::adjust(loyalty, self.tenant(), client, &request).await;
            }
            Step::Enrol { register } => {
                self.clients += 1;
                let request = EnrolmentRequest {
                    phone: Phone::parse(&format!("+99290{:07}", 7_000_000 + self.clients)).unwrap(),
                    full_name: None,
                    invited_by: (self.clients % 2 == 0).then_some(1),
                };
                let register = &self.registers[register - 1];
                fresh(
                    usecase::enrol(loyalty, register, &request, Once::unnamed())
                        .await
                        .unwrap(),
                );
            }
            Step::Expire => {
                // What is older than a day burns.
                let until = self.now().plus_days(179);
                usecase::expire_bonuses(loyalty, until).await.unwrap();
            }
            Step::FollowUp => {
                usecase::follow_up(loyalty, self.tenant().id).await.unwrap();
            }
            Step::Wait { minutes } => self.shop.wait_seconds(minutes * 60),
        }
    }

    async fn refresh(&self, from: Date, to: Date) {
        let mut day = from;
        while day <= to {
            usecase::refresh_figures(&self.shop.loyalty, self.tenant(), day)
                .await
                .unwrap();
            day = day.next();
        }
    }

    async fn read(&self, level: Level) -> BTreeMap<(Date, i64, i64), Figures> {
        let (from, to) = (
            Date::from_number(20_260_101).unwrap(),
            Date::from_number(20_261_231).unwrap(),
        );
        let rows = usecase::figures(&self.shop.loyalty, self.tenant(), from, to, level)
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| ((row.day, row.branch_id, row.register_id), row.figures))
            .collect()
    }

    /// Everything counted from raw rows by hand.
    async fn count(&self, level: Level) -> BTreeMap<(Date, i64, i64), Figures> {
        let zone = self.tenant().zone;
        let mut counted: BTreeMap<(Date, i64, i64), Figures> = BTreeMap::new();
        let day = |millis: Option<i64>| Date::at(Timestamp::from_millis(millis.unwrap()), zone);
        let branch = HashMap::from([(1, 1), (2, 1), (3, 2), (4, 2), (0, 0)]);
        let place = |day: Date, register: Option<i64>| {
            let register = register.unwrap_or(0);
            let (branch, register) = level.place(branch[&register], register);
            (day, branch, register)
        };
        let (money, bonus) = (
            |number: Option<i64>| Money::from_hundredths(number.unwrap()),
            |number: Option<i64>| Bonus::from_hundredths(number.unwrap()),
        );
        // PostgreSQL counts CASE in 32 bits.
        let sql =
            "SELECT s.client_id, CASE WHEN s.kind = 'sale' THEN 1 ELSE CAST(0 AS BIGINT) END, s.register_id,
                          s.total, s.sale_at, c.created_at
                     FROM sales AS s JOIN clients AS c ON c.tenant_id = s.tenant_id AND c.id = s.client_id";
        let mut people = HashSet::new();
        for row in self.raw.numbers(sql).await {
            let day = day(row[4]);
            let place = place(day, row[2]);
            let figures = counted.entry(place).or_default();
            if row[1] == Some(1) {
                figures.sales += 1;
                figures.sales_amount += money(row[3]);
                if people.insert((place, row[0])) {
                    figures.buyers += 1;
                    let enrolled = Date::at(Timestamp::from_millis(row[5].unwrap()), zone);
                    figures.returning_buyers += i64::from(enrolled < day);
                }
            } else {
                figures.redemptions += 1;
            }
        }
        for row in self
            .raw
            .numbers("SELECT register_id, total, receipt_at FROM receipts")
            .await
        {
            let figures = counted.entry(place(day(row[2]), row[0])).or_default();
            figures.receipts += 1;
            figures.receipts_amount += money(row[1]);
        }
        let sql = "SELECT register_id, amount, created_at FROM returns";
        for row in self.raw.numbers(sql).await {
            let figures = counted.entry(place(day(row[2]), row[0])).or_default();
            figures.returns += 1;
            figures.returned_amount += money(row[1]);
        }
        // Every change of a balance is an entry: of a sale, of a return, or of neither.
        let sql = "SELECT CASE e.kind WHEN 'accrual' THEN 0 WHEN 'redemption' THEN 1 WHEN 'adjustment' THEN 2
                               WHEN 'expiration' THEN 3 WHEN 'settlement' THEN 4 WHEN 'revocation' THEN 5
                               WHEN 'restoration' THEN 6 ELSE CAST(7 AS BIGINT) END,
                          e.amount, COALESCE(s.sale_at, e.created_at), COALESCE(s.register_id, r.register_id)
                     FROM entries AS e
                     LEFT JOIN sales AS s ON s.tenant_id = e.tenant_id AND s.id = e.sale_id
                     LEFT JOIN returns AS r ON r.tenant_id = e.tenant_id AND r.id = e.return_id";
        for row in self.raw.numbers(sql).await {
            let figures = counted.entry(place(day(row[2]), row[3])).or_default();
            let amount = bonus(row[1]);
            match row[0].unwrap() {
                0 => figures.accrued += amount,
                1 => figures.redeemed += -amount,
                2 => figures.adjusted += amount,
                3 => figures.expired += -amount,
                4 => figures.settled += amount,
                5 => figures.revoked += -amount,
                6 => figures.restored += amount,
                _ => figures.given += amount,
            }
        }
        for row in self
            .raw
            .numbers("SELECT enrolled_by, created_at FROM clients")
            .await
        {
            counted.entry(place(day(row[1]), row[0])).or_default().new_clients += 1;
        }
        counted
    }
}

/// The shop with every gift there is.
fn with_gifts(tenant: &Tenant) -> Tenant {
    let mut programme = Programme::clone(&tenant.programme);
    let bonus = Bonus::whole(3);
    programme.second_purchase = Some(SecondPurchaseTerms {
        bonus,
        within_days: 5,
    });
    programme.reactivation = Some(ReactivationTerms {
        bonus,
        silence_days: 2,
    });
    Tenant {
        programme: Arc::new(programme),
        ..tenant.clone()
    }
}

on_both_engines! {
    async fn roll_ups_equal_a_recount_whenever_they_are_made(shop: Shop) {
        // One history per run and engine, printed so that a failure can be played again.
        let steps = steps().new_tree(&mut TestRunner::default()).unwrap().current();
        println!("{steps:?}");
        let mut trade = Trade::new(shop).await;
        let zone = trade.tenant().zone;
        let first = Date::at(trade.now(), zone);
        for (number, step) in steps.iter().enumerate() {
            trade.step(number, step).await;
            // Today is made again and again, as a scheduler does.
            if number % 7 == 0 {
                let today = Date::at(trade.now(), zone);
                trade.refresh(today, today).await;
            }
        }
        trade.refresh(first, Date::at(trade.now(), zone)).await;
        for level in Level::ALL {
            let (read, counted) = (trade.read(level).await, trade.count(level).await);
            assert_eq!(read, counted, "{level:?}");
        }
        let mut all = Figures::default();
        trade.read(Level::Shop).await.into_values().for_each(|figures| all += figures);
        let balances = trade.raw.number("SELECT CAST(SUM(balance) AS BIGINT) FROM clients").await;
        let change = all.accrued + all.given + all.adjusted + all.settled + all.restored
            - all.redeemed - all.expired - all.revoked;
        assert_eq!(change, Bonus::from_hundredths(balances), "the figures explain every balance");

        let before = trade.read(Level::Register).await;
        trade.refresh(first, Date::at(trade.now(), zone)).await;
        assert_eq!(trade.read(Level::Register).await, before, "done twice nothing changes");
    }

    async fn a_late_receipt_counts_in_its_own_day_and_its_client_once(shop: Shop) {
        let mut trade = Trade::new(shop).await;
        let zone = trade.tenant().zone;
        let first = Date::at(trade.now(), zone);
        let sell = |register, days_ago| Step::Sell { client: 1, register, total: 10_000, redeem: 0, days_ago };
        trade.step(1, &sell(1, 0)).await;
        trade.refresh(first, first).await;
        shop.wait_seconds(2 * 86_400);
        let today = Date::at(trade.now(), zone);
        trade.step(2, &sell(1, 2)).await;
        trade.step(3, &sell(2, 2)).await;
        trade.step(4, &Step::Receipt { register: 1, total: 500, days_ago: 2 }).await;
        trade.refresh(today, today).await;
        let shop_figures = trade.read(Level::Shop).await[&(first, 0, 0)];
        assert_eq!((shop_figures.sales, shop_figures.receipts, shop_figures.buyers), (3, 1, 1));
        assert!(!trade.read(Level::Shop).await.contains_key(&(today, 0, 0)), "nothing is of today");
        let registers = trade.read(Level::Register).await;
        assert_eq!(registers[&(first, 1, 1)].buyers, 1, "known from its own day");
        assert_eq!(registers[&(first, 1, 2)].buyers, 1, "new at this register");
    }

    async fn an_older_reading_does_not_replace_a_newer_one(shop: Shop) {
        let mut trade = Trade::new(shop).await;
        let today = Date::at(trade.now(), trade.tenant().zone);
        shop.wait_seconds(60);
        trade.refresh(today, today).await;
        let newest = usecase::figures_read_at(&shop.loyalty, trade.tenant()).await.unwrap();
        assert_eq!(newest, Some(trade.now()));
        trade.step(1, &Step::Receipt { register: 1, total: 500, days_ago: 0 }).await;
        shop.wait_seconds(-30);
        trade.refresh(today, today).await;
        assert_eq!(trade.read(Level::Shop).await[&(today, 0, 0)].receipts, 0);
        assert_eq!(usecase::figures_read_at(&shop.loyalty, trade.tenant()).await.unwrap(), newest);
        shop.wait_seconds(60);
        trade.refresh(today, today).await;
        assert_eq!(trade.read(Level::Shop).await[&(today, 0, 0)].receipts, 1);
    }
}
