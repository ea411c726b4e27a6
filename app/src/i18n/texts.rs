//! Which words a language has to have.

/// The cashier's words; each field's comment says where it is shown.
#[derive(Clone, Copy, Debug)]
pub struct CashTexts {
    /// While the shell waits for its script.
    pub loading: &'static str,
    /// Login.
    pub login_title: &'static str,
    /// Login.
    pub login_hint: &'static str,
    /// Login.
    pub tenant_token: &'static str,
    /// Login.
    pub cashier_token: &'static str,
    /// Login.
    pub save_and_enter: &'static str,
    /// Header.
    pub leave: &'static str,
    /// Status.
    pub online: &'static str,
    /// Status.
    pub slow: &'static str,
    /// Status.
    pub offline: &'static str,
    /// Find.
    pub find_title: &'static str,
    /// Find.
    pub find_label: &'static str,
    /// Find.
    pub find: &'static str,
    /// Keypad.
    pub erase: &'static str,
    /// Find.
    pub not_readable: &'static str,
    /// Find.
    pub misread: &'static str,
    /// A phone whose country code begins with 0.
    pub no_country_code: &'static str,
    /// A phone with +992 twice.
    pub code_twice: &'static str,
    /// Enrol.
    pub unknown_title: &'static str,
    /// Enrol.
    pub unknown_hint: &'static str,
    /// Find.
    pub unknown_card: &'static str,
    /// Enrol.
    pub phone: &'static str,
    /// Enrol.
    pub full_name: &'static str,
    /// Enrol.
    pub enrol: &'static str,
    /// Name.
    pub name: &'static str,
    /// Client, name.
    pub add_name: &'static str,
    /// Everywhere.
    pub back: &'static str,
    /// Client.
    pub available: &'static str,
    /// Client.
    pub total: &'static str,
    /// Client.
    pub held: &'static str,
    /// Sale.
    pub receipt_sum: &'static str,
    /// Sale.
    pub redeem: &'static str,
    /// Sale.
    pub redeem_none: &'static str,
    /// Sale.
    pub redeem_max: &'static str,
    /// Sale.
    pub to_pay: &'static str,
    /// Sale.
    pub spent: &'static str,
    /// Sale.
    pub earned: &'static str,
    /// Sale.
    pub below_minimum: &'static str,
    /// Sale.
    pub sell: &'static str,
    /// Sale.
    pub selling: &'static str,
    /// Repeating.
    pub unsure: &'static str,
    /// Repeating.
    pub repeat: &'static str,
    /// Errors: the short form.
    pub seconds: &'static str,
    /// Errors; seconds follow.
    pub too_many: &'static str,
    /// Find: sales whose outcome is not known.
    pub unanswered: &'static str,
    /// Stopped.
    pub unopened_title: &'static str,
    /// Done.
    pub done: &'static str,
    /// Done.
    pub balance: &'static str,
    /// Done.
    pub why: &'static str,
    /// Done.
    pub why_accrual: &'static str,
    /// Done.
    pub why_redemption: &'static str,
    /// Done.
    pub why_promotion: &'static str,
    /// Done.
    pub why_invitation: &'static str,
    /// Done.
    pub why_second_purchase: &'static str,
    /// Done.
    pub why_return: &'static str,
    /// Done.
    pub of: &'static str,
    /// Done.
    pub next: &'static str,
    /// Refused.
    pub other_device_title: &'static str,
    /// Refused.
    pub other_device: &'static str,
    /// Refused.
    pub try_again: &'static str,
    /// Errors.
    pub no_connection: &'static str,
    /// Header.
    pub language: &'static str,
}
