//! A receipt without a client, for KPI (R-RECEIPT-1).

use crate::Loyalty;
use crate::model::{Money, Register, Timestamp};
use crate::store::account::receipt::{self, NewReceipt};
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome, ReceiptRecord};

/// A receipt as a register reports it.
#[derive(Clone, Debug)]
pub struct ReceiptRequest {
    /// Its sum.
    pub total: Money,
    /// The register's own id of it.
    pub external_id: Option<String>,
    /// Fiscal number.
    pub receipt_number: Option<String>,
    /// Number of the cashier; stored as it is, known or not (ruling 52).
    pub cashier_id: Option<i64>,
    /// When it was made; none: now.
    pub receipt_at: Option<Timestamp>,
}

/// Records a receipt.
///
/// # Errors
/// [`Error::DuplicateReceipt`].
pub async fn record_receipt(
    loyalty: &Loyalty,
    register: &Register,
    request: &ReceiptRequest,
    once: Once<'_, ReceiptRecord>,
) -> Result<Outcome<ReceiptRecord>, Error> {
    let claim = Claim::of_seller(register.into(), "receipt", &once);
    let now = loyalty.now();
    let id = loyalty.ids(0).await?();
    let record = ReceiptRecord {
        id,
        total: request.total,
        receipt_at: request.receipt_at.unwrap_or(now),
    };
    let row = NewReceipt {
        id,
        register_id: register.id,
        external_id: request.external_id.as_deref(),
        receipt_number: request.receipt_number.as_deref(),
        cashier_id: request.cashier_id,
        total: request.total,
        receipt_at: record.receipt_at,
        at: now,
    };
    run(loyalty, &claim, async |tx| {
        match receipt::insert(&mut tx.tenant(register.tenant.id), &row).await? {
            true => Ok(record),
            false => Err(Error::DuplicateReceipt),
        }
    })
    .await
}
