//! Every posting keeps the account adding up: random histories, checked after each step.

use proptest::prelude::*;

use super::*;
use crate::model::{
    BirthdayTerms, Bonus, EntryKind, Lot, Money, Percent, Programme, ReactivationTerms, RedeemMode,
    SecondPurchaseTerms, Spending, Timestamp, Zone,
};
use crate::rules::redemption::Available;

fn programme() -> Programme {
    Programme {
        redeem_hold_seconds: 10,
        bonus_expiry_days: Some(1),
        min_purchase_amount: Money::whole(10),
        welcome_bonus: Bonus::whole(20),
        welcome_min_redeem_amount: Money::whole(100),
        ..Programme::plain()
    }
}

/// Every gift there is.
fn generous() -> Programme {
    Programme {
        referral_inviter_bonus: Bonus::whole(20),
        referral_invitee_bonus: Bonus::whole(10),
        second_purchase: Some(SecondPurchaseTerms {
            bonus: Bonus::whole(5),
            within_days: 3,
        }),
        reactivation: Some(ReactivationTerms {
            bonus: Bonus::whole(7),
            silence_days: 2,
        }),
        birthday: Some(BirthdayTerms {
            bonus: Bonus::whole(25),
            days_before: 0,
            expiry_days: Some(14),
        }),
        ..programme()
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
    programme: Programme,
    follow_ups: Vec<FollowUp>,
}

impl Client {
    fn new() -> Self {
        Self::of(programme(), None)
    }

    fn of(programme: Programme, invited_by: Option<i64>) -> Self {
        let account = Account {
            client_id: 1,
            version: 1,
            balance: Bonus::ZERO,
            spent: Spending::default(),
            year_from: Timestamp::from_millis(-1),
            sales_count: 0,
            entry_number: 0,
            sale_number: 0,
            last_visit_at: None,
            last_purchase_at: None,
            birth_date: None,
            rfm: None,
            invited_by,
            is_blocked: false,
            lots: Vec::new(),
        };
        let mut client = Self {
            account,
            lots: Vec::new(),
            next_id: 1,
            orders: Vec::new(),
            programme,
            follow_ups: Vec::new(),
        };
        let welcome = decide_welcome(&client.account, &client.programme, Timestamp::from_millis(0)).unwrap();
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
            spent: posting.figures.spent,
            year_from: posting.figures.year_from,
            last_purchase_at: posting.figures.last_purchase_at,
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
        self.follow_ups.extend(&posting.follow_ups);
        posting
    }

    fn sell(&mut self, total: Money, redeem: Bonus, now: Timestamp) -> Result<(), Refusal> {
        let context = SaleContext::plain(&self.programme, Zone::UTC);
        let posting = decide_sale(&self.account, &context, &sale(total, redeem), now)?;
        let spent_from = posting.changed.clone();
        let posting = self.apply(posting);
        let made = posting.sale.clone().unwrap();
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
                created_at: now,
            },
            is_purchase: true,
            redeemed: made.redeemed,
            accrual_lot: lot_opened_by(&posting, EntryKind::Accrual),
            gifts: posting
                .entries
                .iter()
                .filter(|entry| !matches!(entry.kind, EntryKind::Accrual | EntryKind::Redemption))
                .map(|entry| OrderGift {
                    kind: entry.kind,
                    amount: entry.amount,
                    lot_id: lot_opened_by(&posting, entry.kind),
                })
                .collect(),
            inviter_id: posting.follow_ups.first().map(|follow_up| follow_up.client_id),
            spent,
            returned: Money::ZERO,
            revoked: Bonus::ZERO,
            restored: Bonus::ZERO,
        });
        Ok(())
    }

    /// Of purchases after `year_from`, and of all.
    fn spent(&self) -> Spending {
        let left = |order: &Order| order.sale.total - order.returned;
        let of_year = |order: &&Order| order.sale.created_at > self.account.year_from;
        Spending {
            total: self.orders.iter().map(left).sum(),
            year: self.orders.iter().filter(of_year).map(left).sum(),
        }
    }

    /// What leaves the year when it begins at `from`.
    fn left_of_the_year(&self, from: Timestamp) -> Money {
        let leaves =
            |order: &&Order| order.sale.created_at > self.account.year_from && order.sale.created_at <= from;
        self.orders
            .iter()
            .filter(leaves)
            .map(|order| order.sale.total - order.returned)
            .sum()
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

fn lot_opened_by(posting: &Posting, kind: EntryKind) -> Option<i64> {
    let entry = posting.entries.iter().find(|entry| entry.kind == kind)?;
    entry.lots.first().map(|(lot, _)| posting.lot_id(*lot))
}

#[derive(Clone, Debug)]
enum Step {
    Sell { total: i64, redeem: i64 },
    Return { order: usize, share: i64, settled: bool },
    Adjust { amount: i64 },
    Wait { seconds: i64 },
    Expire,
    Birthday { year: i32 },
    Year,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (500_i64..500_000, 0_i64..60_000).prop_map(|(total, redeem)| Step::Sell { total, redeem }),
        2 => (0_usize..20, 1_i64..=100, any::<bool>())
            .prop_map(|(order, share, settled)| Step::Return { order, share, settled }),
        1 => (-20_000_i64..20_000).prop_map(|amount| Step::Adjust { amount }),
        2 => (1_i64..50_000).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Expire),
        1 => (2026_i32..2029).prop_map(|year| Step::Birthday { year }),
        1 => Just(Step::Year),
    ]
}

