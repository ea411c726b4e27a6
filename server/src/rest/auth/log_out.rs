//! `POST /auth/logout` (ruling 5).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Client;
use loyalty::usecase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;

/// A token revoked.
#[derive(Serialize, ToSchema)]
pub struct LoggedOut {
    logged_out: bool,
}

/// Revokes the bearer token that the request shows.
#[utoipa::path(post, path = "/auth/logout", tag = "Auth (Mobile)", summary = "Выход: отозвать Bearer-токен",
    responses((status = 200, body = LoggedOut), (status = 401), (status = 403)))]
pub async fn log_out(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
) -> Result<Response, ApiError> {
    usecase::log_out(&parts.loyalty, &client).await?;
    Ok(success(StatusCode::OK, LoggedOut { logged_out: true }))
}
