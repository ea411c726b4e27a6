//! What every surface is made of.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use loyalty::Loyalty;
use loyalty::usecase::CodeLimits;

use crate::metrics::Metrics;
use crate::networks::Networks;
use crate::outgoing::Reach;
use crate::rest::Limits;
use crate::settings::Settings;
use crate::workers::Condition;

/// What handlers are made of. Cheap to clone: every layer of every request does.
#[derive(Clone)]
pub struct Parts(Arc<Shared>);

/// What [`Parts`] share.
pub struct Shared {
    /// The loyalty API.
    pub loyalty: Loyalty,
    /// Requests counted per caller.
    pub limits: Limits,
    /// How often codes go out by SMS.
    pub code_limits: CodeLimits,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Networks,
    /// Whether people come by https.
    pub is_https: bool,
    /// The address that people use.
    pub public_url: String,
    /// The address of the API, as downloads name it.
    pub api_url: String,
    /// Which servers of others may be asked.
    pub reach: Reach,
    /// How long a request may take.
    pub patience: Duration,
    /// Where the site's files are.
    pub leptos: LeptosOptions,
    /// What `/metrics` shows, and to whom.
    pub metrics: Metrics,
    /// How the workers of this process are.
    pub condition: Condition,
}

impl Parts {
    /// Puts the parts together.
    ///
    /// # Errors
    /// A second recorder of metrics in one process, or a site that can't be found.
    pub fn new(loyalty: Loyalty, settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Shared {
            loyalty,
            limits: Limits::new(settings.rate_limit_factor),
            code_limits: CodeLimits::times(settings.rate_limit_factor),
            trusted_proxies: settings.trusted_proxies.clone(),
            is_https: settings.is_https(),
            public_url: settings.public_url(),
            api_url: settings.api_url(),
            reach: settings.reach,
            patience: settings.patience,
            leptos: site(settings.listen),
            metrics: Metrics::new(settings)?,
            condition: Condition::default(),
        })))
    }
}

impl Deref for Parts {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Parts> for LeptosOptions {
    fn from_ref(parts: &Parts) -> Self {
        parts.leptos.clone()
    }
}

/// Where the site is: beside the binary, so that `bonex serve` needs no environment.
fn site(listen: SocketAddr) -> LeptosOptions {
    let named = std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
    // target/debug/bonex and target/release/bonex: the site is target/site.
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("../site")));
    let near = beside.into_iter().chain(["target/site".into(), "site".into()]);
    let found = named.or_else(|| near.into_iter().find(|folder| folder.join("pkg").is_dir()));
    let root = found.unwrap_or_else(|| "target/site".into());
    LeptosOptions::builder()
        .output_name("bonex")
        .site_root(root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(listen)
        .build()
}
