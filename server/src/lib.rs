//! The `bonex` binary as a library: settings, commands, the router. `main.rs` only calls it.
//!
//! * [`rest`]: the REST contracts, one folder each.
//! * [`docs`]: what developers read.
//! * [`site`]: pages, their server functions, static files.
//! * [`parts`]: what all of it is made of.
//! * [`router`]: both of them with health and metrics, as one router; [`connections`]: who gets to it, and for how long.
//! * [`workers`]: what is done behind the requests; [`channels`]: messages to clients; [`outgoing`]: requests to servers
//!   of others.
//! * [`commands`]: what `bonex <word>` does.

// Pages are types within types, one level for each element.
#![recursion_limit = "256"]

pub mod channels;
pub mod commands;
mod compression;
pub mod connections;
pub mod docs;
mod health;
mod housekeeping;
mod lines;
pub mod log;
mod metrics;
pub mod networks;
mod observe;
pub mod outgoing;
pub mod parts;
pub mod rest;
pub mod router;
pub mod settings;
mod site;
mod telegram_bot;
pub mod workers;
mod wrap;
