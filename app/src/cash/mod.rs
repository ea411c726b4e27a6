//! The web cashier: three screens, one hand, at most six taps from client to done.
//!
//! [`page`] is the shell that the server renders; [`island`] the app inside it. [`api`] are its server functions, which
//! carry the API's own headers through [`client`]. [`till`] is the state; each screen is a file: [`login`], [`find`],
//! [`enrol`], [`sale`], [`done`], [`other_device`].

mod api;
mod client;
mod device;
mod done;
mod enrol;
mod error;
mod find;
mod header;
mod island;
mod login;
mod other_device;
mod page;
mod sale;
mod till;

pub use error::CashError;
pub use page::CashPage;
