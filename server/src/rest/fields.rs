//! Reading a JSON object field by field, so that an error can name the field (rulings 9 and 10).

use loyalty::model::{AmountError, Bonus, Identifier, IdentifierError, Money, Phone, Timestamp, Zone};
use serde_json::{Map, Value};

use super::error::{ApiError, Complaint};

type Result<T, E = FieldError> = std::result::Result<T, E>;

/// What is wrong with a field, in Russian; other languages are in `words`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Поле {name}{problem}")]
pub struct FieldError {
    /// With its place: `lines.0.sku`.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a field: said after its name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It must be there.
    #[error(" обязательно.")]
    Required,
    /// Something else than a number.
    #[error(" должно быть числом.")]
    NotANumber,
    /// A fraction.
    #[error(" должно быть целым числом.")]
    NotWhole,
    /// Neither true nor false.
    #[error(" должно быть true или false.")]
    NotAFlag,
    /// Something else than a string.
    #[error(" должно быть строкой.")]
    NotText,
    /// Something else than a list.
    #[error(" должно быть списком.")]
    NotAList,
    /// Something else than an object.
    #[error(" должно быть объектом.")]
    NotAnObject,
    /// U+0000, which no database keeps.
    #[error(" содержит недопустимый символ.")]
    ForbiddenCharacter,
    /// Ruling 9.
    #[error(": не больше двух знаков после точки.")]
    TooPrecise,
    /// Too little.
    #[error(": не меньше {0}.")]
    AtLeast(String),
    /// Too much.
    #[error(": не больше {0}.")]
    AtMost(String),
    /// Out of range.
    #[error(": от {0} до {1}.")]
    Between(i64, i64),
    /// Too many characters.
    #[error(": не длиннее {0} символов.")]
    TooLong(usize),
    /// Too many items.
    #[error(": не больше {0} строк.")]
    TooMany(usize),
    /// Neither of the words it may be.
    #[error(": {0} или {1}.")]
    Neither(&'static str, &'static str),
    /// Ruling 14.
    #[error(": укажите телефон в международном формате.")]
    NotAPhone,
    /// No calendar day.
    #[error(": укажите дату в виде ГГГГ-ММ-ДД, например 1990-05-01.")]
    NotADate,
    /// No date and time.
    #[error(": укажите дату и время, например 2026-06-05T14:30:00.")]
    NotAMoment,
    /// Ruling 12.
    #[error(": дата в будущем.")]
    InTheFuture,
    /// Ruling 14.
    #[error(": укажите телефон, EAN-13 или клубную карту.")]
    NotAClient,
    /// R-OTP-1.
    #[error(": шесть цифр.")]
    NotACode,
    /// Ruling 3.
    #[error(": это не касса данного X-Cashier-Token.")]
    OtherRegister,
    /// Not https, or within a private network.
    #[error(": укажите адрес https://…, доступный из интернета.")]
    NotAWebAddress,
    /// Nothing of this name happens.
    #[error(": события {0} нет. Список: /docs/partner.")]
    UnknownEvent(String),
    /// Twice in one list.
    #[error(": этот артикул уже есть в списке.")]
    Repeated,
}

/// A JSON object. Unknown fields are ignored, null is absent.
pub struct Fields {
    object: Map<String, Value>,
    /// Put before names in errors: `lines.0.`.
    prefix: String,
}

