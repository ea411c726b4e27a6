//! Asked twice, answered once (ruling 17).

use std::sync::OnceLock;

use super::canonical::canonical;
use crate::model::{Client, Seller, Tenant, Timestamp};
use crate::sealed::Field;
use crate::secret::{SecretKey, hash};
use crate::store::upkeep::keys::{self, KeyRow, StoredReply};
use crate::store::{Scope, Tx};
use crate::usecase::Error;
use crate::{Failure, Loyalty};

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
    /// What the request says: the same key with another body is refused. Of JSON only the meaning counts.
    pub body: &'a [u8],
    /// Words the reply that is stored together with the change.
    pub reply: &'a (dyn Fn(&T) -> Reply + Send + Sync),
}

impl<T> Once<'_, T> {
    /// A request without a name: nobody asks for its reply again. Not for what a partner signed: the signature is a name.
    pub const fn unnamed() -> Self {
        Self {
            key: None,
            body: &[],
            reply: &|_| Reply {
                status: 200,
                body: String::new(),
            },
        }
    }
}

/// Does `work` in a transaction that stores its reply as well: who asks again by the same name, or at the same moment, gets
/// that reply.
///
/// # Errors
/// What `work` says; the database refuses.
pub(super) async fn run<T>(
    loyalty: &Loyalty,
    claim: &Claim<'_, T>,
    work: impl AsyncFnOnce(&mut Tx) -> Result<T, Error>,
) -> Result<Outcome<T>, Error> {
    let tenant_id = claim.tenant_id;
    let mut tx = loyalty.db().begin().await?;
    if let Some(outcome) = claim.answered(&mut tx.tenant(tenant_id)).await? {
        return Ok(outcome);
    }
    let refused = match work(&mut tx).await {
        Err(error) => error,
        Ok(done) => {
            if claim
                .store(&mut tx.tenant(tenant_id), &done, loyalty.now())
                .await?
            {
                tx.commit().await?;
                return Ok(Outcome::Fresh(done));
            }
            Error::from(sqlx::Error::RowNotFound)
        }
    };
    // Somebody may have been answering this very request meanwhile.
    drop(tx);
    let answered = claim.answered(&mut loyalty.db().tenant(tenant_id)).await?;
    answered.ok_or(refused)
}

/// The names of one request on their way through one use case: its idempotency key, and the signature a partner put
/// on it (ruling 6).
pub(super) struct Claim<'a, T> {
    tenant_id: i64,
    /// Scope and name, the one that is looked up together with the account first.
    names: Vec<(String, String)>,
    /// The same body sent to another operation is another request.
    operation: String,
    /// Asked for only when there is a name to store or compare it under.
    body_hash: OnceLock<String>,
    once: &'a Once<'a, T>,
    /// Seals the stored reply, where it holds a token.
    sealed_by: Option<&'a SecretKey>,
}

impl<'a, T> Claim<'a, T> {
    /// Keys of different registers do not meet, nor do those of a partner.
    pub fn of_seller(seller: Seller<'_>, operation: &str, once: &'a Once<'a, T>) -> Self {
        let (scope, signature) = match seller {
            Seller::Register(register) => (format!("register {}", register.id), None),
            Seller::Partner(partner) => ("partner".to_owned(), partner.signature.as_deref()),
        };
        let signature = signature.map(|signature| ("partner signature".to_owned(), signature.to_owned()));
        let mut claim = Self::new(seller.tenant().id, scope, operation, once);
        claim.names.extend(signature);
        claim
    }

    /// Keys of a client.
    pub fn of_client(client: &Client, operation: &str, once: &'a Once<'a, T>) -> Self {
        Self::new(client.tenant.id, format!("client {}", client.id), operation, once)
    }

    /// Keys of a shop itself.
    pub fn of_tenant(tenant: &Tenant, operation: &str, once: &'a Once<'a, T>) -> Self {
        Self::new(tenant.id, "tenant".to_owned(), operation, once)
    }

