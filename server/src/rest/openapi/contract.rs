//! What the contract files say of the same operations.

use serde_json::{Map, Value, json};

/// Takes prose, examples and limits of the same operations from a contract.
pub fn enrich(document: &mut Value, contract: &Value) {
    for (path, methods) in contract["paths"].as_object().into_iter().flatten() {
        for (method, theirs) in methods.as_object().into_iter().flatten() {
            if !document["paths"][path][method].is_object() {
                continue;
            }
            let ours = format!("/paths/{}/{method}", path.replace('/', "~1"));
            adopt(document, &ours, theirs, &["summary", "description"]);
            let body = "requestBody/content/application~1json/schema";
            let their_body = &theirs["requestBody"]["content"]["application/json"]["schema"];
            take_schema(document, &format!("{ours}/{body}"), contract, their_body, 0);
            for (status, response) in theirs["responses"].as_object().into_iter().flatten() {
                let response = resolve(contract, response);
                let place = format!("{ours}/responses/{status}");
                adopt(document, &place, response, &["description"]);
                let schema = &response["content"]["application/json"]["schema"];
                let place = format!("{place}/content/application~1json/schema");
                take_schema(document, &place, contract, schema, 0);
            }
            take_parameters(document, &ours, contract, theirs);
        }
    }
}

/// What may be taken from a contract's schema where ours says nothing of it.
const TAKEN: [&str; 10] = [
    "description",
    "example",
    "format",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "maxItems",
    "default",
];

/// Walks both schemas in step, through references. `place` is a JSON pointer into the document.
fn take_schema(document: &mut Value, place: &str, contract: &Value, theirs: &Value, depth: usize) {
    let theirs = resolve(contract, theirs);
    let place = own_place(document, place);
    if depth > 8 || !theirs.is_object() || document.pointer(&place).is_none() {
        return;
    }
    adopt(document, &place, theirs, &TAKEN);
    for part in theirs["allOf"].as_array().into_iter().flatten() {
        take_schema(document, &place, contract, part, depth + 1);
    }
    for (name, schema) in theirs["properties"].as_object().into_iter().flatten() {
        take_schema(
            document,
            &format!("{place}/properties/{name}"),
            contract,
            schema,
            depth + 1,
        );
    }
    take_schema(
        document,
        &format!("{place}/items"),
        contract,
        &theirs["items"],
        depth + 1,
    );
}

fn take_parameters(document: &mut Value, ours: &str, contract: &Value, theirs: &Value) {
    for parameter in theirs["parameters"].as_array().into_iter().flatten() {
        let parameter = resolve(contract, parameter);
        let places = document.pointer(&format!("{ours}/parameters"));
        let known = places.and_then(Value::as_array).into_iter().flatten();
        let Some(number) = known
            .into_iter()
            .position(|known| known["name"] == parameter["name"])
        else {
            continue;
        };
        let place = format!("{ours}/parameters/{number}");
        adopt(document, &place, parameter, &["description", "example"]);
        // `page` and `per_page` take anything: limits would be a promise to refuse.
        take_schema(
            document,
            &format!("{place}/schema"),
            contract,
            &json!({
                "example": parameter["schema"]["example"], "default": parameter["schema"]["default"],
            }),
            0,
        );
    }
}

/// The place itself, or where its reference leads; of several forms the one that is not null.
fn own_place(document: &Value, place: &str) -> String {
    let Some(schema) = document.pointer(place) else {
        return place.to_owned();
    };
    if let Some(reference) = schema["$ref"].as_str() {
        return own_place(document, reference.trim_start_matches('#'));
    }
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    match forms.into_iter().position(|form| form["type"] != "null") {
        Some(form) => own_place(document, &format!("{place}/oneOf/{form}")),
        None => place.to_owned(),
    }
}

fn adopt(document: &mut Value, place: &str, theirs: &Value, names: &[&str]) {
    let Some(Value::Object(ours)) = document.pointer_mut(place) else {
        return;
    };
    for name in names {
        adopt_one(ours, theirs, name);
    }
}

fn adopt_one(ours: &mut Map<String, Value>, theirs: &Value, name: &str) {
    let said = ours.get(name).is_some_and(|said| said != "");
    if !said && let Some(value) = theirs.get(name).filter(|value| !value.is_null()) {
        ours.insert(name.to_owned(), value.clone());
    }
}

fn resolve<'a>(contract: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => contract
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(value),
        None => value,
    }
}
