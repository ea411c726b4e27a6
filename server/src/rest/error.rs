//! The one place where refusals and failures become answers: `{ "success": false, "error": … }`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loyalty::ledger::Refusal;
use loyalty::usecase::{Denied, Error};
use serde::Serialize;
use serde_json::Value;

use super::body::BodyLimit;

/// Why a request is not done.
#[derive(Debug)]
pub enum ApiError {
    /// The body is not JSON.
    NotJson,
    /// The address can't be read.
    BadAddress,
    /// No such path.
    UnknownPath,
    /// No such method on this path.
    WrongMethod,
    /// More than the surface takes.
    TooLarge(BodyLimit),
    /// The answer took too long.
    TooSlow,
    /// A field is wrong; the text names it.
    Field(String),
    /// Fields are wrong, with something to show.
    FieldWithData(String, Value),
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

impl ApiError {
    /// What is wrong with one item of a list.
    pub fn text(self) -> String {
        match self {
            Self::Field(text) | Self::FieldWithData(text, _) => text,
            other => format!("{other:?}"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error, data) = match self {
            Self::NotJson => (
                StatusCode::BAD_REQUEST,
                "Тело запроса — не JSON.".to_owned(),
                None,
            ),
            Self::BadAddress => (
                StatusCode::BAD_REQUEST,
                "Адрес запроса не разобрать.".to_owned(),
                None,
            ),
            Self::UnknownPath => (StatusCode::NOT_FOUND, "Адрес не найден.".to_owned(), None),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "Метод для этого адреса не поддерживается.".to_owned(),
                None,
            ),
            Self::TooLarge(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("Тело запроса больше {} МБ.", limit.megabytes),
                None,
            ),
            Self::Field(text) => (StatusCode::UNPROCESSABLE_ENTITY, text, None),
            Self::FieldWithData(text, data) => (StatusCode::UNPROCESSABLE_ENTITY, text, Some(data)),
            Self::TooSlow => {
                return unavailable("Сервер не успел ответить. Повторите запрос с тем же Idempotency-Key.");
            }
            Self::TooManyRequests { limit, retry_after } => return too_many(limit.into(), retry_after),
            Self::Usecase(Error::TooManyCodes { limit, retry_after }) => {
                return too_many(limit.unsigned_abs(), retry_after.unsigned_abs());
            }
            Self::Usecase(Error::Failure(failure)) => return failed(&failure),
            Self::Usecase(error) => (status(&error), error.to_string(), None),
            Self::WithData(error, data) => (status(&error), error.to_string(), Some(data)),
        };
        (
            status,
            Json(Failed {
                success: false,
                error,
                data,
            }),
        )
            .into_response()
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
        | Error::KeyReused
        | Error::ClientLimitReached
        | Error::WrongCode
        | Error::AlreadyEnrolled
        | Error::UnknownReferralCode
        | Error::ContactMismatch
        | Error::TelegramTaken => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TelegramOff => StatusCode::BAD_REQUEST,
        Error::TelegramSignature => StatusCode::UNAUTHORIZED,
        Error::TelegramNotLinked => StatusCode::NOT_FOUND,
        Error::TooManyCodes { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Failure(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Logged here and nowhere else; the caller learns that it was not their fault and what to do.
fn failed(failure: &loyalty::Failure) -> Response {
    tracing::error!(%failure, "request failed");
    if failure.is_unavailable() {
        return unavailable("База данных недоступна. Повторите запрос через несколько секунд.");
    }
    let error = "Внутренняя ошибка. Повторите запрос или сообщите номер из X-Request-Id.";
    answer(StatusCode::INTERNAL_SERVER_ERROR, error)
}

fn unavailable(error: &str) -> Response {
    let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, error);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

fn answer(status: StatusCode, error: &str) -> Response {
    let body = Failed {
        success: false,
        error: error.to_owned(),
        data: None,
    };
    (status, Json(body)).into_response()
}

fn too_many(limit: u64, retry_after: u64) -> Response {
    let mut response = answer(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, retry_after.into());
    headers.insert("x-ratelimit-limit", limit.into());
    headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    response
}
