//! What happened in a shop in a day, as dashboards show it.

use std::ops::AddAssign;

use crate::model::{Bonus, Date, Money};

/// How far figures are taken apart.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The whole shop.
    Shop,
    /// By branch; 0 is what belongs to none: partners, gifts, expiry.
    Branch,
    /// By register; 0 likewise.
    Register,
}

/// The figures of one day at one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DailyFigures {
    /// When the receipts were made, by the shop's calendar.
    pub day: Date,
    /// 0 for none.
    pub branch_id: i64,
    /// 0 for none.
    pub register_id: i64,
    /// What happened.
    pub figures: Figures,
}

/// Counts and sums. A balance's change is `accrued + given + adjusted + settled + restored - redeemed - expired -
/// revoked`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Purchases of clients.
    pub sales: i64,
    /// Their totals as sent.
    pub sales_amount: Money,
    /// Receipts without a client.
    pub receipts: i64,
    /// Their totals.
    pub receipts_amount: Money,
    /// Redemptions without a sale.
    pub redemptions: i64,
    /// Bonuses spent, with and without a sale.
    pub redeemed: Bonus,
    /// Bonuses earned by purchases.
    pub accrued: Bonus,
    /// Gifts: welcome, birthday, referral and the like.
    pub given: Bonus,
    /// Corrections by hand, less what they took.
    pub adjusted: Bonus,
    /// Bonuses burnt.
    pub expired: Bonus,
    /// Returns of goods.
    pub returns: i64,
    /// Their worth.
    pub returned_amount: Money,
    /// Bonuses that returns took back.
    pub revoked: Bonus,
    /// What of them was withheld from the cash instead.
    pub settled: Bonus,
    /// Spent bonuses that returns put back.
    pub restored: Bonus,
    /// Enrolled that day.
    pub new_clients: i64,
    /// Clients with a purchase that day. They don't add up over places or days.
    pub buyers: i64,
    /// Those of them who were enrolled before that day.
    pub returning_buyers: i64,
}

impl Level {
    /// Every level, the widest first.
    pub const ALL: [Self; 3] = [Self::Shop, Self::Branch, Self::Register];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Branch => "branch",
            Self::Register => "register",
        }
    }

    /// Branch and register as this level counts them: 0 for what it does not tell apart.
    pub fn place(self, branch_id: i64, register_id: i64) -> (i64, i64) {
        match self {
            Self::Shop => (0, 0),
            Self::Branch => (branch_id, 0),
            Self::Register => (branch_id, register_id),
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.sales += other.sales;
        self.sales_amount += other.sales_amount;
        self.receipts += other.receipts;
        self.receipts_amount += other.receipts_amount;
        self.redemptions += other.redemptions;
        self.redeemed += other.redeemed;
        self.accrued += other.accrued;
        self.given += other.given;
        self.adjusted += other.adjusted;
        self.expired += other.expired;
        self.returns += other.returns;
        self.returned_amount += other.returned_amount;
        self.revoked += other.revoked;
        self.settled += other.settled;
        self.restored += other.restored;
        self.new_clients += other.new_clients;
        self.buyers += other.buyers;
        self.returning_buyers += other.returning_buyers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_forgets_what_it_does_not_tell_apart() {
        let places = Level::ALL.map(|level| level.place(2, 7));
        assert_eq!(places, [(0, 0), (2, 0), (2, 7)]);
    }
}
