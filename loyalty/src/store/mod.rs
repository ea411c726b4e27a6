//! The database. SQL lives here and nowhere else, one text for both engines.
//!
//! [`db`] is the only file that knows there are two engines; [`post`] applies a posting in the way each does best.

pub(crate) mod account;
pub(crate) mod account_group;
pub(crate) mod audience;
pub(crate) mod audit;
mod audit_rules;
pub(crate) mod batch;
pub(crate) mod campaign;
pub(crate) mod campaign_members;
pub(crate) mod catalogue;
pub(crate) mod channel;
pub(crate) mod client;
pub(crate) mod client_tokens;
pub(crate) mod cohort;
mod connect;
mod db;
pub(crate) mod enrolment;
pub(crate) mod facts;
pub(crate) mod figures;
pub(crate) mod follow_up;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod ids;
pub(crate) mod interest;
pub(crate) mod interest_returns;
pub(crate) mod job;
pub(crate) mod keys;
pub(crate) mod lease;
pub(crate) mod lots;
mod migrate;
pub(crate) mod nodes;
pub(crate) mod order;
pub(crate) mod otp;
pub(crate) mod outbox;
pub(crate) mod post;
mod post_group_postgres;
mod post_postgres;
pub(crate) mod post_rows;
mod post_sqlite;
pub(crate) mod programme;
pub(crate) mod promotion;
pub(crate) mod receipt;
pub(crate) mod rfm;
mod row;
mod shared_reads;
pub(crate) mod simulation;
pub(crate) mod slow_stock;
pub(crate) mod sms_reports;
mod sqlite;
mod sqlite_copy;
pub(crate) mod stock;
pub(crate) mod tenant;
pub(crate) mod together;
pub(crate) mod tries;
pub(crate) mod webhook;
pub(crate) mod webhook_delivery;

pub(crate) use connect::Place;
pub(crate) use db::{Db, Query, Scope, Tx};
pub(crate) use migrate::Schema;
#[cfg(feature = "bench")]
pub(crate) use post_postgres::POST_PLAIN_SALE;
pub(crate) use row::{Row, Value};
pub(crate) use shared_reads::SharedReads;
