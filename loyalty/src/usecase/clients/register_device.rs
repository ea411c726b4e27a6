//! The phones on which a client has the app (R-PUSH).

use crate::Loyalty;
use crate::model::Client;
use crate::store::clients::client;
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome};

/// Registers a push token; whoever had it before has it no more (R-PUSH-3).
///
/// # Errors
/// The database refuses.
pub async fn register_device(
    loyalty: &Loyalty,
    client: &Client,
    token: &str,
    platform: Option<&str>,
    once: Once<'_, ()>,
) -> Result<Outcome<()>, Error> {
    let claim = Claim::of_client(client, "device-token", &once);
    let now = loyalty.now();
    run(loyalty, &claim, async |tx| {
        let mut scope = tx.tenant(client.tenant.id);
        Ok(client::put_device_token(&mut scope, client.id, token, platform, now).await?)
    })
    .await
}

/// Forgets a push token; one of somebody else stays (R-PUSH-4).
///
/// # Errors
/// The database refuses.
pub async fn forget_device(loyalty: &Loyalty, client: &Client, token: &str) -> Result<(), Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    Ok(client::delete_device_token(&mut scope, client.id, token).await?)
}
