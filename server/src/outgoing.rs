//! Requests to servers of others. What a shop's partner typed as an address must not reach into our own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

/// The whole of one request; Standard Webhooks suggests 15 to 30 s.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Which addresses may be asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// https on public addresses.
    #[default]
    Public,
    /// Any address, without TLS too: for tests, whose receivers are on this machine.
    Anywhere,
}

/// The text is no address that may be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an address that may be asked")]
pub struct Unreachable;

impl Reach {
    /// Reads an address, refusing what lies within our own network by its looks. What a name leads to is looked at when
    /// it is asked.
    ///
    /// # Errors
    /// Not https, with a user or a password in it, without a host, or a host that is not public.
    pub fn check(self, text: &str) -> Result<Url, Unreachable> {
        let url = Url::parse(text).map_err(|_| Unreachable)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host().ok_or(Unreachable)?;
        let is_allowed = match self {
            Self::Public => url.scheme() == "https" && is_public_host(&host),
            Self::Anywhere => matches!(url.scheme(), "https" | "http"),
        };
        (is_plain && is_allowed).then_some(url).ok_or(Unreachable)
    }

    /// A client that keeps to it: it follows no redirects, heeds no proxies, and connects only where it may.
    ///
    /// # Errors
    /// The machine has no root certificates.
    pub fn client(self) -> Result<Client> {
        // A second call finds the provider installed: so much the better.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .user_agent(concat!("Bonex/", env!("CARGO_PKG_VERSION")));
        let builder = match self {
            Self::Public => builder.https_only(true).dns_resolver(PublicOnly),
            Self::Anywhere => builder,
        };
        builder
            .build()
            .context("no TLS for outgoing requests: install the package ca-certificates")
    }
}

/// Resolves names to public addresses alone, so that a name can't lead inside after it was checked.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let inner = ["localhost", "local", "internal", "lan", "home.arpa"];
            name.contains('.') && !inner.iter().any(|zone| name.ends_with(&format!(".{zone}")))
        }
    }
}

/// Whether an address belongs to the public internet. An IPv4 address in the clothes of IPv6 is judged as what it is.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match inner_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !is_special
}

/// Global unicast is 2000::/3, less documentation, benchmarking and other special blocks under 2001::/23.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_special = first == 0x2001 && (second < 0x200 || second == 0xdb8);
    (first & 0xe000) == 0x2000 && !is_special && first != 0x3fff
}

/// The IPv4 address inside a mapped, translated (64:ff9b::/96) or 6to4 address.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(from(g, h)),
        (0x2002, ..) => Some(from(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_our_own_network_are_refused() {
        for text in [
            "https://127.0.0.1/hook",
            "https://127.1/hook",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0/",
            "https://10.1.2.3",
            "https://172.16.0.1",
            "https://192.168.1.1:8443/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1",
            "https://198.18.0.1",
            "https://255.255.255.255",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:a00:1::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[2001:db8::1]/",
            "https://localhost/",
            "https://db/",
            "https://api.localhost/",
            "https://printer.local/",
            "https://vault.internal./",
            "http://shop.example.com/",
            "https://user:password@shop.example.com/",
            "ftp://shop.example.com/",
            "shop.example.com",
            "https://",
            "",
        ] {
            assert_eq!(Reach::Public.check(text), Err(Unreachable), "{text}");
        }
    }

    #[test]
    fn public_addresses_may_be_asked() {
        for text in [
            "https://shop.example.com/hooks/bonex?x=1",
            "https://shop.example.com:8443",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://[64:ff9b::808:808]/",
            "https://магазин.example/",
        ] {
            assert!(Reach::Public.check(text).is_ok(), "{text}");
        }
        assert!(Reach::Anywhere.check("http://127.0.0.1:9000/hook").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err_and(|error| error.to_string().contains("no public address")));
    }
}
