//! Who asks: tokens, signatures, codes, Telegram; and what is tried in vain.

pub(super) mod count_tries;
pub(super) mod identify;
pub(super) mod log_in_by_telegram;
pub(super) mod log_out;
pub(super) mod send_code;
pub(super) mod sign_in;
pub(super) mod write_strikes;

pub use count_tries::is_trusted;
pub use identify::{
    check_partner_headers, identify_client, identify_partner, identify_register, identify_tenant,
};
pub use log_in_by_telegram::{
    TelegramLogin, identify_telegram_user, link_telegram, log_in_with_contact, log_in_with_telegram,
};
pub use log_out::log_out;
pub use send_code::{CodeLimits, LoggedIn, SignUpRequest, log_in, send_code, sign_up};
pub use sign_in::{SignIn, sign_in};
pub use write_strikes::write_strikes;
