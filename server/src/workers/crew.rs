//! All workers of a process: started together, stopped together.

use std::time::Duration;

use loyalty::Loyalty;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::messages::Messages;
use super::sms_reports::SmsReports;
use super::webhooks::Webhooks;
use super::{bots, campaigns, cleaning, follow_ups, schedule};
use crate::settings::Settings;

/// What is under way gets so long to finish; leases take care of the rest.
const PATIENCE: Duration = Duration::from_secs(5);

/// Workers at work.
pub struct Crew {
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Crew {
    /// Starts every worker.
    ///
    /// # Errors
    /// No client for outgoing requests, or an address that can't be read.
    pub fn start(loyalty: &Loyalty, settings: &Settings) -> anyhow::Result<Self> {
        let channels = settings.channels()?;
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        workers.spawn(Webhooks::worker(loyalty.clone(), settings.reach)?.run(stopped.clone()));
        workers.spawn(Messages::worker(loyalty.clone(), channels.clone()).run(stopped.clone()));
        workers.spawn(SmsReports::new(loyalty.clone(), channels.clone()).run(stopped.clone()));
        workers.spawn(bots::run(
            loyalty.clone(),
            channels,
            settings.public_url(),
            stopped.clone(),
        ));
        workers.spawn(follow_ups::run(loyalty.clone(), stopped.clone()));
        workers.spawn(campaigns::run(loyalty.clone(), stopped.clone()));
        workers.spawn(schedule::run(loyalty.clone(), stopped.clone()));
        workers.spawn(cleaning::run(loyalty.clone(), stopped));
        Ok(Self { stop, workers })
    }

    /// Starts nothing new, and waits a little for what is under way.
    pub async fn stop(mut self) {
        // Nobody listens when the workers have ended already.
        let _ended = self.stop.send(true);
        let all = async { while self.workers.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::debug!("workers are cut short; what they had taken is due again in a minute");
        }
    }
}
