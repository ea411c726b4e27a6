//! What a channel said to one message.

/// What a channel said to one message. Reasons are in the words of the shop's owner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It took the message.
    Accepted {
        /// Its own id of the message, where it gives one.
        remote_id: Option<String>,
    },
    /// The address will never work again and is to be forgotten.
    DeadAddress(String),
    /// It will never take this message, but the address may be good.
    Refused(String),
    /// It does not know the address as one of the shop's: a wrong key, perhaps. Nothing is forgotten.
    Stranger(String),
    /// It may take the message another time, or has taken it and could not say so.
    Later {
        /// After so many seconds, if it said so; a day at most.
        after_seconds: Option<i64>,
        /// The pause concerns all messages of the shop on this channel.
        whole_channel: bool,
        /// It has not taken this message: another channel would not say the same twice.
        is_sure: bool,
        /// Why.
        reason: String,
    },
}

impl Sent {
    /// This message waits alone.
    pub(super) fn later(reason: impl Into<String>) -> Self {
        Self::Later {
            after_seconds: None,
            whole_channel: false,
            is_sure: false,
            reason: reason.into(),
        }
    }

    /// All messages of the shop on this channel wait, for as long as the service said, if it did. This one was not taken.
    pub(super) fn pause(after_seconds: Option<i64>, reason: impl Into<String>) -> Self {
        Self::Later {
            after_seconds,
            whole_channel: true,
            is_sure: true,
            reason: reason.into(),
        }
    }

    /// The same where this one may have been taken.
    pub(super) fn silence(after_seconds: Option<i64>, reason: impl Into<String>) -> Self {
        Self::Later {
            after_seconds,
            whole_channel: true,
            is_sure: false,
            reason: reason.into(),
        }
    }
}
