//! `GET /client/transactions` and `/client/purchases` (R-HIST).

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::ledger::Line;
use loyalty::model::{Bonus, Client, Explanation, Money, Price, Tenant, clean_name};
use loyalty::usecase::{self, Purchase, Transaction};
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::explanation::{ExplanationBody, contract_name};
use crate::rest::paging::Paging;
use crate::rest::shapes::Paginated;

/// Entries on a page, always as many (R-HIST-1).
const TRANSACTIONS_PER_PAGE: i64 = 20;

/// A line of the history.
#[derive(Serialize, ToSchema)]
pub struct BonusTransaction {
    id: i64,
    r#type: String,
    #[schema(value_type = f64)]
    amount: Bonus,
    amount_unit: String,
    #[schema(value_type = f64)]
    balance_after: Bonus,
    #[schema(value_type = Option<f64>)]
    sale_amount: Option<Money>,
    purchase_currency: Option<String>,
    note: Option<String>,
    /// Why: which rule gave it, and how it is counted.
    explanation: ExplanationBody,
    created_at: String,
}

/// A purchase, or a redemption without one.
#[derive(Serialize, ToSchema)]
#[schema(as = Purchase)]
pub struct PurchaseBody {
    id: i64,
    kind: &'static str,
    title: &'static str,
    receipt_number: Option<String>,
    sale_date: String,
    #[schema(value_type = f64)]
    total_amount: Money,
    currency: String,
    #[schema(value_type = f64)]
    bonus_accrued: Bonus,
    #[schema(value_type = f64)]
    bonus_redeemed: Bonus,
    store_name: Option<String>,
    store_address: Option<String>,
    lines: Vec<SaleLine>,
}

/// One position of a receipt.
#[derive(Serialize, ToSchema)]
pub struct SaleLine {
    sku: Option<String>,
    name: Option<String>,
    quantity: f64,
    #[schema(value_type = f64)]
    unit_price: Price,
    #[schema(value_type = f64)]
    line_amount: Money,
}

/// The client's bonuses, earned and spent.
#[utoipa::path(get, path = "/client/transactions", tag = "Client (Mobile)",
    summary = "История бонусов (начисления/списания)",
    params(("page" = Option<i64>, Query, description = "Номер страницы (пагинация)")),
    responses((status = 200, body = Paginated<BonusTransaction>), (status = 401), (status = 403)))]
pub async fn transactions(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    paging: Paging,
) -> Result<Response, ApiError> {
    let page = usecase::transactions(&parts.loyalty, &client, paging.page, TRANSACTIONS_PER_PAGE).await?;
    let word = |transaction| BonusTransaction::new(&client.tenant, transaction);
    Ok(success(StatusCode::OK, Paginated::of(page, word)))
}

/// The client's purchases.
#[utoipa::path(get, path = "/client/purchases", tag = "Client (Mobile)", summary = "История покупок",
    params(("page" = Option<i64>, Query, description = "Номер страницы (пагинация)"),
           ("per_page" = Option<i64>, Query, description = "Покупок на странице, от 1 до 50; без него 20")),
    responses((status = 200, body = Paginated<PurchaseBody>), (status = 401), (status = 403)))]
pub async fn purchases(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
    paging: Paging,
) -> Result<Response, ApiError> {
    let page = usecase::purchases(&parts.loyalty, &client, paging.page, paging.per_page).await?;
    let word = |purchase| PurchaseBody::new(&client.tenant, purchase);
    Ok(success(StatusCode::OK, Paginated::of(page, word)))
}

impl BonusTransaction {
    fn new(tenant: &Tenant, transaction: Transaction) -> Self {
        let currency = transaction.sale_total.map(|_| tenant.currency.clone());
        Self {
            id: transaction.id,
            r#type: contract_name(transaction.kind).to_owned(),
            amount: transaction.amount,
            amount_unit: tenant.bonus_unit.clone(),
            balance_after: transaction.balance_after,
            sale_amount: transaction.sale_total,
            purchase_currency: currency,
            explanation: ExplanationBody::new(
                transaction.kind,
                transaction.amount,
                &transaction.explanation,
                tenant.zone,
            ),
            note: Some(note(transaction.explanation)),
            created_at: transaction.created_at.to_rfc3339(tenant.zone),
        }
    }
}

fn note(explanation: Explanation) -> String {
    let text = match explanation {
        Explanation::Accrual { .. } => "Начисление за покупку",
        Explanation::Redemption { .. } => "Списание бонусов",
        Explanation::Revocation { .. } => "Отмена начисления при возврате",
        Explanation::Settlement { .. } => "Удержано из возврата денег",
        Explanation::Restoration { .. } => "Возврат списанных бонусов",
        Explanation::Welcome { .. } => "Приветственные бонусы",
        Explanation::Birthday { .. } => "Подарок ко дню рождения",
        Explanation::ReferralInviter { .. } => "Бонусы за приглашённого друга",
        Explanation::ReferralInvitee { .. } => "Бонусы за первую покупку по приглашению",
        Explanation::SecondPurchase { .. } => "Бонусы за вторую покупку",
        Explanation::Reactivation { .. } => "Бонусы за возвращение",
        Explanation::Expiration { .. } => "Сгорели бонусы",
        Explanation::GiftRevocation { .. } => "Отмена подарка при возврате",
        Explanation::Adjustment { reason, .. } => return reason,
    };
    text.to_owned()
}

impl PurchaseBody {
    fn new(tenant: &Tenant, purchase: Purchase) -> Self {
        let (kind, title) = match purchase.kind.as_str() {
            "redemption" => ("redemption", "Списание бонусов"),
            _ => ("purchase", "Покупка"),
        };
        Self {
            id: purchase.id,
            kind,
            title,
            receipt_number: purchase.receipt_number,
            sale_date: purchase.sale_at.to_rfc3339(tenant.zone),
            total_amount: purchase.total,
            currency: tenant.currency.clone(),
            bonus_accrued: purchase.accrued,
            bonus_redeemed: purchase.redeemed,
            store_name: purchase.branch_name,
            store_address: purchase.branch_address,
            lines: purchase.lines.into_iter().map(SaleLine::from).collect(),
        }
    }
}

impl From<Line> for SaleLine {
    /// A register may leave out what the contract demands: one piece, and a price of one made from the price of all.
    fn from(line: Line) -> Self {
        let quantity = line.quantity.unwrap_or(1.0);
        let of_one = |amount: Money| match quantity > 0.0 {
            true => Money::from_hundredths((amount.hundredths() as f64 / quantity).round() as i64),
            false => Money::ZERO,
        };
        Self {
            sku: line.sku,
            name: line.name.map(|name| clean_name(&name).into_owned()),
            quantity,
            unit_price: line
                .unit_price
                .or(line.line_amount.map(|amount| of_one(amount).into()))
                .unwrap_or_default(),
            line_amount: line
                .line_amount
                .or(line.unit_price.map(|price| price.of(quantity)))
                .unwrap_or_default(),
        }
    }
}
