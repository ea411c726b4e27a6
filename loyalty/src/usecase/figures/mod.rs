//! What owners look at: sums of days, read and counted anew.

pub(super) mod read_figures;
pub(super) mod refresh_figures;

pub use read_figures::{figures, figures_read_at};
pub use refresh_figures::refresh_figures;
