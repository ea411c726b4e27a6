//! Lots of an account. Most accounts have a few, which are read with the account. Of one with a long history
//! ([`ENTRIES_MAX`]) as many are read as are needed and no more: one after the other in the order in which they are spent,
//! along an index, until they come to enough; and what they come to in all by sums.

use crate::Failure;
use crate::ledger::Lots;
use crate::model::{Bonus, Lot, LotKind, Timestamp};
use crate::rules::redemption::Available;
use crate::store::{Query, Row, Scope};

/// Columns of a lot, as [`lot`] reads them.
macro_rules! lot_columns {
    () => {
        ", l.id AS lot_id, l.kind AS lot_kind, l.amount AS lot_amount, l.remaining AS lot_remaining,
           l.available_at AS lot_available_at, l.expires_at AS lot_expires_at"
    };
}

/// What deciding needs of an account's lots.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    /// Those that are spent first at this moment, enough for so much.
    Spending(Bonus, Timestamp),
    /// Those that burn first, whatever hold or date they have, enough for so much.
    Taking(Bonus),
}

impl Need {
    /// Binds the three parameters of [`needed_sql`]: the date after which lots burn, the end of their hold, and how much.
    pub fn bind<'s, 'a>(self, query: Query<'s, 'a>) -> Query<'s, 'a> {
        let (burns_after, held_until, amount) = match self {
            Self::Spending(amount, now) => (now.millis(), now.millis(), amount),
            Self::Taking(amount) => (i64::MIN, i64::MAX, amount),
        };
        query.bind(burns_after).bind(held_until).bind(amount)
    }
}

/// The lot in the columns `lot_…`; none in a row without one.
pub(in crate::store) fn lot(row: &Row) -> Result<Option<Lot>, Failure> {
    let Some(id) = row.int_opt("lot_id")? else {
        return Ok(None);
    };
    let kind = row.text("lot_kind")?;
    Ok(Some(Lot {
        id,
        kind: LotKind::named(&kind)
            .ok_or_else(|| Failure::new(format_args!("unknown kind of lot: {kind}")))?,
        amount: row.bonus("lot_amount")?,
        remaining: row.bonus("lot_remaining")?,
        available_at: row.time("lot_available_at")?,
        expires_at: row.time("lot_expires_at")?,
    }))
}

/// An account with up to so many entries has about as many open lots at most, nearly always a few: all of them are read
/// with it. The texts below say the same number.
const ENTRIES_MAX: i64 = 2000;

/// Joins the open lots of a client `c` whose history is short, on SQLite.
macro_rules! few_sqlite {
    () => {
        " LEFT JOIN lots AS l ON l.tenant_id = $1 AND l.client_id = c.id AND l.open AND c.entry_number <= 2000"
    };
}

/// The same on PostgreSQL.
macro_rules! few_postgres {
    () => {
        " LEFT JOIN LATERAL (SELECT m.* FROM lots AS m
                WHERE m.tenant_id = $1 AND m.client_id = c.id AND m.open AND c.entry_number <= 2000 OFFSET 0) AS l ON TRUE"
    };
}

/// The open lots in the rows of one client; none when the history is too long for them to have been read.
pub(in crate::store) fn few(rows: &[Row]) -> Result<Option<Vec<Lot>>, Failure> {
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    if first
        .int_opt("entry_number")?
        .is_some_and(|entries| entries > ENTRIES_MAX)
    {
        return Ok(None);
    }
    let lots = rows.iter().filter_map(|row| lot(row).transpose());
    lots.collect::<Result<_, _>>().map(Some)
}

/// Lots that entries of a client `c` touched, from the newest on, as far back as the longest hold that a version of the
/// shop's programme had, and ten minutes more for clocks that were set back. `back` goes from number to number, each
/// step by `$entry`, and ends with the first entry that is older; `$trace` finds the lots of the one after it.
macro_rules! lots_back {
    ($until:literal, $seconds:literal, $entry:literal, $trace:literal) => {
        concat!(
            "WITH RECURSIVE back (number) AS (
                 SELECT c.entry_number
                  UNION ALL
                 SELECT e.number - 1 FROM back AS b CROSS JOIN ",
            $entry,
            " AND e.created_at > ",
            $until,
            "               - 600000 - (SELECT 1000 * MAX(CAST(",
            $seconds,
            "                                             AS BIGINT)) FROM programmes AS p WHERE p.tenant_id = $1))
             SELECT trace.lot_id FROM back AS b CROSS JOIN ",
            $trace
        )
    };
}

