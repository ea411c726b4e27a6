//! What a client changes of themself (R-CLIENT).

use super::read_profile::{Profile, read};
use crate::Loyalty;
use crate::model::{Client, Date, EventKind};
use crate::store::clients::client::{self, ProfileUpdate};
use crate::usecase::Error;
use crate::usecase::partners::event;

/// What a client changes: none stays, none within some is cleared (ruling 34).
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// At most 255 characters.
    pub full_name: Option<Option<String>>,
    /// From 1900 on.
    pub birth_date: Option<Option<Date>>,
    /// At most 20 characters.
    pub gender: Option<Option<String>>,
}

/// Changes the profile; the profile afterwards.
///
/// # Errors
/// The database refuses.
pub async fn update_profile(
    loyalty: &Loyalty,
    client: &Client,
    change: &ProfileChange,
) -> Result<Profile, Error> {
    let update = ProfileUpdate {
        full_name: change.full_name.as_ref().map(Option::as_deref),
        birth_date: change.birth_date,
        gender: change.gender.as_ref().map(Option::as_deref),
    };
    let (now, mut ids) = (loyalty.now(), loyalty.ids(0).await?);
    let mut tx = loyalty.db().begin().await?;
    client::update_profile(&mut tx.tenant(client.tenant.id), client.id, &update).await?;
    event::tell_of_client(
        &mut tx,
        &client.tenant,
        EventKind::ClientUpdated,
        client.id,
        ids(),
        now,
    )
    .await?;
    let profile = read(&mut tx.tenant(client.tenant.id), &client.tenant, client.id, now).await?;
    tx.commit().await?;
    Ok(profile)
}
