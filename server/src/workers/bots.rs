//! Tells Telegram where to send what people write to the shops' bots: once for each bot and address.

use std::time::Duration;

use loyalty::Loyalty;
use loyalty::usecase::{self, Error};
use tokio::sync::watch;

use super::messages::is_silent;
use super::rounds::Rounds;
use crate::channels::Channels;

/// How often new bots are looked for.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs until it is told to stop; does nothing where the public address is one that Telegram does not take.
pub async fn run(loyalty: Loyalty, channels: Channels, public_url: String, stopped: watch::Receiver<bool>) {
    if !public_url.starts_with("https://") {
        return;
    }
    let mut rounds = Rounds::every(PAUSE, stopped);
    while rounds.next().await {
        if let Some(Err(error)) = rounds.do_one(connect(&loyalty, &channels, &public_url)).await {
            tracing::warn!(%error, "bots wait for their address");
        }
    }
}

/// Connects every bot that is not connected to this address; how many.
///
/// # Errors
/// The database refuses.
pub async fn connect(loyalty: &Loyalty, channels: &Channels, public_url: &str) -> Result<usize, Error> {
    let mut connected = 0;
    for bot in usecase::bots_to_connect(loyalty, public_url).await? {
        if is_silent(bot.is_demo, channels.addresses().is_default_telegram()) {
            continue;
        }
        match channels
            .set_telegram_webhook(&bot.bot_token, &bot.url, &bot.secret)
            .await
        {
            Ok(()) => {
                usecase::note_connected(loyalty, &bot).await?;
                connected += 1;
            }
            Err(sent) => tracing::warn!(?sent, tenant = bot.tenant_id, "a bot is not connected yet"),
        }
    }
    Ok(connected)
}
