//! Use cases and store on the real database: every test runs on SQLite and on PostgreSQL.

mod birthdays;
mod campaigns;
mod concurrency;
mod connections;
mod enrolment;
mod figures;
mod follow_ups;
mod identity;
mod interests;
mod model_based;
mod programme;
mod raw;
mod repeats;
mod returns;
mod sales;
mod segments;
mod shop;
mod simulation;
mod time;
