//! Stock, the catalogue, what does not sell.

pub(crate) mod catalogue;
pub(crate) mod items;
pub(crate) mod slow_stock;