proptest! {
    #[test]
    fn random_histories_always_add_up(
        steps in proptest::collection::vec(step(), 1..60), is_generous: bool, is_invited: bool,
    ) {
        let rules = if is_generous { generous() } else { programme() };
        let mut client = Client::of(rules, is_invited.then_some(9));
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
                Step::Expire => match decide_expiry(&client.account, now, now) {
                    Some(posting) => {
                        client.apply(posting);
                        prop_assert!(client.account.lots.iter().all(|lot| lot.expires_at > now), "R-EXPIRE-1");
                        false
                    }
                    None => true,
                },
                Step::Birthday { year } => match decide_birthday(&client.account, &client.programme, year, now) {
                    Some(posting) => { client.apply(posting); false }
                    None => true,
                },
                Step::Year => {
                    // In life it is twelve months ago: never the moment of a purchase being made.
                    let from = now.plus_seconds(-1).max(client.account.year_from);
                    let left = client.left_of_the_year(from);
                    let posting = decide_year(&client.account, left, from, now);
                    client.apply(posting);
                    false
                }
            };
            prop_assert_eq!(client.account.spent, client.spent(), "what was spent is purchases less returns");
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
    let rules = programme();
    let context = SaleContext {
        already_redeemed: Bonus::whole(50),
        ..SaleContext::plain(&rules, Zone::UTC)
    };
    let posting = decide_sale(
        &client.account,
        &context,
        &sale(Money::whole(200), Bonus::ZERO),
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
        &context,
        &sale(Money::whole(200), Bonus::whole(11)),
        now,
    );
    assert_eq!(
        over.unwrap_err().to_string(),
        "Списать можно не больше 30% чека: 10."
    );
}

fn amounts(kind: EntryKind, posting: &Posting) -> Vec<String> {
    let of_kind = posting.entries.iter().filter(|entry| entry.kind == kind);
    of_kind.map(|entry| entry.amount.to_string()).collect()
}

#[test]
fn ruling_31_a_first_purchase_by_invitation_rewards_both_once() {
    let (mut client, now) = (Client::of(generous(), Some(9)), Timestamp::from_millis(0));
    let context = SaleContext::plain(&client.programme, Zone::UTC);
    let posting = decide_sale(
        &client.account,
        &context,
        &sale(Money::whole(100), Bonus::ZERO),
        now,
    )
    .unwrap();
    assert_eq!(amounts(EntryKind::ReferralInvitee, &posting), ["10"]);
    assert_eq!(
        posting.sale.as_ref().unwrap().accrued,
        Bonus::whole(5),
        "ruling 30: apart from the accrual"
    );
    assert_eq!(posting.sale.as_ref().unwrap().balance_after, Bonus::whole(35));
    client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
    client
        .sell(Money::whole(100), Bonus::ZERO, now.plus_seconds(1))
        .unwrap();
    let rewards: Vec<_> = client
        .follow_ups
        .iter()
        .map(|follow_up| (follow_up.client_id, follow_up.task))
        .collect();
    let reward = Task::RewardInviter {
        invitee_id: 1,
        bonus: Bonus::whole(20),
        expiry_days: Some(1),
        most: None,
    };
    assert_eq!(rewards, [(9, reward)]);
}

#[test]
fn ruling_30_gifts_go_when_the_purchase_that_earned_them_comes_back_whole() {
    let (mut client, now) = (Client::of(generous(), Some(9)), Timestamp::from_millis(0));
    let before = client.account.balance;
    client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
    client.give_back(0, Money::whole(40), false, now).unwrap();
    assert_eq!(
        client.account.balance,
        before + Bonus::whole(13),
        "three of five, and the ten"
    );
    client.give_back(0, Money::whole(60), false, now).unwrap();
    assert_eq!(client.account.balance, before);
    assert_eq!(client.follow_ups[1].task, Task::RevokeInviter { invitee_id: 1 });
}

#[test]
fn ruling_32_second_purchase_and_reactivation() {
    let now = Timestamp::from_millis(0);
    for (days, second, reactivated) in [(1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 0, 1)] {
        let mut client = Client::of(generous(), None);
        client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
        let context = SaleContext::plain(&client.programme, Zone::UTC);
        let later = now.plus_days(days);
        let posting = decide_sale(
            &client.account,
            &context,
            &sale(Money::whole(100), Bonus::ZERO),
            later,
        )
        .unwrap();
        let count = |kind| amounts(kind, &posting).len();
        assert_eq!(
            (count(EntryKind::SecondPurchase), count(EntryKind::Reactivation)),
            (second, reactivated),
            "{days}"
        );
    }
}
