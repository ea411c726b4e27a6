//! What a new client is given.

use super::book::Book;
use super::{Account, Posting};
use crate::model::{EntryKind, Explanation, LotKind, Programme, Timestamp};

/// The welcome lot of a new client, available at once (ruling 22); none in a shop that gives none.
pub fn decide_welcome(account: &Account, programme: &Programme, now: Timestamp) -> Option<Posting> {
    if !programme.welcome_bonus.is_positive() {
        return None;
    }
    let expires_at = programme.expiry(programme.welcome_expiry_days, now);
    let explanation = Explanation::Welcome {
        receipt_min: programme.welcome_min_redeem_amount,
        expires_at,
    };
    let mut book = Book::open(account, now);
    let kind = (EntryKind::Welcome, LotKind::Welcome);
    book.earn(kind, programme.welcome_bonus, (now, expires_at), explanation);
    Some(book.close())
}
