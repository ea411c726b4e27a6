//! The words in three languages. A language is a complete table or it does not compile.

mod en;
mod lang;
mod ru;
mod texts;
mod tg;

pub use lang::Lang;
pub use texts::CashTexts;
