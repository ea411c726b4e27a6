//! Words of messages: ours for every kind and language, a shop's own where it has them. The template language is
//! minijinja without loaders, macros from files or functions of ours, with a limit to what it may compute.

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use crate::Failure;
use crate::model::{Bonus, Language, MessageKind, TemplateError, Tenant, Timestamp, Zone, trimmed};
use crate::rules::explain;
use crate::usecase::Error;

/// Steps that one template may take.
const FUEL: u64 = 20_000;
/// Characters that one message may have.
const LENGTH_MAX: usize = 1000;

/// The text of a message: `template` or our own words, filled with `params`.
pub(in crate::usecase) fn render(
    shop: &Tenant,
    kind: MessageKind,
    language: Language,
    template: Option<&str>,
    params: &Value,
) -> Result<String, Failure> {
    let context = context(shop, language, params);
    if let Some(template) = template {
        match fill(template, &context, UndefinedBehavior::Lenient) {
            Ok(text) => return Ok(text),
            Err(error) => tracing::warn!(%error, kind = kind.as_str(), "a shop's own words can't be used"),
        }
    }
    fill(words(kind, language), &context, UndefinedBehavior::Lenient).map_err(Failure::new)
}

/// Checks a shop's own words by filling them with everything that a message of this kind may hold; the result.
pub(in crate::usecase) fn check(
    shop: &Tenant,
    kind: MessageKind,
    language: Language,
    template: &str,
) -> Result<String, TemplateError> {
    let context = context(shop, language, &sample(kind));
    let text = fill(template, &context, UndefinedBehavior::Strict)
        .map_err(|error| TemplateError(error.to_string()))?;
    match trimmed(&text).chars().count() {
        0 => Err(TemplateError("получился пустой текст.".to_owned())),
        1..=LENGTH_MAX => Ok(text),
        _ => Err(TemplateError(format!("получилось больше {LENGTH_MAX} символов."))),
    }
}

fn fill(
    template: &str,
    context: &Map<String, Value>,
    undefined: UndefinedBehavior,
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(undefined);
    let words = context.iter().map(|(name, value)| (name.as_str(), word(value)));
    environment.render_str(template, minijinja::Value::from_pairs(words))
}

/// Only texts, yes and no are left by now.
fn word(value: &Value) -> minijinja::Value {
    match value {
        Value::String(text) => minijinja::Value::from(text.as_str()),
        Value::Bool(flag) => minijinja::Value::from(*flag),
        Value::Null => minijinja::Value::from(()),
        other => minijinja::Value::from(other.to_string()),
    }
}

/// Numbers become sums as people write them, nothing stays false for `if`; what ends in `_at` becomes a date.
fn context(shop: &Tenant, language: Language, params: &Value) -> Map<String, Value> {
    let mut context = Map::new();
    for (name, value) in params.as_object().into_iter().flatten() {
        let value = match value {
            Value::Number(number) if name.ends_with("_at") => {
                let at = Timestamp::from_millis(number.as_i64().unwrap_or(0));
                Value::from(day(at, shop.zone))
            }
            Value::Number(number) => match Bonus::from_number(number.as_f64().unwrap_or(0.0)) {
                Ok(sum) if sum.is_zero() => Value::from(false),
                Ok(sum) => Value::from(self::sum(sum, language)),
                Err(_) => value.clone(),
            },
            // Words in several languages.
            Value::Object(words) => {
                let own = words.get(language.as_str()).or_else(|| words.get("ru"));
                own.cloned().unwrap_or_default()
            }
            value => value.clone(),
        };
        context.insert(name.clone(), value);
    }
    context.insert("shop".to_owned(), shop.name.as_str().into());
    context.insert("currency".to_owned(), shop.currency.as_str().into());
    context.insert("bonus_unit".to_owned(), shop.bonus_unit.as_str().into());
    context
}

/// `45` or `7,50`.
fn sum(sum: Bonus, language: Language) -> String {
    let text = explain::bonus(sum);
    let text = text.strip_suffix(",00").unwrap_or(&text);
    match language {
        Language::English => text.replace(',', "."),
        Language::Russian | Language::Tajik => text.to_owned(),
    }
}

fn day(at: Timestamp, zone: Zone) -> String {
    at.in_words(zone).split(' ').next().unwrap_or_default().to_owned()
}

/// Everything that a message of this kind may hold.
fn sample(kind: MessageKind) -> Value {
    let at = 1_780_651_800_000_i64;
    match kind {
        MessageKind::Code => serde_json::json!({ "code": "123456" }),
        MessageKind::Sale => serde_json::json!({
            "total": 1000, "accrued": 47.75, "redeemed": 45, "gifts": 10, "balance": 152.75 }),
        MessageKind::Redemption => serde_json::json!({
            "total": 1000, "accrued": 0, "redeemed": 45, "gifts": 0, "balance": 105 }),
        MessageKind::Return => serde_json::json!({
            "total": 1000, "revoked": 47.75, "restored": 45, "balance": 150 }),
        MessageKind::Welcome | MessageKind::Birthday | MessageKind::Referral | MessageKind::Expiring => {
            serde_json::json!({ "amount": 25, "balance": 175, "expires_at": at })
        }
        MessageKind::Adjustment => serde_json::json!({
            "amount": -5, "balance": 145, "reason": "Ошибка кассы." }),
        MessageKind::Tier => serde_json::json!({ "tier": "Gold", "percent": 10 }),
        MessageKind::Campaign => {
            serde_json::json!({ "text": { "ru": "Скидки на молочное до воскресенья!" } })
        }
    }
}

