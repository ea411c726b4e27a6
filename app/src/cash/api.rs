//! What the cashier asks the server. Each function reads its caller first, calls one use case and translates.

use leptos::prelude::*;
use loyalty::model::{Bonus, Money, Percent};
use loyalty::rules::preview::Terms;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::client::CashClient;
use super::error::CashError;

/// Who is working, for the header.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Session {
    /// Shop.
    pub store: String,
    /// Branch.
    pub branch: String,
    /// Register.
    pub register: String,
    /// ISO 4217.
    pub currency: String,
    /// The shop's own colour.
    pub primary_color: Option<String>,
    /// Numbers of shop and register: what the browser keeps for one register is no other's.
    #[serde(default)]
    pub place: String,
}

/// A client as the cashier sees one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Card {
    /// In international form.
    pub phone: String,
    /// EAN-13 of the client's card. Replies stored by older versions have none.
    #[serde(default)]
    pub ean13: String,
    /// As enrolled.
    pub full_name: Option<String>,
    /// Name of the tier.
    pub tier: String,
    /// Its colour.
    pub tier_color: String,
    /// The whole balance.
    pub balance: Bonus,
    /// Redeemable now.
    pub redeemable: Bonus,
    /// On hold.
    pub held: Bonus,
    /// For the preview.
    pub terms: Terms,
}

impl Card {
    /// Names the client in a sale: by the card's number, so that no phone is kept with a sale whose outcome is not known.
    pub fn name_in_requests(&self) -> &str {
        match self.ean13.as_str() {
            "" => &self.phone,
            ean13 => ean13,
        }
    }
}

/// A sale made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Sold {
    /// Left to pay in money.
    pub to_pay: Money,
    /// Spent.
    pub redeemed: Bonus,
    /// Earned.
    pub accrued: Bonus,
    /// The balance after it.
    pub new_balance: Bonus,
    /// Which rule gave which figure.
    pub why: Vec<Why>,
}

/// Which rule gave a figure of a sale: as much of the ledger's explanation as the cashier is told.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Why {
    /// `percent` of `of` was earned.
    Accrual {
        /// What the percentage was taken of.
        of: Money,
        /// The percentage.
        percent: Percent,
        /// The tier that gave it.
        tier: String,
    },
    /// At most `limit` could be spent.
    Redemption {
        /// The receipt before bonuses.
        of: Money,
        /// The limit as a share.
        percent: Percent,
        /// The limit in bonuses.
        limit: Bonus,
    },
    /// A promotion gave `amount` more.
    Promotion {
        /// Its name.
        name: String,
        /// What it gave.
        amount: Bonus,
    },
    /// A gift came with the purchase.
    Gift {
        /// Which one.
        gift: Gift,
        /// What was given.
        amount: Bonus,
    },
}

/// What a purchase may bring beside its accrual.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Gift {
    /// The first purchase of somebody invited.
    Invitation,
    /// A second purchase that came soon.
    SecondPurchase,
    /// A purchase after a long silence.
    Return,
}

/// Who is working.
#[server(endpoint = "cash/session", input = Json, client = CashClient)]
pub async fn open_session() -> Result<Session, CashError> {
    let register = crate::caller::caller()?.register;
    Ok(Session {
        store: register.tenant.name.clone(),
        branch: register.branch.name,
        register: register.name,
        currency: register.tenant.currency.clone(),
        primary_color: register.tenant.primary_color.clone(),
        place: format!("{}-{}", register.tenant.id, register.id),
    })
}

