//! Reading a JSON object field by field, so that an error can name the field (rulings 9 and 10).

use loyalty::model::{
    AmountError, Bonus, Date, Identifier, IdentifierError, Money, Phone, Price, Timestamp, Zone, clean_name,
    is_blank, trimmed,
};
use serde_json::{Map, Value};

use super::complaint::Complaint;
use super::error::ApiError;
use super::field_error::{FieldError, Problem};
use super::number;

type Result<T, E = FieldError> = std::result::Result<T, E>;

/// Bodies up to so many bytes are read without a second thought.
const LARGE: usize = 1_000_000;
/// Commas and brackets in a body: ten times as many as the largest stock report has. A value takes a few bytes on the
/// wire and some dozens in memory.
const SEPARATORS_MAX: usize = 500_000;

fn separators(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'))
        .count()
}

/// Characters of an article.
const SKU_MAX: usize = 64;

/// A JSON object. Unknown fields are ignored, null is absent.
pub struct Fields {
    object: Map<String, Value>,
    /// Put before names in errors: `lines.0.`.
    prefix: String,
}

/// What stands in a list of objects.
pub struct Entry {
    /// The object, or that it is none.
    pub fields: Result<Fields>,
    /// What stands there instead of an object.
    bare: Option<Value>,
}

impl Entry {
    /// The article that the entry names, be it under `name` or all alone, whatever else is wrong with it.
    pub fn named(&self, name: &str) -> Option<String> {
        match (&self.fields, &self.bare) {
            (Ok(fields), _) => fields.sku(name).ok().flatten(),
            (Err(_), bare) => {
                let object = Map::from_iter([(name.to_owned(), bare.clone()?)]);
                let prefix = String::new();
                Fields { object, prefix }.sku(name).ok().flatten()
            }
        }
    }
}

impl Fields {
    /// Reads a body: UTF-8, perhaps with a byte order mark, as 1С writes it (ruling 10).
    pub fn parse(bytes: &[u8]) -> Result<Self, Complaint> {
        let text = std::str::from_utf8(bytes).map_err(|_| Complaint::NotUtf8)?;
        if bytes.len() > LARGE && separators(bytes) > SEPARATORS_MAX {
            return Err(Complaint::TooManyValues);
        }
        match number::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
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
        let Some(money) = self.number_as(name, Money::from_number)? else {
            return Ok(None);
        };
        if money.hundredths() < least {
            return Err(self.wrong(name, Problem::AtLeast(Money::from_hundredths(least).to_string())));
        }
        Ok(Some(money))
    }

    /// The sum of a line, nothing or more: rounded, never refused for its decimals (ruling 9).
    pub fn rounded_money(&self, name: &str) -> Result<Option<Money>> {
        let money = self.number_as(name, Money::rounded)?;
        match money.is_some_and(|money| money < Money::ZERO) {
            true => Err(self.wrong(name, Problem::AtLeast("0".to_owned()))),
            false => Ok(money),
        }
    }

    /// The price of one piece, nothing or more: rounded to four decimals (ruling 9).
    pub fn price(&self, name: &str) -> Result<Option<Price>> {
        let price = self.number_as(name, Price::rounded)?;
        match price.is_some_and(Price::is_negative) {
            true => Err(self.wrong(name, Problem::AtLeast("0".to_owned()))),
            false => Ok(price),
        }
    }

    /// A sum of bonuses from `least` hundredths on.
    pub fn bonus(&self, name: &str, least: i64) -> Result<Option<Bonus>> {
        Ok(self.money(name, least)?.map(Money::in_bonuses))
    }

    /// A number that is not a sum, from nothing to a billion.
    pub fn quantity(&self, name: &str) -> Result<Option<f64>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(number) if number > 1e9 => Err(self.wrong(name, Problem::AtMost("1000000000".to_owned()))),
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
        if let Some(whole) = value.as_i64() {
            return Ok(Some(whole));
        }
        // Above this a float no longer tells neighbours apart.
        const EXACT_MAX: f64 = 9_007_199_254_740_991.0;
        match value.as_f64() {
            Some(number) if number.fract() != 0.0 => Err(self.wrong(name, Problem::NotWhole)),
            Some(number) if number > EXACT_MAX => {
                Err(self.wrong(name, Problem::AtMost(EXACT_MAX.to_string())))
            }
            Some(number) if number < -EXACT_MAX => {
                Err(self.wrong(name, Problem::AtLeast((-EXACT_MAX).to_string())))
            }
            Some(number) => Ok(Some(number as i64)),
            None => Err(self.wrong(name, Problem::NotWhole)),
        }
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

