//! The real router on the real database: every test runs on SQLite and on PostgreSQL, and every answer of the Cashier
//! API is checked against its contract.

mod api;
mod cashier;
mod contract;
mod crash;
mod guards;
mod operations;
mod wire;
