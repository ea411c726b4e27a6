//! Networks, as settings name them.

use std::net::IpAddr;
use std::str::FromStr;

/// Addresses and networks (`10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`), separated by commas.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Network {
    first: IpAddr,
    bits: u32,
}

/// A network that can't be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} is no address and no network: give it like 10.0.0.1 or 10.0.0.0/8")]
pub struct NetworkError(String);

impl Networks {
    /// Whether an address lies in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Networks {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        text.split(',')
            .map(str::trim)
            .filter(|network| !network.is_empty())
            .map(|network| Network::read(network).ok_or_else(|| NetworkError(network.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(whole);
        if bits > whole {
            return None;
        }
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
        let first = address.to_canonical();
        match whole == 128 && first.is_ipv4() {
            true => Some(Self {
                first,
                bits: bits.checked_sub(96)?,
            }),
            false => Some(Self { first, bits }),
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => u128::from(first.to_bits() ^ address.to_bits()) << 96,
            (IpAddr::V6(first), IpAddr::V6(address)) => first.to_bits() ^ address.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies_in(address: &str, networks: &str) -> bool {
        networks
            .parse::<Networks>()
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn addresses_and_networks_of_both_families() {
        for (address, networks, lies) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.2", "10.0.0.1", false),
            ("10.255.0.1", "192.0.2.1, 10.0.0.0/8", true),
            ("11.0.0.1", "10.0.0.0/8", false),
            ("10.0.0.1", "10.99.0.0/8", true),
            ("203.0.113.7", "0.0.0.0/0", true),
            ("2001:db8::1", "0.0.0.0/0", false),
            ("2001:db8:ffff::1", "2001:db8::/32", true),
            ("2001:db9::1", "2001:db8::/32", false),
            ("2001:db8::1", "::/0", true),
            ("10.1.2.3", "::ffff:10.0.0.0/104", true),
            ("::ffff:10.1.2.3", "10.0.0.0/8", true),
            ("10.0.0.1", "", false),
        ] {
            assert_eq!(lies_in(address, networks), lies, "{address} in {networks}");
        }
        for wrong in [
            "10.0.0.0/33",
            "2001:db8::/129",
            "10.0.0.0/",
            "proxy",
            "10.0.0.0/-1",
            "::ffff:10.0.0.0/8",
        ] {
            assert!(wrong.parse::<Networks>().is_err(), "{wrong}");
        }
    }
}
