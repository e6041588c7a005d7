//! ICMP echo: asking a host whether it is there.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, ipproto, socket_with};
use vrrp::types::Family;

/// Of IPv4 a request, and an answer.
const ECHO: u8 = 8;
const ECHO_REPLY: u8 = 0;
/// The same of IPv6.
const ECHO6: u8 = 128;
const ECHO6_REPLY: u8 = 129;
/// Length of what precedes the data: type, code, checksum, identifier, number.
const HEADER_LEN: usize = 8;
/// Room for an answer: an IPv4 header with all options, and the packet.
pub const DATAGRAM_LEN: usize = 60 + HEADER_LEN + 8;

/// One question. Its answer brings the same token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Of whom it is asked.
    pub family: Family,
    /// Tells it from all others under way, by its first bytes as identifier as well: nobody who does not see it should guess it.
    pub token: u64,
}

/// Opens a socket that sends to a host and hears from it only: not UDP, but whole ICMP packets. Needs `CAP_NET_RAW`.
///
/// # Errors
/// What `socket(2)` and `connect(2)` say: the kernel has no route to the host, or forbids it.
pub fn open(host: SocketAddr) -> io::Result<UdpSocket> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = match host {
        SocketAddr::V4(_) => socket_with(AddressFamily::INET, SocketType::RAW, flags, Some(ipproto::ICMP))?,
        SocketAddr::V6(_) => socket_with(AddressFamily::INET6, SocketType::RAW, flags, Some(ipproto::ICMPV6))?,
    };
    connect(&socket, &host)?;
    Ok(socket.into())
}

impl Echo {
    /// The packet that asks.
    #[must_use]
    pub fn request(self) -> Vec<u8> {
        let kind = match self.family {
            Family::Ipv4 => ECHO,
            Family::Ipv6 => ECHO6,
        };
        let [high, low, ..] = self.token.to_be_bytes();
        let mut packet = vec![kind, 0, 0, 0, high, low, 0, 1];
        packet.extend(self.token.to_be_bytes());
        // That of IPv6 is the kernel's.
        if self.family == Family::Ipv4 {
            let checksum = checksum(&packet).to_be_bytes();
            packet[2..4].copy_from_slice(&checksum);
        }
        packet
    }

    /// Whether a packet that was received answers it.
    #[must_use]
    pub fn is_answered_by(self, received: &[u8]) -> bool {
        let (packet, kind) = match self.family {
            // The kernel leaves the IPv4 header before it.
            Family::Ipv4 => {
                let header = received.first().map_or(0, |first| usize::from(first & 0xf) * 4);
                (received.get(header..).unwrap_or_default(), ECHO_REPLY)
            }
            Family::Ipv6 => (received, ECHO6_REPLY),
        };
        packet.first() == Some(&kind) && packet.get(HEADER_LEN..) == Some(&self.token.to_be_bytes())
    }
}

/// RFC 1071, of an even number of bytes.
fn checksum(packet: &[u8]) -> u16 {
    let sum = packet.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum::<u32>();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from(folded & 0xffff).unwrap_or_default().wrapping_add(u16::try_from(folded >> 16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_type_and_the_token_of_its_question() {
        let echo = |family| Echo { family, token: 0x0102_0304_0506_fffe };
        let four = echo(Family::Ipv4).request();
        assert_eq!(checksum(&four), 0, "{four:?}");
        assert_eq!(four[4..8], [1, 2, 0, 1], "identifier and number");
        let answer = |kind, request: &[u8]| [&[kind], &request[1..]].concat();
        let behind_header = |packet: &[u8]| [&[0x45; 20], packet].concat();
        assert!(echo(Family::Ipv4).is_answered_by(&behind_header(&answer(ECHO_REPLY, &four))));
        // What it sent itself to its own address.
        assert!(!echo(Family::Ipv4).is_answered_by(&behind_header(&four)));
        let other = Echo { family: Family::Ipv4, token: 1 };
        assert!(!other.is_answered_by(&behind_header(&answer(ECHO_REPLY, &four))));
        let six = echo(Family::Ipv6).request();
        assert!(echo(Family::Ipv6).is_answered_by(&answer(ECHO6_REPLY, &six)));
        assert!(!echo(Family::Ipv6).is_answered_by(&six));
        for length in 0..30 {
            assert!(!echo(Family::Ipv4).is_answered_by(&vec![0x45; length]));
        }
    }
}
