//! An order as a return needs it: what it earned and spent, and what earlier returns undid.

use super::Scope;
use super::account::{ClientRow, StoredSale, lot};
use crate::Failure;
use crate::ledger::{Order, OrderGift, OrderSale, SpentLot};
use crate::model::{Bonus, EntryKind, Money};

/// Reads the order of this sale, this redemption, or both. Everything here is covered by the account's version.
pub(crate) async fn read(
    scope: &mut Scope<'_>,
    client: &ClientRow,
    sale: Option<&StoredSale>,
    redemption: Option<&StoredSale>,
) -> Result<Option<Order>, Failure> {
    let client_id = client.account.client_id;
    let own = |row: &&StoredSale| row.client_id == client_id;
    let (sale, redemption) = (sale.filter(own), redemption.filter(own));
    let Some(main) = sale.or(redemption) else {
        return Ok(None);
    };
    let (returned, revoked, restored) = earlier(scope, main.id).await?;
    // The redemption may have been brought back before the sale was made.
    let restored_before = match (sale, redemption) {
        (Some(_), Some(redemption)) => restored_of(scope, redemption).await?,
        _ => Bonus::ZERO,
    };
    let mut spent = Vec::new();
    for row in redemption.into_iter().chain(sale) {
        spent.extend(spent_lots(scope, client_id, row).await?);
    }
    spent.sort_by_key(|spent: &SpentLot| (spent.lot.expires_at, spent.lot.id));
    // The redemption and the sale may have spent of one lot.
    spent.dedup_by(|again, first| {
        let is_same = again.lot.id == first.lot.id;
        if is_same {
            first.spent += again.spent;
        }
        is_same
    });
    let (accrual_lot, gifts) = earned(scope, client_id, main).await?;
    let inviter_id = match client.account.invited_by {
        Some(inviter_id) if sale.is_some() && is_first(scope, client_id, main.id).await? => Some(inviter_id),
        _ => None,
    };
    Ok(Some(Order {
        sale: OrderSale {
            id: main.id,
            total: main.total,
            accrued: main.accrued,
            created_at: main.created_at,
        },
        is_purchase: sale.is_some(),
        redeemed: redemption.into_iter().chain(sale).map(|row| row.redeemed).sum(),
        accrual_lot,
        gifts,
        inviter_id,
        spent,
        returned,
        revoked,
        restored: restored + restored_before,
    }))
}

/// What returns have given back of what this sale or redemption spent.
pub(crate) async fn restored_of(scope: &mut Scope<'_>, row: &StoredSale) -> Result<Bonus, Failure> {
    let (_, _, restored) = earlier(scope, row.id).await?;
    Ok(restored)
}

async fn earlier(scope: &mut Scope<'_>, sale_id: i64) -> Result<(Money, Bonus, Bonus), Failure> {
    let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS returned,
                      CAST(COALESCE(SUM(revoked), 0) AS BIGINT) AS revoked,
                      CAST(COALESCE(SUM(restored), 0) AS BIGINT) AS restored
                 FROM returns
                WHERE tenant_id = $1 AND sale_id = $2";
    let row = scope.query(sql).bind(sale_id).one().await?;
    Ok((
        row.money("returned")?,
        row.bonus("revoked")?,
        row.bonus("restored")?,
    ))
}

async fn spent_lots(
    scope: &mut Scope<'_>,
    client_id: i64,
    sale: &StoredSale,
) -> Result<Vec<SpentLot>, Failure> {
    let sql = "SELECT -t.amount AS spent, l.id AS lot_id, l.kind AS lot_kind, l.remaining AS lot_remaining,
                      l.available_at AS lot_available_at, l.expires_at AS lot_expires_at
                 FROM entry_lots AS t
                 JOIN entries AS e ON e.tenant_id = t.tenant_id AND e.client_id = t.client_id AND e.number = t.number
                 JOIN lots AS l ON l.tenant_id = t.tenant_id AND l.id = t.lot_id
                WHERE t.tenant_id = $1 AND t.client_id = $2 AND t.number > $3 AND t.number <= $4
                  AND e.kind = 'redemption'";
    let query = scope
        .query(sql)
        .bind(client_id)
        .bind(sale.entry_first)
        .bind(sale.entry_last);
    let mut spent = Vec::new();
    for row in query.all().await? {
        if let Some(lot) = lot(&row)? {
            spent.push(SpentLot {
                lot,
                spent: row.bonus("spent")?,
            });
        }
    }
    Ok(spent)
}

/// The lot of the sale's accrual, and what was given with it.
async fn earned(
    scope: &mut Scope<'_>,
    client_id: i64,
    sale: &StoredSale,
) -> Result<(Option<i64>, Vec<OrderGift>), Failure> {
    let sql = "SELECT e.kind, e.amount, t.lot_id
                 FROM entries AS e
                 LEFT JOIN entry_lots AS t
                   ON t.tenant_id = e.tenant_id AND t.client_id = e.client_id AND t.number = e.number
                WHERE e.tenant_id = $1 AND e.client_id = $2 AND e.number > $3 AND e.number <= $4
                  AND e.kind <> 'redemption'
                ORDER BY e.number";
    let query = scope
        .query(sql)
        .bind(client_id)
        .bind(sale.entry_first)
        .bind(sale.entry_last);
    let (mut accrual_lot, mut gifts) = (None, Vec::new());
    for row in query.all().await? {
        let lot_id = row.int_opt("lot_id")?;
        let kind = row.text("kind")?;
        match EntryKind::named(&kind) {
            Some(EntryKind::Accrual) => accrual_lot = lot_id,
            Some(kind) => gifts.push(OrderGift {
                kind,
                amount: row.bonus("amount")?,
                lot_id,
            }),
            None => return Err(Failure::new(format_args!("unknown kind of entry: {kind}"))),
        }
    }
    Ok((accrual_lot, gifts))
}

/// Whether it is the client's first purchase; ids rise within an account.
async fn is_first(scope: &mut Scope<'_>, client_id: i64, sale_id: i64) -> Result<bool, Failure> {
    let sql = "SELECT id FROM sales
                WHERE tenant_id = $1 AND client_id = $2 AND kind = 'sale' AND id < $3
                ORDER BY number LIMIT 1";
    Ok(scope
        .query(sql)
        .bind(client_id)
        .bind(sale_id)
        .optional()
        .await?
        .is_none())
}

/// Whether a return with this external id is recorded.
pub(crate) async fn return_exists(scope: &mut Scope<'_>, external_id: &str) -> Result<bool, Failure> {
    let sql = "SELECT id FROM returns WHERE tenant_id = $1 AND external_id = $2";
    Ok(scope.query(sql).bind(external_id).optional().await?.is_some())
}
