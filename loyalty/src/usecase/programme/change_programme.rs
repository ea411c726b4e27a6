//! A shop changes its rules: a new version each time, and who made it.

use crate::Loyalty;
use crate::model::{Programme, ProgrammeChange, Tenant, Timestamp};
use crate::store::platform::tenant;
use crate::store::programme::programmes;
use crate::usecase::Error;

/// A version of the rules, with what it changed.
#[derive(Clone, Debug)]
pub struct ProgrammeVersion {
    /// The whole document.
    pub programme: Programme,
    /// Who made it; empty for a shop's first.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
    /// What differs from the version before.
    pub changes: Vec<ProgrammeChange>,
}

/// Puts a new version of the rules in force; its number. It is decided on version `expected`: when somebody else was
/// faster, nothing is changed. A document that changes nothing makes no version. Other processes follow within five
/// seconds.
///
/// # Errors
/// [`Error::Programme`], when it makes no sense; [`Error::ProgrammeMoved`].
pub async fn change_programme(
    loyalty: &Loyalty,
    shop: &Tenant,
    author: &str,
    expected: i64,
    document: &Programme,
) -> Result<i64, Error> {
    document.check()?;
    let now = loyalty.now();
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    tenant::lock(&mut scope).await?;
    let current = programmes::current(&mut scope).await?;
    if current.version != expected {
        return Err(Error::ProgrammeMoved);
    }
    if current.changes(document).is_empty() {
        return Ok(expected);
    }
    let next = Programme {
        version: expected + 1,
        ..document.clone()
    };
    programmes::insert(&mut scope, &next, author, now).await?;
    tx.commit().await?;
    loyalty.forget_identities();
    Ok(next.version)
}

/// The versions of the shop's rules up to number `up_to`, the newest first, at most `most`.
///
/// # Errors
/// The database refuses.
pub async fn programme_versions(
    loyalty: &Loyalty,
    shop: &Tenant,
    up_to: i64,
    most: i64,
) -> Result<Vec<ProgrammeVersion>, Error> {
    // One more, which tells what the last one changed.
    let rows = programmes::versions(&mut loyalty.db().tenant(shop.id), up_to, most + 1).await?;
    let befores = rows.iter().skip(1).map(Some).chain([None]);
    let versions = rows.iter().zip(befores).take(usize::try_from(most).unwrap_or(0));
    Ok(versions
        .map(|(row, before)| ProgrammeVersion {
            programme: row.programme.clone(),
            author: row.author.clone(),
            created_at: row.created_at,
            changes: before
                .map(|before| before.programme.changes(&row.programme))
                .unwrap_or_default(),
        })
        .collect())
}
