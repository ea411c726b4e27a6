//! Receipts without a client.

use crate::Failure;
use crate::model::{Money, Timestamp};
use crate::store::Scope;

/// A receipt as inserted.
#[derive(Clone, Debug)]
pub(crate) struct NewReceipt<'a> {
    pub id: i64,
    pub register_id: i64,
    pub external_id: Option<&'a str>,
    pub receipt_number: Option<&'a str>,
    pub cashier_id: Option<i64>,
    pub total: Money,
    pub receipt_at: Timestamp,
    pub at: Timestamp,
}

/// Inserts a receipt; false when its external id is known.
pub(crate) async fn insert(scope: &mut Scope<'_>, receipt: &NewReceipt<'_>) -> Result<bool, Failure> {
    let sql = "INSERT INTO receipts (tenant_id, id, register_id, external_id, total, receipt_at, created_at,
                      receipt_number, cashier_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (tenant_id, external_id) WHERE external_id IS NOT NULL DO NOTHING";
    let inserted = scope
        .query(sql)
        .bind(receipt.id)
        .bind(receipt.register_id)
        .bind(receipt.external_id)
        .bind(receipt.total)
        .bind(receipt.receipt_at)
        .bind(receipt.at)
        .bind(receipt.receipt_number)
        .bind(receipt.cashier_id)
        .execute()
        .await?;
    Ok(inserted == 1)
}
