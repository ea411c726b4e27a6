//! Goods in stock that move too slowly.

use super::items::stock_item;
use crate::Failure;
use crate::model::StockItem;
use crate::rules::slow_stock::IDLE_DAYS;
use crate::store::Scope;

/// How many active articles are slow.
pub(crate) async fn count(scope: &mut Scope<'_>) -> Result<i64, Failure> {
    let sql = "SELECT COUNT(*) AS total FROM stock_items
                WHERE tenant_id = $1 AND active
                  AND (quantity_on_hand > overstock_threshold OR days_without_sale >= $2)";
    Ok(scope.query(sql).bind(IDLE_DAYS).one().await?.int("total")?)
}

/// One page of slow articles: those longest without a sale first, then those of which there is most too much.
pub(crate) async fn list(scope: &mut Scope<'_>, skip: i64, most: i64) -> Result<Vec<StockItem>, Failure> {
    let sql =
        "SELECT sku, name, category_code, interest_tag, quantity, quantity_on_hand, overstock_threshold,
                      days_without_sale
                 FROM stock_items
                WHERE tenant_id = $1 AND active
                  AND (quantity_on_hand > overstock_threshold OR days_without_sale >= $2)
                ORDER BY COALESCE(days_without_sale, 0) DESC,
                         COALESCE(quantity_on_hand - overstock_threshold, 0) DESC, sku
                LIMIT $3 OFFSET $4";
    let rows = scope
        .query(sql)
        .bind(IDLE_DAYS)
        .bind(most)
        .bind(skip)
        .all()
        .await?;
    rows.iter().map(stock_item).collect()
}
