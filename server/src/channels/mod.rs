//! Messages to people's phones, by the services of others. One call is one attempt: what to send, to whom, when to try
//! again and which channel comes next is decided by the callers.
//!
//! * [`sent`]: what a channel said to one message; [`addresses`]: where the services are.
//! * [`all`]: the channels together.
//! * [`telegram`]: Telegram's Bot API.
//! * [`fcm`]: push by Firebase Cloud Messaging; [`fcm_answer`]: what it says; [`service_account`], [`google_token`] and
//!   [`google_tokens`]: how it lets us in.
//! * [`osonsms`]: SMS in Tajikistan; [`sms_account`]: how it lets us in; [`sms_query`]: its balance and delivery states.
//! * [`answer`] and [`cut`]: what all of them need.
//!
//! Deliberately absent: a queue, retries, a history, and texts of messages. No reason given here holds a token, a phone
//! number or an address: owners of shops read them.

mod addresses;
mod all;
mod answer;
mod cut;
mod fcm;
mod fcm_answer;
mod google_token;
mod google_tokens;
mod osonsms;
mod sent;
mod service_account;
mod sms_account;
mod sms_query;
mod telegram;

pub use addresses::Addresses;
pub use all::Channels;
pub use fcm::Push;
pub use osonsms::Sms;
pub use sent::Sent;
pub use service_account::ServiceAccount;
pub use sms_account::{SmsAccount, SmsAuth};
pub use sms_query::SmsState;
pub use telegram::{TelegramMessage, WebAppButton};
