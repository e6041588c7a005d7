//! The Internet checksum (RFC 1071) in the forms VRRP uses.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::PROTOCOL;

/// What a VRRPv3/IPv4 checksum covers: implementations read RFC 5798 differently, RFC 9568 settled it (V3-CK-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChecksumForm {
    /// Message and IPv4 pseudo-header: keepalived, FRR.
    Rfc5798,
    /// The message only: RFC 9568, Cisco, Juniper.
    Rfc9568,
    /// By unicast, message and pseudo-header with the multicast group as destination: keepalived before 1.3.6.
    OldUnicast,
}

impl ChecksumForm {
    /// The one that is most likely understood by who does not know this one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Rfc5798 => Self::Rfc9568,
            Self::Rfc9568 | Self::OldUnicast => Self::Rfc5798,
        }
    }
}

/// One's complement sum over 16-bit words, still unfolded.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum(u64);

impl Sum {
    /// Adds bytes; an odd last byte counts as if a zero followed, so it must be the last of all.
    #[must_use]
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        let words = bytes.chunks_exact(2);
        let last = words.remainder().iter().map(|byte| u64::from(*byte) << 8).sum::<u64>();
        let sum = words.fold(0, |sum, word| match word {
            [high, low] => sum + u64::from(u16::from_be_bytes([*high, *low])),
            _ => sum,
        });
        Self(self.0 + sum + last)
    }

    /// Adds the pseudo-header of IPv4, or that of IPv6 (RFC 8200 §8.1). Addresses of two families make no header.
    #[must_use]
    pub(super) fn pseudo_header(self, source: &IpAddr, destination: &IpAddr, protocol: u8, length: usize) -> Self {
        let sum = match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.bytes(&source.octets()).bytes(&destination.octets()),
            (IpAddr::V6(source), IpAddr::V6(destination)) => self.bytes(&source.octets()).bytes(&destination.octets()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => self,
        };
        Self(sum.0 + u64::from(protocol) + length as u64)
    }

    /// Folded and complemented: what goes into the checksum field; 0 over a message that contains a right one.
    #[must_use]
    pub(super) const fn finish(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        let [.., high, low] = sum.to_be_bytes();
        !u16::from_be_bytes([high, low])
    }
}

/// Checksum over a VRRP message alone: VRRPv2, VRRPv3/IPv4 by RFC 9568 (V2-CK-01, V3-CK-02).
pub(super) fn plain(message: &[u8]) -> u16 {
    Sum::default().bytes(message).finish()
}

/// Checksum over pseudo-header and VRRP message: IPv6, VRRPv3/IPv4 by RFC 5798 (V3-CK-03, V3-CK-05). `destination` is
/// the real one (V3-CK-09).
pub(super) fn with_pseudo_header(source: &IpAddr, destination: &IpAddr, message: &[u8]) -> u16 {
    Sum::default().pseudo_header(source, destination, PROTOCOL, message.len()).bytes(message).finish()
}
