//! `POST /cashier/receipt`: a receipt without a client (R-RECEIPT-1).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{Money, Register, Zone};
use loyalty::usecase::{self, ReceiptRecord, ReceiptRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::sale::own_node;
use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::error::ApiError;

/// A receipt recorded.
#[derive(Serialize, ToSchema)]
pub struct CashierReceipt {
    id: i64,
    #[schema(value_type = f64)]
    total_amount: Money,
    receipt_date: String,
}

/// A receipt to record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct CashierReceiptInput {
    total_amount: f64,
    external_receipt_id: Option<String>,
    receipt_number: Option<String>,
    cashier_id: Option<i64>,
    cashier_node_id: Option<i64>,
    receipt_date: Option<String>,
}

/// Records a receipt for KPI.
#[utoipa::path(post, path = "/cashier/receipt", tag = "Cashier", summary = "Чек без клиента (KPI)",
    request_body = CashierReceiptInput, responses((status = 201, body = CashierReceipt), (status = 422)))]
pub async fn receipt(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (fields, zone) = (&body.fields, register.tenant.zone);
    own_node(fields, &register)?;
    let request = ReceiptRequest {
        total: fields.required("total_amount", fields.money("total_amount", 0)?)?,
        external_id: fields.text("external_receipt_id", 255)?,
        receipt_number: fields.text("receipt_number", 64)?,
        cashier_id: fields.integer("cashier_id")?,
        receipt_at: fields.time("receipt_date", zone, parts.loyalty.now())?,
    };
    let wire = |record: &ReceiptRecord| CashierReceipt::new(record, zone);
    let answered = answer(
        &body.raw,
        |_| StatusCode::CREATED,
        wire,
        async |once| usecase::record_receipt(&parts.loyalty, &register, &request, once).await,
    );
    Ok(answered.await?)
}

impl CashierReceipt {
    fn new(record: &ReceiptRecord, zone: Zone) -> Self {
        Self {
            id: record.id,
            total_amount: record.total,
            receipt_date: record.receipt_at.to_rfc3339(zone),
        }
    }
}