impl Fields {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<Self, Complaint> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(Self {
                object,
                prefix: String::new(),
            }),
            Ok(_) => Err(Complaint::NotAnObject),
            Err(_) => Err(Complaint::NotJson),
        }
    }

    /// A sum of money from `least` hundredths on.
    pub fn money(&self, name: &str, least: i64) -> Result<Option<Money>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let number = value.as_f64().filter(|_| value.is_number());
        let number = number.ok_or_else(|| self.wrong(name, Problem::NotANumber))?;
        let money = Money::from_number(number).map_err(|error| match error {
            AmountError::TooPrecise => self.wrong(name, Problem::TooPrecise),
            AmountError::TooLarge => self.wrong(name, Problem::AtMost("999999999.99".to_owned())),
            AmountError::NotANumber => self.wrong(name, Problem::NotANumber),
        })?;
        if money.hundredths() < least {
            return Err(self.wrong(name, Problem::AtLeast(Money::from_hundredths(least).to_string())));
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
            Some(_) => Err(self.wrong(name, Problem::AtLeast("0".to_owned()))),
            None => Err(self.wrong(name, Problem::NotANumber)),
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
        whole.map(Some).ok_or_else(|| self.wrong(name, Problem::NotWhole))
    }

    /// True or false.
    pub fn flag(&self, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        value
            .as_bool()
            .map(Some)
            .ok_or_else(|| self.wrong(name, Problem::NotAFlag))
    }

    /// Text of at most `most` characters; blank text is absent.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<String>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.wrong(name, Problem::NotText))?;
        if text.chars().count() > most {
            return Err(self.wrong(name, Problem::TooLong(most)));
        }
        if text.contains('\0') {
            return Err(self.wrong(name, Problem::ForbiddenCharacter));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()))
    }

    /// A list of at most `most` texts.
    pub fn texts(&self, name: &str, most: usize) -> Result<Option<Vec<String>>> {
        let Some(items) = self.list(name, most)? else {
            return Ok(None);
        };
        let text = |(number, item): (usize, &Value)| {
            let text = item.as_str().map(str::to_owned);
            text.ok_or_else(|| self.wrong(&format!("{name}.{number}"), Problem::NotText))
        };
        items
            .iter()
            .enumerate()
            .map(text)
            .collect::<Result<_>>()
            .map(Some)
    }

    /// A date and time, no more than five minutes ahead (ruling 12).
    pub fn time(&self, name: &str, zone: Zone, now: Timestamp) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name, 64)? else {
            return Ok(None);
        };
        let time = Timestamp::parse(&text, zone).map_err(|_| self.wrong(name, Problem::NotAMoment))?;
        if time > now.plus_seconds(300) {
            return Err(self.wrong(name, Problem::InTheFuture));
        }
        Ok(Some(time))
    }

    /// Who is meant (ruling 14).
    pub fn client(&self, name: &str) -> Result<Identifier, ApiError> {
        let text = self.required(name, self.text(name, 255)?)?;
        Identifier::parse(&text).map_err(|error| match error {
            IdentifierError::WrongCheckDigit => {
                loyalty::usecase::Error::from(loyalty::ledger::Refusal::ClientNotFound).into()
            }
            IdentifierError::Unreadable => self.wrong(name, Problem::NotAClient).into(),
        })
    }

    /// A list of objects, at most `most` of them.
    pub fn objects(&self, name: &str, most: usize) -> Result<Vec<Fields>> {
        let entries = self.entries(name, most)?.unwrap_or_default();
        entries.into_iter().collect()
    }

    /// A list of at most `most`, each an object or what is wrong with it.
    pub fn entries(&self, name: &str, most: usize) -> Result<Option<Vec<Result<Fields>>>> {
        let Some(items) = self.list(name, most)? else {
            return Ok(None);
        };
        let object = |(number, item): (usize, &Value)| match item {
            Value::Object(object) => Ok(Fields {
                object: object.clone(),
                prefix: format!("{}{name}.{number}.", self.prefix),
            }),
            _ => Err(self.wrong(&format!("{name}.{number}"), Problem::NotAnObject)),
        };
        Ok(Some(items.iter().enumerate().map(object).collect()))
    }

    /// Whether the body has this field at all, if only as null.
    pub fn is_given(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// What must be there.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.wrong(name, Problem::Required))
    }

    /// An error that names the field.
    pub fn wrong(&self, name: &str, problem: Problem) -> FieldError {
        let name = format!("{}{name}", self.prefix);
        FieldError { name, problem }
    }

    /// A phone that must be there.
    pub fn phone(&self, name: &str, most: usize) -> Result<Phone> {
        let text = self.required(name, self.text(name, most)?)?;
        Phone::parse(&text).map_err(|_| self.wrong(name, Problem::NotAPhone))
    }

    fn list(&self, name: &str, most: usize) -> Result<Option<&Vec<Value>>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_array() {
            None => Err(self.wrong(name, Problem::NotAList)),
            Some(items) if items.len() > most => Err(self.wrong(name, Problem::TooMany(most))),
            Some(items) => Ok(Some(items)),
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }
}
