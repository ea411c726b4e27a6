//! Who the clients are: enrolment, look-ups, profiles.

pub(super) mod count_referrals;
pub(super) mod enrol;
pub(super) mod last_bought;
pub(super) mod look_up;
pub(super) mod read_profile;
pub(super) mod register_device;
pub(super) mod update_profile;

pub use count_referrals::{Referral, referral};
pub use enrol::{Enrolment, EnrolmentRequest, enrol};
pub use last_bought::last_bought;
pub use look_up::{ClientCard, look_up};
pub use read_profile::{Profile, Wallet, profile};
pub use register_device::{forget_device, register_device};
pub use update_profile::{ProfileChange, update_profile};
