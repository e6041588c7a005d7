//! Control messages: `struct cmsghdr` (length, level, type), value, padding.

use std::net::IpAddr;

/// Length of `struct cmsghdr` to the kernel: a `size_t` and two `int`s.
const HEADER_LEN: usize = size_of::<usize>() + 8;

/// What the control messages of one packet say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Control {
    /// Index of the interface it came in on.
    pub(crate) link: Option<u32>,
    pub(crate) destination: Option<IpAddr>,
    /// TTL or hop limit.
    pub(crate) hop_limit: Option<u8>,
    /// When it was received: wall clock, nanoseconds since 1970.
    pub(crate) wall_nanos: Option<u64>,
    /// How many packets the socket had no room for before this one, since it was opened; wraps. Present once there were any.
    pub(crate) overflows: Option<u32>,
}

impl Control {
    /// Reads them all; what is not known or cut off is passed over.
    pub(crate) fn read(mut bytes: &[u8]) -> Self {
        let mut control = Self::default();
        while let Some((level, kind, value, rest)) = split(bytes) {
            control.note(level, kind, value);
            bytes = rest;
        }
        control
    }

    fn note(&mut self, level: i32, kind: i32, value: &[u8]) {
        match (level, kind) {
            // `struct in_pktinfo`: interface, local address, destination.
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                self.link = number(value);
                let destination = value.get(8..).and_then(<[u8]>::first_chunk);
                self.destination = destination.map(|octets: &[u8; 4]| IpAddr::from(*octets));
            }
            // `struct in6_pktinfo`: destination, interface.
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                self.destination = value.first_chunk().map(|octets: &[u8; 16]| IpAddr::from(*octets));
                self.link = number(value.get(16..).unwrap_or_default());
            }
            (libc::IPPROTO_IP, libc::IP_TTL) | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                self.hop_limit = number(value).and_then(|limit| u8::try_from(limit).ok());
            }
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => self.overflows = number(value),
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => self.wall_nanos = wall_nanos(value),
            _ => {}
        }
    }
}

/// The control message by which a packet is sent from an interface: `struct in_pktinfo` or `struct in6_pktinfo`, which
/// leave its source address alone.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Interface {
    pub(crate) bytes: [u8; 40],
    pub(crate) len: usize,
}

impl Interface {
    pub(crate) const EMPTY: Self = Self { bytes: [0; 40], len: 0 };

    /// For a packet to `destination`, from the interface with the index `link`.
    pub(crate) fn leave_by(link: u32, destination: &IpAddr) -> Self {
        // The index stands first in the one and last in the other.
        let (level, kind, index_at, value_len) = match destination {
            IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_PKTINFO, 0, 12),
            IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, 16, 20),
        };
        let len = HEADER_LEN + value_len;
        let mut bytes = [0; 40];
        let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
        put(0, &len.to_ne_bytes());
        put(size_of::<usize>(), &level.to_ne_bytes());
        put(size_of::<usize>() + 4, &kind.to_ne_bytes());
        put(HEADER_LEN + index_at, &link.to_ne_bytes());
        Self { bytes, len }
    }
}

/// The first control message: level, type, value, and what follows.
fn split(bytes: &[u8]) -> Option<(i32, i32, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::from_ne_bytes(*length);
    let (level, rest) = rest.split_first_chunk()?;
    let (kind, _) = rest.split_first_chunk()?;
    let value = bytes.get(HEADER_LEN..length)?;
    let next = bytes.get(length.next_multiple_of(size_of::<usize>())..).unwrap_or_default();
    Some((i32::from_ne_bytes(*level), i32::from_ne_bytes(*kind), value, next))
}

/// An `int` that is not negative.
fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// A `struct timespec` of two 64-bit numbers.
fn wall_nanos(value: &[u8]) -> Option<u64> {
    let (seconds, rest) = value.split_first_chunk()?;
    let nanos = rest.first_chunk()?;
    u64::from_ne_bytes(*seconds).checked_mul(1_000_000_000)?.checked_add(u64::from_ne_bytes(*nanos))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn message(level: i32, kind: i32, value: &[u8]) -> Vec<u8> {
        let mut bytes = (HEADER_LEN + value.len()).to_ne_bytes().to_vec();
        bytes.extend(level.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(size_of::<usize>()), 0);
        bytes
    }

    fn ipv6() -> Vec<u8> {
        let group: Ipv6Addr = "ff02::12".parse().unwrap();
        let time = [3u64.to_ne_bytes(), 5u64.to_ne_bytes()].concat();
        let info = [group.octets().as_slice(), &7u32.to_ne_bytes()].concat();
        [
            message(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &time),
            message(libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT, &255u32.to_ne_bytes()),
            message(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, &9u32.to_ne_bytes()),
            message(99, 99, b"of a newer kernel"),
            message(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info),
        ]
        .concat()
    }

    #[test]
    fn all_that_is_known_is_read_and_the_unknown_passed_over() {
        let control = Control::read(&ipv6());
        assert_eq!(control.link, Some(7));
        assert_eq!(control.destination, Some("ff02::12".parse().unwrap()));
        assert_eq!(control.hop_limit, Some(255));
        assert_eq!(control.wall_nanos, Some(3_000_000_005));
        assert_eq!(control.overflows, Some(9));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (destination, address) in
            [("192.0.2.1", IpAddr::from(Ipv4Addr::UNSPECIFIED)), ("2001:db8::1", IpAddr::from(Ipv6Addr::UNSPECIFIED))]
        {
            let message = Interface::leave_by(7, &destination.parse().unwrap());
            let control = Control::read(&message.bytes[..message.len]);
            assert_eq!((control.link, control.destination), (Some(7), Some(address)), "{destination}");
        }
    }

    #[test]
    fn what_is_cut_off_is_not_told() {
        let bytes = ipv6();
        for end in 0..bytes.len() {
            assert_ne!(
                Control::read(&bytes[..end]).link.zip(Some(end < bytes.len() - 8)),
                Some((7, true)),
                "cut at {end}"
            );
        }
        assert_eq!(Control::read(&[0; 64]), Control::default());
    }
}
