//! What clients are told: by which channels, in which words, and what became of it.

pub(super) mod ask_sms_reports;
pub(super) mod connect_bots;
pub(super) mod outgoing;
pub(super) mod render_template;
pub(super) mod send_messages;
pub(super) mod set_reach;
pub(super) mod write_message;

pub use ask_sms_reports::{SmsReport, note_delivery, note_sms_balance, shops_with_sms, sms_report};
pub use connect_bots::{BotToConnect, bots_to_connect, identify_bot, note_connected};
pub use outgoing::{Outgoing, Route};
pub use send_messages::{
    DeadAddress, Later, Tried, forget_address, forget_old_messages, note_served, settle_message,
    shops_with_messages, take_messages,
};
pub use set_reach::{
    ChannelCard, MessageRules, SentMessage, channels, client_messages, hear_from_telegram, put_channel,
    put_template, set_consent, set_language, set_message_rules,
};
