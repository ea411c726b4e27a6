//! Many accounts at once: what jobs read before they decide. Each is still decided and posted by its own version.

use super::accounts::{ClientRow, client, client_columns};
use super::lots::{lot, lot_columns};
use crate::Failure;
use crate::ledger::Lots;
use crate::model::{Bonus, Money, Timestamp};
use crate::store::{Row, Scope};

/// A place among lots in the order in which they burn.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct LotPlace {
    pub expires_at: i64,
    pub id: i64,
}

/// The clients whose open lots burn at `until` or before, from `after` on, by `most` lots: their numbers, and the place of
/// the last lot; none when there are no more.
pub(crate) async fn burning(
    scope: &mut Scope<'_>,
    until: Timestamp,
    after: LotPlace,
    most: i64,
) -> Result<Option<(Vec<i64>, LotPlace)>, Failure> {
    let sql = "SELECT id, client_id, expires_at FROM lots
                WHERE tenant_id = $1 AND open AND expires_at <= $2 AND (expires_at, id) > ($3, $4)
                ORDER BY expires_at, id LIMIT $5";
    let rows = scope
        .query(sql)
        .bind(until)
        .bind(after.expires_at)
        .bind(after.id)
        .bind(most)
        .all()
        .await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let last = LotPlace {
        expires_at: last.int("expires_at")?,
        id: last.int("id")?,
    };
    let mut clients: Vec<i64> = rows
        .iter()
        .map(|row| row.int("client_id"))
        .collect::<Result<_, _>>()?;
    clients.sort_unstable();
    clients.dedup();
    Ok(Some((clients, last)))
}

/// Accounts with those of their open lots that burn at `until` or before.
pub(crate) async fn with_burning_lots(
    scope: &mut Scope<'_>,
    clients: &[i64],
    until: Timestamp,
) -> Result<Vec<ClientRow>, Failure> {
    let query = scope.query_by_engine(
        concat!(
            "SELECT ",
            client_columns!(),
            lot_columns!(),
            " FROM json_each($2) AS w
              CROSS JOIN clients AS c ON c.tenant_id = $1 AND c.id = w.value
              CROSS JOIN lots AS l ON l.tenant_id = $1 AND l.client_id = c.id AND l.open AND l.expires_at <= $3
             ORDER BY c.id"
        ),
        concat!(
            "SELECT ",
            client_columns!(),
            lot_columns!(),
            " FROM (SELECT CAST(json_array_elements_text($2::json) AS BIGINT) AS id) AS w
              JOIN LATERAL (SELECT * FROM clients AS c WHERE c.tenant_id = $1 AND c.id = w.id OFFSET 0) AS c ON TRUE
              JOIN LATERAL (SELECT * FROM lots AS l
                     WHERE l.tenant_id = $1 AND l.client_id = c.id AND l.open AND l.expires_at <= $3 OFFSET 0) AS l ON TRUE
             ORDER BY c.id"
        ),
    );
    let rows = query
        .bind(serde_json::to_string(clients)?)
        .bind(until)
        .all()
        .await?;
    by_client(&rows, |rows| {
        let lots = rows.iter().filter_map(|row| lot(row).transpose());
        Ok(Lots::burning(lots.collect::<Result<_, Failure>>()?, until))
    })
}

/// Accounts without lots.
pub(crate) async fn plain(scope: &mut Scope<'_>, clients: &[i64]) -> Result<Vec<ClientRow>, Failure> {
    let query = scope.query_many(concat!(
        "SELECT ",
        client_columns!(),
        " FROM clients AS c
             WHERE c.tenant_id = $1 AND c.id IN LIST ($2)
             ORDER BY c.id"
    ));
    let rows = query.bind(serde_json::to_string(clients)?).all().await?;
    by_client(&rows, |_| Ok(Lots::none()))
}

fn by_client(
    rows: &[Row],
    lots: impl Fn(&[Row]) -> Result<Lots, Failure>,
) -> Result<Vec<ClientRow>, Failure> {
    let mut found = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let id = first.int("id")?;
        let mut own = 1;
        while own < rest.len() && rest[own].int("id")? == id {
            own += 1;
        }
        let (of_one, others) = rest.split_at(own);
        if let Some(mut client) = client(first)? {
            client.account.lots = lots(of_one)?;
            found.push(client);
        }
        rest = others;
    }
    Ok(found)
}

/// A birthday gift that a client has had: of this cause, or at this moment or later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HadBirthday<'a> {
    pub cause: &'a str,
    pub since: Timestamp,
}

/// Clients with a birthday on one of these days (501 is the first of May), after this number, who have not had the gift.
pub(crate) async fn birthdays(
    scope: &mut Scope<'_>,
    days: &[i64],
    after: i64,
    had: HadBirthday<'_>,
    most: i64,
) -> Result<Vec<i64>, Failure> {
    let query = scope.query_many(
        "SELECT c.id FROM clients AS c
          WHERE c.tenant_id = $1 AND c.birth_month_day IN LIST ($2) AND c.id > $3
            AND NOT EXISTS (SELECT 1 FROM entries AS e
                 WHERE e.tenant_id = c.tenant_id AND e.client_id = c.id AND e.kind = 'birthday'
                   AND (e.cause = $4 OR e.created_at >= $5))
          ORDER BY c.id LIMIT $6",
    );
    Ok(query
        .bind(serde_json::to_string(days)?)
        .bind(after)
        .bind(had.cause)
        .bind(had.since)
        .bind(most)
        .numbers("id")
        .await?)
}

