//! One file per verb. A use case takes a principal and a request, reads, has the ledger decide, posts, and answers with
//! a record. It knows nothing of HTTP.

mod adjust;
mod catalogue;
mod change_programme;
mod change_promotion;
mod check_ledger;
mod deliver;
mod enrol;
mod error;
mod event;
mod forget_old_replies;
mod history;
mod identify;
mod look_up;
mod message;
mod once;
mod otp;
mod post;
mod profile;
mod provision_demo;
mod record;
mod record_receipt;
mod redeem;
mod referral;
mod return_goods;
mod sell;
mod sign_in;
mod sync_stock;
mod telegram;
mod tokens;
mod webhooks;

pub use adjust::adjust;
pub use catalogue::{branches, promotions};
pub use change_programme::{ProgrammeVersion, change_programme, programme_versions};
pub use change_promotion::{all_promotions, put_promotion};
pub use check_ledger::check_ledger;
pub use deliver::{
    Attempt, Attempted, forget_old_deliveries, settle_attempt, shops_with_deliveries, take_attempts,
    webhook_id,
};
pub use enrol::{Enrolment, EnrolmentRequest, enrol};
pub use error::{Denied, Error};
pub use event::{EntryFact, Event, ExpiringFact, Fact, ReferralFact, ReturnFact, TierFact};
pub use forget_old_replies::forget_old_replies;
pub use history::{Page, Purchase, Transaction, purchases, transactions};
pub use identify::{identify_client, identify_partner, identify_register, identify_tenant};
pub use look_up::{ClientCard, look_up};
pub use once::{Once, Outcome, Reply};
pub use otp::{CodeLimits, LoggedIn, SignUpRequest, log_in, send_code, sign_up};
pub use profile::{Profile, ProfileChange, Wallet, forget_device, profile, register_device, update_profile};
pub use provision_demo::{Demo, DemoBranch, DemoClient, DemoRegister, DemoTenant, provision_demo};
pub use record::{ReceiptRecord, RedemptionRecord, ReturnRecord, SaleRecord, Why};
pub use record_receipt::{ReceiptRequest, record_receipt};
pub use redeem::redeem;
pub use referral::{Referral, referral};
pub use return_goods::{CalculationRequest, calculate_return, return_goods};
pub use sell::sell;
pub use sign_in::{SignIn, sign_in};
pub use sync_stock::{StockChange, StockReport, sync_stock};
pub use telegram::{
    TelegramLogin, identify_telegram_user, link_telegram, log_in_with_contact, log_in_with_telegram,
};
pub use tokens::log_out;
pub use webhooks::{
    Delivery, Webhook, WebhookChange, add_webhook, change_webhook, deliveries, remove_webhook,
    replay_delivery, test_webhook, webhooks,
};
