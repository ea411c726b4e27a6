//! What was tried from where, over all shops: codes sent, wrong codes, sign-ins (ruling 8).

use std::net::IpAddr;

use crate::Failure;
use crate::model::{Source, Timestamp};
use crate::store::Scope;

/// Rows deleted beside each one written.
const FORGOTTEN_AT_ONCE: i64 = 100;

/// What is counted by address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tried {
    /// A code sent by SMS.
    Code,
    /// A living code guessed wrong.
    WrongCode,
}

/// Part of a source.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Place {
    Block(IpAddr),
    Network(IpAddr),
}

/// How often, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub times: i64,
    pub oldest: Option<Timestamp>,
}

/// Counts what came from a place after `since`.
pub(crate) async fn count(
    scope: &mut Scope<'_>,
    tried: Tried,
    place: Place,
    since: Timestamp,
) -> Result<Counted, Failure> {
    let (sql, address) = match (tried, place) {
        (Tried::Code, Place::Block(address)) => (
            "SELECT COUNT(*) AS times, MIN(created_at) AS oldest
               FROM otp_sends WHERE address = $1 AND created_at > $2",
            address,
        ),
        (Tried::Code, Place::Network(address)) => (
            "SELECT COUNT(*) AS times, MIN(created_at) AS oldest
               FROM otp_sends WHERE network = $1 AND created_at > $2",
            address,
        ),
        (Tried::WrongCode, Place::Block(address)) => (
            "SELECT COUNT(*) AS times, MIN(created_at) AS oldest
               FROM wrong_codes WHERE address = $1 AND created_at > $2",
            address,
        ),
        (Tried::WrongCode, Place::Network(address)) => (
            "SELECT COUNT(*) AS times, MIN(created_at) AS oldest
               FROM wrong_codes WHERE network = $1 AND created_at > $2",
            address,
        ),
    };
    let row = scope
        .query(sql)
        .bind(address.to_string())
        .bind(since)
        .one()
        .await?;
    Ok(Counted {
        times: row.int("times")?,
        oldest: row.time_opt("oldest")?,
    })
}

/// Counts a wrong code; some of those that were counted at `forgotten` or before are deleted.
pub(crate) async fn note_wrong_code(
    scope: &mut Scope<'_>,
    id: i64,
    source: &Source,
    at: Timestamp,
    forgotten: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO wrong_codes (id, address, network, created_at) VALUES ($1, $2, $3, $4)";
    scope
        .query(sql)
        .bind(id)
        .bind(source.block().to_string())
        .bind(source.network().map(|network| network.to_string()))
        .bind(at)
        .execute()
        .await?;
    // Two who forget at once must not wait for each other in turn.
    let forget = scope.query_by_engine(
        "DELETE FROM wrong_codes
          WHERE id IN (SELECT id FROM wrong_codes WHERE created_at <= $1 ORDER BY created_at LIMIT $2)",
        "DELETE FROM wrong_codes
          WHERE id = ANY (ARRAY(SELECT id FROM wrong_codes WHERE created_at <= $1 ORDER BY created_at LIMIT $2
                          FOR UPDATE SKIP LOCKED))",
    );
    forget.bind(forgotten).bind(FORGOTTEN_AT_ONCE).execute().await?;
    Ok(())
}

/// Sign-ins of the whole hours after `since`.
pub(crate) async fn sign_ins(
    scope: &mut Scope<'_>,
    source: &Source,
    since: Timestamp,
) -> Result<i64, Failure> {
    let sql = "SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) AS times
                 FROM sign_ins WHERE address = $1 AND hour > $2";
    let row = scope
        .query(sql)
        .bind(source.block().to_string())
        .bind(since)
        .one()
        .await?;
    Ok(row.int("times")?)
}

/// Counts a sign-in in its hour; some of the hours at `forgotten` or before are deleted.
pub(crate) async fn note_sign_in(
    scope: &mut Scope<'_>,
    source: &Source,
    hour: Timestamp,
    forgotten: Timestamp,
) -> Result<(), Failure> {
    let forget = scope.query_by_engine(
        "DELETE FROM sign_ins
          WHERE (address, hour) IN (SELECT address, hour FROM sign_ins WHERE hour <= $1 ORDER BY hour LIMIT $2)",
        "DELETE FROM sign_ins
          WHERE ctid = ANY (ARRAY(SELECT ctid FROM sign_ins WHERE hour <= $1 ORDER BY hour LIMIT $2
                                       FOR UPDATE SKIP LOCKED))",
    );
    forget.bind(forgotten).bind(FORGOTTEN_AT_ONCE).execute().await?;
    let sql = "INSERT INTO sign_ins (address, hour, times) VALUES ($1, $2, 1)
               ON CONFLICT (address, hour) DO UPDATE SET times = sign_ins.times + 1";
    scope
        .query(sql)
        .bind(source.block().to_string())
        .bind(hour)
        .execute()
        .await?;
    Ok(())
}
