//! `/docs`: what a developer reads, served by us alone and readable without scripts.
//!
//! * [`reference`]: every operation, made from the document that the routes generate.
//! * [`guides`]: how to begin, one for each kind of caller.
//! * [`postman`]: the same operations as a collection.
//! * The contract files are served as they are.

mod escape;
mod guides;
mod page;
mod postman;
mod reference;
mod routes;

pub use guides::SNIPPETS;
pub use routes::routes;
