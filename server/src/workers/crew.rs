//! All workers of a process: started together, started again when one panics, stopped together.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::condition::Condition;
use super::messages::Messages;
use super::sms_reports::SmsReports;
use super::webhooks::Webhooks;
use super::{bots, campaigns, cleaning, follow_ups, schedule};
use crate::settings::Settings;

/// What is under way gets so long to finish; what does not is given back.
const PATIENCE: Duration = Duration::from_secs(5);
/// A worker that panicked begins again after so long, and after twice that the next time.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Workers at work.
pub struct Crew {
    loyalty: Loyalty,
    condition: Condition,
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Crew {
    /// Starts every worker; `condition` tells how they are.
    ///
    /// # Errors
    /// No client for outgoing requests, or an address that can't be read.
    pub fn start(loyalty: &Loyalty, settings: &Settings, condition: &Condition) -> anyhow::Result<Self> {
        let channels = settings.channels()?;
        let mut crew = Self {
            loyalty: loyalty.clone(),
            condition: condition.clone(),
            stop: watch::Sender::new(false),
            workers: JoinSet::new(),
        };
        let webhooks = Webhooks::worker(loyalty.clone(), settings.reach)?;
        let messages = Messages::worker(loyalty.clone(), channels.clone());
        let codes = Messages::codes(loyalty.clone(), channels.clone());
        let follow_ups = follow_ups::FollowUps::worker(loyalty.clone());
        let of = condition.clone();
        crew.keep("deliveries", move |stopped| {
            webhooks.clone().run(stopped, of.clone())
        });
        let of = condition.clone();
        crew.keep("messages", move |stopped| {
            messages.clone().run(stopped, of.clone())
        });
        let of = condition.clone();
        crew.keep("codes", move |stopped| codes.clone().run(stopped, of.clone()));
        let of = condition.clone();
        crew.keep("follow-ups", move |stopped| {
            follow_ups.clone().run(stopped, of.clone())
        });
        let of = (loyalty.clone(), channels.clone());
        crew.keep("reports of text messages", move |stopped| {
            SmsReports::new(of.0.clone(), of.1.clone()).run(stopped)
        });
        let (of, public_url) = ((loyalty.clone(), channels), settings.public_url());
        crew.keep("bots", move |stopped| {
            bots::run(of.0.clone(), of.1.clone(), public_url.clone(), stopped)
        });
        let of = loyalty.clone();
        crew.keep("campaigns", move |stopped| campaigns::run(of.clone(), stopped));
        let (of, jobs) = (condition.clone(), schedule::Jobs::worker(loyalty.clone()));
        crew.keep("jobs", move |stopped| jobs.clone().run(stopped, of.clone()));
        let of = loyalty.clone();
        crew.keep("cleaning", move |stopped| cleaning::run(of.clone(), stopped));
        Ok(crew)
    }

    /// Keeps a worker at work until the crew is to stop.
    fn keep<F, W>(&mut self, name: &'static str, begin: F)
    where
        F: Fn(watch::Receiver<bool>) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let (condition, stopped) = (self.condition.clone(), self.stop.subscribe());
        self.workers.spawn(keep(name, begin, condition, stopped));
    }

    /// Starts nothing new, waits a little for what is under way, and gives back what does not end.
    pub async fn stop(mut self) {
        // Nobody listens when the workers have ended already.
        let _ended = self.stop.send(true);
        let all = async { while self.workers.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::debug!("workers are cut short");
        }
        self.workers.shutdown().await;
        match usecase::give_back_leases(&self.loyalty).await {
            Ok(0) => {}
            Ok(given) => tracing::info!(given, "what was under way is given back to other workers"),
            Err(error) => tracing::warn!(%error, "what was under way is free when its leases end"),
        }
    }
}

/// Begins a worker, and again whenever it panics, each time after a longer pause.
async fn keep<F, W>(name: &'static str, begin: F, condition: Condition, mut stopped: watch::Receiver<bool>)
where
    F: Fn(watch::Receiver<bool>) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let mut pause = PAUSE_MIN;
    loop {
        let (begun, mut worker) = (Instant::now(), JoinSet::new());
        worker.spawn(begin(stopped.clone()));
        match worker.join_next().await {
            Some(Err(error)) if error.is_panic() => condition.panicked(name),
            // It was told to stop, or has nothing to do here.
            _ => return,
        }
        if begun.elapsed() > PAUSE_MAX {
            pause = PAUSE_MIN;
        }
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = sleep(pause) => pause = (2 * pause).min(PAUSE_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_is_told_of_and_begins_again() {
        let (condition, begun, at_work) = (
            Condition::default(),
            Arc::new(AtomicUsize::new(0)),
            Arc::new(Notify::new()),
        );
        let stop = watch::Sender::new(false);
        let kept = tokio::spawn({
            let (begun, at_work) = (Arc::clone(&begun), Arc::clone(&at_work));
            let begin = move |mut stopped: watch::Receiver<bool>| {
                let (begun, at_work) = (Arc::clone(&begun), Arc::clone(&at_work));
                async move {
                    assert!(begun.fetch_add(1, Ordering::SeqCst) > 0, "its first day");
                    at_work.notify_one();
                    let _told = stopped.wait_for(|stopped| *stopped).await;
                }
            };
            keep("letters", begin, condition.clone(), stop.subscribe())
        });
        timeout(Duration::from_secs(20), at_work.notified())
            .await
            .unwrap();
        assert_eq!(
            (begun.load(Ordering::SeqCst), condition.in_trouble()),
            (2, vec!["letters"])
        );
        stop.send_replace(true);
        kept.await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 2, "told to stop it stops");
    }
}
