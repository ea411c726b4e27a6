//! Values going in and rows coming out, whatever the engine.

use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};

use crate::Failure;
use crate::model::{Bonus, Money, Phone, Timestamp, clean_name};

/// A bound parameter.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Flag(bool),
}

impl Value {
    pub fn bind_postgres(self, arguments: &mut PgArguments) -> Result<()> {
        use sqlx::Arguments;
        let added = match self {
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Flag(value) => arguments.add(value),
        };
        added.map_err(sqlx::Error::Encode)
    }

    pub fn bind_sqlite(self, arguments: &mut SqliteArguments) -> Result<()> {
        use sqlx::Arguments;
        let added = match self {
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Flag(value) => arguments.add(value),
        };
        added.map_err(sqlx::Error::Encode)
    }
}

macro_rules! into_value {
    ($($from:ty => |$value:ident| $to:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        })*
    };
}

into_value! {
    bool => |value| Self::Flag(value),
    i64 => |value| Self::Int(Some(value)),
    Option<i64> => |value| Self::Int(value),
    String => |value| Self::Text(Some(value)),
    &str => |value| Self::Text(Some(value.to_owned())),
    Option<String> => |value| Self::Text(value),
    Option<&str> => |value| Self::Text(value.map(str::to_owned)),
    &Phone => |value| Self::Text(Some(value.as_str().to_owned())),
    Timestamp => |value| Self::Int(Some(value.millis())),
    Option<Timestamp> => |value| Self::Int(value.map(Timestamp::millis)),
    Bonus => |value| Self::Int(Some(value.hundredths())),
    Money => |value| Self::Int(Some(value.hundredths())),
}

/// A row of an answer. Columns are named; a wrong name or type is an error, not a panic.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

type Result<T> = std::result::Result<T, sqlx::Error>;

impl Row {
    pub fn int(&self, column: &str) -> Result<i64> {
        self.int_opt(column)?.ok_or_else(|| missing(column))
    }

    /// SQLite decodes NULL into a plain number silently, so everything is read as optional first.
    pub fn int_opt(&self, column: &str) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    pub fn text(&self, column: &str) -> Result<String> {
        self.text_opt(column)?.ok_or_else(|| missing(column))
    }

    pub fn text_opt(&self, column: &str) -> Result<Option<String>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// A name that people gave, as it may be shown: some were stored before names were cleaned.
    pub fn name_opt(&self, column: &str) -> Result<Option<String>> {
        let name = self.text_opt(column)?;
        Ok(name
            .map(|name| clean_name(&name).into_owned())
            .filter(|name| !name.is_empty()))
    }

    /// A phone, whatever rule it was taken by.
    pub fn phone(&self, column: &str) -> std::result::Result<Phone, Failure> {
        Ok(self.phone_opt(column)?.ok_or_else(|| missing(column))?)
    }

    pub fn phone_opt(&self, column: &str) -> std::result::Result<Option<Phone>, Failure> {
        let phone = self.text_opt(column)?.map(Phone::stored).transpose();
        phone.map_err(Failure::new)
    }

    pub fn flag(&self, column: &str) -> Result<bool> {
        let value: Option<bool> = match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        };
        value.ok_or_else(|| missing(column))
    }

    pub fn bonus(&self, column: &str) -> Result<Bonus> {
        self.int(column).map(Bonus::from_hundredths)
    }

    pub fn money(&self, column: &str) -> Result<Money> {
        self.int(column).map(Money::from_hundredths)
    }

    pub fn time(&self, column: &str) -> Result<Timestamp> {
        self.int(column).map(Timestamp::from_millis)
    }

    pub fn time_opt(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.int_opt(column)?.map(Timestamp::from_millis))
    }
}

fn missing(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "the column is NULL".into(),
    }
}
