//! `POST /integration/inventory/sync` (R-INVENTORY).

use std::collections::HashSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{StockItem, Tenant};
use loyalty::usecase::{self, StockChange, StockReport};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::JsonBody;
use crate::rest::error::ApiError;
use crate::rest::field_error::{FieldError, Problem};
use crate::rest::fields::{Entry, Fields};
use crate::rest::words::Language;

/// R-INVENTORY-2.
const ITEMS_MAX: usize = 5_000;

/// What a report changed.
#[derive(Serialize, ToSchema)]
pub struct InventoryReport {
    received: usize,
    created: usize,
    changed: usize,
    unchanged: usize,
    reactivated: usize,
    deactivated: u64,
    refused: Vec<RefusedItem>,
}

/// An article that was not taken, and why.
#[derive(Clone, Serialize, ToSchema)]
pub struct RefusedItem {
    /// Its place in `items`, from 0.
    index: usize,
    sku: Option<String>,
    #[serde(rename = "reason", serialize_with = "worded")]
    #[schema(value_type = String)]
    error: FieldError,
}

fn worded<S: Serializer>(error: &FieldError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Language::current().field(error))
}

/// A stock report.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct InventoryInput {
    #[schema(max_items = 5000)]
    items: Vec<InventoryItem>,
    /// Whether articles that the report leaves out become inactive.
    #[schema(default = false)]
    deactivate_missing: Option<bool>,
}

/// One article.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct InventoryItem {
    #[schema(max_length = 64)]
    sku: String,
    #[schema(max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 64)]
    category_code: Option<String>,
    #[schema(max_length = 64)]
    interest_tag: Option<String>,
    #[schema(minimum = 0)]
    quantity: Option<f64>,
    #[schema(minimum = 0)]
    quantity_on_hand: Option<f64>,
    #[schema(minimum = 0)]
    overstock_threshold: Option<f64>,
    #[schema(minimum = 0)]
    days_without_sale: Option<i64>,
}

/// Makes the shop's stock what the report says. Articles that can't be taken are named with the reason; when none can
/// be taken, the whole report is refused.
#[utoipa::path(post, path = "/integration/inventory/sync", tag = "Integration",
    summary = "Синхронизация остатков (1С / ERP)", request_body = InventoryInput,
    responses((status = 200, body = InventoryReport), (status = 401), (status = 403), (status = 422)))]
pub async fn sync(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (received, report, refused) = report(&body.fields)?;
    if let (true, Some(first)) = (report.items.is_empty(), refused.first()) {
        let nothing = InventoryReport::new(received, StockChange::default(), refused.clone());
        return Err(ApiError::NothingTaken(
            first.error.clone(),
            serde_json::to_value(nothing).unwrap_or_default(),
        ));
    }
    let wire = |change: &StockChange| InventoryReport::new(received, *change, refused.clone());
    let answered = answer(
        &body.raw,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::sync_stock(&parts.loyalty, &tenant, report, once).await,
    );
    Ok(answered.await?)
}

/// Reads a report: how many articles it names, those that can be taken, and those that can't.
pub fn report(fields: &Fields) -> Result<(usize, StockReport, Vec<RefusedItem>), FieldError> {
    let items = fields.required("items", fields.entries("items", ITEMS_MAX)?)?;
    let (received, deactivate_missing) = (items.len(), fields.flag("deactivate_missing")?.unwrap_or(false));
    if items.is_empty() && deactivate_missing {
        return Err(fields.wrong("items", Problem::NothingInStock));
    }
    let (report, refused) = sorted(items, deactivate_missing);
    Ok((received, report, refused))
}

/// The articles that can be taken, and those that can't.
fn sorted(items: Vec<Entry>, deactivate_missing: bool) -> (StockReport, Vec<RefusedItem>) {
    let (mut refused, mut seen) = (Vec::new(), HashSet::new());
    let mut report = StockReport {
        deactivate_missing,
        ..StockReport::default()
    };
    for (index, entry) in items.into_iter().enumerate() {
        let sku = entry.named("sku");
        match entry.fields.and_then(|fields| item(&fields)) {
            Ok(item) if seen.insert(item.sku.clone()) => report.items.push(item),
            Ok(_) => {
                let error = FieldError {
                    name: format!("items.{index}.sku"),
                    problem: Problem::Repeated,
                };
                refused.push(RefusedItem { index, sku, error });
            }
            Err(error) => {
                report.spared.extend(sku.clone());
                refused.push(RefusedItem { index, sku, error });
            }
        }
    }
    (report, refused)
}

fn item(fields: &Fields) -> Result<StockItem, FieldError> {
    Ok(StockItem {
        sku: fields.required("sku", fields.sku("sku")?)?,
        name: fields.name("name", 255)?,
        category_code: fields.text("category_code", 64)?,
        interest_tag: fields.text("interest_tag", 64)?,
        quantity: thousandths(fields, "quantity")?,
        quantity_on_hand: thousandths(fields, "quantity_on_hand")?,
        overstock_threshold: thousandths(fields, "overstock_threshold")?,
        days_without_sale: days(fields)?,
    })
}

/// A quantity from 0 to a billion, to three decimals.
fn thousandths(fields: &Fields, name: &str) -> Result<Option<i64>, FieldError> {
    let quantity = fields.quantity(name)?;
    Ok(quantity.map(|quantity| (quantity * 1000.0).round() as i64))
}

fn days(fields: &Fields) -> Result<Option<i64>, FieldError> {
    match fields.integer("days_without_sale")? {
        Some(days) if !(0..=100_000).contains(&days) => {
            Err(fields.wrong("days_without_sale", Problem::Between(0, 100_000)))
        }
        days => Ok(days),
    }
}

impl InventoryReport {
    fn new(received: usize, change: StockChange, refused: Vec<RefusedItem>) -> Self {
        Self {
            received,
            created: change.created,
            changed: change.changed,
            unchanged: change.unchanged,
            reactivated: change.reactivated,
            deactivated: change.deactivated,
            refused,
        }
    }
}
