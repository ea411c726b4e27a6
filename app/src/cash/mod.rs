//! The web cashier: three screens, one hand, at most six taps from client to done.
//!
//! [`page`] is the shell that the server renders; [`island`] the app inside it. [`api`] are its server functions, which
//! carry the API's own headers through [`client`]. [`till`] is the state; each screen is a file: [`login`], [`stopped`],
//! [`find`], [`enrol`], [`sale`], [`done`].
//!
//! What is asked may be done though no answer comes. [`keys`] makes a key of what is asked, [`answer`] says what an
//! answer proves, [`unanswered`] is what is kept of a sale until its outcome is known.

mod answer;
mod api;
mod client;
mod device;
mod done;
mod enrol;
mod error;
mod find;
mod header;
mod island;
mod keys;
mod login;
mod page;
mod sale;
mod stop;
mod stopped;
mod till;
mod unanswered;

pub use error::CashError;
pub use page::CashPage;
