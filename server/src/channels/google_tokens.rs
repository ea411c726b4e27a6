//! The access tokens of Google that this process has, by account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};

use tokio::sync::Mutex;

use super::ServiceAccount;

/// The tokens of all accounts. Clones share them.
#[derive(Clone, Default)]
pub(super) struct GoogleTokens(Arc<Lock<HashMap<[u8; 32], Slot>>>);

/// The token of one account. Whoever holds the lock may fetch it; the others of this account wait, and find it.
pub(super) type Slot = Arc<Mutex<Option<Token>>>;

/// One token.
#[derive(Clone)]
pub(super) struct Token {
    pub text: String,
    pub renew_at_seconds: i64,
}

impl GoogleTokens {
    /// Forgets a token that was turned away, unless another has taken its place.
    pub async fn forget(&self, account: &ServiceAccount, text: &str) {
        let slot = self.slot(account);
        let mut kept = slot.lock().await;
        if kept.as_ref().is_some_and(|token| token.text == text) {
            *kept = None;
        }
    }

    /// The place of an account's token.
    pub fn slot(&self, account: &ServiceAccount) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(account.fingerprint()).or_default())
    }
}
