//! `POST /client/link-telegram` (R-TG-14).

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
use crate::rest::auth::telegram::{TelegramInput, init_data};
use crate::rest::body::JsonBody;
use crate::rest::error::ApiError;

/// A Telegram account linked.
#[derive(Serialize, ToSchema)]
pub struct TelegramLinked {
    linked: bool,
}

/// Links a Telegram account to the client.
#[utoipa::path(post, path = "/client/link-telegram", tag = "Client (Mobile)",
    summary = "Привязать Telegram к аккаунту", request_body = TelegramInput,
    responses((status = 200, body = TelegramLinked), (status = 400), (status = 401), (status = 403), (status = 422)))]
pub async fn link(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let init_data = init_data(&body.fields)?;
    let user = usecase::identify_telegram_user(&parts.loyalty, &client.tenant, &init_data).await?;
    let wire = |(): &()| TelegramLinked { linked: true };
    let answered = answer(
        &body.raw,
        |()| StatusCode::OK,
        wire,
        async |once| usecase::link_telegram(&parts.loyalty, &client, &user, once).await,
    );
    Ok(answered.await?)
}
