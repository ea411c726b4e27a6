//! Random histories against a naive model. Redemptions before their sale, promotions with limits, tiers, gifts of
//! invitations and birthdays, returns, corrections and dates that pass meet in every order.

mod naive;

use loyalty::ledger::{AdjustmentRequest, Line, RedemptionRequest, ReturnRequest, SaleRequest};
use loyalty::model::{
    Bonus, Client, Condition, Date, Factor, Identifier, Limits, Money, Promotion, Reward, Zone,
};
use loyalty::usecase::{self, Error, Once, ProfileChange, ReturnRecord};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::naive::{BIRTHDAY, INVITER, Kind, LIFE, LONG_LIFE, Naive, Order, WELCOME};
use crate::on_both_engines;
use crate::shop::{Shop, fresh, sale};

/// Histories of one run.
const SEEDS: usize = 30;
/// Receipts that may have the promotion on bread, of all clients together.
const BREAD_IN_ALL: i64 = 25;

#[derive(Clone, Debug)]
enum Step {
    /// A receipt; `before` is spent on it by a redemption of its own, if anything.
    Sell {
        total: i64,
        dairy: i64,
        before: i64,
        redeem: i64,
    },
    Return {
        order: usize,
        share: i64,
    },
    Adjust {
        amount: i64,
    },
    Wait {
        seconds: i64,
    },
    /// Nights pass, with what they burn and give.
    Days {
        days: i64,
    },
    /// Everything that is past its date burns now.
    Burn,
    FriendBuys,
    FriendReturns,
}

/// A history, and how many days after its beginning the client's birthday is.
fn histories() -> impl Strategy<Value = (i64, Vec<Step>)> {
    let spent = || prop_oneof![Just(0_i64), 1_i64..6_000];
    let step = prop_oneof![
        6 => (1000_i64..100_000, 0_i64..=90, spent(), spent()).prop_map(|(total, dairy, before, redeem)| Step::Sell {
            total,
            dairy: total * dairy / 100,
            before,
            redeem,
        }),
        4 => (0_usize..12, 1_i64..=100).prop_map(|(order, share)| Step::Return { order, share }),
        1 => (-5_000_i64..5_000).prop_map(|amount| Step::Adjust { amount }),
        2 => (1_i64..3).prop_map(|seconds| Step::Wait { seconds }),
        2 => (1_i64..=4).prop_map(|days| Step::Days { days }),
        1 => Just(Step::Burn),
        1 => Just(Step::FriendBuys),
        1 => Just(Step::FriendReturns),
    ];
    (1_i64..10, proptest::collection::vec(step, 15..30))
}

/// ×3 on bread: twice for each client, and so many times in all.
fn bread() -> Promotion {
    Promotion {
        id: 0,
        name: "Втрое за хлеб".to_owned(),
        description: None,
        condition: Condition {
            categories: vec!["BREAD".to_owned()],
            ..Condition::default()
        },
        reward: Reward::Multiplier(Factor::from_hundredths(300)),
        limits: Limits {
            per_client: Some(2),
            in_all: Some(BREAD_IN_ALL),
        },
        starts_at: None,
        ends_at: None,
        combinable: false,
        segment: None,
        enabled: true,
        used: 0,
    }
}

/// One history being played.
struct Play<'a> {
    shop: &'a Shop,
    client: Identifier,
    client_id: i64,
    friend: Identifier,
    /// In whose names it asks.
    name: String,
    birthday: Date,
    naive: Naive,
}