/// Lots that may be on hold, on SQLite: an end of a condition on an id.
macro_rules! held_sqlite {
    ($until:literal) => {
        concat!(
            "IN (",
            lots_back!(
                $until,
                "p.document ->> 'redeem_hold_seconds'",
                "entries AS e WHERE e.tenant_id = $1 AND e.client_id = c.id AND e.number = b.number",
                "entry_lots AS trace
                  WHERE trace.tenant_id = $1 AND trace.client_id = c.id AND trace.number = b.number + 1"
            ),
            ")"
        )
    };
}

/// The same on PostgreSQL, whose planner is kept from reading all of the client at each step.
macro_rules! held_postgres {
    ($until:literal) => {
        concat!(
            "= ANY (ARRAY(",
            lots_back!(
                $until,
                "p.document::json ->> 'redeem_hold_seconds'",
                "LATERAL (SELECT e.number, e.created_at FROM entries AS e
                           WHERE e.tenant_id = $1 AND e.client_id = c.id AND e.number = b.number OFFSET 0) AS e
                  WHERE TRUE",
                "LATERAL (SELECT d.lot_id FROM entry_lots AS d
                           WHERE d.tenant_id = $1 AND d.client_id = c.id AND d.number = b.number + 1 OFFSET 0) AS trace"
            ),
            "))"
        )
    };
}

/// What open lots come to that are not simply there to be spent, of a client `c`: few. `$after` is the date after which
/// lots burn, `$until` the end of their hold, `$held` finds those that may be on hold; the others have indexes.
macro_rules! sums {
    ($after:literal, $until:literal, $held:expr) => {
        concat!(
            "(SELECT CAST(COALESCE(SUM(CASE WHEN x.expires_at > ",
            $after,
            " THEN x.remaining END), 0) AS BIGINT) FROM lots AS x
               WHERE x.tenant_id = $1 AND x.open AND x.available_at > ",
            $until,
            " AND x.id ",
            $held,
            ") AS held, (SELECT CAST(COALESCE(SUM(x.remaining), 0) AS BIGINT) FROM lots AS x
               WHERE x.tenant_id = $1 AND x.client_id = c.id AND x.open AND x.expires_at <= ",
            $after,
            ") AS expired, (SELECT CAST(COALESCE(SUM(CASE WHEN x.available_at <= ",
            $until,
            " AND x.expires_at > ",
            $after,
            " THEN x.remaining END), 0) AS BIGINT) FROM lots AS x
               WHERE x.tenant_id = $1 AND x.client_id = c.id AND x.open AND x.kind IN ('welcome', 'birthday')
                 AND x.kind = 'welcome') AS welcome"
        )
    };
}

