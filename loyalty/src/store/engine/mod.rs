//! Two engines as one: connections, values, transactions, writers; no table of ours but its own.

pub(crate) mod applied;
pub(crate) mod committer;
pub(crate) mod connect;
pub(crate) mod db;
pub(crate) mod ids;
pub(crate) mod many_rows;
pub(crate) mod migrate;
pub(crate) mod nodes;
pub(crate) mod row;
pub(crate) mod shared_reads;
pub(crate) mod sqlite;
pub(crate) mod sqlite_copy;
pub(crate) mod together;
