//! The design system: what every surface is made of. Tokens and classes are in `style/main.css`.

mod amount;
mod field;
mod notice;
mod phone;

pub use amount::{bonus, money, signed, sum};
pub use field::Field;
pub use notice::{Notice, Tone};
pub use phone::phone;
