//! Pure arithmetic: no clock, no store, no randomness. Everything here compiles to wasm.

pub mod accrual;
pub mod audience;
pub mod birthday;
pub mod delivery;
pub mod explain;
pub mod figures;
pub mod guessing;
pub mod hold_out;
pub mod interest;
pub mod lift;
pub mod message;
pub mod preview;
pub mod promotion;
pub mod redemption;
pub mod returns;
pub mod rfm;
pub mod segment;
pub mod slow_stock;
pub mod stock;
