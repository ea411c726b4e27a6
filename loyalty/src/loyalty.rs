//! The loyalty API as one value: database, clock, ids, caches.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::{Notify, OnceCell};

use crate::clock::{Clock, DatabaseClock};
use crate::counted::strikes::Strikes;
use crate::counted::tries::Tries;
use crate::failure::Failure;
use crate::model::{Identifier, MessageQueue, Programme, Promotion, Timestamp};
use crate::secret::SecretKey;
use crate::store::access::client_tokens::TokenRow;
use crate::store::access::identity::Credentials;
use crate::store::account::accounts::{Read, Seen};
use crate::store::account::group::{AccountRead, LookUp};
use crate::store::engine::ids::IdGenerator;
use crate::store::engine::nodes;
use crate::store::engine::together::Together;
use crate::store::messages::settled::Settled;
use crate::store::partners::settled_attempt::SettledAttempt;
use crate::store::platform::tenant;
use crate::store::post::apply::Postings;
use crate::store::programme::promotion;
use crate::store::upkeep::lease::Holdings;
use crate::store::{Db, Place, Schema, SharedReads};

/// Promotions that ended so recently are kept at hand for receipts that are sent late: a day more than any shop takes.
const PROMOTIONS_KEPT_DAYS: i64 = Programme::LATE_SALE_DAYS_MAX + 1;

/// What is needed to open a [`Loyalty`].
pub struct Options {
    /// `sqlite://data/bonex.db` or `postgres://…`.
    pub database_url: String,
    /// The installation's key; none: kept beside the SQLite file. PostgreSQL needs it given.
    pub secret_key: Option<String>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// The loyalty API: what every use case is given. Cheap to clone.
#[derive(Clone)]
pub struct Loyalty {
    shared: Arc<Shared>,
    /// Nobody waits for what is done with it.
    is_at_leisure: bool,
}

struct Shared {
    db: Db,
    /// The same database, with connections whose statements may take long.
    leisurely_db: Db,
    postings: Postings,
    leisurely_postings: Postings,
    clock: Arc<dyn Clock>,
    ids: IdGenerator,
    database_clock: DatabaseClock,
    node: OnceCell<NodeLease>,
    key: SecretKey,
    credentials: Cache<(String, String), Arc<Credentials>>,
    /// By tenant and id.
    client_tokens: Cache<(i64, i64), TokenRow>,
    /// By tenant.
    promotions: Cache<i64, Arc<Vec<Promotion>>>,
    webhook_work: Calls,
    message_work: Calls,
    code_work: Calls,
    follow_up_work: Calls,
    holdings: Holdings,
    settled_messages: Together<Settled>,
    settled_attempts: Together<SettledAttempt>,
    look_ups: SharedReads<LookUp>,
    account_reads: SharedReads<AccountRead>,
    tries: Tries,
    strikes: Strikes,
    /// By address: whether many people sign in from there.
    trusted: Cache<IpAddr, bool>,
}

/// Shops for which this process has made work, for whoever does it.
#[derive(Default)]
struct Calls {
    shops: Mutex<BTreeSet<i64>>,
    made: Notify,
}

struct NodeLease {
    owner: String,
    renewal: tokio::task::JoinHandle<()>,
}

impl Loyalty {
    /// How long an identity is believed without asking the database: revocations act within 5 s (ruling 4).
    const IDENTITY_SECONDS: u64 = 4;
    /// How long an address is believed to be one of many people, or not.
    const TRUST_SECONDS: u64 = 60;