/// The client of this phone, EAN-13 or card; none when nobody is named so.
#[server(endpoint = "cash/client", input = Json, client = CashClient)]
pub async fn find_client(identifier: String) -> Result<Option<Card>, CashError> {
    use loyalty::ledger::Refusal;
    use loyalty::model::{Identifier, IdentifierError};
    use loyalty::usecase::{self, Error};
    let caller = crate::caller::caller()?;
    let identifier = match Identifier::parse(&identifier) {
        Ok(identifier) => identifier,
        Err(IdentifierError::Phone(slip)) => {
            return Err(ssr::invalid(&caller.response, &format!("Телефон: {slip}")));
        }
        Err(IdentifierError::Unreadable | IdentifierError::WrongCheckDigit) => return Ok(None),
    };
    match usecase::look_up(&caller.loyalty, &caller.register, &identifier, None).await {
        Ok(card) => Ok(Some(Card::new(&card))),
        Err(Error::Refused(Refusal::ClientNotFound)) => Ok(None),
        Err(error) => Err(ssr::refuse(&caller.response, &error)),
    }
}

/// Enrols a client, or finds the one with this phone.
#[server(endpoint = "cash/enrol", input = Json, client = CashClient)]
pub async fn enrol_client(phone: String, full_name: Option<String>) -> Result<Card, CashError> {
    use loyalty::model::{Phone, clean_name};
    use loyalty::usecase::{self, Enrolment, EnrolmentRequest, Once, Outcome};
    let caller = crate::caller::caller()?;
    let body = format!("{phone}\n{full_name:?}");
    let phone =
        Phone::parse(&phone).map_err(|error| ssr::invalid(&caller.response, &format!("Телефон: {error}")))?;
    let full_name = full_name.map(|name| clean_name(&name).chars().take(255).collect::<String>());
    let request = EnrolmentRequest {
        phone,
        full_name: full_name.filter(|name| !name.is_empty()),
        invited_by: None,
    };
    let words = |enrolment: &Enrolment| ssr::words(&Card::new(&enrolment.card));
    let once = Once {
        key: caller.key.as_deref(),
        body: body.as_bytes(),
        reply: &words,
    };
    match usecase::enrol(&caller.loyalty, &caller.register, &request, once).await {
        Ok(Outcome::Fresh(enrolment)) => Ok(Card::new(&enrolment.card)),
        Ok(Outcome::Replayed(reply)) => ssr::replay(&reply),
        Err(error) => Err(ssr::refuse(&caller.response, &error)),
    }
}

/// Makes a sale. The key of the request makes it safe to ask again: its reply is stored for some days, and the sale is
/// named after it for good. `phone` is any identifier of the client.
#[server(endpoint = "cash/sale", input = Json, client = CashClient)]
pub async fn make_sale(phone: String, total: Money, redeem: Bonus) -> Result<Sold, CashError> {
    use loyalty::ledger::SaleRequest;
    use loyalty::model::{Identifier, RedeemMode};
    use loyalty::usecase::{self, Error, Once, Outcome, SaleRecord};
    let caller = crate::caller::caller()?;
    let body = format!("{phone}\n{total}\n{redeem}");
    let client =
        Identifier::parse(&phone).map_err(|error| ssr::invalid(&caller.response, &error.to_string()))?;
    if !total.is_positive() || total > Money::MAX || !(Bonus::ZERO..=Bonus::MAX).contains(&redeem) {
        return Err(ssr::invalid(&caller.response, "Введите сумму чека."));
    }
    let request = SaleRequest {
        total,
        gross: None,
        redeem,
        mode: RedeemMode::PaymentType,
        external_id: ssr::external_id(caller.key.as_deref()),
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: Vec::new(),
    };
    let words = |record: &SaleRecord| ssr::words(&Sold::new(record));
    let once = Once {
        key: caller.key.as_deref(),
        body: body.as_bytes(),
        reply: &words,
    };
    match usecase::sell(&caller.loyalty, &caller.register, &client, &request, once).await {
        Ok(Outcome::Fresh(record)) => Ok(Sold::new(&record)),
        Ok(Outcome::Replayed(reply)) => ssr::replay(&reply),
        Err(Error::DuplicateSale(Some(record))) => Ok(Sold::new(&record)),
        Err(error) => Err(ssr::refuse(&caller.response, &error)),
    }
}

