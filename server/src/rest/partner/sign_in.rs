//! `POST /partner/auth`: a phone for the client's bearer token (R-PARTNER-5 to R-PARTNER-7).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Partner;
use loyalty::usecase::{self, EnrolmentRequest, SignIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::client::profile::ClientBody;
use crate::rest::error::ApiError;

/// A client signed in.
#[derive(Serialize, ToSchema)]
pub struct PartnerSignIn {
    token: String,
    created: bool,
    client: ClientBody,
}

/// Who is to be signed in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct PartnerSignInInput {
    phone: String,
    full_name: Option<String>,
    /// Whether an unknown client is enrolled; else 404.
    #[schema(default = true)]
    create_if_missing: Option<bool>,
}

/// Signs a client in whom the partner's server has recognised.
#[utoipa::path(post, path = "/partner/auth", tag = "Partner (server-to-server)",
    summary = "SSO — обмен телефона на Bearer-токен клиента", request_body = PartnerSignInInput,
    responses((status = 200, body = PartnerSignIn), (status = 201, body = PartnerSignIn), (status = 401),
              (status = 403), (status = 404), (status = 422)))]
pub async fn sign_in(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let request = EnrolmentRequest {
        phone: fields.phone("phone", 255)?,
        full_name: fields.name("full_name", 255)?,
        invited_by: None,
    };
    let may_enrol = fields.flag("create_if_missing")?.unwrap_or(true);
    let status = |sign_in: &SignIn| match sign_in.created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let wire = |sign_in: &SignIn| PartnerSignIn {
        token: sign_in.token.clone(),
        created: sign_in.created,
        client: ClientBody::new(&partner.tenant, &sign_in.profile),
    };
    let answered = answer(&body.raw, status, wire, async |once| {
        usecase::sign_in(&parts.loyalty, &partner, &request, may_enrol, once).await
    });
    Ok(answered.await?)
}
