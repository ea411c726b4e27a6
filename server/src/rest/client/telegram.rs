//! `POST /client/link-telegram` (R-TG-14).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Client;
use loyalty::usecase::{self, Once, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::auth::telegram::{TelegramInput, init_data};
use crate::rest::body::JsonBody;
use crate::rest::envelope::{replayed, reply, success};
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
    let words = |(): &()| reply(StatusCode::OK, TelegramLinked { linked: true });
    let once = Once {
        key: body.key.as_deref(),
        body: &body.bytes,
        reply: &words,
    };
    match usecase::link_telegram(&parts.loyalty, &client, &user, once).await? {
        Outcome::Fresh(()) => Ok(success(StatusCode::OK, TelegramLinked { linked: true })),
        Outcome::Replayed(reply) => replayed(reply),
    }
}
