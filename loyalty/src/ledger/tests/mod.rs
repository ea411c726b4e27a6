//! Decisions of the ledger on a client in memory.

mod gifts;
mod histories;
mod needed;
mod orders;
mod simulation;

use proptest::prelude::*;

use super::*;
use crate::model::{
    BirthdayTerms, Bonus, EntryKind, Lot, LotKind, Money, Percent, Programme, ReactivationTerms, RedeemMode,
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
        let mut client = Self::empty(programme, invited_by);
        let welcome = decide_welcome(&client.account, &client.programme, Timestamp::from_millis(0)).unwrap();
        client.apply(welcome);
        client
    }

    fn empty(programme: Programme, invited_by: Option<i64>) -> Self {
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
            lots: Lots::all(Vec::new()),
        };
        Self {
            account,
            lots: Vec::new(),
            next_id: 1,
            orders: Vec::new(),
            programme,
            follow_ups: Vec::new(),
        }
    }

    fn lot(&self, id: i64) -> &Lot {
        self.lots.iter().find(|lot| lot.id == id).unwrap()
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
                amount: opened.amount,
                remaining: opened.remaining,
                available_at: opened.available_at,
                expires_at: opened.expires_at,
            });
        }
        for changed in &posting.changed {
            let lot = self.lots.iter_mut().find(|lot| lot.id == changed.id).unwrap();
            assert_eq!(lot.remaining, changed.before);
            assert!(changed.remaining >= Bonus::ZERO && changed.remaining <= lot.amount);
            lot.remaining = changed.remaining;
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
            lots: Lots::all(
                self.lots
                    .iter()
                    .filter(|lot| lot.remaining.is_positive())
                    .cloned()
                    .collect(),
            ),
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
                restored: Bonus::ZERO,
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
        let told = calculate_return(&self.account, Some(&order_now), Some(amount), None);
        let before = self.account.balance;
        let posting = decide_return(&self.account, &order_now, &request, now)?;
        let made = self.apply(posting).returned.unwrap();
        let told = told.unwrap();
        assert_eq!((made.revoked, made.shortage), (told.to_revoke, told.shortage));
        assert!(
            self.account.balance >= before.min(Bonus::ZERO),
            "a debt that a return leaves is announced, and settled"
        );
        let order = &mut self.orders[order];
        order.returned += amount;
        order.revoked += made.revoked;
        order.restored += made.restored;
        for (lot_id, part) in &made.put_back {
            let of = order.spent.iter_mut().find(|of| of.lot.id == *lot_id).unwrap();
            of.restored += *part;
            assert!(of.restored <= of.spent);
        }
        assert!(order.returned <= order.sale.total && order.revoked <= order.sale.accrued);
        assert_eq!(
            order.spent.iter().map(|of| of.restored).sum::<Bonus>(),
            order.restored
        );
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
