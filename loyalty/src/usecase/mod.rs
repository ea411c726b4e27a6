//! One file per verb. A use case takes a principal and a request, reads, has the ledger decide, posts, and answers with
//! a record. It knows nothing of HTTP.

mod adjust;
mod apart;
mod audience;
mod batch;
mod birthdays;
mod bots;
mod campaigns;
mod canonical;
mod catalogue;
mod change_programme;
mod change_promotion;
mod check_ledger;
mod deliver;
mod enrol;
mod error;
mod event;
mod expire;
mod figures;
mod follow_up;
mod forget;
mod forget_campaign_members;
mod forget_old_replies;
mod give_back;
mod history;
mod identify;
mod jobs;
mod last_bought;
mod look_up;
mod measure_campaigns;
mod message;
mod once;
mod otp;
mod post;
mod profile;
mod provision_demo;
mod reach;
mod record;
mod record_receipt;
mod redeem;
mod referral;
mod refresh_cohorts;
mod refresh_figures;
mod refresh_interests;
mod return_goods;
mod review_segments;
mod review_tiers;
mod segments;
mod sell;
mod send;
mod send_portion;
mod settle_attempt;
mod sign_in;
mod simulate;
mod slow_stock;
mod sms_reports;
mod start_campaign;
mod strikes;
mod sync_stock;
mod telegram;
mod template;
mod tokens;
mod tries;
mod webhooks;

pub use adjust::adjust;
pub use audience::{AudiencePreview, SampleMember, preview_audience};
pub use bots::{BotToConnect, bots_to_connect, identify_bot, note_connected};
pub use campaigns::{Campaign, CampaignResult, CampaignSide, campaign_result, campaigns, stop_campaign};
pub use catalogue::{branches, promotions};
pub use change_programme::{ProgrammeVersion, change_programme, programme_versions};
pub use change_promotion::{all_promotions, put_promotion};
pub use check_ledger::{check_ledger, ledger_rules};
pub use deliver::{Attempt, forget_old_deliveries, shops_with_deliveries, take_attempts, webhook_id};
pub use enrol::{Enrolment, EnrolmentRequest, enrol};
pub use error::{Denied, Error};
pub use event::{EntryFact, Event, ExpiringFact, Fact, ReferralFact, ReturnFact, TierFact};
pub use expire::{expire_bonuses, remind_of_expiring};
pub use figures::{figures, figures_read_at};
pub use follow_up::{
    TakenFollowUps, break_follow_ups, follow_up, make_follow_ups, shops_with_follow_ups, take_follow_ups,
};
pub use forget::forget_what_is_over;
pub use forget_campaign_members::forget_campaign_members;
pub use forget_old_replies::forget_old_replies;
pub use give_back::give_back_leases;
pub use history::{Page, Purchase, Transaction, purchases, transactions};
pub use identify::{
    check_partner_headers, identify_client, identify_partner, identify_register, identify_tenant,
};
pub use jobs::{JobRun, TakenJob, break_job, job_runs, plan_jobs, run_job, shops_with_jobs, take_jobs};
pub use last_bought::last_bought;
pub use look_up::{ClientCard, look_up};
pub use measure_campaigns::measure_campaigns;
pub use once::{Once, Outcome, Reply};
pub use otp::{CodeLimits, LoggedIn, SignUpRequest, log_in, send_code, sign_up};
pub use profile::{Profile, ProfileChange, Wallet, forget_device, profile, register_device, update_profile};
pub use provision_demo::{
    Demo, DemoBranch, DemoClient, DemoRegister, DemoTenant, provision_demo, set_demo_reach,
};
pub use reach::{
    ChannelCard, MessageRules, SentMessage, channels, client_messages, hear_from_telegram, put_channel,
    put_template, set_consent, set_language, set_message_rules,
};
pub use record::{ReceiptRecord, RedemptionRecord, ReturnRecord, SaleRecord, Why};
pub use record_receipt::{ReceiptRequest, record_receipt};
pub use redeem::redeem;
pub use referral::{Referral, referral};
pub use refresh_cohorts::{refresh_cohorts, refresh_cohorts_of};
pub use refresh_figures::refresh_figures;
pub use refresh_interests::refresh_interests;
pub use return_goods::{CalculationRequest, calculate_return, return_goods};
pub use review_segments::{SegmentReview, review_segments};
pub use segments::{Cohort, RfmCount, cohorts, rfm_summary};
pub use sell::sell;
pub(crate) use send::Settled;
pub use send::{
    DeadAddress, Later, MessageQueue, Outgoing, Route, Tried, forget_address, forget_old_messages,
    note_served, settle_message, shops_with_messages, take_messages,
};
pub use send_portion::{send_portion, send_portions};
pub(crate) use settle_attempt::SettledAttempt;
pub use settle_attempt::{Attempted, settle_attempt};
pub use sign_in::{SignIn, sign_in};
pub use simulate::{SIMULATION_DAYS_MAX, simulate};
pub use slow_stock::{SlowItem, slow_stock};
pub use sms_reports::{SmsReport, note_delivery, note_sms_balance, shops_with_sms, sms_report};
pub use start_campaign::start_campaign;
pub(crate) use strikes::Strikes;
pub use strikes::write_strikes;
pub use sync_stock::{StockChange, StockReport, sync_stock};
pub use telegram::{
    TelegramLogin, identify_telegram_user, link_telegram, log_in_with_contact, log_in_with_telegram,
};
pub use template::TemplateError;
pub use tokens::log_out;
pub(crate) use tries::Tries;
pub use tries::is_trusted;
pub use webhooks::{
    Delivery, Webhook, WebhookChange, add_webhook, change_webhook, deliveries, remove_webhook,
    replay_delivery, test_webhook, webhooks,
};
