//! The figures of one posted day, counted from what happened (the store's raw rows).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{Bonus, DailyFigures, Date, Figures, Level, Money, Timestamp, Zone};

/// A purchase, or a redemption without one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SaleFact {
    /// Whose.
    pub client_id: i64,
    /// When the client was enrolled.
    pub enrolled_at: Timestamp,
    /// False for a redemption without a sale.
    pub is_purchase: bool,
    /// None for a partner's.
    pub register_id: Option<i64>,
    /// As sent.
    pub total: Money,
    /// Bonuses spent.
    pub redeemed: Bonus,
    /// Bonuses earned.
    pub accrued: Bonus,
    /// Gifts that came with it.
    pub given: Bonus,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// When it was posted.
    pub created_at: Timestamp,
}

/// An entry that belongs to no sale.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntryFact {
    /// As stored: `expiration`.
    pub kind: String,
    /// Signed.
    pub amount: Bonus,
    /// The register of the return that made it, where one did.
    pub register_id: Option<i64>,
}

/// Counts one posted day of a shop. What it is told of twice counts twice.
#[derive(Debug)]
pub struct Recount {
    zone: Zone,
    posted: Date,
    /// The branch of each register.
    branches: HashMap<i64, i64>,
    rows: BTreeMap<(Date, Level, i64, i64), Figures>,
    /// Who has been counted as a buyer: day, level, branch, register, client.
    seen: HashSet<(Date, Level, i64, i64, i64)>,
}

impl Recount {
    /// Begins with nothing. `branches` tells the branch of each register.
    pub fn new(posted: Date, zone: Zone, branches: HashMap<i64, i64>) -> Self {
        Self {
            zone,
            posted,
            branches,
            rows: BTreeMap::new(),
            seen: HashSet::new(),
        }
    }

    /// The first moment of the posted day, and that of the next.
    pub fn bounds(&self) -> (Timestamp, Timestamp) {
        (
            self.posted.starts_at(self.zone),
            self.posted.next().starts_at(self.zone),
        )
    }

    /// The day a receipt belongs to, when that is not the posted one.
    pub fn other_day(&self, at: Timestamp) -> Option<Date> {
        Some(Date::at(at, self.zone)).filter(|day| *day != self.posted)
    }

    /// The client bought there that day, and another posted day has counted it.
    pub fn known_buyer(&mut self, day: Date, client_id: i64, register_id: Option<i64>) {
        for (level, branch, register) in self.places(register_id) {
            self.seen.insert((day, level, branch, register, client_id));
        }
    }

    /// A sale or redemption of the posted day, counted in its own.
    pub fn sale(&mut self, sale: &SaleFact) {
        let day = Date::at(sale.sale_at, self.zone);
        let mut figures = Figures {
            redeemed: sale.redeemed,
            accrued: sale.accrued,
            given: sale.given,
            ..Figures::default()
        };
        match sale.is_purchase {
            true => (figures.sales, figures.sales_amount) = (1, sale.total),
            false => figures.redemptions = 1,
        }
        let is_returning = sale.enrolled_at < day.starts_at(self.zone);
        for (level, branch, register) in self.places(sale.register_id) {
            let is_new_here =
                sale.is_purchase && self.seen.insert((day, level, branch, register, sale.client_id));
            figures.buyers = i64::from(is_new_here);
            figures.returning_buyers = i64::from(is_new_here && is_returning);
            *self.rows.entry((day, level, branch, register)).or_default() += figures;
        }
    }

    /// A receipt without a client, counted in its own day.
    pub fn receipt(&mut self, register_id: i64, total: Money, at: Timestamp) {
        let figures = Figures {
            receipts: 1,
            receipts_amount: total,
            ..Figures::default()
        };
        self.add(Date::at(at, self.zone), Some(register_id), figures);
    }

    /// A return: its worth. What it did to bonuses are its entries.
    pub fn returned(&mut self, register_id: Option<i64>, amount: Money) {
        let figures = Figures {
            returns: 1,
            returned_amount: amount,
            ..Figures::default()
        };
        self.add(self.posted, register_id, figures);
    }

