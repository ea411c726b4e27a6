//! Reading a JSON object field by field, so that an error can name the field (rulings 9 and 10).

use loyalty::model::{AmountError, Bonus, Identifier, IdentifierError, Money, Timestamp, Zone};
use serde_json::{Map, Value};

use super::error::ApiError;

type Result<T> = std::result::Result<T, ApiError>;

/// A JSON object. Unknown fields are ignored, null is absent.
pub struct Fields {
    object: Map<String, Value>,
    /// Put before names in errors: `lines.0.`.
    prefix: String,
}

impl Fields {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(Self {
                object,
                prefix: String::new(),
            }),
            Ok(_) => Err(ApiError::Field(
                "Тело запроса должно быть объектом JSON.".to_owned(),
            )),
            Err(_) => Err(ApiError::NotJson),
        }
    }

    /// A sum of money from `least` hundredths on.
    pub fn money(&self, name: &str, least: i64) -> Result<Option<Money>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let number = value.as_f64().filter(|_| value.is_number());
        let number = number.ok_or_else(|| self.wrong(name, " должно быть числом."))?;
        let money = Money::from_number(number).map_err(|error| match error {
            AmountError::TooPrecise => self.wrong(name, ": не больше двух знаков после точки."),
            AmountError::TooLarge => self.wrong(name, ": не больше 999999999.99."),
            AmountError::NotANumber => self.wrong(name, " должно быть числом."),
        })?;
        if money.hundredths() < least {
            return Err(self.wrong(name, &format!(": не меньше {}.", Money::from_hundredths(least))));
        }
        Ok(Some(money))
    }

    /// A sum of bonuses from `least` hundredths on.
    pub fn bonus(&self, name: &str, least: i64) -> Result<Option<Bonus>> {
        Ok(self.money(name, least)?.map(Money::in_bonuses))
    }

    /// A number that is not a sum, nothing or more.
    pub fn quantity(&self, name: &str) -> Result<Option<f64>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(number) if number >= 0.0 => Ok(Some(number)),
            Some(_) => Err(self.wrong(name, ": не меньше 0.")),
            None => Err(self.wrong(name, " должно быть числом.")),
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let whole = value
            .as_i64()
            .or_else(|| value.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64));
        whole
            .map(Some)
            .ok_or_else(|| self.wrong(name, " должно быть целым числом."))
    }

    /// True or false.
    pub fn flag(&self, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        value
            .as_bool()
            .map(Some)
            .ok_or_else(|| self.wrong(name, " должно быть true или false."))
    }

    /// Text of at most `most` characters; blank text is absent.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<String>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let text = value
            .as_str()
            .ok_or_else(|| self.wrong(name, " должно быть строкой."))?;
        if text.chars().count() > most {
            return Err(self.wrong(name, &format!(": не длиннее {most} символов.")));
        }
        if text.contains('\0') {
            return Err(self.wrong(name, " содержит недопустимый символ."));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()))
    }

    /// A date and time, no more than five minutes ahead (ruling 12).
    pub fn time(&self, name: &str, zone: Zone, now: Timestamp) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name, 64)? else {
            return Ok(None);
        };
        let time = Timestamp::parse(&text, zone).map_err(|error| self.wrong(name, &format!(": {error}")))?;
        if time > now.plus_seconds(300) {
            return Err(self.wrong(name, ": дата в будущем."));
        }
        Ok(Some(time))
    }

    /// Who is meant (ruling 14).
    pub fn client(&self, name: &str) -> Result<Identifier> {
        let text = self.required(name, self.text(name, 255)?)?;
        Identifier::parse(&text).map_err(|error| match error {
            IdentifierError::WrongCheckDigit => {
                loyalty::usecase::Error::from(loyalty::ledger::Refusal::ClientNotFound).into()
            }
            IdentifierError::Unreadable => self.wrong(name, &format!(": {error}")),
        })
    }

    /// A list of objects, at most `most` of them.
    pub fn objects(&self, name: &str, most: usize) -> Result<Vec<Fields>> {
        let entries = self.entries(name, most)?.unwrap_or_default();
        entries.into_iter().collect()
    }

    /// A list of at most `most`, each an object or what is wrong with it.
    pub fn entries(&self, name: &str, most: usize) -> Result<Option<Vec<Result<Fields>>>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.wrong(name, " должно быть списком."))?;
        if items.len() > most {
            return Err(self.wrong(name, &format!(": не больше {most} строк.")));
        }
        let object = |(number, item): (usize, &Value)| match item {
            Value::Object(object) => Ok(Fields {
                object: object.clone(),
                prefix: format!("{}{name}.{number}.", self.prefix),
            }),
            _ => Err(self.wrong(&format!("{name}.{number}"), " должно быть объектом.")),
        };
        Ok(Some(items.iter().enumerate().map(object).collect()))
    }

    /// Whether the body has this field at all, if only as null.
    pub fn is_given(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// What must be there.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.wrong(name, " обязательно."))
    }

    /// An error that names the field.
    pub fn wrong(&self, name: &str, what: &str) -> ApiError {
        ApiError::Field(format!("Поле {}{name}{what}", self.prefix))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }
}
