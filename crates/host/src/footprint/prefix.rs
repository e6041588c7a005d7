//! Arithmetic of prefixes.

use std::net::IpAddr;

/// Whether `network/length` contains `address`.
pub(super) fn covers(network: IpAddr, length: u8, address: IpAddr) -> bool {
    network_of(network, length) == network_of(address, length) && network.is_ipv4() == address.is_ipv4()
}

/// `address` with all bits behind the prefix 0.
pub(super) fn network_of(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

/// Whether the prefix is the address alone.
pub(super) const fn is_host(address: IpAddr, length: u8) -> bool {
    length >= if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn prefixes_cover_their_addresses_only() {
        assert!(covers(ip("10.0.0.1"), 24, ip("10.0.0.254")));
        assert!(!covers(ip("10.0.0.1"), 24, ip("10.0.1.254")));
        assert!(covers(ip("10.0.0.1"), 0, ip("192.0.2.1")));
        assert!(covers(ip("2001:db8::1"), 64, ip("2001:db8::254")));
        assert!(!covers(ip("2001:db8::1"), 64, ip("10.0.0.1")));
        assert!(!covers(ip("::"), 0, ip("0.0.0.0")));
    }

    #[test]
    fn a_network_ends_in_zeros() {
        assert_eq!(network_of(ip("10.1.2.3"), 20), ip("10.1.0.0"));
        assert_eq!(network_of(ip("10.1.2.3"), 32), ip("10.1.2.3"));
        assert_eq!(network_of(ip("fd00::5:6"), 64), ip("fd00::"));
        assert!(is_host(ip("10.1.2.3"), 32) && !is_host(ip("fd00::1"), 32) && is_host(ip("fd00::1"), 128));
    }
}
