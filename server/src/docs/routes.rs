//! Addresses under `/docs`.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router, routing};

use super::{guides, page, postman, reference};
use crate::parts::Parts;
use crate::rest::openapi::{CASHIER_CONTRACT, CONTRACT, document};

/// Everything under `/docs`.
pub fn routes() -> Router<Parts> {
    Router::new()
        .route("/docs", routing::get(show_reference))
        .route("/docs/bonex-openapi.yaml", routing::get(async || yaml(CONTRACT)))
        .route(
            "/docs/cashier-openapi.yaml",
            routing::get(async || yaml(CASHIER_CONTRACT)),
        )
        .route(
            "/docs/bonex.postman_collection.json",
            routing::get(show_collection),
        )
        .route("/docs/{guide}", routing::get(show_guide))
}

async fn show_reference() -> Html<String> {
    Html(page::page("Справочник", "", &reference::html(document())))
}

async fn show_guide(State(parts): State<Parts>, Path(slug): Path<String>) -> Response {
    match guides::find(&slug) {
        Some(guide) => Html(page::page(guide.title, guide.slug, &guide.html(&parts.api_url))).into_response(),
        None => {
            let text = "<h1>Такой страницы нет</h1><p><a href=\"/docs\">К справочнику</a></p>";
            (
                StatusCode::NOT_FOUND,
                Html(page::page("Страница не найдена", "", text)),
            )
                .into_response()
        }
    }
}

async fn show_collection(State(parts): State<Parts>) -> Response {
    let name = "attachment; filename=\"bonex.postman_collection.json\"";
    let collection = Json(postman::collection(document(), &parts.api_url));
    ([(header::CONTENT_DISPOSITION, name)], collection).into_response()
}

fn yaml(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/yaml; charset=utf-8")], text).into_response()
}
