//! The model: what the rules say, in plain numbers of hundredths and milliseconds. It shares no code with the ledger.

/// Hundredths that never change in these histories.
pub const WELCOME: i64 = 1_000;
pub const WELCOME_NEEDS: i64 = 5_000;
pub const BIRTHDAY: i64 = 2_500;
pub const INVITER: i64 = 2_000;
pub const INVITEE: i64 = 1_000;
const DAY: i64 = 86_400_000;
/// Days that bonuses live here, and days that those of a birthday and those that were restored late live.
pub const LIFE: i64 = 5;
pub const LONG_LIFE: i64 = 30;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Held,
    Welcome,
    Plain,
}

#[derive(Clone, Copy, Debug)]
pub struct Lot {
    kind: Kind,
    left: i64,
    available_at: i64,
    expires_at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Order {
    pub name: String,
    pub total: i64,
    pub accrued: i64,
    pub returned: i64,
    revoked: i64,
    is_purchase: bool,
    accrual_lot: Option<usize>,
    /// Amount and lot of what the invitation gave.
    gift: Option<(i64, usize)>,
    /// Lot, what was taken, what was given back.
    spent: Vec<(usize, i64, i64)>,
}

impl Order {
    pub fn of(name: String, total: i64) -> Self {
        Self {
            name,
            total,
            ..Self::default()
        }
    }

    pub fn redeemed(&self) -> i64 {
        self.spent.iter().map(|(_, taken, _)| taken).sum()
    }

    fn restored(&self) -> i64 {
        self.spent.iter().map(|(_, _, back)| back).sum()
    }
}

/// A client as the model knows it.
#[derive(Clone, Debug, Default)]
pub struct Naive {
    pub balance: i64,
    spent: i64,
    purchases: i64,
    /// Uses of the promotion that is limited per client.
    bread: i64,
    pub orders: Vec<Order>,
    lots: Vec<Lot>,
    /// The lot of the reward for a friend.
    pub reward: Option<usize>,
}

fn half_up(amount: i64, part: i64, whole: i64) -> i64 {
    (2 * amount * part + whole).div_euclid(2 * whole)
}

impl Naive {
    /// Basis points of the demo shop's tiers.
    fn percent(&self) -> i64 {
        match self.spent {
            2_000_000.. => 1000,
            500_000.. => 700,
            _ => 500,
        }
    }

    /// Earns, paying a debt first; which lot.
    pub fn earn(&mut self, kind: Kind, amount: i64, now: i64, days: i64) -> usize {
        let debt = (-self.balance).max(0).min(amount);
        self.balance += amount;
        self.lots.push(Lot {
            kind,
            left: amount - debt,
            available_at: now + if kind == Kind::Held { 1000 } else { 0 },
            expires_at: now + days * DAY,
        });
        self.lots.len() - 1
    }

    /// What may still be spent on an order.
    pub fn may_spend(&self, order: &Order, now: i64) -> i64 {
        let lots = self.lots.iter().filter(|lot| spendable(lot, order.total, now));
        let redeemable: i64 = lots.map(|lot| lot.left).sum();
        redeemable.min(half_up(order.total, 3000, 10_000) - order.redeemed())
    }

    pub fn redeem(&mut self, order: &mut Order, amount: i64, now: i64) {
        let total = order.total;
        for (lot, part) in self.take(amount, |_, lot| spendable(lot, total, now)) {
            match order.spent.iter_mut().find(|(known, ..)| *known == lot) {
                Some((_, taken, _)) => *taken += part,
                None => order.spent.push((lot, part, 0)),
            }
        }
        let lots = &self.lots;
        order.spent.sort_by_key(|(lot, ..)| (lots[*lot].expires_at, *lot));
        self.balance -= amount;
    }

