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
         <p>Все адреса начинаются с <code>/api/v1</code>, и каждый запрос несёт <code>X-Tenant-Token</code>. Клиент \
         добавляет <code>Authorization: Bearer</code>, касса — <code>X-Cashier-Token</code> и <code>X-Device-Id</code>, \
         партнёр — подпись в <code>X-Partner-Timestamp</code> и <code>X-Partner-Signature</code>. Повторить POST безопасно \
         с заголовком <code>Idempotency-Key</code>. Машинное описание: <a href=\"/openapi.json\">openapi.json</a>.</p>\
         {rows}</main></body></html>"
    )
}

fn operation_html(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let text = |name: &str| escape(operation[name].as_str().unwrap_or_default());
    let json = |content: &Value| content["content"]["application/json"]["schema"].clone();
    let answers: String = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, response)| {
            let told = response["description"].as_str().unwrap_or_default();
            let title = format!("Ответ {status}: {told}");
            let data = &json(response)["properties"]["data"];
            table(&title, document, data)
        })
        .collect();
    format!(
        "<section><h2><code>{} {}</code></h2><p>{}</p><p>{}</p>{}{answers}</section>",
        method.to_uppercase(),
        escape(path),
        text("summary"),
        text("description"),
        match json(&operation["requestBody"]) {
            Value::Null => String::new(),
            body => table("Запрос", document, &body),
        },
    )
}

/// The fields of a schema, each with its type, whether it must be there, an example and its meaning.
fn table(title: &str, document: &Value, schema: &Value) -> String {
    let schema = fields_of(document, schema);
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
        .map(|(name, field)| {
            let mut notes = vec![kind(document, field)];
            if required.contains(&name.as_str()) {
                notes.push("обязательно".to_owned());
            }
            if !field["example"].is_null() {
                notes.push(format!("например {}", field["example"]));
            }
            notes.extend(field["description"].as_str().map(str::to_owned));
            format!(
                "<tr><td><code>{}</code></td><td>{}</td></tr>",
                escape(name),
                escape(&notes.join(", "))
            )
        })
        .collect();
    format!(
        "<table><caption>{}</caption><tbody>{rows}</tbody></table>",
        escape(title)
    )
}

/// A schema where its fields are: behind references, in the items of a list, in the form that is not null.
fn fields_of<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#'));
        return fields_of(document, found.unwrap_or(&Value::Null));
    }
    let forms = schema["oneOf"].as_array();
    if let Some(form) = forms.and_then(|forms| forms.iter().find(|form| form["type"] != "null")) {
        return fields_of(document, form);
    }
    match schema["items"].is_object() {
        true => fields_of(document, &schema["items"]),
        false => schema,
    }
}

/// The type in words.
fn kind(document: &Value, field: &Value) -> String {
    let name = match &field["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .unwrap_or_default(),
        _ => fields_of(document, field)["type"].as_str().unwrap_or_default(),
    };
    let word = match name {
        "string" => "строка",
        "number" => "число",
        "integer" => "целое число",
        "boolean" => "true или false",
        "array" => "список",
        "object" => "объект",
        other => other,
    };
    word.to_owned()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