    /// Opens the database, creating a SQLite file and its folder when absent. Migrates nothing.
    ///
    /// # Errors
    /// An unreadable URL or file, or PostgreSQL without a secret key.
    pub async fn connect(options: Options) -> Result<Self, Failure> {
        let place = Place::parse(&options.database_url)?;
        let key_file: Option<PathBuf> = match &place {
            Place::Sqlite(path) => Some(path.with_extension("key")),
            Place::Postgres(_) => None,
        };
        let db = Db::open(place).await?;
        let key = match (
            options.secret_key.as_deref().filter(|key| !key.trim().is_empty()),
            key_file,
        ) {
            (Some(key), _) => SecretKey::from_setting(key)?,
            (None, Some(path)) => SecretKey::from_file(&path)?,
            (None, None) => {
                return Err(Failure::new(
                    "PostgreSQL needs the secret key given: set BONEX_SECRET_KEY to 64 hex digits",
                ));
            }
        };
        let credentials = Self::identities();
        let (ids, node) = (IdGenerator::default(), OnceCell::new());
        let (leisurely_db, postings) = (db.at_leisure(), Postings::of(&db));
        Ok(Self {
            is_at_leisure: false,
            shared: Arc::new(Shared {
                leisurely_postings: postings.by(&leisurely_db),
                postings,
                leisurely_db,
                db,
                clock: options.clock,
                ids,
                database_clock: DatabaseClock::default(),
                node,
                key,
                credentials,
                client_tokens: Self::identities(),
                promotions: Self::identities(),
                webhook_work: Calls::default(),
                message_work: Calls::default(),
                code_work: Calls::default(),
                follow_up_work: Calls::default(),
                holdings: Holdings::default(),
                settled_messages: Together::default(),
                settled_attempts: Together::default(),
                look_ups: SharedReads::default(),
                account_reads: SharedReads::default(),
                tries: Tries::default(),
                strikes: Strikes::default(),
                trusted: Self::for_seconds(Self::TRUST_SECONDS),
            }),
        })
    }

    /// The same for work that nobody waits for: jobs, checks, what workers do. Its statements may take as long as they
    /// take, while those of requests are cut after seconds, and it takes no connection away from requests.
    #[must_use]
    pub fn at_leisure(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            is_at_leisure: true,
        }
    }

