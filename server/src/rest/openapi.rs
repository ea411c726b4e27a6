//! The OpenAPI document: operations and shapes from the routes; prose, examples and limits from the contract files;
//! what all operations share (envelope, errors, headers, security) put on here, once.

use std::sync::OnceLock;

use axum::Json;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::routes::surfaces;

/// The owner's contract.
pub const CONTRACT: &str = include_str!("../../../docs/bonex-openapi.yaml");
/// The contract of registers.
pub const CASHIER_CONTRACT: &str = include_str!("../../../docs/cashier-openapi.yaml");

/// Everything under `/api/v1`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bonex API",
        version = "1.0.0",
        description = "REST API программы лояльности Bonex. Успех: `{ \"success\": true, \"data\": … }`, ошибка: \
                       `{ \"success\": false, \"error\": \"…\" }`."
    ),
    servers((url = "/api/v1")),
    tags(
        (name = "Auth (Mobile)", description = "Вход клиента: SMS-код, Telegram"),
        (name = "Client (Mobile)", description = "Данные клиента под Bearer-токеном"),
        (name = "Catalog", description = "Брендинг магазина, акции, филиалы"),
        (name = "Partner (server-to-server)", description = "Серверная интеграция с HMAC-подписью"),
        (name = "Integration", description = "Синхронизация остатков (1С / ERP)"),
        (name = "Cashier", description = "Касса: 1С, Frontol, веб-касса")
    )
)]
struct Rest;

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let routes = surfaces().into_iter().fold(
            OpenApiRouter::with_openapi(Rest::openapi()),
            |all, (surface, _)| all.merge(surface),
        );
        let mut document = serde_json::to_value(routes.into_openapi()).unwrap_or_default();
        share(&mut document);
        for contract in [CONTRACT, CASHIER_CONTRACT] {
            let contract: Value = serde_norway::from_str(contract).unwrap_or_default();
            enrich(&mut document, &contract);
        }
        speak_russian(&mut document);
        document
    })
}

/// The document as text.
///
/// # Errors
/// It can't be written as JSON.
pub fn document_text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(document())
}

/// `GET /openapi.json`.
pub async fn show() -> Json<&'static Value> {
    Json(document())
}

/// Errors that any operation may answer with, and what the caller should know of them.
const ERRORS: [(&str, &str); 9] = [
    ("400", "Тело запроса — не JSON, или запрос нельзя разобрать"),
    ("401", "Нет или неверный токен, либо подпись"),
    (
        "403",
        "Магазин приостановлен, клиент заблокирован или функция выключена",
    ),
    ("404", "Не найдено"),
    ("413", "Тело запроса слишком большое"),
    ("422", "Ошибка в полях или бизнес-правило; ничего не изменено"),
    (
        "429",
        "Слишком много запросов: повторите через Retry-After секунд",
    ),
    ("500", "Внутренняя ошибка: сообщите номер из X-Request-Id"),
    ("503", "База данных недоступна: повторите через несколько секунд"),
];

/// Puts on every operation what all share.
fn share(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({
        "TenantToken": { "type": "apiKey", "in": "header", "name": "X-Tenant-Token",
            "description": "64-символьный токен магазина (panel → Интеграции → Учётные данные API)" },
        "BearerAuth": { "type": "http", "scheme": "bearer",
            "description": "Персональный токен клиента (выдаётся при авторизации)" },
        "PartnerTimestamp": { "type": "apiKey", "in": "header", "name": "X-Partner-Timestamp",
            "description": "Unix-время запроса в секундах (расхождение ≤ 300 с)" },
        "PartnerSignature": { "type": "apiKey", "in": "header", "name": "X-Partner-Signature",
            "description": "HMAC-SHA256(secret) от строки \"{timestamp}.{METHOD}.{path}.{rawBody}\", результат hex" },
        "CashierToken": { "type": "apiKey", "in": "header", "name": "X-Cashier-Token",
            "description": "Токен кассы (panel → Интеграции)" },
        "DeviceId": { "type": "apiKey", "in": "header", "name": "X-Device-Id",
            "description": "Идентификатор устройства; первое привязывается к кассе" },
    });
    let schemas = &mut document["components"]["schemas"];
    schemas["ApiError"] = json!({
        "type": "object",
        "required": ["success", "error"],
        "properties": {
            "success": { "type": "boolean", "const": false },
            "error": { "type": "string", "example": "Текст ошибки." },
            "data": { "type": "object", "description": "То, что поможет исправить запрос; бывает не всегда" },
        },
    });
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            share_with(path, method, operation);
        }
    }
}

