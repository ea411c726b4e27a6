//! Reading an account: one query, whatever the operation needs.

use super::lots::{
    self, Need, few_postgres, few_sqlite, held_postgres, held_sqlite, lot_columns, lots_back, needed,
    next_postgres, next_sqlite, sums,
};
use crate::Failure;
use crate::ledger::{Account, Lots};
use crate::model::{Bonus, Date, Identifier, Lot, Money, Phone, RfmClass, Spending, Timestamp};
use crate::rules::redemption::Available;
use crate::store::upkeep::keys::StoredReply;
use crate::store::{Query, Row, Scope};

/// What is read before deciding.
pub(crate) struct Read {
    /// The reply stored under the caller's idempotency key.
    pub reply: Option<StoredReply>,
    /// The client, if enrolled.
    pub client: Option<ClientRow>,
    /// The purchase already stored under the caller's external id.
    pub sale: Option<StoredSale>,
    /// The redemption already stored under the caller's external id.
    pub redemption: Option<StoredSale>,
}

/// A client as stored.
#[derive(Clone, Debug)]
pub(crate) struct ClientRow {
    pub account: Account,
    pub phone: Phone,
    pub card_number: i64,
    pub full_name: Option<String>,
    /// The newest id in the account.
    pub last_id: i64,
}

/// A sale or redemption as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredSale {
    pub id: i64,
    pub client_id: i64,
    pub total: Money,
    pub redeemed: Bonus,
    pub accrued: Bonus,
    pub external_id: Option<String>,
    pub sale_at: Timestamp,
    pub balance_after: Bonus,
    pub entry_first: i64,
    pub entry_last: i64,
    pub created_at: Timestamp,
}

/// Names that the read looks up beside the client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a> {
    /// Scope and idempotency key.
    pub key: Option<(&'a str, &'a str)>,
    /// External id of a sale or redemption.
    pub external_id: Option<&'a str>,
}

/// Columns of a client, as [`client`] reads them.
macro_rules! client_columns {
    () => {
        "c.id, c.phone, c.card_number, c.full_name, c.balance, c.total_spent, c.sales_count, c.entry_number,
         c.sale_number, c.last_id, c.version, c.is_blocked, c.last_visit_at, c.invited_by, c.year_spent, c.year_from,
         c.last_purchase_at, c.birth_date, c.rfm"
    };
}

/// Columns of what is already stored under the caller's names.
macro_rules! names_columns {
    () => {
        ", k.body_hash AS key_body_hash, k.status AS key_status, k.reply AS key_reply,
           s.id AS s_id, s.client_id AS s_client_id, s.total AS s_total, s.redeemed AS s_redeemed,
           s.accrued AS s_accrued, s.external_id AS s_external_id, s.sale_at AS s_sale_at,
           s.balance_after AS s_balance_after, s.entry_first AS s_entry_first, s.entry_last AS s_entry_last,
           s.created_at AS s_created_at,
           r.id AS r_id, r.client_id AS r_client_id, r.total AS r_total, r.redeemed AS r_redeemed,
           r.accrued AS r_accrued, r.external_id AS r_external_id, r.sale_at AS r_sale_at,
           r.balance_after AS r_balance_after, r.entry_first AS r_entry_first, r.entry_last AS r_entry_last,
           r.created_at AS r_created_at"
    };
}

pub(in crate::store) use {client_columns, names_columns};

/// Columns of the client and more, joined on how the client was named.
macro_rules! account_sql {
    ($before:expr, $who:literal, $columns:expr, $joins:expr) => {
        concat!(
            $before,
            "SELECT ",
            client_columns!(),
            $columns,
            " FROM (SELECT CAST($1 AS BIGINT) AS tenant_id) AS t
              LEFT JOIN clients AS c ON c.tenant_id = t.tenant_id AND ",
            $who,
            $joins
        )
    };
}

/// Without lots.
macro_rules! by_identifier {
    ($identifier:expr, $columns:expr, $joins:expr) => {
        match $identifier {
            Identifier::Phone(_) => account_sql!("", "c.phone = $2", $columns, $joins),
            Identifier::Client(_) => account_sql!("", "c.id = $2", $columns, $joins),
            Identifier::Card(_) => account_sql!("", "c.card_number = $2", $columns, $joins),
        }
    };
}

/// With the open lots of a client whose history is short.
macro_rules! with_few {
    ($scope:expr, $identifier:expr, $columns:expr, $joins:expr) => {
        $scope.query_by_engine(
            by_identifier!(
                $identifier,
                concat!($columns, lot_columns!()),
                concat!($joins, few_sqlite!())
            ),
            by_identifier!(
                $identifier,
                concat!($columns, lot_columns!()),
                concat!($joins, few_postgres!())
            ),
        )
    };
}