impl<'a> Play<'a> {
    async fn begin(shop: &'a Shop, number: usize, birthday_in: i64) -> Self {
        let client = shop.enrol(&format!("+9929355{number:05}"), Some(3)).await;
        let Identifier::Client(client_id) = client else {
            panic!("{client:?}")
        };
        let friend = shop.enrol(&format!("+9929366{number:05}"), Some(client_id)).await;
        let now = shop.loyalty.now();
        let birthday = Date::at(now, Zone::DUSHANBE).plus_days(birthday_in);
        let (month, day) = (birthday.month_day() / 100, birthday.month_day() % 100);
        let born = format!("{}-{month:02}-{day:02}", birthday.year() - 30);
        let who = Client {
            tenant: shop.register(1).await.tenant,
            id: client_id,
            token_id: 0,
        };
        let change = ProfileChange {
            birth_date: Some(Some(Date::parse(&born).unwrap())),
            ..ProfileChange::default()
        };
        usecase::update_profile(&shop.loyalty, &who, &change)
            .await
            .unwrap();
        let mut naive = Naive::default();
        naive.earn(Kind::Welcome, WELCOME, now.millis(), LIFE);
        Self {
            shop,
            client,
            client_id,
            friend,
            name: format!("history {number}"),
            birthday,
            naive,
        }
    }

    fn now(&self) -> i64 {
        self.shop.loyalty.now().millis()
    }

    async fn make(&mut self, number: usize, step: &Step, bread_used: &mut i64) {
        match *step {
            Step::Sell {
                total,
                dairy,
                before,
                redeem,
            } => {
                let name = format!("{} order {number}", self.name);
                let mut order = Order::of(name, total);
                self.redeem_before(&mut order, before).await;
                self.sell(order, dairy, redeem, bread_used).await;
            }
            Step::Return { order, share } if order < self.naive.orders.len() => {
                self.give_back(number, order, share).await;
            }
            Step::Return { .. } => {}
            Step::Adjust { amount } => {
                let request = AdjustmentRequest {
                    amount: Bonus::from_hundredths(amount),
                    reason: "test".to_owned(),
                };
                let tenant = self.shop.tenant().await;
                let made = usecase::adjust(&self.shop.loyalty, &tenant, self.client_id, &request).await;
                assert_eq!(made.is_ok(), self.naive.adjust(amount, self.now()), "{made:?}");
            }
            Step::Wait { seconds } => self.shop.wait_seconds(seconds),
            Step::Days { days } => self.days(days).await,
            Step::Burn => {
                let now = self.shop.loyalty.now();
                usecase::expire_bonuses(&self.shop.loyalty, now).await.unwrap();
                self.naive.burn(now.millis());
            }
            Step::FriendBuys => {
                let name = format!("friend of {}", self.name);
                let request = sale(Money::whole(100), Bonus::ZERO, Some(&name));
                // Once: the second has the same name.
                if self.shop.sell(&self.friend, &request).await.is_ok() {
                    self.follow_up().await;
                    self.naive.reward = Some(self.naive.earn(Kind::Plain, INVITER, self.now(), LIFE));
                }
            }
            Step::FriendReturns => {
                let name = format!("friend of {}", self.name);
                if self.bring_back(&self.friend, &name, 10_000, &name).await.is_ok() {
                    self.follow_up().await;
                    self.naive.revoke(INVITER, self.naive.reward);
                }
            }
        }
    }

    async fn redeem_before(&mut self, order: &mut Order, amount: i64) {
        if amount == 0 {
            return;
        }
        let (shop, now) = (self.shop, self.now());
        let request = RedemptionRequest {
            amount: Bonus::from_hundredths(amount),
            total: Money::from_hundredths(order.total),
            external_id: Some(order.name.clone()),
        };
        let register = shop.register(2).await;
        let made = usecase::redeem(&shop.loyalty, &register, &self.client, &request, Once::unnamed()).await;
        assert_eq!(
            made.is_ok(),
            amount <= self.naive.may_spend(order, now),
            "{made:?}"
        );
        if made.is_ok() {
            self.naive.redeem(order, amount, now);
        }
    }

