//! What a client buys, by the lines of receipts, and does not buy, by what comes back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ledger::Line;
use crate::model::{Goods, Money, StockItem, Timestamp, share};

/// A purchase, as interests look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Whose.
    pub client_id: i64,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// Its positions.
    pub lines: Vec<Line>,
}

/// How often a client bought something, and when last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bought {
    /// Receipts with it.
    pub times: i64,
    /// The newest of them.
    pub last_at: Timestamp,
}

/// Parts of one receipt that returns lower it by.
pub const PARTS: i64 = 10_000;

/// Goods of a receipt that came back. Which of them is not told, so that each is lowered by the same share.
#[derive(Clone, Debug, PartialEq)]
pub struct Comeback {
    /// The receipt.
    pub purchase: Purchase,
    /// Its sum.
    pub total: Money,
    /// Worth of what came back before.
    pub earlier: Money,
    /// Worth of what came back now.
    pub amount: Money,
}

/// By how much an interest is lowered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lowered {
    /// [`PARTS`] of receipts.
    pub parts: i64,
    /// The newest of the receipts that are back as a whole; none: something was kept of each.
    pub whole_at: Option<Timestamp>,
}

impl Comeback {
    /// The [`PARTS`] of the receipt that came back now; all returns of a receipt together come to no more than all.
    fn parts(&self) -> i64 {
        let of = |returned: Money| share(PARTS, returned.hundredths(), self.total.hundredths());
        of(self.earlier + self.amount) - of(self.earlier)
    }

    fn is_whole(&self) -> bool {
        self.earlier + self.amount >= self.total
    }
}

/// Whose interest in what.
pub type Interest = (i64, Goods);

/// Counts each receipt once for each of its articles, categories and tags. A line's own category goes before that of
/// its article in stock, which alone has tags.
pub fn count(purchases: &[Purchase], stock: &HashMap<String, StockItem>) -> BTreeMap<Interest, Bought> {
    let mut counted: BTreeMap<Interest, Bought> = BTreeMap::new();
    for purchase in purchases {
        for goods in purchase.goods(stock) {
            let bought = counted.entry((purchase.client_id, goods)).or_insert(Bought {
                times: 0,
                last_at: purchase.sale_at,
            });
            bought.times += 1;
            bought.last_at = bought.last_at.max(purchase.sale_at);
        }
    }
    counted
}

/// Lowers what [`count`] has counted by what came back.
pub fn lower(comebacks: &[Comeback], stock: &HashMap<String, StockItem>) -> BTreeMap<Interest, Lowered> {
    let mut lowered: BTreeMap<Interest, Lowered> = BTreeMap::new();
    for comeback in comebacks {
        let whole_at = comeback.is_whole().then_some(comeback.purchase.sale_at);
        for goods in comeback.purchase.goods(stock) {
            let known = lowered.entry((comeback.purchase.client_id, goods)).or_default();
            known.parts += comeback.parts();
            known.whole_at = known.whole_at.max(whole_at);
        }
    }
    lowered
}

/// The newest of these receipts with each of the goods that are asked for.
pub fn newest(
    receipts: &[Purchase],
    wanted: &BTreeSet<Goods>,
    stock: &HashMap<String, StockItem>,
) -> BTreeMap<Goods, Timestamp> {
    let mut found: BTreeMap<Goods, Timestamp> = BTreeMap::new();
    for receipt in receipts {
        for goods in receipt.goods(stock) {
            if wanted.contains(&goods) {
                let last_at = found.entry(goods).or_insert(receipt.sale_at);
                *last_at = receipt.sale_at.max(*last_at);
            }
        }
    }
    found
}

impl Purchase {
    /// Its articles, categories and tags, each once.
    fn goods(&self, stock: &HashMap<String, StockItem>) -> BTreeSet<Goods> {
        self.lines.iter().flat_map(|line| goods_of(line, stock)).collect()
    }
}

fn goods_of(line: &Line, stock: &HashMap<String, StockItem>) -> impl Iterator<Item = Goods> {
    let sku = named(line.sku.as_deref());
    let item = sku.as_ref().and_then(|sku| stock.get(sku));
    let category = named(line.category_code.as_deref())
        .or_else(|| named(item.and_then(|item| item.category_code.as_deref())));
    let tag = named(item.and_then(|item| item.interest_tag.as_deref()));
    let goods = [
        sku.map(Goods::Sku),
        category.map(Goods::Category),
        tag.map(Goods::Tag),
    ];
    goods.into_iter().flatten()
}

