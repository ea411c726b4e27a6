//! The last twelve months move on: purchases leave them (tiers by the spending of a year).

use super::book::Book;
use super::{Account, Posting};
use crate::model::{Money, Timestamp};

/// Purchases made up to `year_from`, worth `left` after returns, leave the year. No bonus moves; the tier may.
pub fn decide_year(account: &Account, left: Money, year_from: Timestamp, now: Timestamp) -> Posting {
    let mut book = Book::open(account, now);
    let figures = book.figures();
    figures.spent.year = (figures.spent.year - left).or_zero();
    figures.year_from = year_from;
    book.close()
}
