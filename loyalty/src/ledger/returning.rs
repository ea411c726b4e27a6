//! Goods brought back: accrual revoked, spent bonuses restored (R-RETURN, rulings 27 to 29).

use super::book::Book;
use super::{Account, Order, PostedReturn, Posting, Refusal, ReturnCalculation, ReturnRequest, Task};
use crate::model::{Bonus, Explanation, Lot, Money, Timestamp};
use crate::rules::returns::{share, shortage};

/// Days that restored bonuses live when their lot is past its date (ruling 29).
const REVIVED_DAYS: i64 = 30;

/// What a return would revoke and whether the balance covers it, with the gifts that go when the whole purchase has come
/// back. Without `amount`: all that is not yet revoked. Without an order `to_revoke` has to be given; then nothing limits
/// it.
///
/// # Errors
/// More than what is left of the sale.
pub fn calculate_return(
    account: &Account,
    order: Option<&Order>,
    amount: Option<Money>,
    to_revoke: Option<Bonus>,
) -> Result<ReturnCalculation, Refusal> {
    let (to_revoke, gifts) = match order {
        Some(order) => (order.to_revoke(amount, to_revoke)?, order.gifts_to_revoke(amount)),
        None => (to_revoke.unwrap_or_default(), Bonus::ZERO),
    };
    Ok(ReturnCalculation {
        available: account.balance.or_zero(),
        to_revoke,
        shortage: shortage(to_revoke + gifts, account.balance),
    })
}

/// Decides a return. The account's lots are enough to take [`Order::may_be_taken`], with [`Order::own_lots`] among them.
///
/// # Errors
/// More than what is left of the sale, or a shortage that was not settled.
pub fn decide_return(
    account: &Account,
    order: &Order,
    request: &ReturnRequest,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    if account.is_blocked {
        return Err(Refusal::ClientBlocked);
    }
    let figures = calculate_return(account, Some(order), Some(request.amount), request.to_revoke)?;
    if figures.shortage.is_positive() && !request.shortage_settled {
        return Err(Refusal::ShortageNotSettled(figures));
    }
    let mut book = Book::open(account, now);
    revoke(&mut book, order, request, figures.to_revoke);
    if order.is_whole_with(request.amount) {
        revoke_gifts(&mut book, account, order);
    }
    if figures.shortage.is_positive() {
        book.settle(
            figures.shortage,
            Explanation::Settlement {
                shortage: figures.shortage,
            },
        );
    }
    let put_back = restore(&mut book, order, request.amount, now);
    if order.is_purchase {
        let is_of_the_year = order.sale.created_at > account.year_from;
        let spent = &mut book.figures().spent;
        spent.total = (spent.total - request.amount).or_zero();
        if is_of_the_year {
            spent.year = (spent.year - request.amount).or_zero();
        }
    }
    let balance_after = book.balance();
    let mut posting = book.close();
    posting.returned = Some(PostedReturn {
        id: 0,
        sale_id: order.sale.id,
        request: request.clone(),
        revoked: figures.to_revoke,
        shortage: figures.shortage,
        settled: figures.shortage,
        restored: put_back.iter().map(|(_, part)| *part).sum(),
        put_back,
        balance_after,
    });
    Ok(posting)
}

fn revoke(book: &mut Book, order: &Order, request: &ReturnRequest, amount: Bonus) {
    if !amount.is_positive() {
        return;
    }
    let explanation = Explanation::Revocation {
        accrued: order.sale.accrued,
        returned: order.returned + request.amount,
        of: order.sale.total,
        named_by_register: request.to_revoke.is_some(),
    };
    book.revoke(amount, order.accrual_lot, None, explanation);
}

/// The whole purchase came back: what was given with it goes, the inviter's reward too (ruling 30).
fn revoke_gifts(book: &mut Book, account: &Account, order: &Order) {
    for gift in &order.gifts {
        let explanation = Explanation::GiftRevocation {
            gift: gift.kind,
            given: gift.amount,
        };
        book.revoke(gift.amount, gift.lot_id, None, explanation);
    }
    if let Some(inviter_id) = order.inviter_id {
        let invitee_id = account.client_id;
        book.follow_up(inviter_id, Task::RevokeInviter { invitee_id });
    }
}

/// Which spent lots got how much back.
fn restore(book: &mut Book, order: &Order, amount: Money, now: Timestamp) -> Vec<(i64, Bonus)> {
    let returned = order.returned + amount;
    let restored = share(order.redeemed, returned, order.sale.total, order.restored);
    let parts = order.put_back(restored);
    let put_back = parts.iter().map(|(lot, part)| (lot.id, *part)).collect();
    if restored.is_positive() {
        let explanation = Explanation::Restoration {
            redeemed: order.redeemed,
            returned,
            of: order.sale.total,
            paid_debt: book.debt_paid_by(restored),
        };
        book.restore(restored, parts, now.plus_days(REVIVED_DAYS), explanation);
    }
    put_back
}

impl Order {
    /// The most that a return may take of the account's lots.
    pub fn may_be_taken(&self) -> Bonus {
        let gifts: Bonus = self.gifts.iter().map(|gift| gift.amount).sum();
        (self.sale.accrued - self.revoked).or_zero() + gifts
    }

    /// The lots that the order opened: what is taken comes from them first.
    pub fn own_lots(&self) -> Vec<i64> {
        let gifts = self.gifts.iter().filter_map(|gift| gift.lot_id);
        self.accrual_lot.into_iter().chain(gifts).collect()
    }

    /// Bonuses that returning `amount` takes back.
    fn to_revoke(&self, amount: Option<Money>, named: Option<Bonus>) -> Result<Bonus, Refusal> {
        let left = self.sale.total - self.returned;
        if let Some(amount) = amount.filter(|amount| *amount > left) {
            debug_assert!(amount > left);
            return Err(Refusal::ReturnExceedsSale(left));
        }
        let unrevoked = self.sale.accrued - self.revoked;
        match (named, amount) {
            (Some(named), _) if named > unrevoked => Err(Refusal::RevocationExceedsAccrual(unrevoked)),
            (Some(named), _) => Ok(named),
            (None, Some(amount)) => Ok(share(
                self.sale.accrued,
                self.returned + amount,
                self.sale.total,
                self.revoked,
            )),
            (None, None) => Ok(unrevoked),
        }
    }

    /// Whether with this `amount` the whole of it has come back.
    fn is_whole_with(&self, amount: Money) -> bool {
        self.returned + amount == self.sale.total
    }

    /// Gifts that go with a return of `amount`, or of all that is left (ruling 30).
    fn gifts_to_revoke(&self, amount: Option<Money>) -> Bonus {
        let left = self.sale.total - self.returned;
        let is_whole = left.is_positive() && self.is_whole_with(amount.unwrap_or(left));
        let gifts = self.gifts.iter().filter(|_| is_whole);
        gifts.map(|gift| gift.amount).sum()
    }

    /// For which lots `restored` goes back: the reverse of the spending order, as far as earlier returns left room, so
    /// that a client keeps the bonuses that live longest.
    fn put_back(&self, restored: Bonus) -> Vec<(Lot, Bonus)> {
        let mut missing = restored;
        let mut parts = Vec::new();
        for spent in self.spent.iter().rev() {
            let part = (spent.spent - spent.restored).or_zero().min(missing);
            missing -= part;
            if part.is_positive() {
                parts.push((spent.lot.clone(), part));
            }
        }
        parts
    }
}