#[cfg(feature = "ssr")]
mod ssr {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;
    use loyalty::ledger::Refusal;
    use loyalty::model::{AppliedPromotion, Explanation};
    use loyalty::usecase::{self, ClientCard, Error, Reply, SaleRecord};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::{Card, CashError, Gift, Sold, Why};

    /// A refusal in its own words; a failure is logged, and the cashier learns what to do.
    pub fn refuse(response: &ResponseOptions, error: &Error) -> CashError {
        if let Error::Failure(failure) = error {
            tracing::error!(%failure, "request failed");
            response.set_status(StatusCode::SERVICE_UNAVAILABLE);
            return CashError::lost("Сервер не смог ответить. Повторите через минуту.");
        }
        let status = match error {
            Error::Refused(Refusal::ClientBlocked) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        response.set_status(status);
        match error {
            // Neither was decided on what is stored under the key; the second says that something is.
            Error::Denied(_) | Error::KeyReused => CashError::failed(error.to_string()),
            _ => CashError::decided(error.to_string()),
        }
    }

    /// The name of a sale that its key gives it (ruling 51); only a very long key, which is not of ours, gives none.
    pub fn external_id(key: Option<&str>) -> Option<String> {
        let name = format!("web-{}", key?);
        (name.chars().count() <= 255).then_some(name)
    }

    /// What was typed can't be used.
    pub fn invalid(response: &ResponseOptions, text: &str) -> CashError {
        response.set_status(StatusCode::UNPROCESSABLE_ENTITY);
        CashError::decided(text)
    }

    /// The reply as it is stored.
    pub fn words(answer: &impl Serialize) -> Reply {
        // Answers are plain structs: serialising them can't fail.
        Reply {
            status: 200,
            body: serde_json::to_string(answer).unwrap_or_default(),
        }
    }

    /// A stored reply, read again.
    pub fn replay<T: DeserializeOwned>(reply: &Reply) -> Result<T, CashError> {
        serde_json::from_str(&reply.body).map_err(|_| CashError::decided("Этот запрос уже выполнен."))
    }

    impl Card {
        pub(super) fn new(card: &ClientCard) -> Self {
            Self {
                phone: card.phone.as_str().to_owned(),
                ean13: loyalty::model::ean13(card.id),
                full_name: card.full_name.clone(),
                tier: card.tier.name.clone(),
                tier_color: card.tier.color.clone(),
                balance: card.balance,
                redeemable: card.redeemable,
                held: card.available.held,
                terms: card.terms(),
            }
        }
    }

    impl Sold {
        pub(super) fn new(record: &SaleRecord) -> Self {
            Self {
                to_pay: record.total - record.redeemed.worth(),
                redeemed: record.redeemed,
                accrued: record.accrued,
                new_balance: record.new_balance,
                why: record.why.iter().flat_map(Why::of).collect(),
            }
        }
    }

    impl Why {
        /// An accrual is told with each of its promotions.
        fn of(why: &usecase::Why) -> Vec<Self> {
            let gift = |gift| {
                vec![Self::Gift {
                    gift,
                    amount: why.amount,
                }]
            };
            match &why.explanation {
                Explanation::Accrual {
                    of,
                    percent,
                    tier,
                    promotions,
                    ..
                } => {
                    let accrual = Self::Accrual {
                        of: *of,
                        percent: *percent,
                        tier: tier.clone(),
                    };
                    let promotion = |applied: &AppliedPromotion| Self::Promotion {
                        name: applied.name.clone(),
                        amount: applied.extra,
                    };
                    std::iter::once(accrual)
                        .chain(promotions.iter().map(promotion))
                        .collect()
                }
                Explanation::Redemption { of, percent, limit } => vec![Self::Redemption {
                    of: *of,
                    percent: *percent,
                    limit: *limit,
                }],
                Explanation::ReferralInvitee { .. } => gift(Gift::Invitation),
                Explanation::SecondPurchase { .. } => gift(Gift::SecondPurchase),
                Explanation::Reactivation { .. } => gift(Gift::Return),
                _ => Vec::new(),
            }
        }
    }
}
