//! `GET /client/referral` (R-REFERRAL).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{Bonus, Client, Tenant};
use loyalty::usecase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;

/// How a client invites friends, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Referral)]
pub struct ReferralBody {
    code: String,
    share_text: String,
    telegram_start_param: String,
    invite_url: Option<String>,
    invited_count: i64,
    completed_count: i64,
    #[schema(value_type = f64)]
    bonuses_earned: Bonus,
}

/// The client's referral programme.
#[utoipa::path(get, path = "/client/referral", tag = "Client (Mobile)", summary = "Реферальная программа",
    responses((status = 200, body = ReferralBody), (status = 401), (status = 403)))]
pub async fn show(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
) -> Result<Response, ApiError> {
    let referral = usecase::referral(&parts.loyalty, &client).await?;
    let start_param = format!("ref_{}", referral.code);
    let bot = client.tenant.telegram_bot.as_deref();
    let body = ReferralBody {
        share_text: share_text(&client.tenant, referral.inviter_bonus, referral.invitee_bonus),
        invite_url: bot.map(|bot| format!("https://t.me/{bot}?start={start_param}")),
        telegram_start_param: start_param,
        code: referral.code,
        invited_count: referral.invited,
        completed_count: referral.completed,
        bonuses_earned: referral.earned,
    };
    Ok(success(StatusCode::OK, body))
}

/// R-REFERRAL-2 with the shop's real figures (ruling 31).
fn share_text(tenant: &Tenant, inviter: Bonus, invitee: Bonus) -> String {
    let mut text = format!("Пригласи друга в {}", tenant.name);
    if inviter.is_positive() {
        text += &format!(" – получи {}", bonuses(inviter));
    }
    text.push('.');
    if invitee.is_positive() {
        text += &format!(" Друг получит {} после первой покупки.", bonuses(invitee));
    }
    text
}

/// «1 бонус», «3 бонуса», «20 бонусов», «7.5 бонуса».
fn bonuses(amount: Bonus) -> String {
    let (whole, rest) = (amount.hundredths() / 100, amount.hundredths() % 100);
    let word = match (rest, whole % 10, whole % 100) {
        (1.., ..) => "бонуса",
        (_, _, 11..=14) => "бонусов",
        (_, 1, _) => "бонус",
        (_, 2..=4, _) => "бонуса",
        _ => "бонусов",
    };
    format!("{amount} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bonuses_are_counted_in_good_russian() {
        for (hundredths, words) in [
            (100, "1 бонус"),
            (300, "3 бонуса"),
            (1100, "11 бонусов"),
            (2000, "20 бонусов"),
            (2100, "21 бонус"),
            (750, "7.5 бонуса"),
        ] {
            assert_eq!(bonuses(Bonus::from_hundredths(hundredths)), words);
        }
    }
}
