//! Gifts that come without a purchase of one's own: birthdays and invitations. Each has a cause that the database lets
//! happen once.

use super::book::Book;
use super::{Account, Posting, Refusal};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Programme, Timestamp, lives_until};

/// One birthday gift a calendar year (ruling 32).
pub fn birthday_cause(year: i32) -> String {
    format!("birthday {year}")
}

/// One reward for each client invited.
pub fn referral_cause(invitee_id: i64) -> String {
    format!("referral {invitee_id}")
}

/// The gift for this year's birthday; none in a shop that gives none, and for a blocked client.
pub fn decide_birthday(
    account: &Account,
    programme: &Programme,
    year: i32,
    now: Timestamp,
) -> Option<Posting> {
    let terms = programme.birthday.filter(|terms| terms.bonus.is_positive())?;
    if account.is_blocked {
        return None;
    }
    let mut book = Book::open(account, now);
    let expires_at = programme.expiry(terms.expiry_days, now);
    let explanation = Explanation::Birthday {
        year,
        expires_at,
        paid_debt: book.debt_paid_by(terms.bonus),
    };
    let kind = (EntryKind::Birthday, LotKind::Birthday);
    book.give(
        kind,
        terms.bonus,
        expires_at,
        Some(birthday_cause(year)),
        explanation,
    );
    Some(book.close())
}

/// The inviter's reward for this invitee (ruling 31); it lives so many days, or for ever.
///
/// # Errors
/// The inviter is blocked: it is given when that ends.
pub fn decide_inviter_reward(
    account: &Account,
    invitee_id: i64,
    bonus: Bonus,
    expiry_days: Option<i64>,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    if account.is_blocked {
        return Err(Refusal::ClientBlocked);
    }
    let mut book = Book::open(account, now);
    let expires_at = lives_until(expiry_days, now);
    let explanation = Explanation::ReferralInviter {
        invitee_id,
        expires_at,
        paid_debt: book.debt_paid_by(bonus),
    };
    let kind = (EntryKind::ReferralInviter, LotKind::Referral);
    book.give(
        kind,
        bonus,
        expires_at,
        Some(referral_cause(invitee_id)),
        explanation,
    );
    Ok(book.close())
}

/// Takes the reward for this invitee back, out of the lot it opened first (ruling 30). The account's lots are enough
/// to take it, with that one among them.
pub fn decide_inviter_revocation(
    account: &Account,
    invitee_id: i64,
    given: Bonus,
    lot_id: Option<i64>,
    now: Timestamp,
) -> Posting {
    let mut book = Book::open(account, now);
    let explanation = Explanation::GiftRevocation {
        gift: EntryKind::ReferralInviter,
        given,
    };
    let cause = format!("{} undone", referral_cause(invitee_id));
    book.revoke(given, lot_id, Some(cause), explanation);
    book.close()
}
