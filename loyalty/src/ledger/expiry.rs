//! What is left of a lot burns when its time is over (R-EXPIRE-1).

use super::book::Book;
use super::{Account, Posting};
use crate::model::{Bonus, EntryKind, Explanation, Timestamp};

/// Burns the open lots whose date is `until` or before, as one entry; none when there is nothing to burn. The account's
/// lots are at least those.
pub fn decide_expiry(account: &Account, until: Timestamp, now: Timestamp) -> Option<Posting> {
    let parts: Vec<(i64, Bonus)> = account
        .lots
        .until(until)
        .filter(|lot| lot.remaining.is_positive())
        .map(|lot| (lot.id, lot.remaining))
        .collect();
    let burnt: Bonus = parts.iter().map(|(_, part)| *part).sum();
    if parts.is_empty() {
        return None;
    }
    let explanation = Explanation::Expiration {
        lots: parts.len() as i64,
        until,
    };
    let mut book = Book::open(account, now);
    book.lose(EntryKind::Expiration, burnt, &parts, explanation);
    Some(book.close())
}
