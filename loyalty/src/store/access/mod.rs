//! Tokens, codes, and what is tried in vain.

pub(crate) mod client_tokens;
pub(crate) mod identity;
pub(crate) mod otp;
pub(crate) mod tries;
