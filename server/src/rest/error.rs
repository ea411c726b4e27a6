//! The one place where refusals and failures become answers: `{ "success": false, "error": … }`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loyalty::ledger::Refusal;
use loyalty::usecase::{Denied, Error};
use serde::Serialize;
use serde_json::Value;

use super::complaint::Complaint;
use super::field_error::FieldError;
use super::words::Language;

/// Why a request is not done.
#[derive(Debug)]
pub enum ApiError {
    /// The request as a whole.
    Complaint(Complaint),
    /// A field is wrong.
    Field(FieldError),
    /// No article of a stock report could be taken; the first one's fault, and the report.
    NothingTaken(FieldError, Value),
    /// Over the limit.
    TooManyRequests {
        /// Requests a minute.
        limit: u32,
        /// Seconds to wait.
        retry_after: u64,
    },
    /// What the use case said.
    Usecase(Error),
    /// What the use case said, with something to show.
    WithData(Error, Value),
}

/// The envelope of errors.
#[derive(Serialize)]
struct Failed {
    success: bool,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Usecase(error)
    }
}

impl From<Complaint> for ApiError {
    fn from(complaint: Complaint) -> Self {
        Self::Complaint(complaint)
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let language = Language::current();
        match self {
            Self::Complaint(complaint) => complained(complaint),
            Self::Field(error) => answer(StatusCode::UNPROCESSABLE_ENTITY, language.field(&error), None),
            Self::NothingTaken(first, report) => {
                let complaint = Complaint::NothingTaken;
                let error = format!("{} {}", language.complaint(complaint), language.field(&first));
                answer(complaint.status(), error, Some(report))
            }
            Self::TooManyRequests { limit, retry_after } => too_many(limit.into(), retry_after),
            Self::Usecase(Error::TooManyCodes { limit, retry_after }) => {
                too_many(limit.unsigned_abs(), retry_after.unsigned_abs())
            }
            Self::Usecase(Error::Failure(failure)) => failed(&failure),
            Self::Usecase(error) => answer(status(&error), language.error(&error), None),
            Self::WithData(error, data) => answer(status(&error), language.error(&error), Some(data)),
        }
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Refused(Refusal::ClientNotFound | Refusal::SaleNotFound) => StatusCode::NOT_FOUND,
        Error::Refused(Refusal::ClientBlocked) => StatusCode::FORBIDDEN,
        Error::Denied(
            Denied::TenantMissing
            | Denied::TenantUnknown
            | Denied::RegisterMissing
            | Denied::RegisterUnknown
            | Denied::SignatureMissing
            | Denied::TimestampOff
            | Denied::SignatureWrong
            | Denied::BearerMissing
            | Denied::BearerUnknown,
        ) => StatusCode::UNAUTHORIZED,
        Error::Denied(
            Denied::TenantSuspended
            | Denied::DeviceMissing
            | Denied::DeviceTooLong
            | Denied::OtherDevice
            | Denied::PartnerOff
            | Denied::RedemptionOff,
        ) => StatusCode::FORBIDDEN,
        Error::Refused(_)
        | Error::DuplicateSale(_)
        | Error::DuplicateReturn
        | Error::DuplicateReceipt
        | Error::Programme(_)
        | Error::Promotion(_)
        | Error::Template(_)
        | Error::NothingToDo
        | Error::Campaign(_)
        | Error::KeyReused
        | Error::ClientLimitReached
        | Error::WrongCode
        | Error::AlreadyEnrolled
        | Error::UnknownReferralCode
        | Error::ContactMismatch
        | Error::TelegramTaken
        | Error::TooManyWebhooks
        | Error::WebhookOff => StatusCode::UNPROCESSABLE_ENTITY,
        Error::ProgrammeMoved => StatusCode::CONFLICT,
        Error::TelegramOff => StatusCode::BAD_REQUEST,
        Error::TelegramSignature | Error::TelegramClock => StatusCode::UNAUTHORIZED,
        Error::TelegramNotLinked | Error::UnknownWebhook | Error::UnknownDelivery => StatusCode::NOT_FOUND,
        Error::TooManyCodes { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Failure(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Logged here and nowhere else; the caller learns that it was not their fault and what to do.
fn failed(failure: &loyalty::Failure) -> Response {
    tracing::error!(%failure, "request failed");
    complained(match failure.is_unavailable() {
        true => Complaint::Unavailable,
        false => Complaint::Broken,
    })
}

fn complained(complaint: Complaint) -> Response {
    let mut response = answer(complaint.status(), Language::current().complaint(complaint), None);
    if complaint.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

fn too_many(limit: u64, retry_after: u64) -> Response {
    let mut response = answer(
        StatusCode::TOO_MANY_REQUESTS,
        "Too Many Requests".to_owned(),
        None,
    );
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, retry_after.into());
    headers.insert("x-ratelimit-limit", limit.into());
    headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    response
}

fn answer(status: StatusCode, error: String, data: Option<Value>) -> Response {
    let body = Failed {
        success: false,
        error,
        data,
    };
    (status, Json(body)).into_response()
}
