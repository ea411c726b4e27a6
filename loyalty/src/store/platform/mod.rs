//! Shops.

pub(crate) mod tenant;
