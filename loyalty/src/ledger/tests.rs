//! Every posting keeps the account adding up: random histories, checked after each step.

use proptest::prelude::*;

use super::*;
use crate::model::{AccrualBase, Bonus, Lot, Money, Percent, Programme, RedeemMode, Timestamp};
use crate::rules::redemption::Available;

fn programme() -> Programme {
    Programme {
        version: 1,
        bonus_percent: Percent::whole(5),
        max_redeem_percent: Percent::whole(30),
        accrual_base: AccrualBase::NetCash,
        redeem_hold_seconds: 10,
        bonus_expiry_days: Some(1),
        bonus_expiry_reminder_days: 7,
        min_purchase_amount: Money::whole(10),
        welcome_bonus: Bonus::whole(20),
        welcome_min_redeem_amount: Money::whole(100),
        referral_inviter_bonus: Bonus::ZERO,
        referral_invitee_bonus: Bonus::ZERO,
        partner_redemption: false,
        tiers: Vec::new(),
    }
}

fn sale(total: Money, redeem: Bonus) -> SaleRequest {
    SaleRequest {
        total,
        gross: None,
        redeem,
        mode: RedeemMode::PaymentType,
        external_id: None,
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: Vec::new(),
    }
}

/// A client in memory: what the store would hold.
struct Client {
    account: Account,
    /// Every lot that ever was, open or not.
    lots: Vec<Lot>,
    next_id: i64,
    orders: Vec<Order>,
}

impl Client {
    fn new() -> Self {
        let account = Account {
            client_id: 1,
            version: 1,
            balance: Bonus::ZERO,
            total_spent: Money::ZERO,
            sales_count: 0,
            entry_number: 0,
            sale_number: 0,
            last_visit_at: None,
            invited_by: None,
            is_blocked: false,
            lots: Vec::new(),
        };
        let mut client = Self {
            account,
            lots: Vec::new(),
            next_id: 1,
            orders: Vec::new(),
        };
        let welcome = decide_welcome(&client.account, &programme(), Timestamp::from_millis(0)).unwrap();
        client.apply(welcome);
        client
    }

    /// Applies a posting as the store does, and checks every invariant.
    fn apply(&mut self, mut posting: Posting) -> Posting {
        let next_id = &mut self.next_id;
        posting.assign_ids(|| {
            *next_id += 1;
            *next_id
        });
        assert_eq!(posting.version, self.account.version);
        let before = self.account.balance;
        for opened in &posting.opened {
            assert!(opened.remaining >= Bonus::ZERO && opened.remaining <= opened.amount);
            self.lots.push(Lot {
                id: opened.id,
                kind: opened.kind,
                remaining: opened.remaining,
                available_at: opened.available_at,
                expires_at: opened.expires_at,
            });
        }
        for changed in &posting.changed {
            let lot = self.lots.iter_mut().find(|lot| lot.id == changed.id).unwrap();
            assert_eq!(lot.remaining, changed.before);
            assert!(changed.remaining >= Bonus::ZERO);
            (lot.remaining, lot.expires_at) = (changed.remaining, changed.expires_at);
        }
        let mut running = before;
        for (entry, number) in posting.entries.iter().zip(self.account.entry_number + 1..) {
            running += entry.amount;
            assert_eq!((entry.number, entry.balance_after), (number, running));
        }
        assert_eq!(running, posting.figures.balance);
        self.account = Account {
            version: self.account.version + 1,
            balance: posting.figures.balance,
            total_spent: posting.figures.total_spent,
            sales_count: posting.figures.sales_count,
            entry_number: posting.figures.entry_number,
            sale_number: posting.figures.sale_number,
            last_visit_at: posting.figures.last_visit_at,
            lots: self
                .lots
                .iter()
                .filter(|lot| lot.remaining.is_positive())
                .cloned()
                .collect(),
            ..self.account.clone()
        };
        let open: Bonus = self.account.lots.iter().map(|lot| lot.remaining).sum();
        assert_eq!(
            open,
            self.account.balance.or_zero(),
            "open lots are the balance, and a debt has none"
        );
        posting
    }

    fn sell(&mut self, total: Money, redeem: Bonus, now: Timestamp) -> Result<(), Refusal> {
        let posting = decide_sale(
            &self.account,
            &programme(),
            &sale(total, redeem),
            Bonus::ZERO,
            now,
        )?;
        let spent_from = posting.changed.clone();
        let posting = self.apply(posting);
        let made = posting.sale.unwrap();
        let lot_of = |id: i64| self.lots.iter().find(|lot| lot.id == id).unwrap().clone();
        let mut spent: Vec<SpentLot> = spent_from
            .iter()
            .map(|changed| SpentLot {
                lot: lot_of(changed.id),
                spent: changed.before - changed.remaining,
            })
            .collect();
        spent.sort_by_key(|spent| (spent.lot.expires_at, spent.lot.id));
        self.orders.push(Order {
            sale: OrderSale {
                id: made.id,
                total: made.total,
                accrued: made.accrued,
            },
            is_purchase: true,
            redeemed: made.redeemed,
            accrual_lot: posting.opened.first().map(|lot| lot.id),
            spent,
            returned: Money::ZERO,
            revoked: Bonus::ZERO,
            restored: Bonus::ZERO,
        });
        Ok(())
    }

