//! What a partner can be told of.

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// A client was enrolled.
    ClientCreated,
    /// A client's name, birthday or sex changed.
    ClientUpdated,
    /// A client was blocked.
    ClientBlocked,
    /// Bonuses were earned or given.
    BonusAccrued,
    /// Bonuses were spent.
    BonusRedeemed,
    /// Bonuses will burn soon.
    BonusExpiring,
    /// Bonuses burnt.
    BonusExpired,
    /// A balance was corrected by hand.
    BonusAdjusted,
    /// A purchase was made.
    SaleCreated,
    /// Goods came back.
    SaleReturned,
    /// A client rose or fell to another tier.
    TierChanged,
    /// Somebody invited made the first purchase.
    ReferralCompleted,
    /// Somebody tries an endpoint.
    WebhookTest,
}

impl EventKind {
    /// Every kind, in the order people read them.
    pub const ALL: [Self; 13] = [
        Self::ClientCreated,
        Self::ClientUpdated,
        Self::ClientBlocked,
        Self::BonusAccrued,
        Self::BonusRedeemed,
        Self::BonusExpiring,
        Self::BonusExpired,
        Self::BonusAdjusted,
        Self::SaleCreated,
        Self::SaleReturned,
        Self::TierChanged,
        Self::ReferralCompleted,
        Self::WebhookTest,
    ];

    /// As sent and stored: `bonus.accrued`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCreated => "client.created",
            Self::ClientUpdated => "client.updated",
            Self::ClientBlocked => "client.blocked",
            Self::BonusAccrued => "bonus.accrued",
            Self::BonusRedeemed => "bonus.redeemed",
            Self::BonusExpiring => "bonus.expiring",
            Self::BonusExpired => "bonus.expired",
            Self::BonusAdjusted => "bonus.adjusted",
            Self::SaleCreated => "sale.created",
            Self::SaleReturned => "sale.returned",
            Self::TierChanged => "tier.changed",
            Self::ReferralCompleted => "referral.completed",
            Self::WebhookTest => "webhook.test",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}
