//! What a client is told, in which language and by which channel (R-NOTIFY, ruling 36).

use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MessageKind {
    /// A code that logs in.
    Code,
    /// A purchase: earned, spent, given.
    Sale,
    /// Bonuses spent without a purchase.
    Redemption,
    /// Goods brought back.
    Return,
    /// The gift at enrolment.
    Welcome,
    /// The gift for a birthday.
    Birthday,
    /// The gift for an invitation.
    Referral,
    /// A balance corrected by hand.
    Adjustment,
    /// Bonuses that will burn soon.
    Expiring,
    /// A higher tier.
    Tier,
    /// What the shop wants to say to some of its clients.
    Campaign,
}

/// How a message reaches a client.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Channel {
    /// The shop's own app, by FCM.
    Push,
    /// The shop's bot.
    Telegram,
    /// A text message, by OsonSMS.
    Sms,
}

/// What became of a message that a channel has taken, where it tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// Not known yet.
    OnItsWay,
    /// It is on the phone.
    Delivered,
    /// It will never get there.
    Lost,
}

/// A language that messages come in.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Language {
    /// Russian.
    #[default]
    Russian,
    /// Tajik.
    Tajik,
    /// English.
    English,
}

/// What a client lets the shop send.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Everything.
    #[default]
    All,
    /// What concerns the client's own bonuses: no campaigns.
    Own,
    /// Nothing but codes.
    None,
}

macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// Every one, in reading order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As stored.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }

            /// The one of this stored name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

named! {
    MessageKind {
        Code => "code",
        Sale => "sale",
        Redemption => "redemption",
        Return => "return",
        Welcome => "welcome",
        Birthday => "birthday",
        Referral => "referral",
        Adjustment => "adjustment",
        Expiring => "expiring",
        Tier => "tier",
        Campaign => "campaign",
    }
}

named! {
    // The order in which they are tried (ruling 36).
    Channel {
        Push => "push",
        Telegram => "telegram",
        Sms => "sms",
    }
}

named! {
    Delivery {
        OnItsWay => "on_its_way",
        Delivered => "delivered",
        Lost => "lost",
    }
}

named! {
    Language {
        Russian => "ru",
        Tajik => "tg",
        English => "en",
    }
}

named! {
    Consent {
        All => "all",
        Own => "own",
        None => "none",
    }
}

impl Language {
    /// The language of a tag such as `ru` or `en-US`, where it is one of ours.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::named(tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str())
    }
}

impl MessageKind {
    /// It answers what the client is just doing, so quiet hours do not hold it back.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::Code | Self::Sale | Self::Redemption | Self::Return | Self::Welcome
        )
    }

    /// Whether a client who lets us send so much gets it.
    pub const fn is_allowed(self, consent: Consent) -> bool {
        match (self, consent) {
            (Self::Code, _) | (_, Consent::All) => true,
            (Self::Campaign, Consent::Own) | (_, Consent::None) => false,
            (_, Consent::Own) => true,
        }
    }

    /// Days after which it is of no use any more.
    pub const fn life_days(self) -> i64 {
        match self {
            Self::Sale | Self::Redemption | Self::Return | Self::Welcome | Self::Code => 1,
            Self::Expiring | Self::Campaign | Self::Adjustment | Self::Tier => 3,
            Self::Birthday | Self::Referral => 7,
        }
    }
}

/// Messages that are taken apart from each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageQueue {
    /// Codes: somebody waits for each.
    Codes,
    /// Everything else.
    Others,
}

impl MessageQueue {
    /// The queue of a kind.
    pub const fn of(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Code => Self::Codes,
            _ => Self::Others,
        }
    }
}

/// A shop's own words can't be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Шаблон не подходит: {0}")]
pub struct TemplateError(pub String);
