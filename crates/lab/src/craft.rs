//! Frames that tests inject. Like what reads frames here, it shares nothing with `vrrp::wire`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::checksum::Sum16BitWords;
use etherparse::{IpDscp, IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder};
use vrrp::types::MacAddr;

const VRRP: IpNumber = IpNumber(112);
/// Class selector 6, as routing protocols have it.
const CS6: u8 = 0b11_0000;
/// To all VRRP routers (RFC 9568 §5.1.1.2, §5.1.2.2).
const GROUP_V4: (Ipv4Addr, [u8; 6]) = (Ipv4Addr::new(224, 0, 0, 18), [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12]);
const GROUP_V6: (Ipv6Addr, [u8; 6]) =
    (Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12), [0x33, 0x33, 0x00, 0x00, 0x00, 0x12]);

/// Whom a frame goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// IP destination, of the family of the source.
    pub address: IpAddr,
    /// Ethernet destination.
    pub mac: MacAddr,
}

impl Addressee {
    /// All VRRP routers of the family of `source`.
    const fn routers(source: IpAddr) -> Self {
        match source {
            IpAddr::V4(_) => Self { address: IpAddr::V4(GROUP_V4.0), mac: MacAddr(GROUP_V4.1) },
            IpAddr::V6(_) => Self { address: IpAddr::V6(GROUP_V6.0), mac: MacAddr(GROUP_V6.1) },
        }
    }
}

/// An advertisement, every field of which may be wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedAdvert {
    /// The sender's address; it decides the family.
    pub source: IpAddr,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// 0–15.
    pub version: u8,
    /// 0–15; 1 is an advertisement.
    pub kind: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// As it stands in the message: seconds in version 2 (0–255), hundredths of a second in version 3 (0–4095).
    pub interval: u16,
    /// The addresses; `count` says how many there are.
    pub addresses: Vec<IpAddr>,
    /// What stands in the message as their number, if not what it is.
    pub count: Option<u8>,
    /// Authentication type and data, for version 2 (RFC 2338 §5.3.6); `None`: type 0 with zeros.
    pub authentication: Option<(u8, [u8; 8])>,
    /// How the checksum is made.
    pub checksum: Checksum,
}

/// How a checksum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Over the message alone: version 2, and RFC 9568 for IPv4.
    Message,
    /// Over a pseudo-header as well: RFC 5798, and IPv6.
    PseudoHeader,
    /// It is this, whatever would be right.
    Fixed(u16),
}

impl ForgedAdvert {
    /// One without mistakes, with an interval of one second.
    #[must_use]
    pub fn new(version: u8, vrid: u8, priority: u8, source: IpAddr, addresses: &[IpAddr]) -> Self {
        let (interval, checksum) = match (version, source) {
            (2, _) => (1, Checksum::Message),
            (_, IpAddr::V4(_)) => (100, Checksum::Message),
            (_, IpAddr::V6(_)) => (100, Checksum::PseudoHeader),
        };
        let addresses = addresses.to_vec();
        let (hop_limit, kind, count, authentication) = (255, 1, None, None);
        Self { source, hop_limit, version, kind, vrid, priority, interval, addresses, count, authentication, checksum }
    }

    /// The VRRP message to the group, without IP header.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        self.message_to(Addressee::routers(self.source).address)
    }

    fn message_to(&self, destination: IpAddr) -> Vec<u8> {
        let count = self.count.unwrap_or_else(|| u8::try_from(self.addresses.len()).unwrap_or(u8::MAX));
        let (kind, data) = self.authentication.unwrap_or_default();
        let [t0, t1] = self.interval.to_be_bytes();
        let t0 = if self.version == 2 { kind } else { t0 };
        let mut message = vec![self.version << 4 | self.kind & 0x0f, self.vrid, self.priority, count, t0, t1, 0, 0];
        for address in &self.addresses {
            match address {
                IpAddr::V4(address) => message.extend(address.octets()),
                IpAddr::V6(address) => message.extend(address.octets()),
            }
        }
        if self.version == 2 {
            message.extend(data);
        }
        let checksum = match self.checksum {
            Checksum::Message => internet_checksum(&[&message]),
            Checksum::PseudoHeader => {
                internet_checksum(&[&pseudo_header(self.source, destination, message.len()), &message])
            }
            Checksum::Fixed(checksum) => checksum,
        };
        message[6..8].copy_from_slice(&checksum.to_be_bytes());
        message
    }

    /// The whole frame, from `mac` to the group.
    #[must_use]
    pub fn frame(&self, mac: MacAddr) -> Vec<u8> {
        self.frame_to(mac, Addressee::routers(self.source))
    }

    /// The whole frame, from `mac` to somebody.
    #[must_use]
    pub fn frame_to(&self, mac: MacAddr, to: Addressee) -> Vec<u8> {
        frame(mac, self.source, to, self.hop_limit, &self.message_to(to.address))
    }
}

/// A frame from `mac` to the group of all VRRP routers, with anything as its VRRP message.
#[must_use]
pub fn vrrp_frame(mac: MacAddr, source: IpAddr, hop_limit: u8, message: &[u8]) -> Vec<u8> {
    frame(mac, source, Addressee::routers(source), hop_limit, message)
}

fn frame(mac: MacAddr, source: IpAddr, to: Addressee, hop_limit: u8, message: &[u8]) -> Vec<u8> {
    let ip = match (source, to.address) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = Ipv4Header {
                dscp: IpDscp::try_new(CS6).unwrap_or_default(),
                dont_fragment: false,
                time_to_live: hop_limit,
                source: source.octets(),
                destination: destination.octets(),
                ..Ipv4Header::default()
            };
            IpHeaders::Ipv4(header, Default::default())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let header = Ipv6Header {
                traffic_class: CS6 << 2,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: 0,
                next_header: VRRP,
                hop_limit,
                source: source.octets(),
                destination: destination.octets(),
            };
            IpHeaders::Ipv6(header, Default::default())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => panic!("{source} cannot send to {to:?}"),
    };
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, to.mac.0)
        .ip(ip)
        .write_to_vec(&mut frame, VRRP, message)
        .expect("a VRRP message is shorter than an IP packet can be");
    frame
}

/// RFC 5798 §5.2.8; for IPv6 RFC 8200 §8.1.
fn pseudo_header(source: IpAddr, destination: IpAddr, len: usize) -> Vec<u8> {
    let len = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    let octets = |address| match address {
        IpAddr::V4(address) => Ipv4Addr::octets(&address).to_vec(),
        IpAddr::V6(address) => Ipv6Addr::octets(&address).to_vec(),
    };
    let trailer: &[u8] = match source {
        IpAddr::V4(_) => &[0, VRRP.0, len[0], len[1]],
        IpAddr::V6(_) => &[0, 0, len[0], len[1], 0, 0, 0, VRRP.0],
    };
    [octets(source).as_slice(), &octets(destination), trailer].concat()
}

/// RFC 1071, over pieces that have even lengths (but the last).
#[must_use]
pub fn internet_checksum(pieces: &[&[u8]]) -> u16 {
    pieces.iter().fold(Sum16BitWords::new(), |sum, piece| sum.add_slice(piece)).ones_complement().to_be()
}
