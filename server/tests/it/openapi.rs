//! The generated document against both contract files, and against the routes.

use serde_json::{Value, json};
use server::rest::openapi::{CASHIER_CONTRACT, CONTRACT, document, document_text};

use crate::on_both_engines;

/// What differs on purpose: place in the contract, and why.
const ON_PURPOSE: [(&str, &str); 1] = [(
    "get /client/promotions",
    "R-PROMO-3: without a bearer token the terms are left out, so they are in a part of their own",
)];

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(
            document,
            document.pointer(reference.trim_start_matches('#')).unwrap(),
        ),
        None => value,
    }
}

/// A schema without references at its top; of several forms the one that is not null, parts laid together.
fn flat(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    if let Some(forms) = schema["oneOf"].as_array() {
        let form = forms.iter().find(|form| form["type"] != "null").unwrap();
        return flat(document, form);
    }
    let mut whole = schema.clone();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = flat(document, part);
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            if whole["properties"][name].is_null() || !property.as_object().unwrap().is_empty() {
                whole["properties"][name] = property.clone();
            }
        }
    }
    whole
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .filter(|kind| *kind != "null")
            .collect(),
        _ if schema["properties"].is_object() => vec!["object"],
        _ => Vec::new(),
    }
}

/// Every field of the contract's schema, by type, requiredness and example.
fn compare(place: &str, contract: &Value, theirs: &Value, ours: &Value, wrong: &mut Vec<String>) {
    let (theirs, ours) = (flat(contract, theirs), flat(document(), ours));
    let (their_kinds, our_kinds) = (kinds(&theirs), kinds(&ours));
    if their_kinds.first().is_some_and(|kind| !our_kinds.contains(kind)) {
        wrong.push(format!("{place}: {their_kinds:?} became {our_kinds:?}"));
    }
    // A shape that two operations share has one example.
    if !theirs["example"].is_null() && ours["example"].is_null() {
        wrong.push(format!("{place}: the example {} is gone", theirs["example"]));
    }
    let required = |schema: &Value, name: &Value| {
        schema["required"]
            .as_array()
            .is_some_and(|all| all.contains(name))
    };
    for name in theirs["required"].as_array().into_iter().flatten() {
        if !required(&ours, name) {
            wrong.push(format!("{place}: {name} is not required"));
        }
    }
    for (name, field) in theirs["properties"].as_object().into_iter().flatten() {
        let own = &ours["properties"][name];
        match own.is_null() {
            true => wrong.push(format!("{place}: no {name}")),
            false => compare(&format!("{place}.{name}"), contract, field, own, wrong),
        }
    }
    if !theirs["items"].is_null() {
        compare(
            &format!("{place}[]"),
            contract,
            &theirs["items"],
            &ours["items"],
            wrong,
        );
    }
}

#[test]
fn the_generated_document_contains_both_contracts() {
    let mut wrong = Vec::new();
    for contract in [CONTRACT, CASHIER_CONTRACT] {
        let contract: Value = serde_norway::from_str(contract).unwrap();
        for (path, methods) in contract["paths"].as_object().unwrap() {
            for (method, theirs) in methods.as_object().unwrap() {
                let place = format!("{method} {path}");
                let ours = &document()["paths"][path][method];
                if !ours.is_object() {
                    wrong.push(format!("{place} is missing"));
                    continue;
                }
                let schema = |content: &Value| content["content"]["application/json"]["schema"].clone();
                let body = schema(&theirs["requestBody"]);
                if !body.is_null() {
                    compare(
                        &place,
                        &contract,
                        &body,
                        &schema(&ours["requestBody"]),
                        &mut wrong,
                    );
                }
                for (status, response) in theirs["responses"].as_object().unwrap() {
                    let own = &ours["responses"][status];
                    let response = resolve(&contract, response);
                    let place = format!("{place} {status}");
                    match own.is_object() {
                        true => compare(&place, &contract, &schema(response), &schema(own), &mut wrong),
                        false => wrong.push(format!("{place} is missing")),
                    }
                }
                for parameter in theirs["parameters"].as_array().into_iter().flatten() {
                    let parameter = resolve(&contract, parameter);
                    let own = ours["parameters"].as_array().unwrap().iter();
                    let is_header = parameter["in"] == "header";
                    if !is_header && !own.into_iter().any(|own| own["name"] == parameter["name"]) {
                        wrong.push(format!("{place}: no parameter {}", parameter["name"]));
                    }
                }
            }
        }
    }
    wrong.retain(|what| !ON_PURPOSE.iter().any(|(place, _)| what.starts_with(place)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_says_what_all_operations_share() {
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            for status in ["401", "403", "429", "500", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{method} {path} {status}"
                );
            }
            let names: Vec<&str> = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            let takes_key = method == "post" && !path.starts_with("/auth/");
            assert_eq!(names.contains(&"Idempotency-Key"), takes_key, "{method} {path}");
        }
    }
    assert_eq!(
        serde_json::from_str::<Value>(&document_text().unwrap()).unwrap(),
        *document()
    );
}

on_both_engines! {
    async fn every_documented_operation_is_served(api: Api) {
        for (path, methods) in document()["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let path = path.replace("{identifier}", "x").replace("{id}", "1").replace("{delivery}", "1");
                let request = axum::http::Request::builder()
                    .method(method.to_uppercase().as_str())
                    .uri(format!("/api/v1{path}"))
                    .body(axum::body::Body::empty())
                    .unwrap();
                let answer = api.send(request).await;
                let told = (answer.status, &answer.body["error"]);
                assert_eq!(told, (401, &json!("X-Tenant-Token header is required.")), "{method} {path}");
            }
        }
    }
}
