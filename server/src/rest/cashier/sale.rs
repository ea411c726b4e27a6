//! `POST /cashier/sale` (R-SALE).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::ledger::{Line, SaleRequest};
use loyalty::model::{Bonus, Money, RedeemMode, Register, Seller, Timestamp, Zone};
use loyalty::usecase::{self, Error, SaleRecord};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::error::ApiError;
use crate::rest::explanation::{ExplanationBody, explanations};
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::Fields;

/// A sale made.
#[derive(Serialize, ToSchema)]
pub struct CashierSaleResult {
    id: i64,
    client_id: i64,
    #[schema(value_type = f64)]
    total_amount: Money,
    #[schema(value_type = f64)]
    bonus_accrued: Bonus,
    #[schema(value_type = f64)]
    bonus_redeemed: Bonus,
    external_sale_id: Option<String>,
    sale_date: String,
    #[schema(value_type = f64)]
    new_balance: Bonus,
    /// Why: which rule gave which figure.
    explanation: Vec<ExplanationBody>,
}

/// A receipt being closed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct CashierSaleInput {
    client_phone: String,
    total_amount: f64,
    gross_amount: Option<f64>,
    bonus_redeem_amount: Option<f64>,
    redeem_mode: Option<String>,
    external_sale_id: Option<String>,
    receipt_number: Option<String>,
    cashier_node_id: Option<i64>,
    cashier_id: Option<i64>,
    payment_method: Option<String>,
    sale_date: Option<String>,
    lines: Option<Vec<SaleLineInput>>,
}

/// One position of a receipt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct SaleLineInput {
    sku: Option<String>,
    category_code: Option<String>,
    name: Option<String>,
    quantity: Option<f64>,
    line_amount: Option<f64>,
    unit_price: Option<f64>,
}

/// Closes a receipt: redeems, then accrues.
#[utoipa::path(post, path = "/cashier/sale", tag = "Cashier", summary = "Закрытие чека (начисление + списание)",
    request_body = CashierSaleInput, responses((status = 201, body = CashierSaleResult), (status = 404), (status = 422, body = CashierSaleResult)))]
pub async fn sale(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    own_node(&body.fields, &register)?;
    make_sale(&parts, (&register).into(), &body).await
}

/// Makes the sale that the body asks for, whoever sells.
pub async fn make_sale(parts: &Parts, seller: Seller<'_>, body: &JsonBody) -> Result<Response, ApiError> {
    let client = body.fields.client("client_phone")?;
    let zone = seller.tenant().zone;
    let request = request(&body.fields, zone, parts.loyalty.now())?;
    let wire = |record: &SaleRecord| CashierSaleResult::new(record, zone);
    let answered = answer(
        &body.raw,
        |_| StatusCode::CREATED,
        wire,
        async |once| usecase::sell(&parts.loyalty, seller, &client, &request, once).await,
    );
    answered.await.map_err(|error| with_stored_sale(error, zone))
}

/// Reads a sale.
pub fn request(fields: &Fields, zone: Zone, now: Timestamp) -> Result<SaleRequest, FieldError> {
    Ok(SaleRequest {
        total: fields.required("total_amount", fields.money("total_amount", 1)?)?,
        gross: fields.money("gross_amount", 0)?,
        redeem: fields.bonus("bonus_redeem_amount", 0)?.unwrap_or_default(),
        mode: mode(fields)?,
        external_id: fields.text("external_sale_id", 255)?,
        receipt_number: fields.text("receipt_number", 64)?,
        cashier_id: fields.integer("cashier_id")?,
        payment_method: fields.text("payment_method", 50)?,
        sale_at: fields.time("sale_date", zone, now)?,
        lines: fields
            .objects("lines", 200)?
            .iter()
            .map(line)
            .collect::<Result<_, _>>()?,
    })
}

fn mode(fields: &Fields) -> Result<RedeemMode, FieldError> {
    match fields.text("redeem_mode", 255)?.as_deref() {
        None | Some("payment_type") => Ok(RedeemMode::PaymentType),
        Some("discount") => Ok(RedeemMode::Discount),
        Some(_) => Err(fields.wrong("redeem_mode", Problem::Neither("payment_type", "discount"))),
    }
}

fn line(fields: &Fields) -> Result<Line, FieldError> {
    Ok(Line {
        sku: fields.sku("sku")?,
        category_code: fields.text("category_code", 64)?,
        name: fields.name("name", 255)?,
        quantity: fields.quantity("quantity")?,
        unit_price: fields.price("unit_price")?,
        line_amount: fields.rounded_money("line_amount")?,
    })
}

/// Ruling 3: a register speaks for itself only.
pub fn own_node(fields: &Fields, register: &Register) -> Result<(), FieldError> {
    match fields.integer("cashier_node_id")? {
        Some(node) if node != register.id => Err(fields.wrong("cashier_node_id", Problem::OtherRegister)),
        _ => Ok(()),
    }
}

/// A repeated sale shows the stored one (ruling 16).
pub fn with_stored_sale(error: Error, zone: Zone) -> ApiError {
    match &error {
        Error::DuplicateSale(Some(stored)) => {
            match serde_json::to_value(CashierSaleResult::new(stored, zone)) {
                Ok(data) => ApiError::WithData(error, data),
                Err(_) => error.into(),
            }
        }
        _ => error.into(),
    }
}

impl CashierSaleResult {
    /// Words a sale.
    pub fn new(record: &SaleRecord, zone: Zone) -> Self {
        Self {
            id: record.id,
            client_id: record.client_id,
            total_amount: record.total,
            bonus_accrued: record.accrued,
            bonus_redeemed: record.redeemed,
            external_sale_id: record.external_id.clone(),
            sale_date: record.sale_at.to_rfc3339(zone),
            new_balance: record.new_balance,
            explanation: explanations(&record.why, zone),
        }
    }
}