/// Begins a statement with the lots `needed` of the client `$who`, after a row without a kind that tells the sums. Welcome
/// bonuses do not count as enough: the receipt may not reach them. `$next` finds the lot after `n` in either engine.
macro_rules! needed {
    ($who:literal, $after:literal, $until:literal, $amount:literal, $held:expr, $next:expr) => {
        concat!(
            "WITH RECURSIVE needed (client_id, id, kind, amount, remaining, available_at, expires_at, covered) AS (
                SELECT c.id, CAST(9223372036854775807 AS BIGINT), CAST('' AS TEXT), c.held, c.expired, c.welcome,
                       CAST(",
            $after,
            " AS BIGINT), CAST(0 AS BIGINT)
                  FROM (SELECT c.id, ",
            sums!($after, $until, $held),
            "             FROM clients AS c WHERE c.tenant_id = $1 AND ",
            $who,
            ") AS c
                 UNION ALL
                SELECT n.client_id, l.id, l.kind, l.amount, l.remaining, l.available_at, l.expires_at,
                       n.covered + CASE WHEN l.kind = 'welcome' THEN 0 ELSE l.remaining END
                  FROM needed AS n ",
            $next,
            " WHERE n.covered < ",
            $amount,
            ") "
        )
    };
}

/// The lot after `n` on SQLite.
macro_rules! next_sqlite {
    ($until:literal) => {
        concat!(
            "CROSS JOIN lots AS l ON l.tenant_id = $1 AND l.id = (SELECT m.id FROM lots AS m
                    WHERE m.tenant_id = $1 AND m.client_id = n.client_id AND m.open
                      AND (m.expires_at, m.id) > (n.expires_at, n.id) AND m.available_at <= ",
            $until,
            " ORDER BY m.expires_at, m.id LIMIT 1)"
        )
    };
}

/// The lot after `n` on PostgreSQL.
macro_rules! next_postgres {
    ($until:literal) => {
        concat!(
            "CROSS JOIN LATERAL (SELECT m.* FROM lots AS m
                    WHERE m.tenant_id = $1 AND m.client_id = n.client_id AND m.open
                      AND (m.expires_at, m.id) > (n.expires_at, n.id) AND m.available_at <= ",
            $until,
            " ORDER BY m.expires_at, m.id LIMIT 1) AS l"
        )
    };
}

pub(in crate::store) use {
    few_postgres, few_sqlite, held_postgres, held_sqlite, lot_columns, lots_back, needed, next_postgres,
    next_sqlite, sums,
};

/// Reads lots of a client whose account is known, and those that are named whether needed or not.
pub(crate) async fn taking(
    scope: &mut Scope<'_>,
    client_id: i64,
    amount: Bonus,
    named: &[i64],
) -> Result<Lots, Failure> {
    let query = scope.query_by_engine(
        concat!(
            needed!("c.id = $2", "$3", "$4", "$5", held_sqlite!("$4"), next_sqlite!("$4")),
            "SELECT l.client_id",
            lot_columns!(),
            " FROM needed AS l WHERE l.kind <> ''
              UNION
             SELECT l.client_id",
            lot_columns!(),
            " FROM json_each($6) AS w
              JOIN lots AS l ON l.tenant_id = $1 AND l.id = w.value
             WHERE l.open AND l.client_id = $2"
        ),
        concat!(
            needed!("c.id = $2", "$3", "$4", "$5", held_postgres!("$4"), next_postgres!("$4")),
            "SELECT l.client_id",
            lot_columns!(),
            " FROM needed AS l WHERE l.kind <> ''
              UNION
             SELECT l.client_id",
            lot_columns!(),
            " FROM lots AS l
             WHERE l.tenant_id = $1 AND l.id = ANY (ARRAY(SELECT CAST(json_array_elements_text($6::json) AS BIGINT)))
               AND l.open AND l.client_id = $2"
        ),
    );
    let rows = Need::Taking(amount)
        .bind(query.bind(client_id))
        .bind(serde_json::to_string(named)?)
        .all()
        .await?;
    let lots: Vec<Lot> = rows
        .iter()
        .filter_map(|row| lot(row).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Lots::taking(lots, amount))
}

/// The lots in the rows that [`needed`] made, which were read for `need` of an account with this balance.
pub(in crate::store) fn of_need(rows: &[Row], balance: Bonus, need: Need) -> Result<Lots, Failure> {
    let (mut lots, mut available) = (Vec::new(), Available::default());
    for row in rows {
        match row.text_opt("lot_kind")? {
            Some(kind) if kind.is_empty() => {
                let sums = (
                    row.bonus("lot_amount")?,
                    row.bonus("lot_remaining")?,
                    row.bonus("lot_available_at")?,
                );
                available = self::available(balance, sums);
            }
            _ => lots.extend(lot(row)?),
        }
    }
    Ok(match need {
        Need::Spending(amount, _) => Lots::spending(lots, amount, available),
        Need::Taking(amount) => Lots::taking(lots, amount),
    })
}

/// What open lots come to, from the balance, which is their sum, and what of it is held, past its date, or welcome bonuses.
pub(in crate::store) fn available(
    balance: Bonus,
    (held, expired, welcome): (Bonus, Bonus, Bonus),
) -> Available {
    Available {
        plain: balance.or_zero() - held - expired - welcome,
        welcome,
        held,
    }
}