/// Our own words.
fn words(kind: MessageKind, language: Language) -> &'static str {
    match language {
        Language::Russian => russian(kind),
        Language::Tajik => tajik(kind),
        Language::English => english(kind),
    }
}

fn russian(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Code => "{{ shop }}: код {{ code }}. Действует 3 минуты, никому его не сообщайте.",
        MessageKind::Sale => {
            "{{ shop }}: покупка на {{ total }} {{ currency }}.{% if redeemed %} Списано {{ redeemed }}.{% endif %}\
             {% if accrued %} Начислено {{ accrued }}.{% endif %}{% if gifts %} Подарок: {{ gifts }}.{% endif %} \
             Баланс: {{ balance or 0 }}."
        }
        MessageKind::Redemption => "{{ shop }}: списано {{ redeemed }}. Баланс: {{ balance or 0 }}.",
        MessageKind::Return => {
            "{{ shop }}: возврат на {{ total }} {{ currency }}.{% if revoked %} Снято {{ revoked }}.{% endif %}\
             {% if restored %} Вернулось {{ restored }}.{% endif %} Баланс: {{ balance or 0 }}."
        }
        MessageKind::Welcome => {
            "{{ shop }}: добро пожаловать! Приветственные бонусы: {{ amount }}.\
             {% if expires_at %} Сгорят {{ expires_at }}.{% endif %}"
        }
        MessageKind::Birthday => {
            "{{ shop }}: с днём рождения! Дарим {{ amount }}.\
             {% if expires_at %} Потратьте до {{ expires_at }}.{% endif %}"
        }
        MessageKind::Referral => {
            "{{ shop }}: ваш друг сделал первую покупку. Вам начислено {{ amount }}. Баланс: {{ balance or 0 }}."
        }
        MessageKind::Adjustment => {
            "{{ shop }}: баланс изменён на {{ amount }}. {{ reason }} Баланс: {{ balance or 0 }}."
        }
        MessageKind::Expiring => {
            "{{ shop }}: {{ expires_at }} сгорят {{ amount }}. Успейте потратить. Баланс: {{ balance or 0 }}."
        }
        MessageKind::Tier => {
            "{{ shop }}: у вас новый уровень — {{ tier }}. Теперь начисляем {{ percent or 0 }} % от покупок."
        }
        MessageKind::Campaign => "{{ shop }}: {{ text }}",
    }
}

fn tajik(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Code => "{{ shop }}: рамз {{ code }}. 3 дақиқа амал мекунад, ба касе нагӯед.",
        MessageKind::Sale => {
            "{{ shop }}: харид ба маблағи {{ total }} {{ currency }}.{% if redeemed %} Сарф шуд: {{ redeemed }}.{% endif %}\
             {% if accrued %} Илова шуд: {{ accrued }}.{% endif %}{% if gifts %} Тӯҳфа: {{ gifts }}.{% endif %} \
             Тавозун: {{ balance or 0 }}."
        }
        MessageKind::Redemption => "{{ shop }}: {{ redeemed }} сарф шуд. Тавозун: {{ balance or 0 }}.",
        MessageKind::Return => {
            "{{ shop }}: баргардонӣ ба маблағи {{ total }} {{ currency }}.\
             {% if revoked %} Бекор шуд: {{ revoked }}.{% endif %}\
             {% if restored %} Баргашт: {{ restored }}.{% endif %} Тавозун: {{ balance or 0 }}."
        }
        MessageKind::Welcome => {
            "{{ shop }}: хуш омадед! Бонусҳои хушомадгӯӣ: {{ amount }}.\
             {% if expires_at %} То {{ expires_at }} амал мекунанд.{% endif %}"
        }
        MessageKind::Birthday => {
            "{{ shop }}: зодрӯз муборак! Тӯҳфаи мо: {{ amount }}.\
             {% if expires_at %} То {{ expires_at }} истифода баред.{% endif %}"
        }
        MessageKind::Referral => {
            "{{ shop }}: дӯсти шумо хариди аввалро кард. Ба шумо {{ amount }} илова шуд. Тавозун: {{ balance or 0 }}."
        }
        MessageKind::Adjustment => {
            "{{ shop }}: тавозун ба {{ amount }} тағйир ёфт. {{ reason }} Тавозун: {{ balance or 0 }}."
        }
        MessageKind::Expiring => {
            "{{ shop }}: {{ expires_at }} мӯҳлати {{ amount }} мегузарад. Истифода баред. Тавозун: {{ balance or 0 }}."
        }
        MessageKind::Tier => {
            "{{ shop }}: дараҷаи нави шумо — {{ tier }}. Акнун аз харидҳо {{ percent or 0 }} % илова мекунем."
        }
        MessageKind::Campaign => "{{ shop }}: {{ text }}",
    }
}

