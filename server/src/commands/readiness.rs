//! A PostgreSQL schema is brought to the newest by `bonex migrate`, elsewhere: until then nothing begins.

use std::time::Duration;

use loyalty::Loyalty;

/// How often an old schema is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// Waits until the schema is the one this program knows and the key is the database's.
pub async fn until_ready(loyalty: &Loyalty) {
    tracing::warn!("the schema is old: nothing is done until `bonex migrate` ran");
    loop {
        match loyalty.is_ready().await {
            Ok(true) => match loyalty.prepare().await {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "the database is not for this program"),
            },
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "not ready"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::info!("the schema is current");
}
