//! What a captured frame says, as far as tests and the lab care. It judges `vrrp::wire`, so it shares nothing with it: a
//! foreign library reads the frame down to the IP payload, and the few bytes of VRRP are read here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use etherparse::icmpv6::{Icmpv6PayloadSlice, NdpOptionType, NdpOptionsIterator};
use etherparse::{
    ArpOperation, ArpPacketSlice, Icmpv6Slice, IpNumber, LaxIpPayloadSlice, LaxNetSlice, LaxSlicedPacket,
    TransportSlice,
};
use linux::tap::{Direction, TappedFrame};
use vrrp::time::Instant;
use vrrp::types::{IfIndex, MacAddr};

/// A frame of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedFrame {
    /// When the kernel received it, on the clock of `linux::clock`.
    pub at: Instant,
    /// At a switch: the port it came in on, which is [`Plugged::port`](crate::Plugged::port) of its sender. On a host: the
    /// interface.
    pub port: IfIndex,
    /// Which way it went, as the recording host sees it.
    pub direction: Direction,
    /// All of it, from the destination MAC address on.
    pub bytes: Vec<u8>,
}

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A VRRP advertisement.
    Advert(ObservedAdvert),
    /// ARP or neighbour discovery.
    Resolution(Resolution),
    /// ICMP or ICMPv6 echo request or reply.
    Echo,
    /// Anything else, for example IGMP and MLD.
    Other,
}

/// A VRRP advertisement on the wire. Its checksum is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedAdvert {
    /// Sender's address.
    pub source: IpAddr,
    /// Where it was sent: the group, or one peer.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Protocol version.
    pub version: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Time between advertisements, as it stands there: whole seconds in version 2, hundredths in version 3.
    pub interval: Duration,
    /// The addresses, in their order.
    pub addresses: Vec<IpAddr>,
}

/// An ARP packet or a neighbour solicitation or advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Somebody asks for `target`. The sender may name its own address and MAC address: that is what poisons caches.
    Request {
        /// Who asks: sender protocol address or source address.
        sender: IpAddr,
        /// The MAC address that goes with it, if it is named.
        sender_mac: Option<MacAddr>,
        /// What is asked for.
        target: IpAddr,
    },
    /// Somebody says where `address` is.
    Reply {
        /// The address.
        address: IpAddr,
        /// Where it is.
        mac: MacAddr,
    },
}

const ICMPV6: IpNumber = IpNumber::IPV6_ICMP;
const VRRP: IpNumber = IpNumber(112);
/// The only type of VRRP message.
const ADVERTISEMENT: u8 = 1;

impl From<TappedFrame<'_>> for CapturedFrame {
    fn from(frame: TappedFrame<'_>) -> Self {
        Self { at: frame.at, port: frame.link, direction: frame.direction, bytes: frame.bytes.to_vec() }
    }
}

impl CapturedFrame {
    /// Source MAC address; all zero for a frame that is too short.
    #[must_use]
    pub fn source_mac(&self) -> MacAddr {
        MacAddr(array(&self.bytes, 6).unwrap_or_default())
    }

    /// Destination MAC address; all zero for a frame that is too short.
    #[must_use]
    pub fn destination_mac(&self) -> MacAddr {
        MacAddr(array(&self.bytes, 0).unwrap_or_default())
    }

    /// What it is. What is too short for what it claims to be is something else.
    #[must_use]
    pub fn content(&self) -> Content {
        read(&self.bytes).unwrap_or(Content::Other)
    }

    /// The advertisement in it, if it is one.
    #[must_use]
    pub fn advert(&self) -> Option<ObservedAdvert> {
        match self.content() {
            Content::Advert(advert) => Some(advert),
            Content::Resolution(_) | Content::Echo | Content::Other => None,
        }
    }

    /// What it says about addresses and MAC addresses, if it does.
    #[must_use]
    pub fn resolution(&self) -> Option<Resolution> {
        match self.content() {
            Content::Resolution(resolution) => Some(resolution),
            Content::Advert(_) | Content::Echo | Content::Other => None,
        }
    }

    /// The address that it announces to all neighbours, and the MAC address it names: of a gratuitous ARP, or of a neighbour
    /// advertisement to a multicast address.
    #[must_use]
    pub fn announcement(&self) -> Option<(IpAddr, MacAddr)> {
        let to_all = self.destination_mac().0.first().is_some_and(|first| first & 1 == 1);
        match self.resolution()? {
            Resolution::Request { sender, sender_mac: Some(mac), target } if sender == target => Some((sender, mac)),
            Resolution::Reply { address, mac } if to_all => Some((address, mac)),
            Resolution::Request { .. } | Resolution::Reply { .. } => None,
        }
    }

