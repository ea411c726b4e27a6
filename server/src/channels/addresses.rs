//! Where the services are.

use anyhow::{Context, Result, ensure};
use url::Url;

const TELEGRAM: &str = "https://api.telegram.org";
const FCM: &str = "https://fcm.googleapis.com";
const OSONSMS: &str = "https://api.osonsms.com";

/// Base addresses of outside services. Each may be pointed elsewhere: tests use servers of their own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Addresses {
    telegram: Url,
    fcm: Url,
    osonsms: Url,
}

impl Addresses {
    /// The services' own addresses, less those given: `BONEX_TELEGRAM_API_URL`, `BONEX_FCM_API_URL` and
    /// `BONEX_OSONSMS_API_URL`.
    ///
    /// # Errors
    /// One of them is no http or https address.
    pub fn new(telegram: Option<&str>, fcm: Option<&str>, osonsms: Option<&str>) -> Result<Self> {
        Ok(Self {
            telegram: base(telegram.unwrap_or(TELEGRAM)).context("BONEX_TELEGRAM_API_URL")?,
            fcm: base(fcm.unwrap_or(FCM)).context("BONEX_FCM_API_URL")?,
            osonsms: base(osonsms.unwrap_or(OSONSMS)).context("BONEX_OSONSMS_API_URL")?,
        })
    }

    /// Telegram itself, and no server in its place.
    pub fn is_default_telegram(&self) -> bool {
        is(&self.telegram, TELEGRAM)
    }

    /// Google itself, and no server in its place.
    pub fn is_default_fcm(&self) -> bool {
        is(&self.fcm, FCM)
    }

    /// OsonSMS itself, and no server in its place.
    pub fn is_default_osonsms(&self) -> bool {
        is(&self.osonsms, OSONSMS)
    }

    pub(super) fn telegram(&self, path: &[&str]) -> Url {
        join(&self.telegram, path)
    }

    pub(super) fn fcm(&self, path: &[&str]) -> Url {
        join(&self.fcm, path)
    }

    pub(super) fn osonsms(&self, path: &[&str]) -> Url {
        join(&self.osonsms, path)
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self::new(None, None, None).expect("the services' own addresses are addresses")
    }
}

fn base(text: &str) -> Result<Url> {
    let url = Url::parse(text.trim()).context("not an address")?;
    ensure!(matches!(url.scheme(), "https" | "http"), "not an http address");
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "more than a base address"
    );
    Ok(url)
}

fn is(url: &Url, text: &str) -> bool {
    url.as_str().trim_end_matches('/') == text
}

/// Segments are encoded, so that nothing in a shop's settings can lead to another path.
fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overridden_addresses_are_no_defaults() {
        let addresses = Addresses::default();
        assert!(
            addresses.is_default_telegram() && addresses.is_default_fcm() && addresses.is_default_osonsms()
        );
        let addresses = Addresses::new(
            Some("http://127.0.0.1:1/"),
            None,
            Some("https://api.osonsms.com/"),
        )
        .unwrap();
        assert!(!addresses.is_default_telegram());
        assert!(addresses.is_default_fcm() && addresses.is_default_osonsms());
    }

    #[test]
    fn paths_are_appended_and_encoded() {
        let addresses = Addresses::new(Some("http://127.0.0.1:1/bots/"), None, None).unwrap();
        let url = addresses.telegram(&["bot1:a/../b?c", "sendMessage"]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:1/bots/bot1:a%2F..%2Fb%3Fc/sendMessage"
        );
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for text in [
            "",
            "api.telegram.org",
            "ftp://api.telegram.org",
            "https://x.org/?a=1",
        ] {
            assert!(Addresses::new(Some(text), None, None).is_err(), "{text}");
        }
    }
}