    /// Brings the schema to the newest version.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn migrate(&self) -> Result<(), Failure> {
        self.shared.db.migrate().await
    }

    /// Makes ready to serve: SQLite and empty databases are migrated, and the key is checked against the database.
    ///
    /// # Errors
    /// The database refuses, or belongs to another key.
    pub async fn prepare(&self) -> Result<(), Failure> {
        let schema = self.shared.db.schema().await?;
        let is_sqlite = matches!(self.shared.db, Db::Sqlite(_));
        if schema == Schema::Empty || (is_sqlite && schema == Schema::Old) {
            self.migrate().await?;
        } else if schema == Schema::Old {
            return Ok(());
        }
        self.check_key().await
    }

    /// Whether the database answers and its schema is the one this program knows.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn is_ready(&self) -> Result<bool, Failure> {
        Ok(self.shared.db.schema().await? == Schema::Current)
    }

    /// Waits for queued postings, then closes the database.
    pub async fn close(&self) {
        if let Some(lease) = self.shared.node.get() {
            lease.renewal.abort();
            if let Err(error) = nodes::release(&mut self.shared.db.global(), &lease.owner).await {
                tracing::debug!(%error, "the node number stays leased for a minute");
            }
        }
        self.shared.postings.close().await;
        self.shared.leisurely_db.close().await;
        self.shared.db.close().await;
    }

    /// Now, by the clock it was given.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Waits until this process has written something for partners since the last wait: of which shops.
    pub async fn webhook_work(&self) -> Vec<i64> {
        self.shared.webhook_work.wait().await
    }

    /// Waits until this process has written a message of this queue since the last wait: of which shops.
    pub async fn message_work(&self, queue: MessageQueue) -> Vec<i64> {
        match queue {
            MessageQueue::Codes => self.shared.code_work.wait().await,
            MessageQueue::Others => self.shared.message_work.wait().await,
        }
    }

    /// Waits until this process has written something to do for another account since the last wait: of which shops.
    pub async fn follow_up_work(&self) -> Vec<i64> {
        self.shared.follow_up_work.wait().await
    }

    pub(crate) fn wake_messages(&self, tenant_id: i64) {
        self.shared.message_work.call(tenant_id);
    }

    pub(crate) fn wake_codes(&self, tenant_id: i64) {
        self.shared.code_work.call(tenant_id);
    }

    pub(crate) fn wake_follow_ups(&self, tenant_id: i64) {
        self.shared.follow_up_work.call(tenant_id);
    }

    /// What came of messages, written together.
    pub(crate) fn settled_messages(&self) -> &Together<Settled> {
        &self.shared.settled_messages
    }

    /// What came of attempts at deliveries, written together.
    pub(crate) fn settled_attempts(&self) -> &Together<SettledAttempt> {
        &self.shared.settled_attempts
    }

    /// What this process has taken with a lease and not settled yet.
    pub(crate) fn holdings(&self) -> &Holdings {
        &self.shared.holdings
    }

    /// The shop's promotions that are switched on and ran when any receipt was made that still has them (ruling 12), in the
    /// order of their numbers; believed for some seconds, as identities are.
    pub(crate) async fn promotions(&self, tenant_id: i64) -> Result<Arc<Vec<Promotion>>, Failure> {
        if let Some(known) = self.shared.promotions.get(&tenant_id).await {
            return Ok(known);
        }
        let mut scope = self.db().tenant(tenant_id);
        let kept_since = self.now().plus_days(-PROMOTIONS_KEPT_DAYS);
        let found = Arc::new(promotion::living(&mut scope, kept_since).await?);
        self.shared.promotions.insert(tenant_id, Arc::clone(&found)).await;
        Ok(found)
    }

    /// A promotion was changed in this process.
    pub(crate) async fn forget_promotions(&self, tenant_id: i64) {
        self.shared.promotions.invalidate(&tenant_id).await;
    }

    /// A shop or its programme was changed in this process.
    pub(crate) fn forget_identities(&self) {
        self.shared.credentials.invalidate_all();
    }

    /// There is something for partners: whoever waits in this process need not wait for the clock.
    pub(crate) fn wake_webhooks(&self, tenant_id: i64) {
        self.shared.webhook_work.call(tenant_id);
    }

    /// The client of the shop who is named so, with what the open lots come to; look-ups at the same moment share a statement.
    pub(crate) async fn find_client(
        &self,
        tenant_id: i64,
        identifier: &Identifier,
    ) -> Result<Option<Seen>, Failure> {
        let look_up = LookUp {
            identifier: identifier.clone(),
            now: self.now(),
        };
        self.shared
            .look_ups
            .ask(&self.shared.db, tenant_id, look_up)
            .await
    }

    /// What an ordinary sale reads; sales at the same moment share a statement.
    pub(crate) async fn read_account(&self, tenant_id: i64, read: AccountRead) -> Result<Read, Failure> {
        self.shared
            .account_reads
            .ask(&self.shared.db, tenant_id, read)
            .await
    }

    pub(crate) fn db(&self) -> &Db {
        match self.is_at_leisure {
            true => &self.shared.leisurely_db,
            false => &self.shared.db,
        }
    }

    pub(crate) fn postings(&self) -> &Postings {
        match self.is_at_leisure {
            true => &self.shared.leisurely_postings,
            false => &self.shared.postings,
        }
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.shared.key
    }

    pub(crate) fn credentials(&self) -> &Cache<(String, String), Arc<Credentials>> {
        &self.shared.credentials
    }

    pub(crate) fn client_tokens(&self) -> &Cache<(i64, i64), TokenRow> {
        &self.shared.client_tokens
    }

    pub(crate) fn tries(&self) -> &Tries {
        &self.shared.tries
    }

    pub(crate) fn strikes(&self) -> &Strikes {
        &self.shared.strikes
    }

    pub(crate) fn trusted(&self) -> &Cache<IpAddr, bool> {
        &self.shared.trusted
    }

    fn identities<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
        Self::for_seconds(Self::IDENTITY_SECONDS)
    }

    fn for_seconds<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
        seconds: u64,
    ) -> Cache<K, V> {
        Cache::builder()
            .max_capacity(100_000)
            .time_to_live(Duration::from_secs(seconds))
            .build()
    }

    /// Ids later than `newest`. The first call leases a node number.
    ///
    /// # Errors
    /// The database refuses, or this machine's clock is more than a minute ahead of its.
    pub(crate) async fn ids(&self, newest: i64) -> Result<impl FnMut() -> i64 + use<'_>, Failure> {
        self.shared.node.get_or_try_init(|| self.lease_node()).await?;
        self.check_clock().await?;
        let mut newest = newest;
        Ok(move || {
            newest = self.shared.ids.next(self.now(), newest);
            newest
        })
    }

    async fn check_key(&self) -> Result<(), Failure> {
        let own = self.shared.key.fingerprint();
        let stored = tenant::key_fingerprint(&mut self.shared.db.global(), &own).await?;
        if stored == own {
            return Ok(());
        }
        Err(Failure::new(
            "the secret key is not the one this database was made with: set the right BONEX_SECRET_KEY",
        ))
    }

    /// Refuses to make ids by a clock that is ahead. A machine that has slept looks so until it has asked again.
    async fn check_clock(&self) -> Result<(), Failure> {
        let clock = &self.shared.database_clock;
        if clock.millis_behind(self.system_now()) <= nodes::AHEAD_MAX_MILLIS {
            return Ok(());
        }
        clock.note(nodes::database_now(&mut self.shared.db.global()).await?);
        match clock.millis_behind(self.system_now()) {
            ahead if ahead <= nodes::AHEAD_MAX_MILLIS => Ok(()),
            ahead => Err(Failure::new(format_args!(
                "this machine's clock is {} s ahead of the database's: nothing is posted until it is set right (switch \
                 time synchronisation on)",
                ahead / 1000
            ))),
        }
    }

    async fn lease_node(&self) -> Result<NodeLease, Failure> {
        let database_now = nodes::database_now(&mut self.shared.db.global()).await?;
        self.shared.database_clock.note(database_now);
        self.check_clock().await?;
        let owner = crate::secret::to_hex(&rand::random::<[u8; 8]>());
        let node = nodes::lease(&self.shared.db, &owner, self.system_now()).await?;
        self.shared.ids.use_node(node);
        let (loyalty, name) = (Arc::downgrade(&self.shared), owner.clone());
        let renewal = tokio::spawn(async move {
            let mut node = node;
            loop {
                tokio::time::sleep(Duration::from_secs(nodes::LEASE_SECONDS.unsigned_abs() / 3)).await;
                let Some(shared) = loyalty.upgrade() else { return };
                node = renew(&shared, node, &name).await;
            }
        });
        Ok(NodeLease { owner, renewal })
    }

    /// Leases are between machines: they follow the machine's clock, not one that a test sets.
    pub(crate) fn system_now(&self) -> Timestamp {
        self.shared.clock.machine_now()
    }
}

