//! Accounts of several clients in one statement, for reads that share. Each text has two forms: PostgreSQL's is fenced
//! (`LATERAL … OFFSET 0`), which keeps its planner from reading all of a shop to find a few.

use serde::Serialize;

use super::accounts::{self, Names, Read, Seen, client_columns, names_columns, read_from, seen_with};
use super::lots::{few, few_postgres, few_sqlite, lot_columns};
use crate::Failure;
use crate::model::{Identifier, Timestamp};
use crate::store::engine::shared_reads::Question;
use crate::store::{Row, Scope};

/// The client with what the open lots come to at a moment: a look-up.
#[derive(Clone, Debug)]
pub(crate) struct LookUp {
    pub identifier: Identifier,
    pub now: Timestamp,
}

/// The client without lots, and what is stored under the caller's names: what an ordinary sale reads.
#[derive(Clone, Debug)]
pub(crate) struct AccountRead {
    pub identifier: Identifier,
    /// Scope and idempotency key.
    pub key: Option<(String, String)>,
    /// External id of a sale.
    pub external_id: Option<String>,
}

/// A question as the statement unfolds it.
#[derive(Serialize)]
struct Asked<'a> {
    n: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
}

/// The text that reads clients by `$sqlite` or `$postgres`, with more columns and joins.
macro_rules! group_sql {
    ($scope:expr, $column:literal, $name:literal, $columns:expr, $sqlite_joins:expr, $postgres_joins:expr) => {
        $scope.query_by_engine(
            concat!(
                "SELECT w.value ->> 'n' AS n, ",
                client_columns!(),
                $columns,
                " FROM json_each($2) AS w
                  LEFT JOIN clients AS c ON c.tenant_id = $1 AND ",
                $column,
                " = w.value ->> '",
                $name,
                "'",
                $sqlite_joins,
                " ORDER BY 1"
            ),
            concat!(
                "SELECT w.n, ",
                client_columns!(),
                $columns,
                " FROM json_to_recordset($2::json) AS w (n BIGINT, phone TEXT, number BIGINT, scope TEXT, key TEXT,
                       external_id TEXT)
                  LEFT JOIN LATERAL (SELECT * FROM clients AS c WHERE c.tenant_id = $1 AND ",
                $column,
                " = w.",
                $name,
                " OFFSET 0) AS c ON TRUE",
                $postgres_joins,
                " ORDER BY w.n"
            ),
        )
    };
}

macro_rules! by_identifier {
    ($scope:expr, $identifier:expr, $columns:expr, $sqlite_joins:expr, $postgres_joins:expr) => {
        match $identifier {
            Identifier::Phone(_) => {
                group_sql!(
                    $scope,
                    "c.phone",
                    "phone",
                    $columns,
                    $sqlite_joins,
                    $postgres_joins
                )
            }
            Identifier::Client(_) => {
                group_sql!($scope, "c.id", "number", $columns, $sqlite_joins, $postgres_joins)
            }
            Identifier::Card(_) => {
                group_sql!(
                    $scope,
                    "c.card_number",
                    "number",
                    $columns,
                    $sqlite_joins,
                    $postgres_joins
                )
            }
        }
    };
}

impl Question for LookUp {
    type Answer = Option<Seen>;

    fn shares_with(&self, other: &Self) -> bool {
        is_named_alike(&self.identifier, &other.identifier)
    }

    async fn one(&self, scope: &mut Scope<'_>) -> Result<Self::Answer, Failure> {
        accounts::look_up(scope, &self.identifier, self.now).await
    }

    async fn many(all: &[Self], scope: &mut Scope<'_>) -> Result<Vec<Self::Answer>, Failure> {
        let Some(first) = all.first() else {
            return Ok(Vec::new());
        };
        let query = by_identifier!(
            scope,
            first.identifier,
            lot_columns!(),
            few_sqlite!(),
            few_postgres!()
        );
        let asked: Vec<Asked<'_>> = all
            .iter()
            .enumerate()
            .map(|(n, look_up)| asked(n, &look_up.identifier))
            .collect();
        // They ask within a moment; the latest is everybody's.
        let now = all.iter().map(|look_up| look_up.now).max();
        let now = now.unwrap_or(first.now);
        let rows = query.bind(serde_json::to_string(&asked)?).all().await?;
        let found = each(&rows, all.len(), |rows| match few(rows)? {
            Some(lots) => Ok(Some(seen_with(rows, &lots, now)?)),
            None => Ok(None),
        })?;
        let mut seen = Vec::with_capacity(found.len());
        for (look_up, found) in all.iter().zip(found) {
            seen.push(match found {
                Some(found) => found,
                None => accounts::look_up_by_sums(scope, &look_up.identifier, now).await?,
            });
        }
        Ok(seen)
    }
}