/// With the names and the lots needed.
macro_rules! with_needed {
    ($who:literal, $held:expr, $next:expr) => {
        account_sql!(
            needed!($who, "$6", "$7", "$8", $held, $next),
            $who,
            concat!(names_columns!(), lot_columns!()),
            concat!(
                names_joins!(),
                " LEFT JOIN needed AS l ON l.client_id = c.id ORDER BY l.covered"
            )
        )
    };
}

/// What is already stored under the caller's names.
macro_rules! names_joins {
    () => {
        " LEFT JOIN idempotency_keys AS k ON k.tenant_id = t.tenant_id AND k.scope = $3 AND k.key = $4
          LEFT JOIN sales AS s ON s.tenant_id = t.tenant_id AND s.external_id = $5 AND s.kind = 'sale'
          LEFT JOIN sales AS r ON r.tenant_id = t.tenant_id AND r.external_id = $5 AND r.kind = 'redemption'"
    };
}

/// Reads the client and nothing else.
pub(crate) async fn find_client(
    scope: &mut Scope<'_>,
    identifier: &Identifier,
) -> Result<Option<ClientRow>, Failure> {
    let sql = by_identifier!(identifier, "", "");
    let row = named(scope.query(sql), identifier).one().await?;
    client(&row)
}

/// What a look-up shows.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub row: ClientRow,
    /// What the open lots come to.
    pub available: Available,
}

/// Reads the client and what the open lots come to at `now`: a look-up.
pub(crate) async fn look_up(
    scope: &mut Scope<'_>,
    identifier: &Identifier,
    now: Timestamp,
) -> Result<Option<Seen>, Failure> {
    let rows = named(with_few!(scope, identifier, "", ""), identifier)
        .all()
        .await?;
    match lots::few(&rows)? {
        Some(lots) => seen_with(&rows, &lots, now),
        None => look_up_by_sums(scope, identifier, now).await,
    }
}

/// The client in the rows with all open lots.
pub(in crate::store) fn seen_with(
    rows: &[Row],
    lots: &[Lot],
    now: Timestamp,
) -> Result<Option<Seen>, Failure> {
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(client(first)?.map(|row| Seen {
        available: Available::of(lots, now),
        row,
    }))
}

/// The same of a client with many lots.
pub(in crate::store) async fn look_up_by_sums(
    scope: &mut Scope<'_>,
    identifier: &Identifier,
    now: Timestamp,
) -> Result<Option<Seen>, Failure> {
    let query = scope.query_by_engine(
        by_identifier!(
            identifier,
            concat!(", ", sums!("$3", "$3", held_sqlite!("$3"))),
            ""
        ),
        by_identifier!(
            identifier,
            concat!(", ", sums!("$3", "$3", held_postgres!("$3"))),
            ""
        ),
    );
    let row = named(query, identifier).bind(now).one().await?;
    let Some(client) = client(&row)? else {
        return Ok(None);
    };
    let sums = (row.bonus("held")?, row.bonus("expired")?, row.bonus("welcome")?);
    Ok(Some(Seen {
        available: lots::available(client.account.balance, sums),
        row: client,
    }))
}

/// Reads the client, the names, and the lots that are needed.
pub(crate) async fn read(
    scope: &mut Scope<'_>,
    identifier: &Identifier,
    names: Names<'_>,
    need: Option<Need>,
) -> Result<Read, Failure> {
    let Some(need) = need else {
        let query = scope.query(by_identifier!(identifier, names_columns!(), names_joins!()));
        return read_from(&with_names(query, identifier, names).all().await?);
    };
    let query = with_few!(scope, identifier, names_columns!(), names_joins!());
    let rows = with_names(query, identifier, names).all().await?;
    let Some(lots) = lots::few(&rows)? else {
        return read_needed(scope, identifier, names, need).await;
    };
    let mut read = read_from(&rows)?;
    if let Some(client) = &mut read.client {
        client.account.lots = Lots::all(lots);
    }
    Ok(read)
}

/// The same of a client with many lots: with those that are needed.
async fn read_needed(
    scope: &mut Scope<'_>,
    identifier: &Identifier,
    names: Names<'_>,
    need: Need,
) -> Result<Read, Failure> {
    let query = match identifier {
        Identifier::Phone(_) => scope.query_by_engine(
            with_needed!("c.phone = $2", held_sqlite!("$7"), next_sqlite!("$7")),
            with_needed!("c.phone = $2", held_postgres!("$7"), next_postgres!("$7")),
        ),
        Identifier::Client(_) => scope.query_by_engine(
            with_needed!("c.id = $2", held_sqlite!("$7"), next_sqlite!("$7")),
            with_needed!("c.id = $2", held_postgres!("$7"), next_postgres!("$7")),
        ),
        Identifier::Card(_) => scope.query_by_engine(
            with_needed!("c.card_number = $2", held_sqlite!("$7"), next_sqlite!("$7")),
            with_needed!("c.card_number = $2", held_postgres!("$7"), next_postgres!("$7")),
        ),
    };
    let rows = need.bind(with_names(query, identifier, names)).all().await?;
    let mut read = read_from(&rows)?;
    if let Some(client) = &mut read.client {
        client.account.lots = lots::of_need(&rows, client.account.balance, need)?;
    }
    Ok(read)
}

