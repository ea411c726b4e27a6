//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{Extensions, HeaderMap, request};

use crate::router::Parts;

/// The address of whoever asks, as a handler gets it.
pub struct CallerAddress(pub IpAddr);

impl FromRequestParts<Parts> for CallerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut request::Parts, parts: &Parts) -> Result<Self, Infallible> {
        Ok(Self(caller_address(parts, &request.extensions, &request.headers)))
    }
}

/// The address of whoever asks: the peer's, or, when the peer is a trusted proxy, the last one in `X-Forwarded-For`
/// that is not.
pub fn caller_address(parts: &Parts, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip())
        .to_canonical();
    behind_proxies(peer, headers, &parts.trusted_proxies)
}

fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let told: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|address| address.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .collect();
    told.into_iter()
        .rev()
        .find(|address| !trusted.contains(address))
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let (client, proxy, outer): (IpAddr, IpAddr, IpAddr) = (
            "203.0.113.7".parse().unwrap(),
            "10.0.0.1".parse().unwrap(),
            "10.0.0.2".parse().unwrap(),
        );
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1, 203.0.113.7".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        assert_eq!(
            behind_proxies(client, &headers, &[proxy]),
            client,
            "a stranger can't pretend"
        );
        assert_eq!(behind_proxies(proxy, &headers, &[proxy, outer]), client);
        assert_eq!(behind_proxies(proxy, &headers, &[proxy]), outer);
        assert_eq!(behind_proxies(proxy, &HeaderMap::new(), &[proxy]), proxy);
    }
}