    /// Text of at most `most` characters without spaces, line ends and invisible characters at its ends; blank text is
    /// absent (ruling 10).
    pub fn text(&self, name: &str, most: usize) -> Result<Option<String>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.wrong(name, Problem::NotText))?;
        self.fitting(name, trimmed(text), most)
    }

    /// Text as it was sent, where that differs from what [`Self::text`] reads: an id may have been stored so before ids
    /// were trimmed.
    pub fn untrimmed(&self, name: &str) -> Option<&str> {
        let text = self.value(name)?.as_str()?;
        (text.len() <= 255 && text != trimmed(text)).then_some(text)
    }

    /// A name of somebody or something, of at most `most` characters and without those that hide or turn around others
    /// (ruling 10); a blank one is absent.
    pub fn name(&self, name: &str, most: usize) -> Result<Option<String>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.wrong(name, Problem::NotText))?;
        self.fitting(name, &clean_name(text), most)
    }

    /// An article: text, or a number, which is its text (ruling 58).
    pub fn sku(&self, name: &str) -> Result<Option<String>> {
        match self.value(name) {
            Some(Value::Number(number)) => self.fitting(name, &number.to_string(), SKU_MAX),
            _ => self.text(name, SKU_MAX),
        }
    }

    fn fitting(&self, name: &str, text: &str, most: usize) -> Result<Option<String>> {
        if text.chars().count() > most {
            return Err(self.wrong(name, Problem::TooLong(most)));
        }
        if text.contains('\0') {
            return Err(self.wrong(name, Problem::ForbiddenCharacter));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// A list of at most `most` texts.
    pub fn texts(&self, name: &str, most: usize) -> Result<Option<Vec<String>>> {
        let Some(items) = self.list(name, most)? else {
            return Ok(None);
        };
        let text = |(number, item): (usize, &Value)| {
            let text = item.as_str().map(|text| trimmed(text).to_owned());
            text.ok_or_else(|| self.wrong(&format!("{name}.{number}"), Problem::NotText))
        };
        items
            .iter()
            .enumerate()
            .map(text)
            .collect::<Result<_>>()
            .map(Some)
    }

    /// A date and time from 2000 on, no more than five minutes ahead (ruling 12).
    pub fn time(&self, name: &str, zone: Zone, now: Timestamp) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name, 64)? else {
            return Ok(None);
        };
        let time = Timestamp::parse(&text, zone).map_err(|_| self.wrong(name, Problem::NotAMoment))?;
        if time > now.plus_seconds(300) {
            return Err(self.wrong(name, Problem::InTheFuture));
        }
        if Date::at(time, zone).year() < 2000 {
            return Err(self.wrong(name, Problem::TooLongAgo));
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
            IdentifierError::Phone(error) => self.wrong(name, Problem::of_phone(error)).into(),
        })
    }

    /// A list of objects, at most `most` of them.
    pub fn objects(&self, name: &str, most: usize) -> Result<Vec<Fields>> {
        let entries = self.entries(name, most)?.unwrap_or_default();
        entries.into_iter().map(|entry| entry.fields).collect()
    }

    /// A list of at most `most`, each an object or what is wrong with it.
    pub fn entries(&self, name: &str, most: usize) -> Result<Option<Vec<Entry>>> {
        let Some(items) = self.list(name, most)? else {
            return Ok(None);
        };
        let entry = |(number, item): (usize, &Value)| match item {
            Value::Object(object) => Entry {
                fields: Ok(Fields {
                    object: object.clone(),
                    prefix: format!("{}{name}.{number}.", self.prefix),
                }),
                bare: None,
            },
            bare => Entry {
                fields: Err(self.wrong(&format!("{name}.{number}"), Problem::NotAnObject)),
                bare: Some(bare.clone()),
            },
        };
        Ok(Some(items.iter().enumerate().map(entry).collect()))
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

    /// A phone that must be there, of at most `most` characters that can be seen.
    pub fn phone(&self, name: &str, most: usize) -> Result<Phone> {
        let text = self.required(name, self.text(name, 255)?)?;
        if text.chars().filter(|c| !is_blank(*c)).count() > most {
            return Err(self.wrong(name, Problem::TooLong(most)));
        }
        Phone::parse(&text).map_err(|error| self.wrong(name, Problem::of_phone(error)))
    }

    fn number_as<T>(&self, name: &str, read: fn(f64) -> Result<T, AmountError>) -> Result<Option<T>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let number = value.as_f64().filter(|_| value.is_number());
        let number = number.ok_or_else(|| self.wrong(name, Problem::NotANumber))?;
        read(number).map(Some).map_err(|error| match error {
            AmountError::TooPrecise => self.wrong(name, Problem::TooPrecise),
            AmountError::TooLarge => self.wrong(name, Problem::AtMost("999999999.99".to_owned())),
            AmountError::NotANumber => self.wrong(name, Problem::NotANumber),
        })
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
