//! Where a request comes from, as limits count it.

use std::net::{IpAddr, Ipv6Addr};

/// An address as it is counted (ruling 8): an IPv4 address by itself; an IPv6 one by its /64, which one household or
/// server has as a whole, and by its /48, which one site has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Source {
    block: IpAddr,
    network: Option<IpAddr>,
}

/// How many times as much as a /64 its /48 may.
pub const NETWORK_TIMES: i64 = 10;

impl Source {
    /// Of an address; an IPv4 address written as an IPv6 one is that IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self {
                block: address.into(),
                network: None,
            },
            IpAddr::V6(address) => Self {
                block: first_bits(address, 64),
                network: Some(first_bits(address, 48)),
            },
        }
    }

    /// The IPv4 address, or the /64.
    pub fn block(&self) -> IpAddr {
        self.block
    }

    /// The /48 of an IPv6 address.
    pub fn network(&self) -> Option<IpAddr> {
        self.network
    }
}

fn first_bits(address: Ipv6Addr, bits: u32) -> IpAddr {
    let mask = u128::MAX << (128 - bits);
    Ipv6Addr::from_bits(address.to_bits() & mask).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_8_an_ipv6_address_counts_by_its_64_and_48() {
        let source = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(source("2001:db8:1:2::3"), source("2001:db8:1:2:ffff::1"));
        assert_ne!(source("2001:db8:1:2::3"), source("2001:db8:1:3::3"));
        assert_eq!(
            source("2001:db8:1:2::3").network(),
            source("2001:db8:1:ffff::").network()
        );
        assert_ne!(source("2001:db8:1::").network(), source("2001:db8:2::").network());
        assert_eq!(source("::ffff:203.0.113.7"), source("203.0.113.7"));
        assert_eq!(source("203.0.113.7").network(), None);
    }
}