    fn new(tenant_id: i64, scope: String, operation: &str, once: &'a Once<'a, T>) -> Self {
        Self {
            tenant_id,
            names: once.key.map(|key| (scope, key.to_owned())).into_iter().collect(),
            operation: operation.to_owned(),
            body_hash: OnceLock::new(),
            once,
            sealed_by: None,
        }
    }

    /// The reply holds a token: it is stored encrypted (ruling 17).
    pub fn sealed_by(mut self, key: &'a SecretKey) -> Self {
        self.sealed_by = Some(key);
        self
    }

    /// The name that is looked up together with the account.
    pub fn name(&self) -> Option<(&str, &str)> {
        let (scope, key) = self.names.first()?;
        Some((scope, key))
    }

    /// The reply stored under a name that [`Self::name`] leaves out.
    pub async fn answered_by_others(&self, scope: &mut Scope<'_>) -> Result<Option<Outcome<T>>, Error> {
        self.find(scope, self.names.get(1..).unwrap_or_default()).await
    }

    /// The reply stored under any of the names.
    pub async fn answered(&self, scope: &mut Scope<'_>) -> Result<Option<Outcome<T>>, Error> {
        self.find(scope, &self.names).await
    }

    async fn find(
        &self,
        scope: &mut Scope<'_>,
        names: &[(String, String)],
    ) -> Result<Option<Outcome<T>>, Error> {
        for (of, key) in names {
            if let Some(stored) = keys::find(scope, of, key).await? {
                return self.replay(stored).map(Some);
            }
        }
        Ok(None)
    }

    /// What the stored reply means for this request.
    pub fn replay(&self, stored: StoredReply) -> Result<Outcome<T>, Error> {
        // Replies stored by an older release are known by the bytes of their request.
        if stored.body_hash != self.body_hash() && stored.body_hash != self.hash_of_bytes() {
            return Err(Error::KeyReused);
        }
        let body = match self.sealed_by {
            Some(key) => key.at(self.tenant_id, Field::Reply).open(&stored.reply)?,
            None => stored.reply,
        };
        let status = u16::try_from(stored.status).unwrap_or(200);
        Ok(Outcome::Replayed(Reply { status, body }))
    }

    /// Tells bodies apart by what they mean: JSON by its fields and values, anything else by its bytes.
    fn body_hash(&self) -> &str {
        self.body_hash.get_or_init(|| match canonical(self.once.body) {
            Some(said) => hash(&[self.operation.as_bytes(), b"\njson\n", said.as_slice()].concat()),
            None => self.hash_of_bytes(),
        })
    }

    fn hash_of_bytes(&self) -> String {
        hash(&[self.operation.as_bytes(), b"\n", self.once.body].concat())
    }

    /// The rows that store the reply to `done`, one for each name.
    pub fn rows(&self, done: &T, now: Timestamp) -> Result<Vec<KeyRow>, Failure> {
        if self.names.is_empty() {
            return Ok(Vec::new());
        }
        let reply = (self.once.reply)(done);
        let body = match self.sealed_by {
            Some(key) => key.at(self.tenant_id, Field::Reply).seal(&reply.body)?,
            None => reply.body,
        };
        let row = |(scope, key): &(String, String)| KeyRow {
            tenant_id: self.tenant_id,
            scope: scope.clone(),
            key: key.clone(),
            body_hash: self.body_hash().to_owned(),
            status: i64::from(reply.status),
            reply: body.clone(),
            created_at: now.millis(),
        };
        Ok(self.names.iter().map(row).collect())
    }

    /// Stores the reply to `done`; false when a name is taken: somebody else is answering this very request.
    pub async fn store(&self, scope: &mut Scope<'_>, done: &T, now: Timestamp) -> Result<bool, Error> {
        for row in self.rows(done, now)? {
            if !keys::store(scope, &row).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
