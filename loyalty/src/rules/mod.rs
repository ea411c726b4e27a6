//! Pure arithmetic: no clock, no store, no randomness. Everything here compiles to wasm.

pub mod accrual;
pub mod delivery;
pub mod explain;
pub mod message;
pub mod figures;
pub mod interest;
pub mod preview;
pub mod promotion;
pub mod redemption;
pub mod returns;
pub mod rfm;
pub mod segment;
pub mod stock;
