//! The real router on the real database: every test runs on SQLite and on PostgreSQL, and every answer of the Cashier
//! API is checked against its contract.

mod api;
mod auth;
mod caching;
mod cashier;
mod channels;
mod client;
mod contract;
mod crash;
mod docs;
mod fakes;
mod guards;
mod holding_up;
mod integration;
mod intruders;
mod leases;
mod limits;
mod messages;
mod odd_bytes;
mod odd_texts;
mod openapi;
mod operations;
mod partner;
mod process;
mod programme_time;
mod receiver;
mod secrets;
mod telegram_bot;
mod upgrade;
mod web_cashier;
mod webhooks;
mod wire;
mod year;
