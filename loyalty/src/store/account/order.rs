//! An order as a return needs it: what it earned and spent, and what earlier returns undid.

use super::accounts::{ClientRow, StoredSale};
use super::lots::lot;
use crate::Failure;
use crate::ledger::{Order, OrderGift, OrderSale, SpentLot};
use crate::model::{Bonus, EntryKind, Money};
use crate::store::Scope;

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
    let of_main = earlier(scope, main).await?;
    // The redemption may have been brought back before the sale was made.
    let before = match (sale, redemption) {
        (Some(_), Some(redemption)) => earlier(scope, redemption).await?,
        _ => Earlier::default(),
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
    give_back(
        &mut spent,
        of_main.put_back.iter().chain(&before.put_back),
        of_main.restored + before.restored,
    );
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
        returned: of_main.returned,
        revoked: of_main.revoked,
        restored: of_main.restored + before.restored,
    }))
}

/// What returns have given back of what this sale or redemption spent.
pub(crate) async fn restored_of(scope: &mut Scope<'_>, row: &StoredSale) -> Result<Bonus, Failure> {
    Ok(earlier(scope, row).await?.restored)
}

/// What earlier returns of one sale or redemption did.
#[derive(Default)]
struct Earlier {
    returned: Money,
    revoked: Bonus,
    restored: Bonus,
    /// For which lots. A return of older days knows only what lots got, not what paid a debt.
    put_back: Vec<(i64, Bonus)>,
}

async fn earlier(scope: &mut Scope<'_>, sale: &StoredSale) -> Result<Earlier, Failure> {
    let sql = "SELECT amount, revoked, restored, put_back, entry_first, entry_last
                 FROM returns
                WHERE tenant_id = $1 AND sale_id = $2";
    let mut found = Earlier::default();
    for row in scope.query(sql).bind(sale.id).all().await? {
        found.returned += row.money("amount")?;
        found.revoked += row.bonus("revoked")?;
        let restored = row.bonus("restored")?;
        found.restored += restored;
        match row.text_opt("put_back")? {
            Some(parts) => {
                let parts: Vec<(i64, i64)> = serde_json::from_str(&parts)?;
                let parts = parts.into_iter();
                found
                    .put_back
                    .extend(parts.map(|(lot_id, part)| (lot_id, Bonus::from_hundredths(part))));
            }
            None if restored.is_positive() => {
                let entries = (row.int("entry_first")?, row.int("entry_last")?);
                found
                    .put_back
                    .extend(put_back_by_entries(scope, sale.client_id, entries).await?);
            }
            None => {}
        }
    }
    Ok(found)
}

/// What the entries of a return of older days gave to lots.
async fn put_back_by_entries(
    scope: &mut Scope<'_>,
    client_id: i64,
    (first, last): (i64, i64),
) -> Result<Vec<(i64, Bonus)>, Failure> {
    let sql = "SELECT t.lot_id, t.amount
                 FROM entry_lots AS t
                 JOIN entries AS e ON e.tenant_id = t.tenant_id AND e.client_id = t.client_id AND e.number = t.number
                WHERE t.tenant_id = $1 AND t.client_id = $2 AND t.number > $3 AND t.number <= $4
                  AND e.kind = 'restoration'";
    let query = scope.query(sql).bind(client_id).bind(first).bind(last);
    let rows = query.all().await?;
    rows.iter()
        .map(|row| Ok((row.int("lot_id")?, row.bonus("amount")?)))
        .collect()
}

/// Notes with each spent lot what it got back. What of `restored` no part names, or is more than the order took from
/// that lot, is a return's of older days: it counts for the lots that get theirs first.
fn give_back<'a>(spent: &mut [SpentLot], parts: impl Iterator<Item = &'a (i64, Bonus)>, restored: Bonus) {
    let mut unnamed = restored;
    for (lot_id, part) in parts {
        if let Some(of) = spent.iter_mut().find(|of| of.lot.id == *lot_id) {
            let part = (*part).min(of.spent - of.restored);
            of.restored += part;
            unnamed -= part;
        }
    }
    for of in spent.iter_mut().rev() {
        let part = unnamed.min(of.spent - of.restored);
        of.restored += part;
        unnamed -= part;
    }
}

async fn spent_lots(
    scope: &mut Scope<'_>,
    client_id: i64,
    sale: &StoredSale,
) -> Result<Vec<SpentLot>, Failure> {
    let sql = "SELECT -t.amount AS spent, l.id AS lot_id, l.kind AS lot_kind, l.amount AS lot_amount,
                      l.remaining AS lot_remaining,
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
                restored: Bonus::ZERO,
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
