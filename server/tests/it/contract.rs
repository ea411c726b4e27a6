//! The contract file, and whether an answer keeps it.

use std::sync::OnceLock;

use serde_json::Value;

/// `docs/cashier-openapi.yaml`.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = include_str!("../../../docs/cashier-openapi.yaml");
        let mut document = serde_norway::from_str(text).expect("the contract is YAML");
        nullable_to_null(&mut document);
        document
    })
}

/// Fails unless the contract documents this status for the operation and the answer has the shape it says.
pub fn check(method: &str, path: &str, status: u16, body: &Value) {
    let template = if path.starts_with("/cashier/client/") && path != "/cashier/client/register" {
        "/cashier/client/{identifier}"
    } else {
        path
    };
    let operation = &document()["paths"][template][method.to_lowercase()];
    assert!(operation.is_object(), "the contract has no {method} {template}");
    let response = resolve(&operation["responses"][status.to_string()]);
    assert!(
        response.is_object(),
        "the contract has no {status} for {method} {template}: {body}"
    );
    let schema = &response["content"]["application/json"]["schema"];
    let mut whole = schema.clone();
    whole["components"] = document()["components"].clone();
    let validator = jsonschema::validator_for(&whole).expect("the contract's schemas are valid");
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| error.to_string())
        .collect();
    assert!(
        errors.is_empty(),
        "{method} {path} {status}: {errors:?}\n{body:#}"
    );
}

fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => document()
            .pointer(reference.trim_start_matches('#'))
            .expect("references lead somewhere"),
        None => value,
    }
}

/// OpenAPI 3.0 says `nullable`, JSON Schema says `null` is one of the types.
fn nullable_to_null(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        if object.remove("nullable") == Some(Value::Bool(true))
            && let Some(kind) = object.get("type").and_then(Value::as_str)
        {
            let kinds = serde_json::json!([kind, "null"]);
            object.insert("type".to_owned(), kinds);
        }
        object.values_mut().for_each(nullable_to_null);
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(nullable_to_null);
    }
}