impl Calls {
    fn call(&self, tenant_id: i64) {
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops.insert(tenant_id);
        drop(shops);
        self.made.notify_one();
    }

    async fn wait(&self) -> Vec<i64> {
        loop {
            self.made.notified().await;
            let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
            if !shops.is_empty() {
                return std::mem::take(&mut *shops).into_iter().collect();
            }
        }
    }
}

/// Renews the lease; takes another number when it was lost. On failure the old number stays in use: should another
/// process take it, a repeated id is refused by its unique key and taken anew.
async fn renew(shared: &Shared, node: i64, owner: &str) -> i64 {
    let now = shared.clock.machine_now();
    match nodes::database_now(&mut shared.db.global()).await {
        Ok(database_now) => shared.database_clock.note(database_now),
        Err(error) => tracing::warn!(%error, "the clocks were not compared"),
    }
    match nodes::renew(&mut shared.db.global(), node, owner, now).await {
        Ok(true) => node,
        Ok(false) => match nodes::lease(&shared.db, owner, now).await {
            Ok(node) => {
                shared.ids.use_node(node);
                node
            }
            Err(error) => {
                tracing::warn!(%error, "no new node number");
                node
            }
        },
        Err(error) => {
            tracing::warn!(%error, "the node number was not renewed");
            node
        }
    }
}
