//! `/docs`: the API documentation as one plain page, made from the document itself.

use axum::response::Html;
use serde_json::Value;

use super::openapi::document;

/// `GET /docs`.
pub async fn show() -> Html<String> {
    Html(page(document()))
}

fn page(document: &Value) -> String {
    let mut rows = String::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            rows += &operation_html(document, path, method, operation);
        }
    }
    format!(
        "<!DOCTYPE html><html lang=\"ru\"><head><meta charset=\"utf-8\"><title>Bonex REST API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/pkg/bonex.css\"></head><body><main class=\"docs\"><h1>Bonex REST API</h1>\
         <p>Все адреса начинаются с <code>/api/v1</code>. Запросы кассы несут заголовки <code>X-Tenant-Token</code>, \
         <code>X-Cashier-Token</code> и <code>X-Device-Id</code>; повторить запрос безопасно с заголовком \
         <code>Idempotency-Key</code>. Машинное описание: <a href=\"/openapi.json\">openapi.json</a>.</p>\
         {rows}</main></body></html>"
    )
}

fn operation_html(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
    let answer = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .find_map(|(_, response)| response["content"]["application/json"]["schema"]["$ref"].as_str());
    format!(
        "<section><h2><code>{} {}</code></h2><p>{}</p>{}{}</section>",
        method.to_uppercase(),
        escape(path),
        escape(summary),
        body.map(|name| table("Запрос", document, name))
            .unwrap_or_default(),
        answer
            .map(|name| table("Ответ, поле data", document, name))
            .unwrap_or_default(),
    )
}

fn table(title: &str, document: &Value, reference: &str) -> String {
    let schema = document
        .pointer(reference.trim_start_matches('#'))
        .unwrap_or(&Value::Null);
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rows: String = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| {
            let note = if required.contains(&name.as_str()) {
                "обязательно"
            } else {
                ""
            };
            format!("<tr><td><code>{}</code></td><td>{note}</td></tr>", escape(name))
        })
        .collect();
    format!("<table><caption>{title}</caption><tbody>{rows}</tbody></table>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
