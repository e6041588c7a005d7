//! The trailer of keepalived's `auth_hmac` (draft-cassen-vrrp-auth-hmac), right behind a message.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------+---------------+-------------------------------+
//! |    Type 1     |    Key id     |           Reserved            |
//! +---------------+---------------+-------------------------------+
//! |      Sequence number: seconds since 1970, low 32 bits,        |
//! +-------------------------------+-------------------------------+
//! |    1/65536 of a second,       |            counter            |
//! +-------------------------------+-------------------------------+
//! |                     signature, 16 bytes                       |
//! +---------------------------------------------------------------+
//! ```

use core::net::IpAddr;

use super::{concat, write};

/// Bytes of a trailer.
pub const TRAILER_LEN: usize = 28;

/// HMAC-SHA256, the first 128 bits.
const KIND: u8 = 1;
/// Where the checksum is in a message.
const CHECKSUM: core::ops::Range<usize> = 6..8;

/// What a trailer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Number of the key.
    pub key: u8,
    pub sequence: u64,
    pub signature: [u8; 16],
}

impl Trailer {
    /// `None` if it is of another kind, or other than as long as a trailer is.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [KIND, key, 0, 0, s0, s1, s2, s3, s4, s5, s6, s7, signature @ ..] =
            *<&[u8; TRAILER_LEN]>::try_from(bytes).ok()?
        else {
            return None;
        };
        let sequence = u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        Some(Self { key, sequence, signature })
    }

    #[must_use]
    pub fn bytes(&self) -> [u8; TRAILER_LEN] {
        concat(&[&[KIND, self.key, 0, 0], &self.sequence.to_be_bytes(), &self.signature])
    }

    /// Gives `signed`, part by part, what a signature of this trailer behind `message` covers: of the IP header only the
    /// source address; the message without its checksum; the trailer without the signature.
    pub(crate) fn cover(&self, source: &IpAddr, message: &[u8], mut signed: impl FnMut(&[u8])) -> Option<()> {
        let ([first, vrid, ..], behind) = (*message.first_chunk::<2>()?, message.get(CHECKSUM.end..)?);
        let (family, address) = match source {
            IpAddr::V4(address) => (4, concat::<16>(&[&address.octets(), &[0; 12]])),
            IpAddr::V6(address) => (6, address.octets()),
        };
        signed(&[family, first >> 4, vrid, 0]);
        signed(&address);
        signed(message.get(..CHECKSUM.start)?);
        signed(&[0; 2]);
        signed(behind);
        signed(&Self { signature: [0; 16], ..*self }.bytes());
        Some(())
    }
}

/// Writes the checksum of an IPv6 message with what is behind it: kernels compute it of all that is in the packet.
pub(crate) fn write_checksum_of_all(source: &IpAddr, destination: &IpAddr, packet: &mut [u8]) -> Option<()> {
    write(packet.get_mut(CHECKSUM)?, &[&[0; 2]])?;
    let sum = super::checksum::with_pseudo_header(source, destination, packet);
    write(packet.get_mut(CHECKSUM)?, &[&sum.to_be_bytes()]).map(|_| ())
}
