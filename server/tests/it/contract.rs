//! The contract files, and whether an answer keeps them.

use std::sync::OnceLock;

use serde_json::Value;

/// `docs/cashier-openapi.yaml` and `docs/bonex-openapi.yaml`; then what we document ourselves, for what neither has.
fn documents() -> &'static [Value; 3] {
    static DOCUMENTS: OnceLock<[Value; 3]> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let [cashier, owners] = [
            include_str!("../../../docs/cashier-openapi.yaml"),
            include_str!("../../../docs/bonex-openapi.yaml"),
        ]
        .map(|text| {
            let mut document = serde_norway::from_str(text).expect("the contract is YAML");
            nullable_to_null(&mut document);
            document
        });
        [cashier, owners, server::rest::openapi::document().clone()]
    })
}

/// The document that has this operation, and the operation.
fn operation(method: &str, path: &str) -> (&'static Value, &'static Value) {
    let path = path.split('?').next().unwrap_or(path);
    documents()
        .iter()
        .find_map(|document| {
            let paths = document["paths"].as_object()?.iter();
            let mut fitting: Vec<_> = paths.filter(|(template, _)| fits(template, path)).collect();
            // `/client/register` is not somebody called «register».
            fitting.sort_by_key(|(template, _)| template.matches('{').count());
            let (_, methods) = fitting.first()?;
            let operation = &methods[method.to_lowercase()];
            operation.is_object().then_some((document, operation))
        })
        .unwrap_or_else(|| panic!("no contract has {method} {path}"))
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(part, given)| part.starts_with('{') || *part == given)
}

/// Fails unless the contract documents this status for the operation and the answer has the shape it says.
pub fn check(method: &str, path: &str, status: u16, body: &Value) {
    let (document, operation) = operation(method, path);
    let response = resolve(document, &operation["responses"][status.to_string()]);
    assert!(
        response.is_object(),
        "the contract has no {status} for {method} {path}: {body}"
    );
    validate(document, response, &format!("{method} {path} {status}"), body);
}

/// As [`check`], but a status that the contract does not name needs the envelope of errors alone: the owner's file is
/// short of some that the rules demand, such as 401 and 429.
pub fn check_known(method: &str, path: &str, status: u16, body: &Value) {
    let (document, operation) = operation(method, path);
    let response = resolve(document, &operation["responses"][status.to_string()]);
    if response.is_object() {
        validate(document, response, &format!("{method} {path} {status}"), body);
    } else {
        assert!(
            status >= 400,
            "the contract has no {status} for {method} {path}: {body}"
        );
        assert!(body["success"] == false && body["error"].is_string(), "{body}");
    }
}

fn validate(document: &Value, response: &Value, what: &str, body: &Value) {
    let schema = &response["content"]["application/json"]["schema"];
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&whole).expect("the contract's schemas are valid");
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?}\n{body:#}");
}

fn resolve(document: &'static Value, value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => document
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