    fn give_back(
        &mut self,
        order: usize,
        amount: Money,
        settled: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut order_now = self.orders[order].clone();
        for spent in &mut order_now.spent {
            spent.lot = self
                .lots
                .iter()
                .find(|lot| lot.id == spent.lot.id)
                .unwrap()
                .clone();
        }
        let request = ReturnRequest {
            amount,
            cash_refund: None,
            to_revoke: None,
            shortage_settled: settled,
            external_id: String::new(),
        };
        let posting = decide_return(&self.account, &order_now, &request, now)?;
        let made = self.apply(posting).returned.unwrap();
        let order = &mut self.orders[order];
        order.returned += amount;
        order.revoked += made.revoked;
        order.restored += made.restored;
        assert!(order.returned <= order.sale.total && order.revoked <= order.sale.accrued);
        assert!(order.restored <= order.redeemed);
        if order.returned == order.sale.total {
            assert_eq!(
                (order.revoked, order.restored),
                (order.sale.accrued, order.redeemed)
            );
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Sell { total: i64, redeem: i64 },
    Return { order: usize, share: i64, settled: bool },
    Adjust { amount: i64 },
    Wait { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (500_i64..500_000, 0_i64..60_000).prop_map(|(total, redeem)| Step::Sell { total, redeem }),
        2 => (0_usize..20, 1_i64..=100, any::<bool>())
            .prop_map(|(order, share, settled)| Step::Return { order, share, settled }),
        1 => (-20_000_i64..20_000).prop_map(|amount| Step::Adjust { amount }),
        2 => (1_i64..50_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

proptest! {
    #[test]
    fn random_histories_always_add_up(steps in proptest::collection::vec(step(), 1..60)) {
        let mut client = Client::new();
        let mut now = Timestamp::from_millis(0);
        for step in steps {
            let before = client.account.clone();
            let refused = match step {
                Step::Sell { total, redeem } => {
                    let (total, redeem) = (Money::from_hundredths(total), Bonus::from_hundredths(redeem));
                    let available = Available::of(&before.lots, now).redeemable(Some(total), Money::whole(100));
                    let sold = client.sell(total, redeem, now);
                    if sold.is_ok() {
                        prop_assert!(redeem <= available, "R-SALE-15");
                        prop_assert!(redeem.hundredths() <= Percent::whole(30).of(total.hundredths()), "R-SALE-16");
                    }
                    sold.is_err()
                }
                Step::Return { order, share, settled } if order < client.orders.len() => {
                    let left = client.orders[order].sale.total - client.orders[order].returned;
                    let amount = Money::from_hundredths((left.hundredths() * share / 100).max(1));
                    client.give_back(order, amount, settled, now).is_err()
                }
                Step::Return { .. } => true,
                Step::Adjust { amount } => {
                    let request = AdjustmentRequest { amount: Bonus::from_hundredths(amount), reason: String::new() };
                    match decide_adjustment(&client.account, &programme(), &request, now) {
                        Ok(posting) => { client.apply(posting); false }
                        Err(_) => true,
                    }
                }
                Step::Wait { seconds } => { now = now.plus_seconds(seconds); true }
            };
            if refused {
                prop_assert_eq!(client.account.version, before.version, "a refusal changes nothing");
            }
        }
    }
}

#[test]
fn r_return_7_a_settled_shortage_ends_where_it_began() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    // 1000 at 5 % earns 50; everything is then taken away by hand.
    client.sell(Money::whole(1000), Bonus::ZERO, now).unwrap();
    let take_all = AdjustmentRequest {
        amount: -client.account.balance,
        reason: "test".to_owned(),
    };
    let posting = decide_adjustment(&client.account, &programme(), &take_all, now).unwrap();
    client.apply(posting);
    let refused = client.give_back(0, Money::whole(1000), false, now).unwrap_err();
    let Refusal::ShortageNotSettled(figures) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        (figures.available, figures.to_revoke, figures.shortage),
        (Bonus::ZERO, Bonus::whole(50), Bonus::whole(50))
    );
    client.give_back(0, Money::whole(1000), true, now).unwrap();
    assert_eq!(client.account.balance, Bonus::ZERO);
}

#[test]
fn ruling_29_a_burnt_lot_lives_thirty_days_more() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    client.sell(Money::whole(1000), Bonus::whole(20), now).unwrap();
    let two_days_later = now.plus_days(2);
    client
        .give_back(0, Money::whole(1000), true, two_days_later)
        .unwrap();
    let welcome = client
        .lots
        .iter()
        .find(|lot| lot.id == client.orders[0].spent[0].lot.id)
        .unwrap();
    assert_eq!(
        (welcome.remaining, welcome.expires_at),
        (Bonus::whole(20), two_days_later.plus_days(30))
    );
}

#[test]
fn r_sale_17_welcome_bonuses_need_a_receipt_of_their_size() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    let refused = client.sell(Money::whole(99), Bonus::whole(1), now).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Приветственные бонусы можно списать при чеке от 100."
    );
    client.sell(Money::whole(100), Bonus::whole(20), now).unwrap();
}

#[test]
fn a_redemption_before_the_sale_is_one_order() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    let give = AdjustmentRequest {
        amount: Bonus::whole(150),
        reason: "test".to_owned(),
    };
    let posting = decide_adjustment(&client.account, &programme(), &give, now).unwrap();
    client.apply(posting);
    let posting = decide_sale(
        &client.account,
        &programme(),
        &sale(Money::whole(200), Bonus::ZERO),
        Bonus::whole(50),
        now,
    )
    .unwrap();
    assert_eq!(
        posting.sale.unwrap().accrued.to_string(),
        "7.5",
        "ruling 16: accrued on the rest"
    );
    let over = decide_sale(
        &client.account,
        &programme(),
        &sale(Money::whole(200), Bonus::whole(11)),
        Bonus::whole(50),
        now,
    );
    assert_eq!(
        over.unwrap_err().to_string(),
        "Списать можно не больше 30% чека: 10."
    );
}
