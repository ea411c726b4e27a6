//! Pages, islands, design system, server functions. The whole site on one screen:
//!
//! | address | page |
//! |---|---|
//! | `/` | [`home`] |
//! | `/cash` | [`cash`]: the web cashier |
//! | anything else | [`not_found`] |
//!
//! The panel, the admin and the Mini App have their place beside [`cash`]. [`ui`] is the design system, [`i18n`] the
//! words in three languages.

#[cfg(feature = "ssr")]
mod caller;
pub mod cash;
mod home;
mod hydration;
pub mod i18n;
mod not_found;
mod shell;
mod ui;

pub use shell::{App, shell};
