//! `POST /cashier/return/calculate` and `POST /cashier/return` (R-RETURN).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::ledger::{self, Refusal, ReturnRequest};
use loyalty::model::{Bonus, Identifier, Money, Register, Zone};
use loyalty::usecase::{self, CalculationRequest, Error, ReturnRecord};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::complaint::Complaint;
use crate::rest::error::ApiError;
use crate::rest::explanation::{ExplanationBody, explanations};
use crate::rest::fields::Fields;

/// Whether the balance covers what a return revokes.
#[derive(Serialize, ToSchema)]
pub struct ReturnCalculation {
    status: &'static str,
    #[schema(value_type = f64)]
    available_bonuses: Bonus,
    #[schema(value_type = f64)]
    bonus_to_revoke: Bonus,
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    shortage_bonuses: Option<Bonus>,
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    shortage_cash_equivalent: Option<Money>,
}

/// A return made.
#[derive(Serialize, ToSchema)]
pub struct Return {
    id: i64,
    #[schema(value_type = f64)]
    return_amount: Money,
    #[schema(value_type = Option<f64>, required)]
    cash_refund_amount: Option<Money>,
    #[schema(value_type = f64)]
    bonus_revoked: Bonus,
    #[schema(value_type = f64)]
    bonus_shortage: Bonus,
    #[schema(value_type = f64)]
    bonus_shortage_settled: Bonus,
    #[schema(value_type = f64)]
    new_balance: Bonus,
    /// Why: what was taken back and what was restored.
    explanation: Vec<ExplanationBody>,
}

/// What a return would revoke.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct ReturnCalculationInput {
    client_phone: String,
    bonus_to_revoke: Option<f64>,
    return_amount: Option<f64>,
    original_external_sale_id: Option<String>,
}

/// Goods brought back.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct ReturnInput {
    client_phone: String,
    return_amount: f64,
    cash_refund_amount: Option<f64>,
    bonus_to_revoke: Option<f64>,
    shortage_settled: Option<bool>,
    original_external_sale_id: String,
    external_return_id: String,
}

/// Step one: changes nothing.
#[utoipa::path(post, path = "/cashier/return/calculate", tag = "Cashier", summary = "Возврат, шаг 1: предрасчёт",
    request_body = ReturnCalculationInput, responses((status = 200, body = ReturnCalculation), (status = 404), (status = 422)))]
pub async fn calculate(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let client = fields.client("client_phone")?;
    let mut request = CalculationRequest {
        amount: fields.money("return_amount", 1)?,
        to_revoke: fields.bonus("bonus_to_revoke", 0)?,
        original_external_id: fields.text("original_external_sale_id", 255)?,
    };
    if request.to_revoke.is_none() && request.original_external_id.is_none() {
        return Err(Complaint::NothingToRevoke.into());
    }
    let asked = (&parts, &register, &client, &body);
    let mut calculated = calculate_of(asked, &request).await;
    let is_unknown = matches!(calculated, Err(Error::Refused(Refusal::SaleNotFound)));
    if let Some(original) = old_original(fields).filter(|_| is_unknown) {
        request.original_external_id = Some(original);
        calculated = calculate_of(asked, &request).await;
    }
    Ok(calculated?)
}

/// Who asks for which client, and how.
type Asked<'a> = (&'a Parts, &'a Register, &'a Identifier, &'a JsonBody);

async fn calculate_of(
    (parts, register, client, body): Asked<'_>,
    request: &CalculationRequest,
) -> Result<Response, Error> {
    let wire = |figures: &ledger::ReturnCalculation| ReturnCalculation::new(figures);
    let answered = answer(
        &body.raw,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::calculate_return(&parts.loyalty, register, client, request, once).await,
    );
    answered.await
}

/// Step two.
#[utoipa::path(post, path = "/cashier/return", tag = "Cashier", summary = "Возврат, шаг 2: проведение",
    request_body = ReturnInput, responses((status = 201, body = Return), (status = 404), (status = 422, body = ReturnCalculation)))]
pub async fn give_back(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let client = fields.client("client_phone")?;
    let original = fields.text("original_external_sale_id", 255)?;
    let original = fields.required("original_external_sale_id", original)?;
    let request = ReturnRequest {
        amount: fields.required("return_amount", fields.money("return_amount", 1)?)?,
        cash_refund: fields.money("cash_refund_amount", 0)?,
        to_revoke: fields.bonus("bonus_to_revoke", 0)?,
        shortage_settled: fields.flag("shortage_settled")?.unwrap_or(false),
        external_id: fields.required("external_return_id", fields.text("external_return_id", 255)?)?,
    };
    let asked = (&parts, &register, &client, &body);
    let mut given_back = give_back_of(asked, &original, &request).await;
    let is_unknown = matches!(given_back, Err(Error::Refused(Refusal::SaleNotFound)));
    if let Some(original) = old_original(fields).filter(|_| is_unknown) {
        given_back = give_back_of(asked, &original, &request).await;
    }
    given_back.map_err(with_calculation)
}

async fn give_back_of(
    (parts, register, client, body): Asked<'_>,
    original: &str,
    request: &ReturnRequest,
) -> Result<Response, Error> {
    let wire = |record: &ReturnRecord| Return::new(record, register.tenant.zone);
    let answered = answer(
        &body.raw,
        |_| StatusCode::CREATED,
        wire,
        async |once| usecase::return_goods(&parts.loyalty, register, client, original, request, once).await,
    );
    answered.await
}

/// The original's id as it was sent and may be stored: sales made before ids were trimmed have theirs so.
fn old_original(fields: &Fields) -> Option<String> {
    fields.untrimmed("original_external_sale_id").map(str::to_owned)
}

/// A shortage shows what is missing (R-RETURN-9).
fn with_calculation(error: Error) -> ApiError {
    match &error {
        Error::Refused(Refusal::ShortageNotSettled(figures)) => {
            match serde_json::to_value(ReturnCalculation::new(figures)) {
                Ok(data) => ApiError::WithData(error, data),
                Err(_) => error.into(),
            }
        }
        _ => error.into(),
    }
}

impl ReturnCalculation {
    fn new(figures: &ledger::ReturnCalculation) -> Self {
        let shortage = Some(figures.shortage).filter(|shortage| shortage.is_positive());
        Self {
            status: if shortage.is_some() {
                "insufficient_bonuses"
            } else {
                "ok"
            },
            available_bonuses: figures.available,
            bonus_to_revoke: figures.to_revoke,
            shortage_bonuses: shortage,
            shortage_cash_equivalent: shortage.map(Bonus::worth),
        }
    }
}

impl Return {
    fn new(record: &ReturnRecord, zone: Zone) -> Self {
        Self {
            id: record.id,
            return_amount: record.amount,
            cash_refund_amount: record.cash_refund,
            bonus_revoked: record.revoked,
            bonus_shortage: record.shortage,
            bonus_shortage_settled: record.settled,
            new_balance: record.new_balance,
            explanation: explanations(&record.why, zone),
        }
    }
}
