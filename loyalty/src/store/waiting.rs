//! Shops with something that waits and is due: found from shop to shop by the index of what waits, so that of rows that
//! wait for a later hour, often very many, none is read.

/// The statement for a table whose index of what waits begins with the shop.
macro_rules! shops_waiting {
    ($table:literal, $waits:literal, $is_due:literal) => {
        concat!(
            "WITH RECURSIVE shops (tenant_id) AS (
                 SELECT MIN(tenant_id) FROM ",
            $table,
            " WHERE ",
            $waits,
            " UNION ALL
                 SELECT (SELECT MIN(tenant_id) FROM ",
            $table,
            " WHERE tenant_id > shops.tenant_id AND ",
            $waits,
            ") FROM shops WHERE tenant_id IS NOT NULL)
             SELECT tenant_id FROM shops
              WHERE EXISTS (SELECT 1 FROM ",
            $table,
            " AS one WHERE one.tenant_id = shops.tenant_id AND ",
            $waits,
            " AND ",
            $is_due,
            ")"
        )
    };
}
pub(super) use shops_waiting;
