//! `POST /auth/telegram` and `/auth/telegram-contact` (R-TG).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use loyalty::TelegramUser;
use loyalty::model::Tenant;
use loyalty::usecase::{self, Error, TelegramLogin};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::address::CallerSource;
use crate::rest::body::JsonBody;
use crate::rest::client::profile::ClientBody;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::FieldError;
use crate::rest::fields::Fields;
use crate::rest::limits::Caller;
use crate::rest::rate::Taken;

/// The longest text that Telegram signs, with room to spare.
const SIGNED_TEXT_MAX: usize = 16_384;

/// A client logged in with Telegram.
#[derive(Serialize, ToSchema)]
pub struct TelegramSession {
    token: String,
    client: ClientBody,
}

/// The launch of the Mini App.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct TelegramInput {
    /// `window.Telegram.WebApp.initData`.
    init_data: String,
}

/// The launch of the Mini App, with the contact that was shared in it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct TelegramContactInput {
    init_data: String,
    /// `event.response` of `requestContact`.
    contact: String,
    #[schema(max_length = 32)]
    referral_code: Option<String>,
}

/// Logs in the client linked to the Telegram account.
#[utoipa::path(post, path = "/auth/telegram", tag = "Auth (Mobile)", summary = "Вход через Telegram (Mini App)",
    request_body = TelegramInput,
    responses((status = 200, body = TelegramSession), (status = 400), (status = 401), (status = 403), (status = 404),
              (status = 422), (status = 429)))]
pub async fn log_in(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    CallerSource(source): CallerSource,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (user, taken) = user(&parts, &tenant, &body.fields).await?;
    let login = usecase::log_in_with_telegram(&parts.loyalty, &tenant, &user, source).await;
    Ok(taken.tell(answer(&tenant, login)))
}

/// Logs in by the shared contact; enrols a new client.
#[utoipa::path(post, path = "/auth/telegram-contact", tag = "Auth (Mobile)",
    summary = "Первый вход через Telegram (привязка по контакту)", request_body = TelegramContactInput,
    responses((status = 200, body = TelegramSession), (status = 201, body = TelegramSession), (status = 400),
              (status = 401), (status = 403), (status = 422), (status = 429)))]
pub async fn log_in_with_contact(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    CallerSource(source): CallerSource,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let contact = fields.required("contact", fields.text("contact", SIGNED_TEXT_MAX)?)?;
    let referral_code = fields.text("referral_code", 32)?;
    let (user, taken) = user(&parts, &tenant, fields).await?;
    let shared = (contact.as_str(), referral_code.as_deref());
    let login = usecase::log_in_with_contact(&parts.loyalty, &tenant, &user, shared, source).await;
    Ok(taken.tell(answer(&tenant, login)))
}

fn answer(tenant: &Tenant, login: Result<TelegramLogin, Error>) -> Response {
    match login {
        Ok(login) if login.created => success(StatusCode::CREATED, TelegramSession::new(tenant, login)),
        Ok(login) => success(StatusCode::OK, TelegramSession::new(tenant, login)),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Who opened the Mini App; each Telegram account has a limit of its own.
async fn user(parts: &Parts, tenant: &Tenant, fields: &Fields) -> Result<(TelegramUser, Taken), ApiError> {
    let init_data = init_data(fields)?;
    let user = usecase::identify_telegram_user(&parts.loyalty, tenant, &init_data).await?;
    let taken = parts
        .limits
        .take(tenant.id, Caller::Telegram(user.id), parts.loyalty.now())?;
    Ok((user, taken))
}

/// `init_data` as sent.
pub fn init_data(fields: &Fields) -> Result<String, FieldError> {
    fields.required("init_data", fields.text("init_data", SIGNED_TEXT_MAX)?)
}

impl TelegramSession {
    fn new(tenant: &Tenant, login: TelegramLogin) -> Self {
        Self {
            token: login.token,
            client: ClientBody::new(tenant, &login.profile),
        }
    }
}
