//! Messages, channels, reports of text messages.

pub(crate) mod channel;
pub(crate) mod outbox;
pub(crate) mod settled;
pub(crate) mod sms_reports;