fn english(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Code => "{{ shop }}: code {{ code }}. Good for 3 minutes, tell it to nobody.",
        MessageKind::Sale => {
            "{{ shop }}: purchase of {{ total }} {{ currency }}.{% if redeemed %} Spent {{ redeemed }}.{% endif %}\
             {% if accrued %} Earned {{ accrued }}.{% endif %}{% if gifts %} Gift: {{ gifts }}.{% endif %} \
             Balance: {{ balance or 0 }}."
        }
        MessageKind::Redemption => "{{ shop }}: spent {{ redeemed }}. Balance: {{ balance or 0 }}.",
        MessageKind::Return => {
            "{{ shop }}: return of {{ total }} {{ currency }}.{% if revoked %} Taken back {{ revoked }}.{% endif %}\
             {% if restored %} Restored {{ restored }}.{% endif %} Balance: {{ balance or 0 }}."
        }
        MessageKind::Welcome => {
            "{{ shop }}: welcome! Your welcome bonuses: {{ amount }}.\
             {% if expires_at %} They expire on {{ expires_at }}.{% endif %}"
        }
        MessageKind::Birthday => {
            "{{ shop }}: happy birthday! Our gift: {{ amount }}.\
             {% if expires_at %} Spend it by {{ expires_at }}.{% endif %}"
        }
        MessageKind::Referral => {
            "{{ shop }}: your friend made the first purchase. You get {{ amount }}. Balance: {{ balance or 0 }}."
        }
        MessageKind::Adjustment => {
            "{{ shop }}: your balance changed by {{ amount }}. {{ reason }} Balance: {{ balance or 0 }}."
        }
        MessageKind::Expiring => {
            "{{ shop }}: {{ amount }} will expire on {{ expires_at }}. Spend them in time. Balance: {{ balance or 0 }}."
        }
        MessageKind::Tier => {
            "{{ shop }}: your new level is {{ tier }}. You now earn {{ percent or 0 }} % of purchases."
        }
        MessageKind::Campaign => "{{ shop }}: {{ text }}",
    }
}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Programme;

    fn shop() -> Tenant {
        Tenant {
            id: 1,
            code: "shop".to_owned(),
            is_demo: false,
            name: "Хорошо".to_owned(),
            currency: "TJS".to_owned(),
            bonus_unit: "бонус".to_owned(),
            zone: Zone::DUSHANBE,
            primary_color: None,
            logo_url: None,
            telegram_bot: None,
            has_webhooks: false,
            has_channels: true,
            clients_max: None,
            programme: Arc::new(Programme::plain()),
        }
    }

    #[test]
    fn our_own_words_pass_our_own_check_in_every_language() {
        for kind in MessageKind::ALL {
            for language in Language::ALL {
                let text = check(&shop(), *kind, *language, words(*kind, *language)).unwrap();
                assert!(text.starts_with("Хорошо: ") && !text.contains("{{"), "{text}");
                assert!(!text.contains("  "), "{text}");
            }
        }
    }

    #[test]
    fn sums_and_dates_are_as_people_write_them() {
        let params =
            serde_json::json!({ "total": 1000, "accrued": 47.75, "redeemed": 0, "gifts": 0, "balance": 0 });
        let text = render(&shop(), MessageKind::Sale, Language::Russian, None, &params).unwrap();
        assert_eq!(
            text.replace('\u{202f}', " "),
            "Хорошо: покупка на 1 000 TJS. Начислено 47,75. Баланс: 0."
        );
        let params = serde_json::json!({ "amount": 7.5, "balance": 10, "expires_at": 1_780_651_800_000_i64 });
        let text = render(&shop(), MessageKind::Expiring, Language::English, None, &params).unwrap();
        assert_eq!(
            text,
            "Хорошо: 7.50 will expire on 05.06.2026. Spend them in time. Balance: 10."
        );
    }

    #[test]
    fn a_shops_own_words_are_checked() {
        let checked = |template: &str| check(&shop(), MessageKind::Sale, Language::Russian, template);
        assert_eq!(checked("Спасибо! +{{ accrued }}").unwrap(), "Спасибо! +47,75");
        for template in [
            "",
            "{{ acrued }}",
            "{{ accrued",
            "{% for a in range(100000000) %}x{% endfor %}",
            "{% include '/etc/passwd' %}",
        ] {
            assert!(checked(template).is_err(), "{template}");
        }
        let broken = Some("{{ accrued | nonsense }}");
        let params = serde_json::json!({ "total": 10, "balance": 5 });
        let text = render(&shop(), MessageKind::Sale, Language::Russian, broken, &params).unwrap();
        assert_eq!(
            text, "Хорошо: покупка на 10 TJS. Баланс: 5.",
            "our own words then"
        );
    }
}
