//! What other rules would have given on sales that were made: the same decisions on the same receipts, nothing posted.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::{Account, Line, Posting, SaleContext, SaleRequest, Task, decide_sale};
use crate::model::{
    Bonus, EntryKind, Explanation, Goods, Money, Programme, Promotion, RedeemMode, TierBasis, Timestamp,
    Zone, share,
};

/// Days that count for a tier by the spending of a year.
const YEAR_DAYS: i64 = 365;

/// A sale that was made, as far as rules look at it.
#[derive(Clone, Debug)]
pub struct PastSale {
    /// As the register sent it.
    pub total: Money,
    /// Before bonuses.
    pub gross: Money,
    /// Spent on the whole order.
    pub redeemed: Bonus,
    /// What it earned in fact, less what returns revoked.
    pub accrued: Bonus,
    /// Brought back.
    pub returned: Money,
    /// How the register booked bonuses.
    pub mode: RedeemMode,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// When it was posted.
    pub created_at: Timestamp,
    /// Where; none: by a partner.
    pub branch_id: Option<i64>,
    /// Where; none: by a partner.
    pub register_id: Option<i64>,
    /// Its positions.
    pub lines: Vec<Line>,
}

/// What one rule would have given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RuleCost {
    /// `base`, `promotion`, `welcome`, `birthday`, `referral_invitee`, …
    pub rule: &'static str,
    /// Of the tier or the promotion.
    pub name: Option<String>,
    /// Given.
    pub given: Bonus,
    /// How often.
    pub times: i64,
    /// To how many clients.
    pub clients: i64,
}

/// What the rules would have come to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Simulation {
    /// Sales looked at.
    pub sales: i64,
    /// Of them, those below the minimum purchase, which would have been refused.
    pub refused: i64,
    /// Clients who would have got something.
    pub clients: i64,
    /// Given in all; in the shop's currency it is as much.
    pub given: Bonus,
    /// What those sales earned in fact.
    pub earned_in_fact: Bonus,
    /// Rule by rule, the largest first.
    pub rules: Vec<RuleCost>,
}

/// Replays sales, client by client.
pub struct Simulator {
    programme: Programme,
    promotions: Vec<Promotion>,
    /// What segments of the promotions ask about.
    goods: HashSet<Goods>,
    zone: Zone,
    /// Sales before it only tell what came before.
    from: Timestamp,
    so_far: Simulation,
    rules: BTreeMap<(&'static str, Option<String>), Tally>,
    touched: HashSet<i64>,
    /// Invitees that each inviter was rewarded for.
    invited: HashMap<i64, i64>,
}

#[derive(Default)]
struct Tally {
    given: Bonus,
    times: i64,
    clients: HashSet<i64>,
}

/// A client whose sales are replayed, in as many parts as the caller likes: what the next one depends on, and no more.
pub struct Replay {
    account: Account,
    had: HashMap<i64, i64>,
    /// Of the goods that somebody asks about.
    bought: HashMap<Goods, Timestamp>,
    year: YearBefore,
}

impl Replay {
    /// A client as it was before the first sale that is replayed.
    pub fn of(account: Account) -> Self {
        Self {
            account,
            had: HashMap::new(),
            bought: HashMap::new(),
            year: YearBefore::default(),
        }
    }
}

impl Simulator {
    /// Of sales from this moment on.
    pub fn new(programme: &Programme, promotions: &[Promotion], zone: Zone, from: Timestamp) -> Self {
        Self {
            programme: programme.clone(),
            promotions: promotions.to_vec(),
            goods: promotions.iter().flat_map(Promotion::goods).cloned().collect(),
            zone,
            from,
            so_far: Simulation::default(),
            rules: BTreeMap::new(),
            touched: HashSet::new(),
            invited: HashMap::new(),
        }
    }

    /// Replays the next of a client's sales, in the order in which they were posted.
    pub fn replay<'s>(&mut self, client: &mut Replay, sales: impl IntoIterator<Item = &'s PastSale>) {
        let by_year = self.programme.tier_basis == TierBasis::TwelveMonths;
        for sale in sales {
            let left = sale.total - sale.returned;
            if by_year {
                client.account.spent.year = client.year.before(sale.created_at);
                client.year.add(sale.created_at, left);
            }
            if sale.created_at >= self.from {
                self.sale(client, sale);
            }
            self.note_goods(&mut client.bought, sale);
            let account = &mut client.account;
            account.spent.total += left;
            account.sales_count += 1;
            account.last_visit_at = Some(sale.created_at);
            account.last_purchase_at = Some(sale.created_at);
        }
    }

    /// A gift that comes without a purchase.
    pub fn gift(&mut self, rule: &'static str, client_id: i64, amount: Bonus) {
        self.count((rule, None), client_id, amount);
    }