    async fn sell(&mut self, mut order: Order, dairy: i64, redeem: i64, bread_used: &mut i64) {
        let now = self.now();
        let line = |category: &str, amount: i64| Line {
            category_code: Some(category.to_owned()),
            line_amount: Some(Money::from_hundredths(amount)),
            ..Line::default()
        };
        let (total, spent) = (
            Money::from_hundredths(order.total),
            Bonus::from_hundredths(redeem),
        );
        let request = SaleRequest {
            lines: vec![line("DAIRY", dairy), line("BREAD", order.total - dairy)],
            ..sale(total, spent, Some(&order.name))
        };
        let made = self.shop.sell(&self.client, &request).await;
        let may = redeem == 0 || redeem <= self.naive.may_spend(&order, now);
        assert_eq!(made.is_ok(), may, "{made:?}");
        if let Ok(made) = made {
            self.naive.redeem(&mut order, redeem, now);
            let bread_is_left = *bread_used < BREAD_IN_ALL;
            let has_bread = self.naive.buy(&mut order, dairy, bread_is_left, now);
            assert_eq!(made.accrued.hundredths(), order.accrued);
            *bread_used += i64::from(has_bread);
        }
        if may || order.redeemed() > 0 {
            self.naive.orders.push(order);
        }
    }

    async fn give_back(&mut self, number: usize, order: usize, share: i64) {
        let known = self.naive.orders[order].clone();
        let left = known.total - known.returned;
        let amount = (left * share / 100).max(1);
        let made = self
            .bring_back(&self.client, &known.name, amount, &format!("return {number}"))
            .await;
        assert_eq!(made.is_ok(), amount <= left, "{made:?}");
        if let Ok(made) = made {
            let shortage = self.naive.give_back(order, amount, self.now());
            assert_eq!(made.shortage.hundredths(), shortage);
        }
    }

    async fn bring_back(
        &self,
        client: &Identifier,
        order: &str,
        amount: i64,
        name: &str,
    ) -> Result<ReturnRecord, Error> {
        let request = ReturnRequest {
            amount: Money::from_hundredths(amount),
            cash_refund: None,
            to_revoke: None,
            shortage_settled: true,
            external_id: format!("{}: {name}", self.name),
        };
        let (loyalty, register) = (&self.shop.loyalty, self.shop.register(1).await);
        let once = Once::unnamed();
        let made = usecase::return_goods(loyalty, &register, client, order, &request, once).await;
        made.map(fresh)
    }

    /// It is always the afternoon: the night's jobs and the morning's are due.
    async fn days(&mut self, days: i64) {
        let day = |at| Date::at(at, Zone::DUSHANBE);
        let before = day(self.shop.loyalty.now());
        self.shop.wait_seconds(days * 86_400);
        self.shop.run_due_jobs().await;
        let now = self.shop.loyalty.now();
        let night = day(now).at_minute(3 * 60, Zone::DUSHANBE);
        self.naive.burn(night.millis());
        if before < self.birthday && self.birthday <= day(now) {
            self.naive.earn(Kind::Plain, BIRTHDAY, now.millis(), LONG_LIFE);
        }
    }

    async fn follow_up(&self) {
        let tenant = self.shop.tenant().await.id;
        while usecase::follow_up(&self.shop.loyalty, tenant).await.unwrap() > 0 {}
    }
}

on_both_engines! {
    async fn random_histories_agree_with_a_naive_model(shop: Shop) {
        shop.change(|rules| rules.bonus_expiry_days = Some(LIFE)).await;
        let tenant = shop.tenant().await;
        usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &bread()).await.unwrap();
        // From now on no day is missed: a shop's jobs begin when they are first looked for.
        shop.run_due_jobs().await;
        let (mut runner, mut bread_used) = (TestRunner::default(), 0);
        for number in 0..SEEDS {
            let (birthday_in, steps) = histories().new_tree(&mut runner).unwrap().current();
            // Printed, so that a failure can be played again.
            println!("history {number}, birthday in {birthday_in} days: {steps:?}");
            let mut play = Play::begin(shop, number, birthday_in).await;
            for (number, step) in steps.iter().enumerate() {
                play.make(number, step, &mut bread_used).await;
                let balance = shop.balance(&play.client).await.hundredths();
                assert_eq!(balance, play.naive.balance, "after step {number}, {step:?}");
            }
            assert_eq!(usecase::check_ledger(&shop.loyalty).await.unwrap(), []);
        }
    }
}
