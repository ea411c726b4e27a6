//! Who is told of what.

pub(super) mod campaign;
pub(super) mod event;
pub(super) mod message;

pub use campaign::{Audience, CampaignDraft, CampaignError, CampaignStatus, CampaignTexts, RecentPurchase};
pub use event::EventKind;
pub use message::{Channel, Consent, Delivery, Language, MessageKind, MessageQueue, TemplateError};
