//! Every operation with its fields, from the document itself.

use serde_json::Value;

use super::escape::escape;

/// The operations, by the document's own groups.
pub fn html(document: &Value) -> String {
    let groups: String = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| group(document, tag))
        .collect();
    format!(
        "<h1>Справочник</h1>\
         <p>Все адреса начинаются с <code>/api/v1</code>, и каждый запрос несёт <code>X-Tenant-Token</code>. Клиент \
         добавляет <code>Authorization: Bearer</code>, касса — <code>X-Cashier-Token</code> и <code>X-Device-Id</code>, \
         партнёр — подпись в <code>X-Partner-Timestamp</code> и <code>X-Partner-Signature</code>.</p>\
         <p>Успех — <code>{{\"success\": true, \"data\": …}}</code>, ошибка — <code>{{\"success\": false, \"error\": \
         \"…\"}}</code>: текст говорит, что исправить. Повторить POST безопасно с заголовком \
         <code>Idempotency-Key</code>. Деньги и бонусы — числа, не больше двух знаков после точки.</p>{groups}"
    )
}

fn group(document: &Value, tag: &Value) -> String {
    let name = tag["name"].as_str().unwrap_or_default();
    let mut operations = String::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tags = operation["tags"].as_array();
            if tags.is_some_and(|tags| tags.iter().any(|tag| tag == name)) {
                operations += &operation_html(document, path, method, operation);
            }
        }
    }
    format!(
        "<h2>{}</h2><p>{}</p>{operations}",
        escape(name),
        escape(tag["description"].as_str().unwrap_or_default())
    )
}

fn operation_html(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let text = |name: &str| escape(operation[name].as_str().unwrap_or_default());
    let json = |content: &Value| content["content"]["application/json"]["schema"].clone();
    let (good, bad): (Vec<_>, Vec<_>) = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .partition(|(status, _)| status.starts_with('2'));
    let good: String = good
        .iter()
        .map(|(status, response)| {
            let told = response["description"].as_str().unwrap_or_default();
            let title = format!("Ответ {status}: {told}");
            table(&title, document, &json(response)["properties"]["data"])
        })
        .collect();
    let bad: String = bad
        .iter()
        .map(|(status, response)| {
            let told = response["description"].as_str().unwrap_or_default();
            format!(
                "<tr><td><code>{}</code></td><td>{}</td></tr>",
                escape(status),
                escape(told)
            )
        })
        .collect();
    let body = match json(&operation["requestBody"]) {
        Value::Null => String::new(),
        body => table("Тело запроса", document, &body),
    };
    format!(
        "<details class=\"docs-operation\" id=\"{id}\"><summary><span class=\"docs-method docs-{method}\">{}</span> \
         <code>{}</code> <span class=\"docs-summary\">{}</span></summary><p>{}</p>{}{body}{good}\
         <table><caption>Ошибки</caption><tbody>{bad}</tbody></table></details>",
        method.to_uppercase(),
        escape(path),
        text("summary"),
        text("description"),
        parameters(operation),
        id = escape(&format!("{method}{}", path.replace(['/', '{', '}'], "-"))),
    )
}

/// What stands in the address.
fn parameters(operation: &Value) -> String {
    let rows: String = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] != "header")
        .map(|parameter| {
            row(
                parameter["name"].as_str().unwrap_or_default(),
                parameter["description"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    match rows.is_empty() {
        true => rows,
        false => format!("<table><caption>В адресе</caption><tbody>{rows}</tbody></table>"),
    }
}

/// The fields of a schema, each with its type, whether it must be there, an example and its meaning.
fn table(title: &str, document: &Value, schema: &Value) -> String {
    format!(
        "<table><caption>{}</caption><tbody>{}</tbody></table>",
        escape(title),
        rows(document, schema, "", 0)
    )
}

/// A row for each field, and after it the fields within it: `lines[].sku`.
fn rows(document: &Value, schema: &Value, prefix: &str, depth: usize) -> String {
    let schema = fields_of(document, schema);
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    schema["properties"]
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
            let list = if field["items"].is_object() { "[]" } else { "" };
            let within = match depth < 2 {
                true => rows(document, field, &format!("{prefix}{name}{list}."), depth + 1),
                false => String::new(),
            };
            row(&format!("{prefix}{name}"), &notes.join(", ")) + &within
        })
        .collect()
}

fn row(name: &str, notes: &str) -> String {
    format!(
        "<tr><td><code>{}</code></td><td>{}</td></tr>",
        escape(name),
        escape(notes)
    )
}

/// A schema where its fields are: behind references, in the items of a list, in the form that is not null.
pub fn fields_of<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
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

/// The name of the type; of several the one that is not null.
pub fn type_of<'a>(document: &'a Value, field: &'a Value) -> &'a str {
    match &field["type"] {
        Value::String(name) => name,
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .unwrap_or_default(),
        _ => fields_of(document, field)["type"].as_str().unwrap_or_default(),
    }
}

/// The type in words.
fn kind(document: &Value, field: &Value) -> String {
    let word = match type_of(document, field) {
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
