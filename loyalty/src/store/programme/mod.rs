//! Versions of the programme, promotions, sales to simulate with.

pub(crate) mod programmes;
pub(crate) mod promotion;
pub(crate) mod simulation;
