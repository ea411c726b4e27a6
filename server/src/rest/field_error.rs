//! What can be wrong with a field.

use loyalty::model::PhoneError;

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
    /// Ruling 14.
    #[error(": код страны не начинается с 0. Укажите телефон в международном формате.")]
    NoCountryCode,
    /// Ruling 14.
    #[error(": код +992 указан дважды.")]
    CountryCodeTwice,
    /// No calendar day.
    #[error(": укажите дату в виде ГГГГ-ММ-ДД, например 1990-05-01.")]
    NotADate,
    /// No date and time.
    #[error(": укажите дату и время, например 2026-06-05T14:30:00.")]
    NotAMoment,
    /// Ruling 12.
    #[error(": дата в будущем.")]
    InTheFuture,
    /// Ruling 12.
    #[error(": дата раньше 2000 года. Проверьте дату в кассе.")]
    TooLongAgo,
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
    /// Ruling 58.
    #[error(": пустой список с deactivate_missing выключил бы все товары. Передайте товары.")]
    NothingInStock,
    /// Twice in one list.
    #[error(": этот артикул уже есть в списке.")]
    Repeated,
}

impl Problem {
    /// What is wrong with a phone.
    pub const fn of_phone(error: PhoneError) -> Self {
        match error {
            PhoneError::Unreadable => Self::NotAPhone,
            PhoneError::LeadingZero => Self::NoCountryCode,
            PhoneError::CodeTwice => Self::CountryCodeTwice,
        }
    }
}
