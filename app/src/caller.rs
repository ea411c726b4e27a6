//! Who calls a server function. The only way to it, and the first line of each: context read after an await is gone
//! when the browser hangs up.

use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use loyalty::Loyalty;
use loyalty::model::{IdempotencyKey, Register};

use crate::cash::CashError;

/// Everything a server function of the cashier works with.
pub struct Caller {
    /// The loyalty API.
    pub loyalty: Loyalty,
    /// The register that the request proved to be.
    pub register: Register,
    /// `Idempotency-Key`.
    pub key: Option<String>,
    /// For the status of a refusal.
    pub response: ResponseOptions,
}

/// Reads the caller from the context.
pub fn caller() -> Result<Caller, CashError> {
    let missing = || CashError::failed("Сервер не готов. Повторите через минуту.");
    let parts = use_context::<http::request::Parts>().ok_or_else(missing)?;
    let response: ResponseOptions = use_context().ok_or_else(missing)?;
    Ok(Caller {
        loyalty: use_context().ok_or_else(missing)?,
        register: parts.extensions.get::<Register>().cloned().ok_or_else(missing)?,
        key: key(&parts.headers, &response)?,
        response,
    })
}

/// A key that can't be one is refused, as on the API: without it the request would not be safe to repeat.
fn key(headers: &http::HeaderMap, response: &ResponseOptions) -> Result<Option<String>, CashError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match IdempotencyKey::parse(value.as_bytes()) {
        Ok(key) => Ok(Some(key.into_string())),
        Err(error) => {
            response.set_status(http::StatusCode::UNPROCESSABLE_ENTITY);
            Err(CashError::failed(error.to_string()))
        }
    }
}
