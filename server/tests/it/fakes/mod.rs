//! Servers of this machine in the place of Telegram, Google and OsonSMS. They speak the services' protocols, and check
//! that we do: what the service itself would not understand fails the test that looks at what came.
//!
//! * [`desk`]: what came and what to answer, the same for all of them.
//! * [`telegram`], [`google`], [`osonsms`]: one service each; [`google_check`] and [`google_answer`] are Google's, too.
//! * [`services`]: all three.

mod desk;
pub mod google;
mod google_answer;
mod google_check;
pub mod osonsms;
mod services;
pub mod telegram;

pub use google::Google;
pub use osonsms::OsonSms;
pub use services::Services;
pub use telegram::Telegram;