fn share_with(path: &str, method: &str, operation: &mut Value) {
    operation["security"] = security(path);
    let mut headers = vec![(
        "Accept-Language",
        "Язык текстов ошибок: ru, tg или en; без него ru",
    )];
    if method == "post" && !path.starts_with("/auth/") {
        headers.push((
            "Idempotency-Key",
            "Имя этого запроса: повтор с тем же ключом вернёт сохранённый ответ",
        ));
    }
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for (name, description) in headers {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
        parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": description, "schema": schema,
        }));
    }
    operation["parameters"] = parameters.into();
    let has_body = operation["requestBody"].is_object();
    let is_named = path.contains('{');
    let responses = &mut operation["responses"];
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        if status.starts_with('2') {
            wrap(response);
        }
    }
    for (status, description) in ERRORS {
        let may_be = match status {
            "400" | "413" => has_body || (status == "400" && is_named),
            "404" | "422" => responses[status].is_object() || (status == "422" && has_body),
            _ => true,
        };
        if may_be {
            let data = responses[status]["content"]["application/json"]["schema"].take();
            responses[status] = json!({
                "description": description,
                "content": { "application/json": { "schema": error_schema(data) } },
            });
        }
    }
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        response["headers"] = response_headers(status);
    }
}

fn security(path: &str) -> Value {
    let surface = path.split('/').nth(1).unwrap_or_default();
    match (surface, path) {
        ("cashier", _) => json!([{ "TenantToken": [], "CashierToken": [], "DeviceId": [] }]),
        ("partner", _) => json!([{ "TenantToken": [], "PartnerTimestamp": [], "PartnerSignature": [] }]),
        (_, "/client/promotions") => json!([{ "TenantToken": [], "BearerAuth": [] }, { "TenantToken": [] }]),
        ("client", path) if path != "/client/settings" => json!([{ "TenantToken": [], "BearerAuth": [] }]),
        (_, "/auth/logout") => json!([{ "TenantToken": [], "BearerAuth": [] }]),
        _ => json!([{ "TenantToken": [] }]),
    }
}

fn response_headers(status: &str) -> Value {
    let integer = |description: &str| json!({ "description": description, "schema": { "type": "integer" } });
    let mut headers = json!({
        "X-Request-Id": { "description": "Номер запроса, он же в журнале", "schema": { "type": "string" } },
    });
    match status {
        "429" | "503" => headers["Retry-After"] = integer("Через сколько секунд повторить"),
        _ if status.starts_with('2') => {
            headers["X-RateLimit-Limit"] = integer("Запросов в минуту");
            headers["X-RateLimit-Remaining"] = integer("Сколько ещё можно сейчас");
        }
        _ => {}
    }
    headers
}

/// A handler names its data; on the wire it is in the envelope.
fn wrap(response: &mut Value) {
    let schema = &mut response["content"]["application/json"]["schema"];
    *schema = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": { "success": { "type": "boolean", "const": true }, "data": schema.take() },
    });
}

/// The envelope of errors; some carry data of a known shape.
fn error_schema(data: Value) -> Value {
    match data.is_null() {
        true => json!({ "$ref": "#/components/schemas/ApiError" }),
        false => json!({
            "type": "object",
            "required": ["success", "error"],
            "properties": {
                "success": { "type": "boolean", "const": false },
                "error": { "type": "string" },
                "data": data,
            },
        }),
    }
}

/// What the document says of fields that no contract file describes.
const PROSE: [(&str, &str); 11] = [
    (
        "WebhookInput/properties/url",
        "Адрес: https, доступный из интернета",
    ),
    (
        "WebhookInput/properties/events",
        "Имена событий; нет или пуст — все",
    ),
    ("WebhookChangeInput/properties/url", "Новый адрес"),
    (
        "WebhookChangeInput/properties/events",
        "Имена событий; пустой список — все",
    ),
    ("WebhookChangeInput/properties/enabled", "Выключить или включить"),
    (
        "WebhookChangeInput/properties/rotate_secret",
        "Новый секрет; старый подписывает вместе с ним ещё 24 часа",
    ),
    ("Webhook/properties/events", "Пуст — все события"),
    (
        "Webhook/properties/secret",
        "whsec_…; только в ответе, который его создал",
    ),
    (
        "WebhookDelivery/properties/webhook_id",
        "Заголовок webhook-id: один на все попытки",
    ),
    ("WebhookDelivery/properties/status", "waiting, delivered или dead"),
    (
        "WebhookDelivery/properties/error",
        "Почему не вышла последняя попытка",
    ),
];

/// The documentation is in Russian: words for programmers are left out, and our own fields get theirs.
fn speak_russian(document: &mut Value) {
    for (_, schema) in document["components"]["schemas"]
        .as_object_mut()
        .into_iter()
        .flatten()
    {
        drop_other_words(schema);
    }
    for (_, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in methods.as_object_mut().into_iter().flatten() {
            drop_other_description(operation);
            operation.get_mut("requestBody").map(drop_other_words);
        }
    }
    for (place, words) in PROSE {
        if let Some(field) = document.pointer_mut(&format!("/components/schemas/{place}")) {
            field["description"] = words.into();
        }
    }
}

fn drop_other_words(value: &mut Value) {
    drop_other_description(value);
    match value {
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != "example")
            .for_each(|(_, value)| drop_other_words(value)),
        Value::Array(items) => items.iter_mut().for_each(drop_other_words),
        _ => {}
    }
}

fn drop_other_description(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    let is_other = fields
        .get("description")
        .and_then(Value::as_str)
        .is_some_and(|text| {
            !text
                .chars()
                .any(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
        });
    if is_other {
        fields.remove("description");
    }
}

/// Takes prose, examples and limits of the same operations from a contract.
fn enrich(document: &mut Value, contract: &Value) {
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
