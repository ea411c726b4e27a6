//! A shop's rules: their versions, promotions, tiers, and what other rules would have done.

pub(super) mod change_programme;
pub(super) mod change_promotion;
pub(super) mod list_catalogue;
pub(super) mod review_tiers;
pub(super) mod run_apart;
pub(super) mod simulate;

pub use change_programme::{ProgrammeVersion, change_programme, programme_versions};
pub use change_promotion::{all_promotions, put_promotion};
pub use list_catalogue::{branches, promotions};
pub use simulate::{SIMULATION_DAYS_MAX, simulate};
