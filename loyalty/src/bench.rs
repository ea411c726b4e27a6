//! The two statements of a sale and the one of a look-up, without rules, keys or identity: what a benchmark compares
//! the use cases with.

use std::sync::Arc;

use crate::model::{Identifier, Phone, StockItem, Timestamp};
use crate::partner_signature::verify;
use crate::store::account::accounts::{self, Names};
use crate::store::engine::ids::IdGenerator;
use crate::store::messages::outbox::MessageRow;
use crate::store::post::apply::Postings;
use crate::store::post::posted::Posted;
use crate::store::post::rows::{ClientRow, EntryLotRow, EntryRow, LotRow, PostingRows, SaleRow};
use crate::store::stock::items;
use crate::store::{Db, Place};
use crate::{Clock, Failure, SignedRequest, SystemClock};

/// Runs the statements and nothing else.
#[derive(Clone)]
pub struct Bare {
    db: Db,
    postings: Postings,
    ids: Arc<IdGenerator>,
}

impl Bare {
    /// Opens a database that has been migrated.
    ///
    /// # Errors
    /// See [`crate::Loyalty::connect`].
    pub async fn connect(url: &str) -> Result<Self, Failure> {
        let ids = Arc::new(IdGenerator::default());
        ids.use_node(31);
        let db = Db::open(Place::parse(url)?).await?;
        Ok(Self {
            postings: Postings::of(&db),
            db,
            ids,
        })
    }

    /// Reads the client and posts 50.00 with 2.50 earned; false when somebody was faster.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn sale(&self, tenant_id: i64, phone: &Phone, external_id: &str) -> Result<bool, Failure> {
        let mut scope = self.db.tenant(tenant_id);
        let names = Names {
            key: None,
            external_id: Some(external_id),
        };
        let read = accounts::read(&mut scope, &Identifier::Phone(phone.clone()), names, None).await?;
        let client = read.client.ok_or_else(|| Failure::new("no such client"))?;
        let rows = self.rows(tenant_id, &client, external_id);
        Ok(self.postings.post(Box::new(rows)).await? == Posted::Done)
    }

    /// Reads the client with what the open lots come to; his balance.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn look_up(&self, tenant_id: i64, phone: &Phone) -> Result<i64, Failure> {
        let identifier = Identifier::Phone(phone.clone());
        let client =
            accounts::look_up(&mut self.db.tenant(tenant_id), &identifier, SystemClock.now()).await?;
        Ok(client
            .ok_or_else(|| Failure::new("no such client"))?
            .row
            .account
            .balance
            .hundredths())
    }

    /// Reads what is known of the articles and writes all of them: the statements of a stock report.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn stock(&self, tenant_id: i64, items: &[StockItem]) -> Result<(), Failure> {
        let now = SystemClock.now();
        let mut tx = self.db.begin().await?;
        let mut scope = tx.tenant(tenant_id);
        let skus: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect();
        items::known(&mut scope, &skus).await?;
        items::write(&mut scope, items, now).await?;
        Ok(tx.commit().await?)
    }

    fn rows(&self, tenant_id: i64, client: &accounts::ClientRow, external_id: &str) -> PostingRows {
        let (account, now) = (&client.account, SystemClock.now());
        let mut next = client.last_id;
        let mut id = || {
            next = self.ids.next(now, next);
            next
        };
        let (lot_id, entry_id, sale_id) = (id(), id(), id());
        let (client_id, number, at) = (account.client_id, account.entry_number + 1, now.millis());
        let balance = account.balance.hundredths() + 250;
        PostingRows {
            client: ClientRow {
                tenant_id,
                id: client_id,
                version: account.version,
                balance,
                total_spent: account.spent.total.hundredths() + 5000,
                sales_count: account.sales_count + 1,
                entry_number: number,
                sale_number: account.sale_number + 1,
                last_visit_at: Some(at),
                last_id: sale_id,
                year_spent: account.spent.year.hundredths() + 5000,
                year_from: account.year_from.millis(),
                last_purchase_at: Some(at),
            },
            lots: vec![LotRow {
                tenant_id,
                id: lot_id,
                client_id,
                kind: "regular",
                amount: 250,
                remaining: 250,
                available_at: at,
                expires_at: at,
                open: true,
            }],
            changed: Vec::new(),
            entries: vec![EntryRow {
                tenant_id,
                client_id,
                number,
                id: entry_id,
                kind: "accrual",
                amount: 250,
                balance_after: balance,
                sale_id: Some(sale_id),
                return_id: None,
                explanation: EXPLANATION.to_owned(),
                cause: None,
                created_at: at,
            }],
            entry_lots: vec![EntryLotRow {
                tenant_id,
                client_id,
                number,
                lot_id,
                amount: 250,
            }],
            sale: Some(SaleRow {
                tenant_id,
                id: sale_id,
                client_id,
                number: account.sale_number + 1,
                kind: "sale",
                register_id: Some(1),
                external_id: Some(external_id.to_owned()),
                total: 5000,
                gross: 5000,
                redeemed: 0,
                accrued: 250,
                mode: "payment_type",
                receipt_number: None,
                cashier_id: None,
                payment_method: None,
                sale_at: at,
                lines: "[]".to_owned(),
                balance_after: balance,
                entry_first: number - 1,
                entry_last: number,
                programme_version: 1,
                created_at: at,
            }),
            returned: None,
            uses: Vec::new(),
            follow_ups: Vec::new(),
            keys: Vec::new(),
            events: Vec::new(),
            messages: vec![MessageRow {
                tenant_id,
                id: id(),
                client_id: Some(client_id),
                kind: "sale",
                params: Some(MESSAGE.to_owned()),
                body_sealed: None,
                campaign_id: None,
                due_at: at,
                expires_at: at + 86_400_000,
                created_at: at,
            }],
        }
    }
}

/// What a client is told of a sale.
const MESSAGE: &str = "{\"accrued\":2.5,\"balance\":102.5,\"gifts\":0,\"redeemed\":0,\"total\":50}";

/// As long as the real one.
const EXPLANATION: &str = "{\"rule\":\"accrual\",\"base\":\"net_cash\",\"of\":50,\"percent\":500,\"tier\":\"Bronze\",\
                           \"available_at\":1780651801000,\"expires_at\":1796203800000,\"paid_debt\":0}";

/// The statement that posts a plain sale, for running it without any of our code.
pub const POST_PLAIN_SALE: &str = crate::store::POST_PLAIN_SALE;

/// Checks a right signature over this body, as every request of a partner is checked; the signature itself is made once.
pub fn verify_partner_signature(secret: &str, body: &[u8]) -> bool {
    static SIGNATURE: std::sync::OnceLock<(i64, String)> = std::sync::OnceLock::new();
    let path = "/api/v1/partner/sale";
    let (at, signature) = SIGNATURE.get_or_init(|| {
        let at = SystemClock.now().millis() / 1000;
        (at, crate::partner_signature::sign(secret, at, "POST", path, body))
    });
    let timestamp = at.to_string();
    let request = SignedRequest {
        timestamp: Some(&timestamp),
        signature: Some(signature),
        method: "POST",
        path,
        body,
    };
    verify(secret, &request, Timestamp::from_millis(at * 1000)).is_ok()
}