fn with_names<'s, 'a>(query: Query<'s, 'a>, identifier: &Identifier, names: Names<'_>) -> Query<'s, 'a> {
    named(query, identifier)
        .bind(names.key.map(|(of, _)| of))
        .bind(names.key.map(|(_, key)| key))
        .bind(names.external_id)
}

/// What was read but for lots, from the rows of one client.
pub(in crate::store) fn read_from(rows: &[Row]) -> Result<Read, Failure> {
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Read {
        reply: StoredReply::from_row(first)?,
        client: client(first)?,
        sale: stored_sale(first, SALE_COLUMNS)?,
        redemption: stored_sale(first, REDEMPTION_COLUMNS)?,
    })
}

/// Takes the account's row, so that nobody else posts to it until this transaction ends.
pub(crate) async fn lock(scope: &mut Scope<'_>, client_id: i64) -> Result<(), Failure> {
    scope
        .query("UPDATE clients SET version = version WHERE tenant_id = $1 AND id = $2")
        .bind(client_id)
        .execute()
        .await?;
    Ok(())
}

fn named<'s, 'a>(query: Query<'s, 'a>, identifier: &Identifier) -> Query<'s, 'a> {
    match identifier {
        Identifier::Phone(phone) => query.bind(phone),
        Identifier::Client(number) | Identifier::Card(number) => query.bind(*number),
    }
}

/// The client in this row, without lots; none when nobody was found.
pub(in crate::store) fn client(row: &Row) -> Result<Option<ClientRow>, Failure> {
    let Some(client_id) = row.int_opt("id")? else {
        return Ok(None);
    };
    Ok(Some(ClientRow {
        account: Account {
            client_id,
            version: row.int("version")?,
            balance: row.bonus("balance")?,
            spent: Spending {
                total: row.money("total_spent")?,
                year: row.money("year_spent")?,
            },
            year_from: row.time("year_from")?,
            sales_count: row.int("sales_count")?,
            entry_number: row.int("entry_number")?,
            sale_number: row.int("sale_number")?,
            last_visit_at: row.time_opt("last_visit_at")?,
            last_purchase_at: row.time_opt("last_purchase_at")?,
            birth_date: row.text_opt("birth_date")?.and_then(|day| Date::parse(&day).ok()),
            rfm: row.text_opt("rfm")?.and_then(|class| RfmClass::named(&class)),
            // Nobody invites himself, whatever the data say.
            invited_by: row.int_opt("invited_by")?.filter(|inviter| *inviter != client_id),
            is_blocked: row.flag("is_blocked")?,
            lots: Lots::none(),
        },
        phone: row.phone("phone")?,
        card_number: row.int("card_number")?,
        full_name: row.name_opt("full_name")?,
        last_id: row.int("last_id")?,
    }))
}

type SaleColumns = [&'static str; 11];

const SALE_COLUMNS: SaleColumns = [
    "s_id",
    "s_client_id",
    "s_total",
    "s_redeemed",
    "s_accrued",
    "s_external_id",
    "s_sale_at",
    "s_balance_after",
    "s_entry_first",
    "s_entry_last",
    "s_created_at",
];

const REDEMPTION_COLUMNS: SaleColumns = [
    "r_id",
    "r_client_id",
    "r_total",
    "r_redeemed",
    "r_accrued",
    "r_external_id",
    "r_sale_at",
    "r_balance_after",
    "r_entry_first",
    "r_entry_last",
    "r_created_at",
];

fn stored_sale(row: &Row, columns: SaleColumns) -> Result<Option<StoredSale>, Failure> {
    let [
        id,
        client_id,
        total,
        redeemed,
        accrued,
        external_id,
        sale_at,
        balance_after,
        first,
        last,
        created_at,
    ] = columns;
    let Some(id) = row.int_opt(id)? else {
        return Ok(None);
    };
    Ok(Some(StoredSale {
        id,
        client_id: row.int(client_id)?,
        total: row.money(total)?,
        redeemed: row.bonus(redeemed)?,
        accrued: row.bonus(accrued)?,
        external_id: row.text_opt(external_id)?,
        sale_at: row.time(sale_at)?,
        balance_after: row.bonus(balance_after)?,
        entry_first: row.int(first)?,
        entry_last: row.int(last)?,
        created_at: row.time(created_at)?,
    }))
}