/// A client whose purchases leave the last twelve months: what of them was not returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub client_id: i64,
    pub left: Money,
}

/// Clients after number `after` with purchases made up to `year_from` that still count for the year.
pub(crate) async fn leaving_the_year(
    scope: &mut Scope<'_>,
    year_from: Timestamp,
    after: i64,
    most: i64,
) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT c.id FROM clients AS c
                WHERE c.tenant_id = $1 AND c.id > $3 AND c.year_spent > 0 AND c.year_from < $2
                  AND EXISTS (SELECT 1 FROM sales AS s
                       WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id AND s.kind = 'sale'
                         AND s.created_at > c.year_from AND s.created_at <= $2)
                ORDER BY c.id LIMIT $4";
    Ok(scope
        .query(sql)
        .bind(year_from)
        .bind(after)
        .bind(most)
        .numbers("id")
        .await?)
}

/// What each of these clients bought up to `year_from` and still counts for the year, less what was returned.
pub(crate) async fn leaving_sums(
    scope: &mut Scope<'_>,
    clients: &[i64],
    year_from: Timestamp,
) -> Result<Vec<Leaving>, Failure> {
    let query = scope.query_many(
        "SELECT s.client_id, CAST(SUM(s.total - COALESCE((SELECT SUM(r.amount) FROM returns AS r
                       WHERE r.tenant_id = s.tenant_id AND r.sale_id = s.id), 0)) AS BIGINT) AS left_of
           FROM clients AS c
           JOIN sales AS s ON s.tenant_id = c.tenant_id AND s.client_id = c.id AND s.kind = 'sale'
            AND s.created_at > c.year_from AND s.created_at <= $3
          WHERE c.tenant_id = $1 AND c.id IN LIST ($2)
          GROUP BY s.client_id",
    );
    let rows = query
        .bind(serde_json::to_string(clients)?)
        .bind(year_from)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Leaving {
                client_id: row.int("client_id")?,
                left: row.money("left_of")?,
            })
        })
        .collect()
}

/// Bonuses of one client that will burn soon, and the lots they are in.
#[derive(Clone, Debug)]
pub(crate) struct ExpiringSoon {
    pub client_id: i64,
    pub amount: Bonus,
    pub first_at: Timestamp,
    pub balance: Bonus,
}

/// Takes lots that burn after `from` and up to `until` and whose owners have not been reminded of them, marks them, and
/// tells how many, and what they come to by client. Whoever else does the same gets others.
pub(crate) async fn take_expiring(
    scope: &mut Scope<'_>,
    (from, until): (Timestamp, Timestamp),
    most: i64,
    now: Timestamp,
) -> Result<(usize, Vec<ExpiringSoon>), Failure> {
    let taken = scope
        .query_by_engine(
            "UPDATE lots SET reminded_at = $5
              WHERE tenant_id = $1 AND id IN (
                    SELECT id FROM lots
                     WHERE tenant_id = $1 AND open AND expires_at > $2 AND expires_at <= $3 AND reminded_at IS NULL
                     ORDER BY expires_at, id LIMIT $4)
             RETURNING client_id, remaining, expires_at",
            "UPDATE lots SET reminded_at = $5
              WHERE tenant_id = $1 AND id = ANY (ARRAY(
                    SELECT id FROM lots
                     WHERE tenant_id = $1 AND open AND expires_at > $2 AND expires_at <= $3 AND reminded_at IS NULL
                     ORDER BY expires_at, id LIMIT $4 FOR UPDATE SKIP LOCKED))
             RETURNING client_id, remaining, expires_at",
        )
        .bind(from)
        .bind(until)
        .bind(most)
        .bind(now)
        .all()
        .await?;
    let mut soon: Vec<ExpiringSoon> = Vec::new();
    for row in &taken {
        let (client_id, amount, at) = (
            row.int("client_id")?,
            row.bonus("remaining")?,
            row.time("expires_at")?,
        );
        match soon.iter_mut().find(|one| one.client_id == client_id) {
            Some(one) => {
                one.amount += amount;
                one.first_at = one.first_at.min(at);
            }
            None => soon.push(ExpiringSoon {
                client_id,
                amount,
                first_at: at,
                balance: Bonus::ZERO,
            }),
        }
    }
    let clients: Vec<i64> = soon.iter().map(|one| one.client_id).collect();
    let accounts = plain(scope, &clients).await?;
    soon.retain_mut(|one| {
        let found = accounts.iter().find(|row| row.account.client_id == one.client_id);
        one.balance = found.map(|row| row.account.balance).unwrap_or_default();
        found.is_some_and(|row| !row.account.is_blocked)
    });
    Ok((taken.len(), soon))
}
