//! `POST /cashier/redeem`: redemption without a sale (R-SALE-22, ruling 23).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::ledger::RedemptionRequest;
use loyalty::model::{Bonus, Register, Seller, Zone};
use loyalty::usecase::{self, RedemptionRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::sale::{CashierSaleResult, with_stored_sale};
use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::error::ApiError;
use crate::rest::explanation::{ExplanationBody, explanations};

/// A redemption made.
#[derive(Serialize, ToSchema)]
pub struct CashierRedemption {
    transaction_id: i64,
    #[schema(value_type = f64)]
    amount_redeemed: Bonus,
    #[schema(value_type = f64)]
    new_balance: Bonus,
    sale_id: i64,
    /// Why: how much could be spent.
    explanation: Vec<ExplanationBody>,
}

/// A redemption asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct CashierRedeemInput {
    client_phone: String,
    amount: f64,
    total_amount: f64,
    external_sale_id: Option<String>,
}

/// Spends bonuses on a receipt.
#[utoipa::path(post, path = "/cashier/redeem", tag = "Cashier", summary = "Только списание",
    request_body = CashierRedeemInput, responses((status = 200, body = CashierRedemption), (status = 404),
              (status = 422, body = CashierSaleResult)))]
pub async fn redeem(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    make_redemption(&parts, (&register).into(), &body).await
}

/// Makes the redemption that the body asks for, whoever sells.
pub async fn make_redemption(
    parts: &Parts,
    seller: Seller<'_>,
    body: &JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let client = fields.client("client_phone")?;
    let request = RedemptionRequest {
        amount: fields.required("amount", fields.bonus("amount", 1)?)?,
        total: fields.required("total_amount", fields.money("total_amount", 1)?)?,
        external_id: fields.text("external_sale_id", 255)?,
    };
    let zone = seller.tenant().zone;
    let wire = |record: &RedemptionRecord| CashierRedemption::new(record, zone);
    let answered = answer(
        &body.raw,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::redeem(&parts.loyalty, seller, &client, &request, once).await,
    );
    answered.await.map_err(|error| with_stored_sale(error, zone))
}

impl CashierRedemption {
    fn new(record: &RedemptionRecord, zone: Zone) -> Self {
        Self {
            transaction_id: record.entry_id,
            amount_redeemed: record.amount,
            new_balance: record.new_balance,
            sale_id: record.sale_id,
            explanation: explanations(&record.why, zone),
        }
    }
}
