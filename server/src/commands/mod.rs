//! What `bonex <word>` does, one file per word that is more than a line.

mod dispatch;
mod provision_demo;
mod serve;

pub use dispatch::run;
