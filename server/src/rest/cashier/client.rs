//! `GET /cashier/client/{identifier}` and `POST /cashier/client/register` (R-LOOKUP, R-CREG).

use std::collections::HashMap;

use axum::Extension;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::ledger::Refusal;
use loyalty::model::{
    Bonus, Identifier, IdentifierError, Money, Percent, Register, Seller, Tenant, account_number, club_card,
    ean13, human_duration, trimmed,
};
use loyalty::usecase::{self, ClientCard, Enrolment, EnrolmentRequest, Error};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::complaint::Complaint;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::Fields;
use crate::rest::shapes::Tier;

/// A client at the register.
#[derive(Serialize, ToSchema)]
pub struct CashierClient {
    id: i64,
    phone: String,
    barcode_ean13: String,
    club_card_number: String,
    account_number: String,
    full_name: Option<String>,
    #[schema(value_type = f64)]
    bonus_balance: Bonus,
    #[schema(value_type = f64)]
    redeemable_balance: Bonus,
    #[schema(value_type = f64)]
    held_balance: Bonus,
    #[schema(value_type = f64)]
    welcome_bonus_balance: Bonus,
    #[schema(value_type = f64)]
    total_spent: Money,
    tier: Tier,
    is_blocked: bool,
    last_visit_at: Option<String>,
    loyalty: Loyalty,
}

/// What the programme gives and allows this client.
#[derive(Serialize, ToSchema)]
pub struct Loyalty {
    #[schema(value_type = f64)]
    #[serde(serialize_with = "percent")]
    bonus_percent: Percent,
    #[schema(value_type = f64)]
    #[serde(serialize_with = "percent")]
    max_redeem_percent: Percent,
    redeem_hold_seconds: i64,
    redeem_hold_human: String,
    #[schema(value_type = f64)]
    redeemable_balance: Bonus,
    #[schema(value_type = f64)]
    held_balance: Bonus,
    #[schema(value_type = f64)]
    min_purchase_amount: Money,
    currency: String,
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_redeem_amount: Option<Bonus>,
}

/// A new client, as a register enrols one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct CashierRegisterInput {
    phone: String,
    full_name: Option<String>,
}

/// Finds a client by phone, EAN-13 or club card.
#[utoipa::path(get, path = "/cashier/client/{identifier}", tag = "Cashier", summary = "Поиск клиента",
    params(("identifier" = String, Path, description = "Телефон, EAN-13 или клубная карта"),
           ("check_amount" = Option<f64>, Query, description = "Сумма чека")),
    responses((status = 200, body = CashierClient), (status = 404), (status = 422)))]
pub async fn look_up(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    identifier: Result<Path<String>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, ApiError> {
    find_client(&parts, (&register).into(), identifier, query).await
}

/// Finds the client that the address names, whoever asks.
pub async fn find_client(
    parts: &Parts,
    seller: Seller<'_>,
    identifier: Result<Path<String>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Path(identifier) = identifier.map_err(|_| Complaint::BadAddress)?;
    let Query(query) = query.map_err(|_| Complaint::BadAddress)?;
    let check = check_amount(query.get("check_amount").map(String::as_str))?;
    let identifier = named(&identifier)?;
    let card = usecase::look_up(&parts.loyalty, seller, &identifier, check).await?;
    Ok(success(
        StatusCode::OK,
        CashierClient::new(seller.tenant(), &card),
    ))
}

/// Enrols a client without a code.
#[utoipa::path(post, path = "/cashier/client/register", tag = "Cashier", summary = "Регистрация клиента на кассе",
    request_body = CashierRegisterInput, responses((status = 201, body = CashierClient), (status = 200, body = CashierClient)))]
pub async fn register(
    State(parts): State<Parts>,
    Extension(register): Extension<Register>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let phone = fields.phone("phone", 255)?;
    let request = EnrolmentRequest {
        phone,
        full_name: fields.name("full_name", 255)?,
        invited_by: None,
    };
    let status = |enrolment: &Enrolment| {
        if enrolment.created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        }
    };
    let wire = |enrolment: &Enrolment| CashierClient::new(&register.tenant, &enrolment.card);
    let answered = answer(&body.raw, status, wire, async |once| {
        usecase::enrol(&parts.loyalty, &register, &request, once).await
    });
    Ok(answered.await?)
}

impl CashierClient {
    fn new(tenant: &Tenant, card: &ClientCard) -> Self {
        let programme = &card.programme;
        Self {
            id: card.id,
            phone: card.phone.as_str().to_owned(),
            barcode_ean13: ean13(card.id),
            club_card_number: club_card(card.card_number),
            account_number: account_number(card.id),
            full_name: card.full_name.clone(),
            bonus_balance: card.balance,
            redeemable_balance: card.redeemable,
            held_balance: card.available.held,
            welcome_bonus_balance: card.available.welcome,
            total_spent: card.total_spent,
            tier: Tier::from(&card.tier),
            is_blocked: card.is_blocked,
            last_visit_at: card.last_visit_at.map(|at| at.to_rfc3339(tenant.zone)),
            loyalty: Loyalty {
                bonus_percent: card.tier.bonus_percent,
                max_redeem_percent: card.max_redeem_percent,
                redeem_hold_seconds: programme.redeem_hold_seconds,
                redeem_hold_human: human_duration(programme.redeem_hold_seconds),
                redeemable_balance: card.redeemable,
                held_balance: card.available.held,
                min_purchase_amount: programme.min_purchase_amount,
                currency: tenant.currency.clone(),
                max_redeem_amount: card.redeem_max,
            },
        }
    }
}

/// What can name nobody finds nobody (ruling 15); a slip in a phone is told (ruling 14).
fn named(text: &str) -> Result<Identifier, ApiError> {
    Identifier::parse(text).map_err(|error| match error {
        IdentifierError::Phone(slip) => ApiError::from(FieldError {
            name: "identifier".to_owned(),
            problem: Problem::of_phone(slip),
        }),
        IdentifierError::Unreadable | IdentifierError::WrongCheckDigit => {
            Error::from(Refusal::ClientNotFound).into()
        }
    })
}

fn check_amount(text: Option<&str>) -> Result<Option<Money>, FieldError> {
    let Some(text) = text.map(trimmed).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    // Read as JSON, so that the address takes the same numbers as a body.
    let body = format!("{{\"check_amount\":{text}}}");
    let fields = Fields::parse(body.as_bytes()).map_err(|_| FieldError {
        name: "check_amount".to_owned(),
        problem: Problem::NotANumber,
    })?;
    fields.money("check_amount", 0)
}

/// Whole when it is whole: 5, 7.5.
fn percent<S: Serializer>(percent: &Percent, serializer: S) -> Result<S::Ok, S::Error> {
    Bonus::from_hundredths(percent.basis_points()).serialize(serializer)
}
