//! The channels together.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Addresses;
use super::google_tokens::GoogleTokens;

/// The whole of one request to Telegram or Google: what Google's own clients wait.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The whole of one request to OsonSMS, which hands the message on before it answers.
const SMS_TIMEOUT: Duration = Duration::from_secs(20);

/// The channels. Cheap to clone; clones share connections and Google's access tokens.
#[derive(Clone)]
pub struct Channels {
    pub(super) addresses: Addresses,
    pub(super) client: Client,
    pub(super) timeout: Duration,
    pub(super) sms_timeout: Duration,
    pub(super) google_tokens: GoogleTokens,
}

impl Channels {
    /// Channels to services at these addresses.
    ///
    /// # Errors
    /// The machine has no root certificates.
    pub fn new(addresses: Addresses) -> Result<Self> {
        // A second call finds the provider installed: so much the better.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // A redirect would carry tokens to another server.
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("Bonex/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("no TLS for outgoing requests: install the package ca-certificates")?;
        Ok(Self {
            addresses,
            client,
            timeout: TIMEOUT,
            sms_timeout: SMS_TIMEOUT,
            google_tokens: GoogleTokens::default(),
        })
    }

    /// The same channels with less patience: for tests, whose servers are told to hang.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self {
            timeout,
            sms_timeout: timeout,
            ..self
        }
    }

    /// Where the services are.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }
}
