//! All of them at once, as a server is pointed at them.

use server::channels::{Addresses, Channels};

use super::{Google, OsonSms, Telegram};

/// Telegram, Google and OsonSMS on this machine.
pub struct Services {
    pub telegram: Telegram,
    pub google: Google,
    pub osonsms: OsonSms,
}

impl Services {
    pub async fn start() -> Self {
        Self {
            telegram: Telegram::start().await,
            google: Google::start().await,
            osonsms: OsonSms::start().await,
        }
    }

    /// Channels that lead here.
    pub fn channels(&self) -> Channels {
        let urls = (&self.telegram.url, &self.google.url, &self.osonsms.url);
        let addresses = Addresses::new(Some(urls.0), Some(urls.1), Some(urls.2)).unwrap();
        Channels::new(addresses).unwrap()
    }
}