    /// A purchase, whose bread and dairy earn more; whether the limited promotion was had.
    pub fn buy(&mut self, order: &mut Order, dairy: i64, bread_is_left: bool, now: i64) -> bool {
        let (percent, paid) = (self.percent(), order.total - order.redeemed());
        let dairy = half_up(paid, dairy, order.total);
        let has_bread = bread_is_left && self.bread < 2;
        let bread = if has_bread {
            half_up(2 * (paid - dairy), percent, 10_000)
        } else {
            0
        };
        let accrued = half_up(paid, percent, 10_000) + half_up(dairy, percent, 10_000) + bread;
        order.accrual_lot = Some(self.earn(Kind::Held, accrued, now, LIFE));
        if self.purchases == 0 {
            order.gift = Some((INVITEE, self.earn(Kind::Plain, INVITEE, now, LIFE)));
        }
        (order.accrued, order.is_purchase) = (accrued, true);
        self.bread += i64::from(bread > 0);
        self.spent += order.total;
        self.purchases += 1;
        bread > 0
    }

    /// Brings goods worth `amount` back; the shortage, which is settled.
    pub fn give_back(&mut self, number: usize, amount: i64, now: i64) -> i64 {
        let mut order = self.orders[number].clone();
        let returned = order.returned + amount;
        let revoke = half_up(order.accrued, returned, order.total) - order.revoked;
        let restore = half_up(order.redeemed(), returned, order.total) - order.restored();
        let gift = order.gift.filter(|_| returned == order.total);
        let shortage = (revoke + gift.map_or(0, |(given, _)| given) - self.balance.max(0)).max(0);
        self.revoke(revoke, order.accrual_lot);
        if let Some((given, lot)) = gift {
            self.revoke(given, Some(lot));
        }
        self.balance += shortage;
        self.restore(&mut order, restore, now);
        if order.is_purchase {
            self.spent -= amount;
        }
        (order.returned, order.revoked) = (returned, order.revoked + revoke);
        self.orders[number] = order;
        shortage
    }

    pub fn revoke(&mut self, amount: i64, own: Option<usize>) {
        let of_own: i64 = self
            .take(amount, |place, _| Some(place) == own)
            .iter()
            .map(|(_, part)| part)
            .sum();
        self.take(amount - of_own, |_, _| true);
        self.balance -= amount;
    }

    fn restore(&mut self, order: &mut Order, amount: i64, now: i64) {
        let (mut missing, mut debt) = (amount, (-self.balance).max(0).min(amount));
        for (lot, taken, back) in order.spent.iter_mut().rev() {
            let part = (*taken - *back).min(missing);
            let kept = part - part.min(debt);
            debt -= part - kept;
            missing -= part;
            *back += part;
            let old = self.lots[*lot];
            if old.expires_at > now {
                self.lots[*lot].left += kept;
            } else if kept > 0 {
                let expires_at = now + LONG_LIFE * DAY;
                self.lots.push(Lot {
                    left: kept,
                    available_at: now,
                    expires_at,
                    ..old
                });
            }
        }
        assert_eq!(missing, 0);
        self.balance += amount;
    }

    /// A correction; false when it takes more than there is.
    pub fn adjust(&mut self, amount: i64, now: i64) -> bool {
        if amount > 0 {
            self.earn(Kind::Plain, amount, now, LIFE);
            return true;
        }
        if -amount > self.balance.max(0) {
            return false;
        }
        self.take(-amount, |_, _| true);
        self.balance += amount;
        true
    }

    /// Burns what is past its date at `until`.
    pub fn burn(&mut self, until: i64) {
        for lot in self.lots.iter_mut().filter(|lot| lot.expires_at <= until) {
            self.balance -= lot.left;
            lot.left = 0;
        }
    }

    /// Takes from these lots, what burns first first: which, and how much of each.
    fn take(&mut self, amount: i64, from: impl Fn(usize, &Lot) -> bool) -> Vec<(usize, i64)> {
        let mut order: Vec<usize> = (0..self.lots.len())
            .filter(|place| from(*place, &self.lots[*place]))
            .collect();
        order.sort_by_key(|place| (self.lots[*place].expires_at, *place));
        let mut missing = amount;
        let mut taken = Vec::new();
        for place in order {
            let part = self.lots[place].left.min(missing);
            if part > 0 {
                self.lots[place].left -= part;
                missing -= part;
                taken.push((place, part));
            }
        }
        taken
    }
}

fn spendable(lot: &Lot, total: i64, now: i64) -> bool {
    let counts = lot.kind != Kind::Welcome || total >= WELCOME_NEEDS;
    counts && lot.available_at <= now && now < lot.expires_at
}
