//! What a client buys, by the lines of receipts.

use std::collections::{BTreeMap, HashMap};

use crate::ledger::Line;
use crate::model::{Goods, StockItem, Timestamp};

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

/// Whose interest in what.
pub type Interest = (i64, Goods);

/// Counts each receipt once for each of its articles, categories and tags. A line's own category goes before that of
/// its article in stock, which alone has tags.
pub fn count(purchases: &[Purchase], stock: &HashMap<String, StockItem>) -> BTreeMap<Interest, Bought> {
    let mut counted: BTreeMap<Interest, Bought> = BTreeMap::new();
    for purchase in purchases {
        let mut goods: Vec<Goods> = purchase
            .lines
            .iter()
            .flat_map(|line| goods_of(line, stock))
            .collect();
        goods.sort();
        goods.dedup();
        for goods in goods {
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
