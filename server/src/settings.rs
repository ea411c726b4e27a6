//! Commands and settings: every flag is also an environment variable.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use loyalty::model::{Timestamp, Zone};
use loyalty::{Failure, Loyalty, Options, SystemClock};

use crate::channels::{Addresses, Channels};
use crate::networks::Networks;
use crate::outgoing::Reach;
use crate::rest::timeout::PATIENCE;

/// Loyalty platform for shops.
#[derive(Debug, Parser)]
#[command(name = "bonex", version)]
pub struct Bonex {
    /// Settings that every command takes.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// HTTP server, background workers and scheduler in one process.
    Serve {
        /// Makes the demo shop first, if it is not there.
        #[arg(long)]
        demo: bool,
        /// Whether this process also does the work behind the requests; `off` makes a pure web node.
        #[arg(long, value_enum, default_value_t = Workers::On)]
        workers: Workers,
    },
    /// The work behind the requests alone: messages, deliveries, what is due by the clock.
    Work,
    /// Brings the database to the newest schema.
    Migrate,
    /// Makes the demo shop once and prints its credentials every time.
    ProvisionDemo {
        /// As one JSON object on standard output, nothing else there.
        #[arg(long)]
        json: bool,
    },
    /// Burns what has expired, in every shop; scheduled daily at 03:00 by each shop's clock.
    ExpireBonuses {
        /// What expires at this moment or before; now when absent.
        #[arg(long, value_name = "RFC3339", value_parser = moment)]
        at: Option<Timestamp>,
    },
    /// Queues the reminders of bonuses that will burn, in every shop; scheduled daily at 09:30 by each shop's clock.
    ExpiringBonusReminders {
        /// What expires within the shop's days after this moment; now when absent.
        #[arg(long, value_name = "RFC3339", value_parser = moment)]
        at: Option<Timestamp>,
    },
    /// Verifies every ledger invariant over the whole database; exit 1 and a list when one is broken.
    CheckLedger,
    /// Prints the OpenAPI document of the REST API.
    Openapi,
}

/// A moment with its offset, such as `2026-06-05T03:00:00+05:00`.
fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text, Zone::UTC).map_err(|_| "give it like 2026-06-05T03:00:00+05:00".to_owned())
}

/// Whether workers run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Workers {
    /// In this process.
    On,
    /// Elsewhere: `bonex work`.
    Off,
}

/// Settings that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    #[arg(long, env = "BONEX_LISTEN", default_value = "127.0.0.1:8081", global = true)]
    pub listen: SocketAddr,
    /// `sqlite://…` or `postgres://…`.
    #[arg(
        long,
        env = "BONEX_DATABASE_URL",
        default_value = "sqlite://data/bonex.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: String,
    /// The address people use; the listening address when absent.
    #[arg(long, env = "BONEX_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// The address of the API that downloads name; `/api/v1` of the public address when absent.
    #[arg(long, env = "BONEX_API_URL", global = true)]
    pub api_url: Option<String>,
    /// Encrypts stored secrets; kept beside the SQLite file when absent.
    #[arg(long, env = "BONEX_SECRET_KEY", hide_env_values = true, global = true)]
    pub secret_key: Option<String>,
    /// Lets `/metrics` be read from elsewhere with `Authorization: Bearer`.
    #[arg(long, env = "BONEX_METRICS_TOKEN", hide_env_values = true, global = true)]
    pub metrics_token: Option<String>,
    /// Where `bonex work` shows its health and metrics; nowhere when absent.
    #[arg(long, env = "BONEX_METRICS_LISTEN", global = true)]
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` counts: addresses and networks (10.0.0.0/8), separated by commas.
    #[arg(long, env = "BONEX_TRUSTED_PROXIES", default_value = "", global = true)]
    pub trusted_proxies: Networks,
    /// Multiplies every rate limit, for load tests.
    #[arg(long, env = "BONEX_RATE_LIMIT_FACTOR", default_value_t = 1, global = true)]
    pub rate_limit_factor: u32,
    /// Telegram's Bot API; tests point it at a server of their own.
    #[arg(long, env = "BONEX_TELEGRAM_API_URL", global = true)]
    pub telegram_api_url: Option<String>,
    /// Firebase Cloud Messaging, and its token endpoint `/token` beneath; tests point it at a server of their own.
    #[arg(long, env = "BONEX_FCM_API_URL", global = true)]
    pub fcm_api_url: Option<String>,
    /// OsonSMS; tests point it at a server of their own.
    #[arg(long, env = "BONEX_OSONSMS_API_URL", global = true)]
    pub osonsms_api_url: Option<String>,
    /// Which servers of others may be asked; only tests reach further.
    #[arg(skip)]
    pub reach: Reach,
    /// How long a request may take; only tests have less.
    #[arg(skip = PATIENCE)]
    pub patience: Duration,
}

impl Settings {
    /// Opens the database with the machine's clock.
    ///
    /// # Errors
    /// See [`Loyalty::connect`].
    pub async fn connect(&self) -> Result<Loyalty, Failure> {
        Loyalty::connect(Options {
            database_url: self.database_url.clone(),
            secret_key: self.secret_key.clone(),
            clock: Arc::new(SystemClock),
        })
        .await
    }

    /// Opens the database and makes sure that its schema is the newest.
    ///
    /// # Errors
    /// See [`Loyalty::connect`]; a PostgreSQL database that has to be migrated first.
    pub async fn connect_ready(&self) -> anyhow::Result<Loyalty> {
        let loyalty = self.connect().await?;
        loyalty.prepare().await?;
        anyhow::ensure!(
            loyalty.is_ready().await?,
            "the schema is old: run `bonex migrate` first"
        );
        Ok(loyalty)
    }

    /// The address people use, without a slash at the end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether people come by https.
    pub fn is_https(&self) -> bool {
        let url = self.public_url.as_deref().unwrap_or_default();
        url.get(..8)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// The channels to clients.
    ///
    /// # Errors
    /// An address that can't be read, or a machine without root certificates.
    pub fn channels(&self) -> anyhow::Result<Channels> {
        let addresses = Addresses::new(
            self.telegram_api_url.as_deref(),
            self.fcm_api_url.as_deref(),
            self.osonsms_api_url.as_deref(),
        )?;
        Channels::new(addresses)
    }

    /// Whether the demo shop reaches any service: only servers of tests.
    ///
    /// # Errors
    /// See [`Self::channels`].
    pub fn demo_reaches(&self) -> anyhow::Result<bool> {
        let channels = self.channels()?;
        let addresses = channels.addresses();
        let is_real =
            addresses.is_default_fcm() && addresses.is_default_telegram() && addresses.is_default_osonsms();
        Ok(!is_real)
    }

    /// The address of the API, without a slash at the end.
    pub fn api_url(&self) -> String {
        match &self.api_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("{}/api/v1", self.public_url()),
        }
    }
}
