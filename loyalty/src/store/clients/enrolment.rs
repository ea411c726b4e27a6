//! New clients.

use crate::Failure;
use crate::model::{Phone, Timestamp};
use crate::store::Scope;

/// The numbers of a new client: its own and its card's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub client_id: i64,
    pub card_number: i64,
}

/// A new client as inserted.
#[derive(Clone, Debug)]
pub(crate) struct NewClient<'a> {
    pub phone: &'a Phone,
    pub full_name: Option<&'a str>,
    pub enrolled_by: Option<i64>,
    pub invited_by: Option<i64>,
    pub at: Timestamp,
}

/// Takes the next numbers, which also makes enrolments of one tenant wait for each other; none when the tariff's
/// limit is reached. Undone together with the transaction, so numbers have no gaps.
pub(crate) async fn take_numbers(scope: &mut Scope<'_>) -> Result<Option<Numbers>, Failure> {
    let sql = "UPDATE tenants SET clients_count = clients_count + 1, cards_count = cards_count + 1
                WHERE id = $1 AND (clients_max IS NULL OR clients_count < clients_max)
               RETURNING clients_count, cards_count";
    let Some(row) = scope.query(sql).optional().await? else {
        return Ok(None);
    };
    Ok(Some(Numbers {
        client_id: row.int("clients_count")?,
        card_number: row.int("cards_count")?,
    }))
}

/// Undoes [`take_numbers`] of the same transaction.
pub(crate) async fn give_numbers_back(scope: &mut Scope<'_>) -> Result<(), Failure> {
    let sql =
        "UPDATE tenants SET clients_count = clients_count - 1, cards_count = cards_count - 1 WHERE id = $1";
    scope.query(sql).execute().await?;
    Ok(())
}

/// Inserts a client with nothing.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    numbers: Numbers,
    client: &NewClient<'_>,
) -> Result<(), Failure> {
    let sql = "INSERT INTO clients (tenant_id, id, phone, card_number, full_name, balance, total_spent, sales_count,
                      entry_number, sale_number, last_id, version, is_blocked, last_visit_at, enrolled_by, created_at,
                      invited_by)
               VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, 0, 1, FALSE, NULL, $6, $7, $8)";
    scope
        .query(sql)
        .bind(numbers.client_id)
        .bind(client.phone)
        .bind(numbers.card_number)
        .bind(client.full_name)
        .bind(client.enrolled_by)
        .bind(client.at)
        .bind(client.invited_by)
        .execute()
        .await?;
    Ok(())
}