fn named(name: Option<&str>) -> Option<String> {
    name.map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(sku: Option<&str>, category: Option<&str>) -> Line {
        Line {
            sku: sku.map(str::to_owned),
            category_code: category.map(str::to_owned),
            ..Line::default()
        }
    }

    fn stock() -> HashMap<String, StockItem> {
        let item = StockItem {
            sku: "milk".to_owned(),
            category_code: Some("DAIRY".to_owned()),
            interest_tag: Some("breakfast".to_owned()),
            ..StockItem::default()
        };
        HashMap::from([(item.sku.clone(), item)])
    }

    #[test]
    fn a_lines_own_category_goes_first_and_tags_come_from_stock() {
        let at = Timestamp::from_millis(5);
        let purchase = |lines| Purchase {
            client_id: 1,
            sale_at: at,
            lines,
        };
        let goods = |lines| -> Vec<Goods> {
            count(&[purchase(lines)], &stock())
                .into_keys()
                .map(|(_, goods)| goods)
                .collect()
        };
        let (sku, tag) = (Goods::Sku("milk".to_owned()), Goods::Tag("breakfast".to_owned()));
        let category = |name: &str| Goods::Category(name.to_owned());
        assert_eq!(
            goods(vec![line(Some("milk"), None)]),
            [sku.clone(), category("DAIRY"), tag.clone()]
        );
        assert_eq!(
            goods(vec![line(Some(" milk "), Some("SALE"))]),
            [sku, category("SALE"), tag]
        );
        assert_eq!(
            goods(vec![line(None, Some("DAIRY")), line(Some(" "), None)]),
            [category("DAIRY")]
        );
    }

    proptest! {
        #[test]
        fn returns_of_a_whole_receipt_lower_each_of_its_goods_by_one_receipt(
            total in 1_i64..1_000_000,
            cuts in proptest::collection::vec(0_i64..1_000_000, 0..6),
        ) {
            let purchase = Purchase {
                client_id: 1,
                sale_at: Timestamp::from_millis(7),
                lines: vec![line(Some("milk"), None), line(Some("bread"), None)],
            };
            let mut marks: Vec<i64> = cuts.into_iter().map(|cut| cut % total).chain([0, total]).collect();
            marks.sort_unstable();
            let comebacks: Vec<Comeback> = marks
                .windows(2)
                .map(|pair| Comeback {
                    purchase: purchase.clone(),
                    total: Money::from_hundredths(total),
                    earlier: Money::from_hundredths(pair[0]),
                    amount: Money::from_hundredths(pair[1] - pair[0]),
                })
                .collect();
            let whole = Lowered { parts: PARTS, whole_at: Some(purchase.sale_at) };
            let lowered = lower(&comebacks, &stock());
            prop_assert_eq!(lowered.len(), 4, "milk, its category and tag, bread");
            prop_assert!(lowered.values().all(|lowered| *lowered == whole), "{:?}", lowered);
            let all_but_the_last = &comebacks[..comebacks.len() - 1];
            let kept = |comeback: &&Comeback| comeback.earlier + comeback.amount < comeback.total;
            if all_but_the_last.iter().all(|comeback| kept(&comeback)) {
                let lowered = lower(all_but_the_last, &stock());
                prop_assert!(lowered.values().all(|lowered| lowered.whole_at.is_none() && lowered.parts <= PARTS));
            }
        }

        #[test]
        fn counting_in_parts_is_counting_at_once(
            purchases in proptest::collection::vec((1_i64..4, 0_i64..50, proptest::collection::vec(0_usize..3, 0..4)), 0..20),
            cut in 0_usize..20,
        ) {
            let names = ["milk", "bread", "salt"];
            let purchases: Vec<Purchase> = purchases
                .into_iter()
                .map(|(client_id, at, skus)| Purchase {
                    client_id,
                    sale_at: Timestamp::from_millis(at),
                    lines: skus.into_iter().map(|sku| line(Some(names[sku]), None)).collect(),
                })
                .collect();
            let (first, second) = purchases.split_at(cut.min(purchases.len()));
            let mut parts = count(first, &stock());
            for (interest, bought) in count(second, &stock()) {
                let known = parts.entry(interest).or_insert(Bought { times: 0, last_at: bought.last_at });
                known.times += bought.times;
                known.last_at = known.last_at.max(bought.last_at);
            }
            let whole = count(&purchases, &stock());
            prop_assert!(whole.values().all(|bought| bought.times >= 1));
            prop_assert_eq!(parts, whole);
        }
    }
}