impl Question for AccountRead {
    type Answer = Read;

    fn shares_with(&self, other: &Self) -> bool {
        is_named_alike(&self.identifier, &other.identifier)
    }

    async fn one(&self, scope: &mut Scope<'_>) -> Result<Read, Failure> {
        let names = Names {
            key: self
                .key
                .as_ref()
                .map(|(scope, key)| (scope.as_str(), key.as_str())),
            external_id: self.external_id.as_deref(),
        };
        accounts::read(scope, &self.identifier, names, None).await
    }

    async fn many(all: &[Self], scope: &mut Scope<'_>) -> Result<Vec<Read>, Failure> {
        let Some(first) = all.first() else {
            return Ok(Vec::new());
        };
        let query = by_identifier!(
            scope,
            first.identifier,
            names_columns!(),
            " LEFT JOIN idempotency_keys AS k ON k.tenant_id = $1 AND k.scope = w.value ->> 'scope'
                        AND k.key = w.value ->> 'key'
              LEFT JOIN sales AS s ON s.tenant_id = $1 AND s.external_id = w.value ->> 'external_id' AND s.kind = 'sale'
              LEFT JOIN sales AS r ON r.tenant_id = $1 AND r.external_id = w.value ->> 'external_id'
                        AND r.kind = 'redemption'",
            " LEFT JOIN LATERAL (SELECT * FROM idempotency_keys AS k
                       WHERE k.tenant_id = $1 AND k.scope = w.scope AND k.key = w.key OFFSET 0) AS k ON TRUE
              LEFT JOIN LATERAL (SELECT * FROM sales AS s
                       WHERE s.tenant_id = $1 AND s.external_id = w.external_id AND s.kind = 'sale' OFFSET 0) AS s ON TRUE
              LEFT JOIN LATERAL (SELECT * FROM sales AS r
                       WHERE r.tenant_id = $1 AND r.external_id = w.external_id AND r.kind = 'redemption' OFFSET 0)
                        AS r ON TRUE"
        );
        let named = |(n, read): (usize, &'_ Self)| {
            let key = read.key.as_ref();
            serde_json::to_value(Asked {
                scope: key.map(|(scope, _)| scope.as_str()),
                key: key.map(|(_, key)| key.as_str()),
                external_id: read.external_id.as_deref(),
                ..asked(n, &read.identifier)
            })
        };
        let asked: Vec<_> = all.iter().enumerate().map(named).collect::<Result<_, _>>()?;
        let rows = query.bind(serde_json::to_string(&asked)?).all().await?;
        each(&rows, all.len(), read_from)
    }
}

fn is_named_alike(one: &Identifier, other: &Identifier) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn asked(n: usize, identifier: &Identifier) -> Asked<'_> {
    let (phone, number) = match identifier {
        Identifier::Phone(phone) => (Some(phone.as_str()), None),
        Identifier::Client(number) | Identifier::Card(number) => (None, Some(*number)),
    };
    Asked {
        n,
        phone,
        number,
        scope: None,
        key: None,
        external_id: None,
    }
}

/// The rows of each question, which are one or more and stand together, in order.
fn each<T>(
    rows: &[Row],
    count: usize,
    read: impl Fn(&[Row]) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut found = Vec::with_capacity(count);
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let n = first.int("n")?;
        let mut own = 1;
        while own < rest.len() && rest[own].int("n")? == n {
            own += 1;
        }
        let (of_one, others) = rest.split_at(own);
        found.push(read(of_one)?);
        rest = others;
    }
    match found.len() == count {
        true => Ok(found),
        false => Err(Failure::new("a shared read was not answered whole")),
    }
}
