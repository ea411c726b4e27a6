//! What a stock report changes (R-INVENTORY-2, R-INVENTORY-3).

use std::collections::HashMap;

use crate::model::StockItem;

/// An article as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Known {
    /// As last reported.
    pub item: StockItem,
    /// False after a report that left it out.
    pub active: bool,
}

/// What is to be written, and the counts of the report. What did not change is not written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// New, changed and returning articles.
    pub written: Vec<StockItem>,
    /// Not known before.
    pub created: usize,
    /// Known and different.
    pub changed: usize,
    /// Known, the same, but inactive until now.
    pub reactivated: usize,
    /// Known, the same and active.
    pub unchanged: usize,
}

/// Compares a report with what is stored. No sku stands in the report twice.
pub fn plan(known: &HashMap<String, Known>, reported: Vec<StockItem>) -> Plan {
    let mut plan = Plan::default();
    for item in reported {
        let count = match known.get(&item.sku) {
            None => &mut plan.created,
            Some(known) if known.item != item => &mut plan.changed,
            Some(known) if !known.active => &mut plan.reactivated,
            Some(_) => {
                plan.unchanged += 1;
                continue;
            }
        };
        *count += 1;
        plan.written.push(item);
    }
    plan
}

#[cfg(test)]
mod tests {
    use proptest::collection::hash_map;
    use proptest::prelude::*;

    use super::*;

    fn item(sku: &str, quantity: i64) -> StockItem {
        StockItem {
            sku: sku.to_owned(),
            quantity: Some(quantity),
            ..StockItem::default()
        }
    }

    fn apply(known: &mut HashMap<String, Known>, plan: &Plan) {
        for item in &plan.written {
            let active = true;
            known.insert(
                item.sku.clone(),
                Known {
                    item: item.clone(),
                    active,
                },
            );
        }
    }

    proptest! {
        #[test]
        fn r_inventory_a_report_is_what_is_stored_and_the_second_time_nothing_is_written(
            before in hash_map("[a-e]", (0_i64..3, any::<bool>()), 0..5),
            report in hash_map("[a-e]", 0_i64..3, 0..5),
        ) {
            let mut known: HashMap<String, Known> = before
                .into_iter()
                .map(|(sku, (quantity, active))| (sku.clone(), Known { item: item(&sku, quantity), active }))
                .collect();
            let report: Vec<StockItem> = report.iter().map(|(sku, quantity)| item(sku, *quantity)).collect();
            let first = plan(&known, report.clone());
            prop_assert_eq!(first.created + first.changed + first.reactivated, first.written.len());
            prop_assert_eq!(first.written.len() + first.unchanged, report.len());
            apply(&mut known, &first);
            for item in &report {
                prop_assert_eq!(known.get(&item.sku), Some(&Known { item: item.clone(), active: true }));
            }
            let second = plan(&known, report.clone());
            prop_assert_eq!((second.written, second.unchanged), (Vec::new(), report.len()));
        }
    }
}
