//! Reads what a captured frame says, as far as tests and the lab care. Written apart from `vrrp::wire`, which it judges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp::time::Instant;
use vrrp::types::{IfIndex, MacAddr};

/// A frame that a host sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When the switch received it (kernel time, on the clock of `linux::clock`).
    pub at: Instant,
    /// The port it came in on: [`Host::port`](super::Host::port) of its sender.
    pub port: IfIndex,
    /// All of it, from the destination MAC address on.
    pub bytes: Vec<u8>,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A VRRP advertisement.
    Advert(Advert),
    /// ARP or neighbour discovery.
    Resolution(Resolution),
    /// ICMP or ICMPv6 echo request or reply.
    Echo,
    /// Anything else, for example IGMP and MLD.
    Other,
}

/// A VRRP advertisement on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Sender's address.
    pub source: IpAddr,
    /// Protocol version.
    pub version: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// TTL or hop limit.
    pub hop_limit: u8,
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

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const PROTOCOL_ICMP: u8 = 1;
const PROTOCOL_ICMPV6: u8 = 58;
const PROTOCOL_VRRP: u8 = 112;

impl Frame {
    /// Source MAC address; all zero for a frame that is too short.
    #[must_use]
    pub fn source_mac(&self) -> MacAddr {
        MacAddr(array(&self.bytes, 6).unwrap_or_default())
    }

    /// What it is.
    #[must_use]
    pub fn content(&self) -> Content {
        read(&self.bytes).unwrap_or(Content::Other)
    }

    /// The advertisement in it, if it is one.
    #[must_use]
    pub fn advert(&self) -> Option<Advert> {
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
}

/// `None` for what is too short for what it claims to be.
fn read(frame: &[u8]) -> Option<Content> {
    let payload = frame.get(14..)?;
    match u16::from_be_bytes(array(frame, 12)?) {
        ETHERTYPE_ARP => read_arp(payload).map(Content::Resolution),
        ETHERTYPE_IPV4 => read_ipv4(payload),
        ETHERTYPE_IPV6 => read_ipv6(payload),
        _ => Some(Content::Other),
    }
}

fn read_arp(arp: &[u8]) -> Option<Resolution> {
    let operation = u16::from_be_bytes(array(arp, 6)?);
    let sender_mac = MacAddr(array(arp, 8)?);
    let sender = IpAddr::from(Ipv4Addr::from(array::<4>(arp, 14)?));
    let target = IpAddr::from(Ipv4Addr::from(array::<4>(arp, 24)?));
    Some(match operation {
        1 => Resolution::Request { sender, sender_mac: Some(sender_mac), target },
        _ => Resolution::Reply { address: sender, mac: sender_mac },
    })
}

fn read_ipv4(packet: &[u8]) -> Option<Content> {
    let header_len = usize::from(packet.first()? & 0x0f) * 4;
    let source = IpAddr::from(Ipv4Addr::from(array::<4>(packet, 12)?));
    let payload = packet.get(header_len..)?;
    match *packet.get(9)? {
        PROTOCOL_VRRP => read_vrrp(payload, source, *packet.get(8)?),
        PROTOCOL_ICMP if matches!(payload.first(), Some(0 | 8)) => Some(Content::Echo),
        _ => Some(Content::Other),
    }
}

fn read_ipv6(packet: &[u8]) -> Option<Content> {
    let source = Ipv6Addr::from(array::<16>(packet, 8)?);
    let payload = packet.get(40..)?;
    match *packet.get(6)? {
        PROTOCOL_VRRP => read_vrrp(payload, source.into(), *packet.get(7)?),
        PROTOCOL_ICMPV6 => read_icmpv6(payload, source),
        _ => Some(Content::Other),
    }
}

fn read_vrrp(message: &[u8], source: IpAddr, hop_limit: u8) -> Option<Content> {
    let [version_and_type, vrid, priority] = array(message, 0)?;
    Some(Content::Advert(Advert { source, version: version_and_type >> 4, vrid, priority, hop_limit }))
}

fn read_icmpv6(message: &[u8], source: Ipv6Addr) -> Option<Content> {
    let option_mac = || (message.len() >= 32).then(|| array(message, 26).map(MacAddr)).flatten();
    let target = || Some(IpAddr::from(Ipv6Addr::from(array::<16>(message, 8)?)));
    match *message.first()? {
        128 | 129 => Some(Content::Echo),
        135 => {
            let request = Resolution::Request { sender: source.into(), sender_mac: option_mac(), target: target()? };
            Some(Content::Resolution(request))
        }
        136 => Some(Content::Resolution(Resolution::Reply { address: target()?, mac: option_mac()? })),
        _ => Some(Content::Other),
    }
}

/// The `N` bytes at `offset`.
fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}
