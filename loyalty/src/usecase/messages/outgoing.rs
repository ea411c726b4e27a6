//! A message on its way, with all that sending it needs.

use std::sync::Arc;

use crate::model::{Channel, MessageKind, Phone, Tenant, Timestamp};

/// One message to send, taken for this caller.
#[derive(Clone)]
pub struct Outgoing {
    /// Which shop's.
    pub shop: Arc<Tenant>,
    /// Its id: the same at every attempt.
    pub id: i64,
    /// What it is about.
    pub kind: MessageKind,
    /// Whom it is for; none for a code.
    pub client_id: Option<i64>,
    /// What it says.
    pub text: String,
    /// Where it may go, in the order to try.
    pub routes: Vec<Route>,
    /// Channels that have taken it before.
    pub served: Vec<Channel>,
    /// To every channel, not the first that takes it.
    pub to_all: bool,
    /// Seconds until a channel that is paused can have it too.
    pub(super) resting_seconds: Option<i64>,
    pub(super) expires_at: Timestamp,
    pub(super) attempts: i64,
}

/// A way to a client. Not `Debug`: it holds secrets.
#[derive(Clone)]
pub enum Route {
    /// By FCM.
    Push {
        /// The shop's service account, a JSON document.
        account: String,
        /// The client's phones.
        tokens: Vec<String>,
    },
    /// By the shop's bot.
    Telegram {
        /// The bot's token.
        bot_token: String,
        /// The client's chat with it.
        chat_id: i64,
    },
    /// By OsonSMS.
    Sms {
        /// The shop's account, a JSON document.
        account: String,
        /// The client's.
        phone: Phone,
    },
}

impl Route {
    /// By which channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Push { .. } => Channel::Push,
            Self::Telegram { .. } => Channel::Telegram,
            Self::Sms { .. } => Channel::Sms,
        }
    }
}