    /// The figures.
    pub fn finish(self) -> Simulation {
        let rule = |((rule, name), tally): ((&'static str, Option<String>), Tally)| RuleCost {
            rule,
            name,
            given: tally.given,
            times: tally.times,
            clients: tally.clients.len() as i64,
        };
        let mut rules: Vec<RuleCost> = self.rules.into_iter().map(rule).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.given));
        Simulation {
            clients: self.touched.len() as i64,
            given: rules.iter().map(|rule| rule.given).sum(),
            rules,
            ..self.so_far
        }
    }

    fn sale(&mut self, client: &mut Replay, sale: &PastSale) {
        self.so_far.sales += 1;
        self.so_far.earned_in_fact += sale.accrued;
        // Lent for the decision: copied for each of very many sales they would cost more than all the rest.
        let context = SaleContext {
            promotions: self.promotions.as_slice().into(),
            already_redeemed: sale.redeemed,
            branch_id: sale.branch_id,
            register_id: sale.register_id,
            bought: std::mem::take(&mut client.bought),
            had: std::mem::take(&mut client.had),
            ..SaleContext::plain(&self.programme, self.zone)
        };
        let decided = decide_sale(&client.account, &context, &request(sale), sale.created_at);
        SaleContext {
            bought: client.bought,
            had: client.had,
            ..
        } = context;
        let Ok(posting) = decided else {
            self.so_far.refused += 1;
            return;
        };
        for used in &posting.uses {
            *client.had.entry(used.promotion_id).or_default() += i64::from(used.per_client);
            let promotion = self.promotions.iter_mut().find(|one| one.id == used.promotion_id);
            if let Some(promotion) = promotion.filter(|_| used.in_all.is_some()) {
                promotion.used += 1;
            }
        }
        self.take_in(client.account.client_id, sale, &posting);
    }

    fn note_goods(&self, bought: &mut HashMap<Goods, Timestamp>, sale: &PastSale) {
        if self.goods.is_empty() {
            return;
        }
        for line in &sale.lines {
            let sku = line.sku.clone().map(Goods::Sku);
            let category = line.category_code.clone().map(Goods::Category);
            let asked = sku
                .into_iter()
                .chain(category)
                .filter(|goods| self.goods.contains(goods));
            bought.extend(asked.map(|goods| (goods, sale.created_at)));
        }
    }

    /// What was returned takes its share of the accrual with it; a purchase returned whole takes its gifts too.
    fn take_in(&mut self, client_id: i64, sale: &PastSale, posting: &Posting) {
        let kept = (sale.total - sale.returned).or_zero().hundredths();
        let of_kept =
            |sum: Bonus| Bonus::from_hundredths(share(sum.hundredths(), kept, sale.total.hundredths()));
        for entry in &posting.entries {
            match &entry.explanation {
                Explanation::Accrual { tier, promotions, .. } => {
                    let extra: Bonus = promotions.iter().map(|applied| of_kept(applied.extra)).sum();
                    let base = of_kept(entry.amount) - extra;
                    self.count(("base", Some(tier.clone())), client_id, base);
                    for applied in promotions {
                        let rule = ("promotion", Some(applied.name.clone()));
                        self.count(rule, client_id, of_kept(applied.extra));
                    }
                }
                _ if kept > 0 && entry.kind != EntryKind::Redemption => {
                    self.count((entry.kind.as_str(), None), client_id, entry.amount);
                }
                _ => {}
            }
        }
        for follow_up in posting.follow_ups.iter().filter(|_| kept > 0) {
            if let Task::RewardInviter { bonus, most, .. } = follow_up.task {
                let rewarded = self.invited.entry(follow_up.client_id).or_default();
                if most.is_none_or(|most| *rewarded < most) {
                    *rewarded += 1;
                    self.count(("referral_inviter", None), follow_up.client_id, bonus);
                }
            }
        }
    }

    fn count(&mut self, rule: (&'static str, Option<String>), client_id: i64, amount: Bonus) {
        if !amount.is_positive() {
            return;
        }
        let tally = self.rules.entry(rule).or_default();
        tally.given += amount;
        tally.times += 1;
        tally.clients.insert(client_id);
        self.touched.insert(client_id);
    }
}

/// What was spent within the year before a moment that moves on.
#[derive(Default)]
struct YearBefore {
    spent: Money,
    /// The oldest first.
    sales: VecDeque<(Timestamp, Money)>,
}

impl YearBefore {
    /// As of `at`, which is never before the last one asked for.
    fn before(&mut self, at: Timestamp) -> Money {
        let from = at.plus_days(-YEAR_DAYS);
        while let Some((_, left)) = self.sales.pop_front_if(|(made_at, _)| *made_at <= from) {
            self.spent -= left;
        }
        self.spent
    }

    fn add(&mut self, at: Timestamp, left: Money) {
        self.spent += left;
        self.sales.push_back((at, left));
    }
}

fn request(sale: &PastSale) -> SaleRequest {
    SaleRequest {
        total: sale.total,
        gross: Some(sale.gross),
        redeem: Bonus::ZERO,
        mode: sale.mode,
        external_id: None,
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: Some(sale.sale_at),
        lines: sale.lines.clone(),
    }
}
