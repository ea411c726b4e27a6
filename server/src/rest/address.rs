//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{Extensions, HeaderMap, request};
use loyalty::model::Source;

use crate::networks::Networks;
use crate::parts::Parts;

/// Where a request comes from, as a handler gets it.
pub struct CallerSource(pub Source);

impl FromRequestParts<Parts> for CallerSource {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut request::Parts, parts: &Parts) -> Result<Self, Infallible> {
        Ok(Self(caller_source(parts, &request.extensions, &request.headers)))
    }
}

/// The address of whoever asks, as limits count it: the peer's, or, when the peer is a trusted proxy, the last one in
/// `X-Forwarded-For` that is not.
pub fn caller_source(parts: &Parts, extensions: &Extensions, headers: &HeaderMap) -> Source {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip())
        .to_canonical();
    Source::of(behind_proxies(peer, headers, &parts.trusted_proxies))
}

/// Each proxy appends whom it heard from, so the walk goes from the right, while those met are trusted. What nobody can
/// read ends it: whatever stands further left was not written by whom we trust.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut nearest = peer;
    let lists = headers.get_all("x-forwarded-for").iter().rev();
    let elements = lists.flat_map(|list| list.as_bytes().rsplit(|byte| *byte == b','));
    // The grammar of lists allows empty elements, which say nothing.
    for element in elements
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
    {
        if !trusted.contains(nearest) {
            break;
        }
        match std::str::from_utf8(element).ok().and_then(address) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// `203.0.113.7`, `203.0.113.7:5000`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:5000`.
fn address(element: &str) -> Option<IpAddr> {
    let bare = element.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(inside) => IpAddr::V6(inside.parse().ok()?),
        None => element
            .parse()
            .or_else(|_| element.parse::<SocketAddr>().map(|address| address.ip()))
            .ok()?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const CLIENT: &str = "203.0.113.7";
    const PROXY: &str = "10.0.0.1";

    fn seen(peer: &str, lists: &[&str], trusted: &str) -> String {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(
                "x-forwarded-for",
                HeaderValue::from_bytes(list.as_bytes()).unwrap(),
            );
        }
        behind_proxies(peer.parse().unwrap(), &headers, &trusted.parse().unwrap()).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let lists = ["198.51.100.1, 203.0.113.7", "10.0.0.2"];
        assert_eq!(seen(CLIENT, &lists, PROXY), CLIENT, "a stranger can't pretend");
        assert_eq!(seen(PROXY, &lists, "10.0.0.1,10.0.0.2"), CLIENT);
        assert_eq!(seen(PROXY, &lists, "10.0.0.0/8"), CLIENT);
        assert_eq!(seen(PROXY, &lists, PROXY), "10.0.0.2");
        assert_eq!(seen(PROXY, &[], PROXY), PROXY);
        assert_eq!(
            seen(PROXY, &["10.0.0.3, 10.0.0.2"], "10.0.0.0/8"),
            "10.0.0.3",
            "all are ours"
        );
    }

    #[test]
    fn addresses_come_with_ports_and_brackets() {
        for written in [
            "203.0.113.7:5000",
            " 203.0.113.7 ",
            "::ffff:203.0.113.7",
            "[::ffff:203.0.113.7]:5000",
            "203.0.113.7, 10.0.0.2:1",
            "203.0.113.7,,",
        ] {
            assert_eq!(seen(PROXY, &[written], "10.0.0.0/8"), CLIENT, "{written}");
        }
        for written in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5000"] {
            assert_eq!(seen(PROXY, &[written], PROXY), "2001:db8::1", "{written}");
        }
    }

    #[test]
    fn what_nobody_can_read_ends_the_walk() {
        for rubbish in [
            "unknown",
            "_hidden",
            "203.0.113",
            "[203.0.113.7]",
            "203.0.113.7:99999",
            "[",
            "кто-то",
            "a.example",
        ] {
            let list = format!("198.51.100.1, {rubbish}, 10.0.0.2");
            assert_eq!(seen(PROXY, &[&list], "10.0.0.0/8"), "10.0.0.2", "{rubbish}");
            let list = format!("198.51.100.1, {rubbish}");
            assert_eq!(seen(PROXY, &[&list], "10.0.0.0/8"), PROXY, "{rubbish}");
        }
    }
}
