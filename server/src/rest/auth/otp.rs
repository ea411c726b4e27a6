//! `POST /auth/send-otp`, `/auth/verify-otp` and `/auth/register` (R-OTP, R-REG).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Tenant;
use loyalty::usecase::{self, LoggedIn, SignUpRequest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::address::CallerSource;
use crate::rest::body::JsonBody;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::Fields;

/// A code on its way.
#[derive(Serialize, ToSchema)]
pub struct OtpSent {
    message: &'static str,
}

/// A client logged in.
#[derive(Serialize, ToSchema)]
pub struct TokenIssued {
    token: String,
    client_id: i64,
}

/// Where a code goes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct SendOtpInput {
    #[schema(max_length = 20)]
    phone: String,
}

/// A code that arrived.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct VerifyOtpInput {
    phone: String,
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

/// A client to enrol.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct SignUpInput {
    phone: String,
    code: String,
    full_name: Option<String>,
    #[schema(max_length = 32)]
    referral_code: Option<String>,
}

/// Sends a code by SMS.
#[utoipa::path(post, path = "/auth/send-otp", tag = "Auth (Mobile)", summary = "Отправить SMS-код",
    request_body = SendOtpInput,
    responses((status = 200, body = OtpSent), (status = 401), (status = 422), (status = 429)))]
pub async fn send(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    CallerSource(source): CallerSource,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let phone = body.fields.phone("phone", 20)?;
    usecase::send_code(&parts.loyalty, &tenant, &phone, source, parts.code_limits).await?;
    let message = "OTP отправлен.";
    Ok(success(StatusCode::OK, OtpSent { message }))
}

/// Logs in an enrolled client by the code.
#[utoipa::path(post, path = "/auth/verify-otp", tag = "Auth (Mobile)",
    summary = "Вход по коду (существующий клиент)", request_body = VerifyOtpInput,
    responses((status = 200, body = TokenIssued), (status = 401), (status = 403), (status = 404), (status = 422),
              (status = 429)))]
pub async fn verify(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    CallerSource(source): CallerSource,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (phone, code) = (body.fields.phone("phone", 20)?, code(&body.fields)?);
    let logged_in = usecase::log_in(
        &parts.loyalty,
        &tenant,
        (&phone, &code),
        source,
        parts.code_limits,
    )
    .await?;
    Ok(success(StatusCode::OK, TokenIssued::from(logged_in)))
}

/// Enrols a client by the code.
#[utoipa::path(post, path = "/auth/register", tag = "Auth (Mobile)", summary = "Регистрация нового клиента",
    request_body = SignUpInput,
    responses((status = 201, body = TokenIssued), (status = 401), (status = 422), (status = 429)))]
pub async fn register(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    CallerSource(source): CallerSource,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let request = SignUpRequest {
        phone: fields.phone("phone", 20)?,
        code: code(fields)?,
        full_name: fields.name("full_name", 255)?,
        referral_code: fields.text("referral_code", 32)?,
    };
    let logged_in = usecase::sign_up(&parts.loyalty, &tenant, &request, source, parts.code_limits).await?;
    Ok(success(StatusCode::CREATED, TokenIssued::from(logged_in)))
}

impl From<LoggedIn> for TokenIssued {
    fn from(logged_in: LoggedIn) -> Self {
        Self {
            token: logged_in.token,
            client_id: logged_in.client_id,
        }
    }
}

fn code(fields: &Fields) -> Result<String, FieldError> {
    let code = fields.required("code", fields.text("code", 255)?)?;
    match code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(code),
        false => Err(fields.wrong("code", Problem::NotACode)),
    }
}
