//! `GET` and `PUT /client/profile` (R-CLIENT).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{Bonus, Client, Date, Money, Tenant, account_number, club_card, ean13};
use loyalty::usecase::{self, Profile, ProfileChange};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::body::JsonBody;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::Fields;
use crate::rest::shapes::Tier;

/// A client, as the client sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub struct ClientBody {
    id: i64,
    phone: String,
    barcode_ean13: String,
    club_card_number: String,
    account_number: String,
    full_name: Option<String>,
    birth_date: Option<String>,
    gender: Option<String>,
    #[schema(value_type = f64)]
    bonus_balance: Bonus,
    #[schema(value_type = f64)]
    welcome_bonus_balance: Bonus,
    welcome_expires_at: Option<String>,
    #[schema(value_type = f64)]
    birthday_bonus_balance: Bonus,
    birthday_expires_at: Option<String>,
    #[schema(value_type = f64)]
    total_spent: Money,
    tier: Tier,
    telegram_username: Option<String>,
    has_mobile_app: bool,
    is_blocked: bool,
    last_visit_at: Option<String>,
}

/// What a client changes: an absent field stays, null clears.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct ProfileInput {
    #[schema(max_length = 255)]
    full_name: Option<String>,
    #[schema(format = Date)]
    birth_date: Option<String>,
    #[schema(max_length = 20)]
    gender: Option<String>,
}

/// The client's profile and balance.
#[utoipa::path(get, path = "/client/profile", tag = "Client (Mobile)", summary = "Профиль и баланс",
    responses((status = 200, body = ClientBody), (status = 401), (status = 403)))]
pub async fn show(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
) -> Result<Response, ApiError> {
    let profile = usecase::profile(&parts.loyalty, &client).await?;
    Ok(success(StatusCode::OK, ClientBody::new(&client.tenant, &profile)))
}

/// Changes the client's profile.
#[utoipa::path(put, path = "/client/profile", tag = "Client (Mobile)", summary = "Обновить профиль",
    request_body = ProfileInput,
    responses((status = 200, body = ClientBody), (status = 401), (status = 403), (status = 422)))]
pub async fn update(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let today = Date::at(parts.loyalty.now(), client.tenant.zone);
    let change = change(&body.fields, today)?;
    let profile = usecase::update_profile(&parts.loyalty, &client, &change).await?;
    Ok(success(StatusCode::OK, ClientBody::new(&client.tenant, &profile)))
}

fn change(fields: &Fields, today: Date) -> Result<ProfileChange, FieldError> {
    let text = |name: &str, most| -> Result<Option<Option<String>>, FieldError> {
        let value = fields.text(name, most)?;
        Ok(fields.is_given(name).then_some(value))
    };
    let full_name = fields.name("full_name", 255)?;
    let birth_date = match text("birth_date", 10)? {
        Some(Some(day)) => {
            let day = Date::parse(&day).map_err(|_| fields.wrong("birth_date", Problem::NotADate))?;
            if day > today {
                return Err(fields.wrong("birth_date", Problem::InTheFuture));
            }
            Some(Some(day))
        }
        Some(None) => Some(None),
        None => None,
    };
    Ok(ProfileChange {
        full_name: fields.is_given("full_name").then_some(full_name),
        birth_date,
        gender: text("gender", 20)?,
    })
}

impl ClientBody {
    /// Words a profile.
    pub fn new(tenant: &Tenant, profile: &Profile) -> Self {
        let zone = tenant.zone;
        Self {
            id: profile.id,
            phone: profile.phone.as_str().to_owned(),
            barcode_ean13: ean13(profile.id),
            club_card_number: club_card(profile.card_number),
            account_number: account_number(profile.id),
            full_name: profile.full_name.clone(),
            birth_date: profile.birth_date.clone(),
            gender: profile.gender.clone(),
            bonus_balance: profile.balance,
            welcome_bonus_balance: profile.welcome.balance,
            welcome_expires_at: profile.welcome.expires_at.map(|at| at.to_rfc3339(zone)),
            birthday_bonus_balance: profile.birthday.balance,
            birthday_expires_at: profile.birthday.expires_at.map(|at| at.to_rfc3339(zone)),
            total_spent: profile.total_spent,
            tier: Tier::from(&profile.tier),
            telegram_username: profile.telegram_username.clone(),
            has_mobile_app: profile.has_mobile_app,
            is_blocked: profile.is_blocked,
            last_visit_at: profile.last_visit_at.map(|at| at.to_rfc3339(zone)),
        }
    }
}
