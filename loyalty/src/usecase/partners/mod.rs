//! What partners are told: events, webhooks, deliveries.

pub(super) mod change_webhooks;
pub(super) mod event;
pub(super) mod settle_attempt;
pub(super) mod take_attempts;

pub use change_webhooks::{
    Delivery, Webhook, WebhookChange, add_webhook, change_webhook, deliveries, remove_webhook,
    replay_delivery, test_webhook, webhooks,
};
pub use event::{EntryFact, Event, ExpiringFact, Fact, ReferralFact, ReturnFact, TierFact};
pub use settle_attempt::{Attempted, settle_attempt};
pub use take_attempts::{Attempt, forget_old_deliveries, shops_with_deliveries, take_attempts, webhook_id};
