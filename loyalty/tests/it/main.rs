//! Use cases and store on the real database: every test runs on SQLite and on PostgreSQL.

mod birthdays;
mod campaigns;
mod clocks;
mod concurrency;
mod connections;
mod enrolment;
mod figures;
mod follow_ups;
mod hot_accounts;
mod identity;
mod interests;
mod ledger_check;
mod model_based;
mod plans;
mod programme;
mod raw;
mod repeats;
mod returns;
mod sales;
mod segments;
mod shop;
mod simulation;
mod time;
