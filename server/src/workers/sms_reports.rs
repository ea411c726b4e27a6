//! Asks OsonSMS what became of text messages, and what is left on the shops' accounts.

use std::collections::HashMap;
use std::time::Duration;

use loyalty::Loyalty;
use loyalty::model::{Delivery, Money, Timestamp};
use loyalty::usecase::{self, Error, SmsReport};
use tokio::sync::watch;

use super::messages::is_silent;
use super::rounds::Rounds;
use crate::channels::{Channels, SmsAccount, SmsState};

/// How often shops are looked at.
const PAUSE: Duration = Duration::from_secs(60);
/// How often an account is asked what is left.
const BALANCE_SECONDS: i64 = 3600;

/// The worker.
pub struct SmsReports {
    loyalty: Loyalty,
    channels: Channels,
    /// When each shop's account was asked last, by this process.
    balances: HashMap<i64, Timestamp>,
}

impl SmsReports {
    /// A worker that has not begun.
    pub fn new(loyalty: Loyalty, channels: Channels) -> Self {
        Self {
            loyalty,
            channels,
            balances: HashMap::new(),
        }
    }

    /// Asks until it is told to stop.
    pub async fn run(mut self, stopped: watch::Receiver<bool>) {
        let mut rounds = Rounds::every(PAUSE, stopped);
        while rounds.next().await {
            if let Some(Err(error)) = rounds.do_one(self.ask_all()).await {
                tracing::warn!(%error, "reports of text messages wait");
            }
        }
    }

    /// Asks for every shop what is to be asked now. One whose reports can't be asked for does not stop the others.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn ask_all(&mut self) -> Result<(), Error> {
        for tenant_id in usecase::shops_with_sms(&self.loyalty).await? {
            if let Err(error) = self.ask_for(tenant_id).await {
                tracing::warn!(%error, tenant = tenant_id, "reports of a shop's text messages wait");
            }
        }
        Ok(())
    }

    async fn ask_for(&mut self, tenant_id: i64) -> Result<(), Error> {
        let Some(report) = usecase::sms_report(&self.loyalty, tenant_id).await? else {
            return Ok(());
        };
        if is_silent(report.is_demo, self.channels.addresses().is_default_osonsms()) {
            return Ok(());
        }
        let Ok(account) = serde_json::from_str::<SmsAccount>(&report.account) else {
            return Ok(());
        };
        self.ask_of_messages(&report, &account).await?;
        self.ask_balance(tenant_id, &account).await
    }

    async fn ask_of_messages(&self, report: &SmsReport, account: &SmsAccount) -> Result<(), Error> {
        for (id, remote_id) in &report.messages {
            let txn_id = format!("bonex-{}-{id}", report.tenant_id);
            match self.channels.sms_status(account, &txn_id, remote_id).await {
                Ok(state) => {
                    usecase::note_delivery(&self.loyalty, report.tenant_id, *id, delivery(state)).await?;
                }
                // The next round asks again; the others would hear the same now.
                Err(reason) => {
                    tracing::debug!(reason, tenant = report.tenant_id, "OsonSMS tells nothing");
                    break;
                }
            }
        }
        Ok(())
    }

    async fn ask_balance(&mut self, tenant_id: i64, account: &SmsAccount) -> Result<(), Error> {
        let now = self.loyalty.now();
        let last = self.balances.get(&tenant_id).copied().unwrap_or_default();
        if last.plus_seconds(BALANCE_SECONDS) > now {
            return Ok(());
        }
        self.balances.insert(tenant_id, now);
        let txn_id = format!("bonex-balance-{tenant_id}-{}", now.millis());
        match self.channels.sms_balance(account, &txn_id).await {
            Ok(left) => {
                // Services of others may have more decimals than we keep.
                let left = Money::from_hundredths((left * 100.0).floor() as i64);
                usecase::note_sms_balance(&self.loyalty, tenant_id, left).await?;
            }
            Err(reason) => tracing::debug!(reason, tenant = tenant_id, "OsonSMS does not tell what is left"),
        }
        Ok(())
    }
}

fn delivery(state: SmsState) -> Delivery {
    match state {
        SmsState::Delivered => Delivery::Delivered,
        SmsState::Enroute | SmsState::Accepted | SmsState::Unknown => Delivery::OnItsWay,
        SmsState::Expired | SmsState::Undeliverable | SmsState::Deleted | SmsState::Rejected => {
            Delivery::Lost
        }
    }
}
