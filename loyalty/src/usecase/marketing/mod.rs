//! Whom to tell of what: classes, cohorts, interests, campaigns and what they brought.

pub(super) mod forget_campaign_members;
pub(super) mod list_campaigns;
pub(super) mod list_segments;
pub(super) mod measure_campaigns;
pub(super) mod preview_audience;
pub(super) mod refresh_cohorts;
pub(super) mod refresh_interests;
pub(super) mod review_segments;
pub(super) mod send_portion;
pub(super) mod start_campaign;

pub use forget_campaign_members::forget_campaign_members;
pub use list_campaigns::{Campaign, CampaignResult, CampaignSide, campaign_result, campaigns, stop_campaign};
pub use list_segments::{Cohort, RfmCount, cohorts, rfm_summary};
pub use measure_campaigns::measure_campaigns;
pub use preview_audience::{AudiencePreview, SampleMember, preview_audience};
pub use refresh_cohorts::{refresh_cohorts, refresh_cohorts_of};
pub use refresh_interests::refresh_interests;
pub use review_segments::{SegmentReview, review_segments};
pub use send_portion::{send_portion, send_portions};
pub use start_campaign::start_campaign;
