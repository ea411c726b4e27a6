//! From words to work.

use std::process::ExitCode;

use anyhow::Result;
use loyalty::usecase;

use super::{provision_demo, serve, work};
use crate::lines::say;
use crate::settings::{Bonex, Command};

/// Does what was asked.
///
/// # Errors
/// What stops it, in words for whoever runs the server.
pub async fn run(bonex: Bonex) -> Result<ExitCode> {
    let settings = bonex.settings;
    match bonex.command {
        Command::Serve { demo, workers } => serve::serve(&settings, demo, workers).await?,
        Command::Work => work::work(&settings).await?,
        Command::Migrate => {
            let loyalty = settings.connect().await?;
            loyalty.migrate().await?;
            loyalty.close().await;
        }
        Command::ProvisionDemo { json } => provision_demo::provision_demo(&settings, json).await?,
        Command::ExpireBonuses { at } => {
            let loyalty = settings.connect_ready().await?;
            let clients =
                usecase::expire_bonuses(&loyalty.at_leisure(), at.unwrap_or_else(|| loyalty.now())).await?;
            loyalty.close().await;
            say(format_args!("Burnt: {clients} clients lost bonuses."))?;
        }
        Command::ExpiringBonusReminders { at } => {
            let loyalty = settings.connect_ready().await?;
            let reminders =
                usecase::remind_of_expiring(&loyalty.at_leisure(), at.unwrap_or_else(|| loyalty.now()))
                    .await?;
            loyalty.close().await;
            say(format_args!("Queued: {reminders} reminders."))?;
        }
        Command::CheckLedger => {
            let loyalty = settings.connect().await?;
            let violations = usecase::check_ledger(&loyalty.at_leisure()).await?;
            violations.iter().try_for_each(say)?;
            loyalty.close().await;
            if !violations.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
            say("The ledger adds up.")?;
        }
        Command::Openapi => say(crate::rest::openapi::document_text()?)?,
    }
    Ok(ExitCode::SUCCESS)
}
