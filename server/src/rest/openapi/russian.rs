//! The language of the document.

use serde_json::Value;

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
pub fn speak_russian(document: &mut Value) {
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
