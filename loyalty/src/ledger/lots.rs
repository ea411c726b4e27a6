//! The open lots that were read of an account, and what they are enough for. A house card has ninety thousand of them;
//! hardly any decision needs more than a few.

use std::ops::Deref;

use crate::model::{Bonus, Lot, Timestamp};
use crate::rules::redemption::{Available, take};

/// Open lots of an account. They say what may be decided on them: a decision that needs more does not go on.
#[derive(Clone, Debug, Default)]
pub struct Lots {
    lots: Vec<Lot>,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, Default)]
enum Reach {
    #[default]
    Nothing,
    All,
    Burning(Timestamp),
    Spending(Bonus, Available),
    Taking(Bonus),
}

impl Lots {
    /// None were read: enough for whatever only earns.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every open lot: enough for anything.
    pub fn all(lots: Vec<Lot>) -> Self {
        Self {
            lots,
            reach: Reach::All,
        }
    }

    /// At least those whose date is `until` or before: enough to burn them.
    pub fn burning(lots: Vec<Lot>, until: Timestamp) -> Self {
        Self {
            lots,
            reach: Reach::Burning(until),
        }
    }

    /// Those that are spent first at the moment of reading, enough to spend `amount` with or without welcome bonuses, and
    /// what all open lots come to then.
    pub fn spending(lots: Vec<Lot>, amount: Bonus, available: Available) -> Self {
        Self {
            lots,
            reach: Reach::Spending(amount, available),
        }
    }

    /// Those that burn first, held and expired ones too, enough to take `amount`; and any that were named beside them.
    pub fn taking(lots: Vec<Lot>, amount: Bonus) -> Self {
        Self {
            lots,
            reach: Reach::Taking(amount),
        }
    }

    /// What all open lots come to at `now`, when they are enough to spend `amount` then.
    pub(super) fn available(&self, amount: Bonus, now: Timestamp) -> Available {
        match self.reach {
            Reach::All => Available::of(&self.lots, now),
            Reach::Spending(enough, available) => {
                assert!(amount <= enough, "lots were read to spend less");
                available
            }
            _ => panic!("lots were not read to spend of them"),
        }
    }

    /// What gives `amount`, whatever hold or date it has: less in all when there is less.
    pub(super) fn take(&self, amount: Bonus, is_left_out: impl Fn(&Lot) -> bool) -> Vec<(i64, Bonus)> {
        take(self.lots.iter().filter(|lot| !is_left_out(lot)), amount)
    }

    /// Whether they are enough to take `amount` in all.
    pub(super) fn assert_taking(&self, amount: Bonus) {
        match self.reach {
            Reach::All => {}
            Reach::Taking(enough) if amount <= enough => {}
            _ => panic!("lots were not read to take {amount} of them"),
        }
    }

    /// Those whose date is `until` or before.
    pub(super) fn until(&self, until: Timestamp) -> impl Iterator<Item = &Lot> {
        match self.reach {
            Reach::All => {}
            Reach::Burning(read) if until <= read => {}
            _ => panic!("lots were not read to burn them"),
        }
        self.lots.iter().filter(move |lot| lot.expires_at <= until)
    }

    pub(super) fn find_mut(&mut self, id: i64) -> Option<&mut Lot> {
        self.lots.iter_mut().find(|lot| lot.id == id)
    }

    /// One that is known from elsewhere.
    pub(super) fn add(&mut self, lot: Lot) {
        if !self.lots.iter().any(|known| known.id == lot.id) {
            self.lots.push(lot);
        }
    }
}

impl Deref for Lots {
    type Target = [Lot];

    fn deref(&self) -> &[Lot] {
        &self.lots
    }
}