    /// An entry without a sale.
    pub fn entry(&mut self, entry: &EntryFact) {
        let mut figures = Figures::default();
        let amount = entry.amount;
        match entry.kind.as_str() {
            "adjustment" => figures.adjusted = amount,
            "expiration" => figures.expired = -amount,
            "settlement" => figures.settled = amount,
            "restoration" => figures.restored = amount,
            // Of a purchase's bonuses by its return, or of an inviter's for a purchase that was returned.
            "revocation" => figures.revoked = -amount,
            _ => figures.given = amount,
        }
        self.add(self.posted, entry.register_id, figures);
    }

    /// So many clients were enrolled there.
    pub fn enrolled(&mut self, register_id: Option<i64>, clients: i64) {
        let figures = Figures {
            new_clients: clients,
            ..Figures::default()
        };
        self.add(self.posted, register_id, figures);
    }

    /// What was counted, by day, level and place.
    pub fn finish(self) -> Vec<(Level, DailyFigures)> {
        let row = |((day, level, branch_id, register_id), figures)| {
            let row = DailyFigures {
                day,
                branch_id,
                register_id,
                figures,
            };
            (level, row)
        };
        self.rows.into_iter().map(row).collect()
    }

    fn add(&mut self, day: Date, register_id: Option<i64>, figures: Figures) {
        for (level, branch, register) in self.places(register_id) {
            *self.rows.entry((day, level, branch, register)).or_default() += figures;
        }
    }

    fn places(&self, register_id: Option<i64>) -> [(Level, i64, i64); 3] {
        let register = register_id.unwrap_or(0);
        let branch = self.branches.get(&register).copied().unwrap_or(0);
        Level::ALL.map(|level| {
            let (branch, register) = level.place(branch, register);
            (level, branch, register)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_780_651_800_000;
    const DAY: i64 = 86_400_000;

    fn sales() -> impl Strategy<Value = Vec<SaleFact>> {
        let sale = (
            1_i64..6,
            0_i64..5,
            1_i64..1000,
            -3_i64..1,
            any::<bool>(),
            0_i64..3,
        );
        let sale = sale.prop_map(
            |(client_id, register, total, day, is_purchase, enrolled)| SaleFact {
                client_id,
                enrolled_at: Timestamp::from_millis(NOON - enrolled * DAY),
                is_purchase,
                register_id: (register > 0).then_some(register),
                total: Money::from_hundredths(total),
                redeemed: Bonus::from_hundredths(total / 10),
                accrued: Bonus::from_hundredths(total / 20),
                given: Bonus::ZERO,
                sale_at: Timestamp::from_millis(NOON + day * DAY),
                created_at: Timestamp::from_millis(NOON),
            },
        );
        proptest::collection::vec(sale, 0..40)
    }

    proptest! {
        #[test]
        fn every_level_counts_everything_and_people_once(sales in sales()) {
            let posted = Date::at(Timestamp::from_millis(NOON), Zone::DUSHANBE);
            let mut recount = Recount::new(posted, Zone::DUSHANBE, HashMap::from([(1, 1), (2, 1), (3, 2), (4, 2)]));
            sales.iter().for_each(|sale| recount.sale(sale));
            let rows = recount.finish();
            for level in Level::ALL {
                let mut all = Figures::default();
                rows.iter().filter(|(of, _)| *of == level).for_each(|(_, row)| all += row.figures);
                let purchases = sales.iter().filter(|sale| sale.is_purchase).count();
                prop_assert_eq!(usize::try_from(all.sales).unwrap(), purchases);
                prop_assert_eq!(all.sales + all.redemptions, i64::try_from(sales.len()).unwrap());
                prop_assert_eq!(all.redeemed.hundredths(), sales.iter().map(|sale| sale.redeemed.hundredths()).sum::<i64>());
                let people: HashSet<_> = sales
                    .iter()
                    .filter(|sale| sale.is_purchase)
                    .map(|sale| {
                        let register = sale.register_id.unwrap_or(0);
                        (sale.sale_at.millis(), level.place((register + 1) / 2, register), sale.client_id)
                    })
                    .collect();
                prop_assert_eq!(usize::try_from(all.buyers).unwrap(), people.len());
                prop_assert!(all.returning_buyers <= all.buyers);
            }
        }
    }
}
