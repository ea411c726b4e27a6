//! What `bonex <word>` does, one file per word that is more than a line.

mod dispatch;
mod ending;
mod provision_demo;
mod readiness;
mod serve;
mod work;

pub use dispatch::run;
