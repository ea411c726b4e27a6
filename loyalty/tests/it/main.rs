//! Use cases and store on the real database: every test runs on SQLite and on PostgreSQL.

mod concurrency;
mod connections;
mod enrolment;
mod identity;
mod model_based;
mod programme;
mod repeats;
mod returns;
mod sales;
mod shop;
mod time;
