//! What all operations share: envelope, errors, headers, security.

use serde_json::{Value, json};

/// Errors that any operation may answer with, and what the caller should know of them.
const ERRORS: [(&str, &str); 10] = [
    (
        "400",
        "Тело запроса — не JSON или не в UTF-8, либо запрос нельзя разобрать",
    ),
    ("401", "Нет или неверный токен, либо подпись"),
    (
        "403",
        "Магазин приостановлен, клиент заблокирован или функция выключена",
    ),
    ("404", "Не найдено"),
    ("413", "Тело запроса слишком большое"),
    ("415", "Content-Encoding не gzip и не deflate"),
    ("422", "Ошибка в полях или бизнес-правило; ничего не изменено"),
    (
        "429",
        "Слишком много запросов: повторите через Retry-After секунд",
    ),
    ("500", "Внутренняя ошибка: сообщите номер из X-Request-Id"),
    ("503", "База данных недоступна: повторите через несколько секунд"),
];

/// Puts on every operation what all share.
pub fn share(document: &mut Value) {
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
            "400" | "413" | "415" => has_body || (status == "400" && is_named),
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
