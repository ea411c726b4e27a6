//! The benchmarks, on a private PostgreSQL and on SQLite.
//!
//! [`plain`] compares with what is possible, [`against`] with another commit: [`work_tree`] is that commit's folder,
//! [`build`] makes both sides, [`figures`] reads what they print, [`ratio`] says how far apart they are.

mod against;
mod build;
mod figures;
mod plain;
mod ratio;
mod request;
mod work_tree;

pub use request::Request;

/// Runs what was asked for.
pub fn bench(request: &Request) -> anyhow::Result<()> {
    match request.against {
        Some(_) => against::bench(request),
        None => plain::bench(request),
    }
}
