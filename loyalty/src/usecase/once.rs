//! Asked twice, answered once (ruling 17).

use super::Error;
use crate::model::{Register, Tenant, Timestamp};
use crate::secret::hash;
use crate::store::keys::{KeyRow, StoredReply};

/// A reply as the caller got it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// Status of the caller's protocol.
    pub status: u16,
    /// Text of the reply.
    pub body: String,
}

/// What a use case did.
#[derive(Clone, Debug)]
pub enum Outcome<T> {
    /// What was asked, just now.
    Fresh(T),
    /// Nothing: this is the stored reply.
    Replayed(Reply),
}

/// The caller's name for one request, and how the caller words its reply.
pub struct Once<'a, T> {
    /// The idempotency key, where the caller gave one.
    pub key: Option<&'a str>,
    /// What the request says: the same key with other bytes is refused.
    pub body: &'a [u8],
    /// Words the reply that is stored together with the change.
    pub reply: &'a (dyn Fn(&T) -> Reply + Send + Sync),
}

/// A key on its way through one use case.
pub(super) struct Claim<'a, T> {
    tenant_id: i64,
    scope: String,
    body_hash: String,
    once: &'a Once<'a, T>,
}

impl<'a, T> Claim<'a, T> {
    /// Keys of different registers do not meet.
    pub fn of_register(register: &Register, operation: &str, once: &'a Once<'a, T>) -> Self {
        Self::new(
            register.tenant.id,
            format!("register {}", register.id),
            operation,
            once,
        )
    }

    /// Keys of a shop itself.
    pub fn of_tenant(tenant: &Tenant, operation: &str, once: &'a Once<'a, T>) -> Self {
        Self::new(tenant.id, "tenant".to_owned(), operation, once)
    }

    /// The same bytes sent to another operation are another request.
    fn new(tenant_id: i64, scope: String, operation: &str, once: &'a Once<'a, T>) -> Self {
        let body_hash = match once.key {
            Some(_) => hash(&[operation.as_bytes(), b"\n", once.body].concat()),
            None => String::new(),
        };
        Self {
            tenant_id,
            scope,
            body_hash,
            once,
        }
    }

    /// Scope and key, where there is a key.
    pub fn name(&self) -> Option<(&str, &str)> {
        self.once.key.map(|key| (self.scope.as_str(), key))
    }

    /// What the stored reply means for this request.
    pub fn replay(&self, stored: StoredReply) -> Result<Outcome<T>, Error> {
        if stored.body_hash != self.body_hash {
            return Err(Error::KeyReused);
        }
        let status = u16::try_from(stored.status).unwrap_or(200);
        Ok(Outcome::Replayed(Reply {
            status,
            body: stored.reply,
        }))
    }

    /// The row that stores the reply to `done`.
    pub fn row(&self, done: &T, now: Timestamp) -> Option<KeyRow> {
        let key = self.once.key?;
        let reply = (self.once.reply)(done);
        Some(KeyRow {
            tenant_id: self.tenant_id,
            scope: self.scope.clone(),
            key: key.to_owned(),
            body_hash: self.body_hash.clone(),
            status: i64::from(reply.status),
            reply: reply.body,
            created_at: now.millis(),
        })
    }
}
