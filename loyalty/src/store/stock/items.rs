//! Goods in stock: many rows in one statement, as a JSON parameter that each engine unfolds in its own way.

use std::collections::HashMap;

use crate::Failure;
use crate::model::{StockItem, Timestamp};
use crate::rules::stock::Known;
use crate::store::{Row, Scope};

/// The articles with these skus.
pub(crate) async fn known(scope: &mut Scope<'_>, skus: &[&str]) -> Result<HashMap<String, Known>, Failure> {
    let rows = scope
        .query_many(
            "SELECT sku, name, category_code, interest_tag, quantity, quantity_on_hand, overstock_threshold,
                    days_without_sale, active
               FROM stock_items
              WHERE tenant_id = $1 AND sku IN TEXTS ($2)",
        )
        .bind(serde_json::to_string(skus)?)
        .all()
        .await?;
    let mut known = HashMap::with_capacity(rows.len());
    for row in rows {
        let item = stock_item(&row)?;
        let active = row.flag("active")?;
        known.insert(item.sku.clone(), Known { item, active });
    }
    Ok(known)
}

/// An article in columns named as in its table.
pub(in crate::store) fn stock_item(row: &Row) -> Result<StockItem, Failure> {
    Ok(StockItem {
        sku: row.text("sku")?,
        name: row.name_opt("name")?,
        category_code: row.text_opt("category_code")?,
        interest_tag: row.text_opt("interest_tag")?,
        quantity: row.int_opt("quantity")?,
        quantity_on_hand: row.int_opt("quantity_on_hand")?,
        overstock_threshold: row.int_opt("overstock_threshold")?,
        days_without_sale: row.int_opt("days_without_sale")?,
    })
}

/// Writes articles, new or known, and makes them active.
pub(crate) async fn write(scope: &mut Scope<'_>, items: &[StockItem], at: Timestamp) -> Result<(), Failure> {
    if items.is_empty() {
        return Ok(());
    }
    scope
        .query_many("INSERT INTO stock_items (tenant_id, sku, name, category_code, interest_tag, quantity, quantity_on_hand,
                    overstock_threshold, days_without_sale, active, updated_at)
             SELECT $1, sku, name, category_code, interest_tag, quantity, quantity_on_hand, overstock_threshold,
                    days_without_sale, TRUE, $3
               FROM ROWS ($2) AS new (sku TEXT, name TEXT, category_code TEXT, interest_tag TEXT,
                    quantity BIGINT, quantity_on_hand BIGINT, overstock_threshold BIGINT, days_without_sale BIGINT)
             WHERE TRUE
             ON CONFLICT (tenant_id, sku) DO UPDATE SET name = excluded.name, category_code = excluded.category_code,
                    interest_tag = excluded.interest_tag, quantity = excluded.quantity,
                    quantity_on_hand = excluded.quantity_on_hand, overstock_threshold = excluded.overstock_threshold,
                    days_without_sale = excluded.days_without_sale, active = TRUE, updated_at = excluded.updated_at")
        .bind(serde_json::to_string(items)?)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Makes every active article but these inactive; how many.
pub(crate) async fn deactivate_others(
    scope: &mut Scope<'_>,
    skus: &[&str],
    at: Timestamp,
) -> Result<u64, Failure> {
    let query = scope.query_many(
        "UPDATE stock_items SET active = FALSE, updated_at = $3
          WHERE tenant_id = $1 AND active AND sku NOT IN TEXTS ($2)",
    );
    Ok(query
        .bind(serde_json::to_string(skus)?)
        .bind(at)
        .execute()
        .await?)
}
