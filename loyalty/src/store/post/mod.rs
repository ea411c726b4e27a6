//! A posting applied: in the way each engine does best.

pub(crate) mod apply;
pub(crate) mod group_postgres;
pub(crate) mod posted;
pub(crate) mod postgres;
pub(crate) mod rows;
pub(crate) mod sqlite;
