//! Keeps the sums while a posting grows, so that no `decide_*` can leave an account that does not add up.

use super::{Account, ChangedLot, Figures, FollowUp, LotRef, Lots, OpenedLot, PostedEntry, Posting, Task};
use crate::model::{Bonus, EntryKind, Explanation, Lot, LotKind, Timestamp};

/// An account being changed.
pub(super) struct Book {
    posting: Posting,
    lots: Lots,
    /// Taken so far from whatever lots there are.
    taken: Bonus,
}

impl Book {
    /// Opens the account's book at `now`.
    pub fn open(account: &Account, now: Timestamp) -> Self {
        let posting = Posting {
            client_id: account.client_id,
            version: account.version,
            at: now,
            figures: Figures {
                balance: account.balance,
                spent: account.spent,
                year_from: account.year_from,
                sales_count: account.sales_count,
                entry_number: account.entry_number,
                sale_number: account.sale_number,
                last_visit_at: account.last_visit_at,
                last_purchase_at: account.last_purchase_at,
            },
            opened: Vec::new(),
            changed: Vec::new(),
            entries: Vec::new(),
            sale: None,
            returned: None,
            uses: Vec::new(),
            follow_ups: Vec::new(),
        };
        Self {
            posting,
            lots: account.lots.clone(),
            taken: Bonus::ZERO,
        }
    }

    /// The balance so far.
    pub fn balance(&self) -> Bonus {
        self.posting.figures.balance
    }

    /// The lots as they are so far.
    pub fn lots(&self) -> &Lots {
        &self.lots
    }

    /// The figures, for what is not a bonus.
    pub fn figures(&mut self) -> &mut Figures {
        &mut self.posting.figures
    }

    /// What an incoming `amount` pays of a debt (ruling 21).
    pub fn debt_paid_by(&self, amount: Bonus) -> Bonus {
        amount.min((-self.balance()).or_zero())
    }

    /// Earns `amount` in a new lot; a debt is paid out of it first.
    pub fn earn(
        &mut self,
        kind: (EntryKind, LotKind),
        amount: Bonus,
        (available_at, expires_at): (Timestamp, Timestamp),
        explanation: Explanation,
    ) {
        let remaining = amount - self.debt_paid_by(amount);
        let place = self.posting.opened.len();
        self.posting.opened.push(OpenedLot {
            id: 0,
            kind: kind.1,
            amount,
            remaining,
            available_at,
            expires_at,
        });
        self.write(
            kind.0,
            amount,
            explanation,
            vec![(LotRef::Opened(place), remaining)],
        );
    }

    /// Gives a gift, available at once, that may be given once alone for this cause.
    pub fn give(
        &mut self,
        kind: (EntryKind, LotKind),
        amount: Bonus,
        expires_at: Timestamp,
        cause: Option<String>,
        explanation: Explanation,
    ) {
        let now = self.posting.at;
        self.earn(kind, amount, (now, expires_at), explanation);
        if let Some(entry) = self.posting.entries.last_mut() {
            entry.cause = cause;
        }
    }

    /// Takes back `amount`: out of `own` first, then out of any lot; what they do not cover becomes a debt.
    pub fn revoke(
        &mut self,
        amount: Bonus,
        own: Option<i64>,
        cause: Option<String>,
        explanation: Explanation,
    ) {
        self.taken += amount;
        self.lots.assert_taking(self.taken);
        let mut parts = self.lots.take(amount, |lot| Some(lot.id) != own);
        let from_own: Bonus = parts.iter().map(|(_, part)| *part).sum();
        parts.extend(self.lots.take(amount - from_own, |lot| Some(lot.id) == own));
        self.lose(EntryKind::Revocation, amount, &parts, explanation);
        if let Some(entry) = self.posting.entries.last_mut() {
            entry.cause = cause;
        }
    }

    /// Notes what another account has to get.
    pub fn follow_up(&mut self, client_id: i64, task: Task) {
        self.posting.follow_ups.push(FollowUp {
            id: 0,
            client_id,
            task,
        });
    }

    /// Loses `amount`, out of these parts of lots; what they do not cover becomes a debt.
    pub fn lose(&mut self, kind: EntryKind, amount: Bonus, parts: &[(i64, Bonus)], explanation: Explanation) {
        for (id, part) in parts {
            self.change(*id, -*part);
        }
        let lots = parts
            .iter()
            .map(|(id, part)| (LotRef::Known(*id), -*part))
            .collect();
        self.write(kind, -amount, explanation, lots);
    }

    /// Gains `amount` without a lot: pays a debt, no more.
    pub fn settle(&mut self, amount: Bonus, explanation: Explanation) {
        debug_assert!(amount <= (-self.balance()).or_zero(), "a settlement pays a debt");
        self.write(EntryKind::Settlement, amount, explanation, Vec::new());
    }

    /// Puts `parts` back into older lots, a debt first. What came from a lot that is past its date becomes a lot of its
    /// own that lives until `expired_until`: whatever else is left in the old one burns as ever (ruling 29).
    pub fn restore(
        &mut self,
        amount: Bonus,
        parts: Vec<(Lot, Bonus)>,
        expired_until: Timestamp,
        explanation: Explanation,
    ) {
        let mut debt = self.debt_paid_by(amount);
        let mut lots = Vec::new();
        for (lot, part) in parts {
            let to_debt = part.min(debt);
            debt -= to_debt;
            let kept = part - to_debt;
            if !kept.is_positive() {
                continue;
            }
            if lot.expires_at <= self.posting.at {
                lots.push((self.revive(lot.kind, kept, expired_until), kept));
                continue;
            }
            let id = lot.id;
            self.lots.add(lot);
            self.change(id, kept);
            lots.push((LotRef::Known(id), kept));
        }
        self.write(EntryKind::Restoration, amount, explanation, lots);
    }

    /// The finished posting.
    pub fn close(mut self) -> Posting {
        let (posting, lots) = (&mut self.posting, &self.lots);
        for changed in &mut posting.changed {
            let lot = lots
                .iter()
                .find(|lot| lot.id == changed.id)
                .expect("a changed lot is a known one");
            changed.remaining = lot.remaining;
        }
        self.posting
    }

    fn revive(&mut self, kind: LotKind, amount: Bonus, expires_at: Timestamp) -> LotRef {
        let place = self.posting.opened.len();
        self.posting.opened.push(OpenedLot {
            id: 0,
            kind,
            amount,
            remaining: amount,
            available_at: self.posting.at,
            expires_at,
        });
        LotRef::Opened(place)
    }

    fn change(&mut self, id: i64, by: Bonus) {
        let lot = self.lots.find_mut(id).expect("a part names a known lot");
        if !self.posting.changed.iter().any(|changed| changed.id == id) {
            let changed = ChangedLot {
                id,
                before: lot.remaining,
                remaining: lot.remaining,
            };
            self.posting.changed.push(changed);
        }
        lot.remaining += by;
        assert!(
            Bonus::ZERO <= lot.remaining && lot.remaining <= lot.amount,
            "a lot is between nothing and its amount"
        );
    }

    fn write(
        &mut self,
        kind: EntryKind,
        amount: Bonus,
        explanation: Explanation,
        lots: Vec<(LotRef, Bonus)>,
    ) {
        let figures = &mut self.posting.figures;
        figures.balance += amount;
        figures.entry_number += 1;
        let lots = lots.into_iter().filter(|(_, part)| !part.is_zero()).collect();
        self.posting.entries.push(PostedEntry {
            id: 0,
            number: figures.entry_number,
            kind,
            amount,
            balance_after: figures.balance,
            explanation,
            cause: None,
            lots,
        });
    }
}
