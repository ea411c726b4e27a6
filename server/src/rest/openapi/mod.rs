//! The OpenAPI document: operations and shapes from the routes; prose, examples and limits from the contract files
//! ([`contract`]); what all operations share put on once ([`share`]); words in Russian alone ([`russian`]).

mod contract;
mod document;
mod russian;
mod share;

pub use document::{CASHIER_CONTRACT, CONTRACT, document, document_text, show};
