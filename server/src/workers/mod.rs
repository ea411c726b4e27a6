//! Work behind the requests: what is delivered after the commit, and what is deleted in time. Any number of processes may
//! do it on one database.
//!
//! Each looks for its work in [`rounds`]; what waits shop by shop is done by a [`shop_work`] worker. The [`Crew`] keeps
//! all of them at work, and [`Condition`] tells which have panicked.
//!
//! * [`webhooks`]: deliveries to partners.
//! * [`messages`]: messages to clients.
//! * [`sms_reports`]: what became of text messages.
//! * [`follow_ups`]: what a posting means for another account.
//! * [`schedule`]: what is due by the clock of each shop.
//! * [`campaigns`]: messages of campaigns.
//! * [`bots`]: where Telegram sends what people write to the shops' bots.
//! * [`cleaning`]: rows that nobody needs any more.

pub mod bots;
mod campaigns;
pub mod cleaning;
mod condition;
mod crew;
pub mod follow_ups;
pub mod messages;
mod room;
mod rounds;
pub mod schedule;
pub mod shop_work;
pub mod sms_reports;
pub mod webhooks;

pub use condition::Condition;
pub use crew::Crew;
