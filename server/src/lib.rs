//! The `bonex` binary as a library: settings, commands, the router. `main.rs` only calls it.
//!
//! * [`rest`]: the REST contracts, one folder each.
//! * [`site`]: pages, their server functions, static files.
//! * [`router`]: both of them with health and metrics, as one router.
//! * [`commands`]: what `bonex <word>` does.

pub mod commands;
mod health;
mod housekeeping;
mod metrics;
mod observe;
pub mod rest;
pub mod router;
pub mod settings;
mod site;