    /// The VRRP message in it, from its first byte on, if there is one of whatever version and type.
    #[must_use]
    pub fn vrrp_message(&self) -> Option<Vec<u8>> {
        let packet = LaxSlicedPacket::from_ethernet(&self.bytes).ok()?;
        Some(vrrp_payload(&packet)?.payload.to_vec())
    }
}

fn read(frame: &[u8]) -> Option<Content> {
    let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
    if let Some(message) = vrrp_payload(&packet) {
        return read_advert(packet.net.as_ref()?, message.payload).map(Content::Advert);
    }
    match (&packet.net, &packet.transport) {
        (Some(LaxNetSlice::Arp(arp)), _) => read_arp(arp).map(Content::Resolution),
        (_, Some(TransportSlice::Icmpv4(icmp))) if matches!(icmp.type_u8(), 0 | 8) => Some(Content::Echo),
        (Some(LaxNetSlice::Ipv6(ip)), Some(TransportSlice::Icmpv6(icmp))) if ip.payload().ip_number == ICMPV6 => {
            read_icmpv6(icmp, ip.header().source_addr())
        }
        _ => Some(Content::Other),
    }
}

/// The payload of an IP packet of protocol 112, behind extension headers and an authentication header if there are any.
fn vrrp_payload<'a>(packet: &LaxSlicedPacket<'a>) -> Option<LaxIpPayloadSlice<'a>> {
    let payload = packet.ip_payload()?;
    (payload.ip_number == VRRP && !payload.fragmented).then(|| payload.clone())
}

/// RFC 3768 §5.3, RFC 9568 §5.2.
fn read_advert(ip: &LaxNetSlice<'_>, message: &[u8]) -> Option<ObservedAdvert> {
    const FIXED_LEN: usize = 8;
    let (source, destination, hop_limit) = match ip {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), header.ttl())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), header.hop_limit())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let [version_and_type, vrid, priority, count, t0, t1, ..]: [u8; FIXED_LEN] = array(message, 0)?;
    let version = version_and_type >> 4;
    let interval = match version {
        2 => Duration::from_secs(t1.into()),
        _ => Duration::from_millis(10) * u32::from(u16::from_be_bytes([t0 & 0x0f, t1])),
    };
    let addresses = read_addresses(source, message.get(FIXED_LEN..)?, count.into());
    let advert = ObservedAdvert { source, destination, hop_limit, version, vrid, priority, interval, addresses };
    (version_and_type & 0x0f == ADVERTISEMENT).then_some(advert)
}

/// At most `count` addresses of the family of `source`.
fn read_addresses(source: IpAddr, bytes: &[u8], count: usize) -> Vec<IpAddr> {
    match source {
        IpAddr::V4(_) => bytes.as_chunks::<4>().0.iter().take(count).map(|it| Ipv4Addr::from(*it).into()).collect(),
        IpAddr::V6(_) => bytes.as_chunks::<16>().0.iter().take(count).map(|it| Ipv6Addr::from(*it).into()).collect(),
    }
}

fn read_arp(arp: &ArpPacketSlice<'_>) -> Option<Resolution> {
    let arp = arp.to_packet().try_eth_ipv4().ok()?;
    let (sender, sender_mac) = (arp.sender_ipv4_addr().into(), MacAddr(arp.sender_mac));
    Some(match arp.operation {
        ArpOperation::REQUEST => {
            Resolution::Request { sender, sender_mac: Some(sender_mac), target: arp.target_ipv4_addr().into() }
        }
        _ => Resolution::Reply { address: sender, mac: sender_mac },
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a library's enum, of which three messages matter here")]
fn read_icmpv6(icmp: &Icmpv6Slice<'_>, source: Ipv6Addr) -> Option<Content> {
    Some(match icmp.payload_slice().ok()? {
        Icmpv6PayloadSlice::EchoRequest(_) | Icmpv6PayloadSlice::EchoReply(_) => Content::Echo,
        Icmpv6PayloadSlice::NeighborSolicitation(message) => Content::Resolution(Resolution::Request {
            sender: source.into(),
            sender_mac: named_mac(message.options_iterator()),
            target: message.target_address().into(),
        }),
        Icmpv6PayloadSlice::NeighborAdvertisement(message) => Content::Resolution(Resolution::Reply {
            address: message.target_address().into(),
            mac: named_mac(message.options_iterator())?,
        }),
        _ => Content::Other,
    })
}

/// The MAC address in the options of a neighbour discovery message (RFC 4861 §4.6.1).
fn named_mac(options: NdpOptionsIterator<'_>) -> Option<MacAddr> {
    let kinds = [NdpOptionType::SOURCE_LINK_LAYER_ADDRESS, NdpOptionType::TARGET_LINK_LAYER_ADDRESS];
    let option = options.flatten().find(|option| kinds.contains(&option.option_type()))?;
    array(option.as_bytes(), 2).map(MacAddr)
}

/// The `N` bytes at `offset`.
fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}
