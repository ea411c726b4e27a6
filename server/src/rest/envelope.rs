//! `{ "success": true, "data": … }`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loyalty::usecase::Reply;
use serde::Serialize;

/// The envelope of success.
#[derive(Serialize)]
pub struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    /// Wraps `data`.
    pub fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// An answer of success.
pub fn success(status: StatusCode, data: impl Serialize) -> Response {
    (status, Json(Success::new(data))).into_response()
}

/// The stored form of an answer of success.
pub fn reply(status: StatusCode, data: impl Serialize) -> Reply {
    // Wire types are plain structs: serialising them can't fail.
    let body = serde_json::to_string(&Success::new(data)).unwrap_or_default();
    Reply {
        status: status.as_u16(),
        body,
    }
}

/// A stored answer, given again.
pub fn replayed(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], reply.body).into_response();
    response
        .headers_mut()
        .insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
