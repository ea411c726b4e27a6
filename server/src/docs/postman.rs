//! The operations as a Postman collection, with the variables that its users know.

use serde_json::{Map, Value, json};

use super::reference::{fields_of, type_of};

/// Keeps the bearer token that a login gives.
const KEEP_TOKEN: &str = include_str!("token.postman.js");
/// Signs each request of a partner; `partner_secret` is a variable of the collection.
const SIGN: &str = include_str!("sign.postman.js");

/// The collection; `base_url` is the address of the API.
pub fn collection(document: &Value, base_url: &str) -> Value {
    let variable = |key: &str, value: &str| json!({ "key": key, "value": value });
    let folders: Vec<Value> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| folder(document, tag))
        .collect();
    json!({
        "info": {
            "name": "Bonex API",
            "description": document["info"]["description"],
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": [
            variable("base_url", base_url),
            variable("tenant_token", ""),
            variable("bearer_token", ""),
            variable("cashier_token", ""),
            variable("device_id", "postman"),
            variable("partner_secret", ""),
        ],
        "event": [event("test", KEEP_TOKEN)],
        "item": folders,
    })
}

fn event(listen: &str, script: &str) -> Value {
    let lines: Vec<&str> = script.lines().collect();
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}

fn folder(document: &Value, tag: &Value) -> Value {
    let mut items = Vec::new();
    let mut is_signed = false;
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tags = operation["tags"].as_array();
            if tags.is_some_and(|tags| tags.contains(&tag["name"])) {
                is_signed |= needs(operation, "PartnerSignature");
                items.push(item(document, path, method, operation));
            }
        }
    }
    let mut folder = json!({ "name": tag["name"], "description": tag["description"], "item": items });
    if is_signed {
        folder["event"] = json!([event("prerequest", SIGN)]);
    }
    folder
}

fn item(document: &Value, path: &str, method: &str, operation: &Value) -> Value {
    let mut headers = vec![header("X-Tenant-Token", "{{tenant_token}}")];
    for (scheme, name, value) in [
        ("BearerAuth", "Authorization", "Bearer {{bearer_token}}"),
        ("CashierToken", "X-Cashier-Token", "{{cashier_token}}"),
        ("DeviceId", "X-Device-Id", "{{device_id}}"),
    ] {
        if needs(operation, scheme) {
            headers.push(header(name, value));
        }
    }
    let mut request = json!({
        "method": method.to_uppercase(),
        "description": operation["description"],
        "url": url(path, operation),
    });
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        headers.push(header("Content-Type", "application/json"));
        let text = example(document, body, 0).unwrap_or_default();
        let text = serde_json::to_string_pretty(&text).unwrap_or_default();
        request["body"] = json!({ "mode": "raw", "raw": text });
    }
    request["header"] = headers.into();
    let summary = operation["summary"].as_str().unwrap_or(path);
    json!({ "name": summary, "request": request })
}

fn header(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value })
}

/// Whether any way to be let in shows this.
fn needs(operation: &Value, scheme: &str) -> bool {
    let ways = operation["security"].as_array();
    ways.is_some_and(|ways| ways.iter().any(|way| way.get(scheme).is_some()))
}

fn url(path: &str, operation: &Value) -> Value {
    let (mut variables, mut query) = (Vec::new(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, description) = (&parameter["name"], &parameter["description"]);
        match parameter["in"].as_str() {
            Some("path") => {
                let value = if name == "identifier" {
                    "%2B992900000500"
                } else {
                    "1"
                };
                variables.push(json!({ "key": name, "value": value, "description": description }));
            }
            Some("query") => {
                let sample =
                    json!({ "key": name, "value": "1", "description": description, "disabled": true });
                query.push(sample);
            }
            _ => {}
        }
    }
    let path = path.replace('{', ":").replace('}', "");
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    json!({
        "raw": format!("{{{{base_url}}}}{path}"),
        "host": ["{{base_url}}"],
        "path": parts,
        "variable": variables,
        "query": query,
    })
}

/// The client of the demo shop, so that a request works there as it is.
const DEMO_PHONE: &str = "+992900000500";

/// A value that a schema allows, of its own examples where it has them. What need not be there and has no example is left
/// out.
fn example(document: &Value, field: &Value, depth: usize) -> Option<Value> {
    if !field["example"].is_null() {
        return Some(field["example"].clone());
    }
    match type_of(document, field) {
        "object" if depth < 4 => {
            let schema = fields_of(document, field);
            let is_required = |name: &String| {
                let required = schema["required"].as_array();
                required.is_some_and(|required| required.iter().any(|required| required == name))
            };
            let properties = schema["properties"].as_object().into_iter().flatten();
            let object: Map<String, Value> = properties
                .filter_map(|(name, field)| {
                    let value = match name.as_str() {
                        "phone" | "client_phone" => Some(DEMO_PHONE.into()),
                        _ => example(document, field, depth + 1),
                    };
                    let value = value.or_else(|| is_required(name).then(|| empty(document, field)));
                    value.map(|value| (name.clone(), value))
                })
                .collect();
            Some(object.into())
        }
        "array" if depth < 4 && field["items"].is_object() => {
            example(document, &field["items"], depth + 1).map(|item| json!([item]))
        }
        _ => Some(field["default"].clone()).filter(|value| !value.is_null()),
    }
}

fn empty(document: &Value, field: &Value) -> Value {
    match type_of(document, field) {
        "number" | "integer" => 1.into(),
        "boolean" => false.into(),
        "array" => json!([]),
        "object" => json!({}),
        _ => "".into(),
    }
}
