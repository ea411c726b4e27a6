//! `POST` and `DELETE /client/device-token` (R-PUSH).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Client;
use loyalty::usecase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::Fields;

/// A push token registered.
#[derive(Serialize, ToSchema)]
pub struct DeviceRegistered {
    registered: bool,
}

/// A push token forgotten.
#[derive(Serialize, ToSchema)]
pub struct DeviceForgotten {
    deleted: bool,
}

/// A push token (FCM).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct DeviceTokenInput {
    #[schema(max_length = 512)]
    token: String,
    /// `android` or `ios`.
    platform: Option<String>,
}

/// The push token to forget.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct DeviceTokenName {
    #[schema(max_length = 512)]
    token: String,
}

/// Registers a push token.
#[utoipa::path(post, path = "/client/device-token", tag = "Client (Mobile)",
    summary = "Зарегистрировать push-токен (FCM)", request_body = DeviceTokenInput,
    responses((status = 200, body = DeviceRegistered), (status = 401), (status = 403), (status = 422)))]
pub async fn register(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let token = token(&body.fields)?;
    let platform = platform(&body.fields)?;
    let wire = |(): &()| DeviceRegistered { registered: true };
    let answered = answer(
        &body.raw,
        |()| StatusCode::OK,
        wire,
        async |once| {
            usecase::register_device(&parts.loyalty, &client, &token, platform.as_deref(), once).await
        },
    );
    Ok(answered.await?)
}

/// Forgets a push token.
#[utoipa::path(delete, path = "/client/device-token", tag = "Client (Mobile)", summary = "Удалить push-токен",
    request_body = DeviceTokenName,
    responses((status = 200, body = DeviceForgotten), (status = 401), (status = 403), (status = 422)))]
pub async fn forget(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let token = token(&body.fields)?;
    usecase::forget_device(&parts.loyalty, &client, &token).await?;
    Ok(success(StatusCode::OK, DeviceForgotten { deleted: true }))
}

fn token(fields: &Fields) -> Result<String, FieldError> {
    fields.required("token", fields.text("token", 512)?)
}

fn platform(fields: &Fields) -> Result<Option<String>, FieldError> {
    match fields.text("platform", 20)? {
        Some(name) if name != "android" && name != "ios" => {
            Err(fields.wrong("platform", Problem::Neither("android", "ios")))
        }
        platform => Ok(platform),
    }
}
