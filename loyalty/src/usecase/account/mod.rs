//! What moves bonuses: each reads an account, has the ledger decide, and posts; and the histories that come of it.

pub(super) mod adjust;
pub(super) mod check_ledger;
pub(super) mod expire;
pub(super) mod give_birthdays;
pub(super) mod list_history;
pub(super) mod make_follow_ups;
pub(super) mod post;
pub(super) mod post_all;
pub(super) mod record;
pub(super) mod record_receipt;
pub(super) mod redeem;
pub(super) mod return_goods;
pub(super) mod sell;

pub use adjust::adjust;
pub use check_ledger::{check_ledger, ledger_rules};
pub use expire::{expire_bonuses, remind_of_expiring};
pub use list_history::{Page, Purchase, Transaction, purchases, transactions};
pub use make_follow_ups::{
    TakenFollowUps, break_follow_ups, follow_up, make_follow_ups, shops_with_follow_ups, take_follow_ups,
};
pub use record::{ReceiptRecord, RedemptionRecord, ReturnRecord, SaleRecord, Why};
pub use record_receipt::{ReceiptRequest, record_receipt};
pub use redeem::redeem;
pub use return_goods::{CalculationRequest, calculate_return, return_goods};
pub use sell::sell;
