//! What `bonex <word>` does, one file per word that is more than a line.

mod dispatch;
mod provision_demo;
mod serve;
mod signals;
mod work;

pub use dispatch::run;
