//! ARP requests and neighbour solicitations, and every answer to them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use etherparse::{ArpEthIpv4Packet, ArpOperation, Icmpv6Type, PacketBuilder};
use linux::tap::{OwnFrames, Tap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vrrp::types::MacAddr;

use crate::frame::{CapturedFrame, Resolution};
use crate::host::Host;

/// Asks for addresses as a host does, and hears every answer: the kernel would take only one.
pub struct Asker {
    tap: Tap,
    mac: MacAddr,
}

impl Asker {
    /// Prepares to ask from the first interface of `host`.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn new(host: &Host) -> io::Result<Self> {
        let tap = host.namespace.run(|| Tap::open(Some(host.nic), OwnFrames::Ignored))??;
        Ok(Self { tap, mac: host.mac })
    }

    /// Asks once who has `target`, as `sender` (an address of the host), and listens for `window`: the MAC address of
    /// every answer, in order.
    ///
    /// # Errors
    /// If the request cannot be sent.
    pub fn ask(&mut self, sender: IpAddr, target: IpAddr, window: Duration) -> io::Result<Vec<MacAddr>> {
        let request = match (sender, target) {
            (IpAddr::V4(sender), IpAddr::V4(target)) => arp_request(self.mac, sender, target),
            (IpAddr::V6(sender), IpAddr::V6(target)) => solicitation(self.mac, sender, target),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "sender and target differ in family"));
            }
        };
        let mut answers = Vec::new();
        self.tap.receive(|_| {})?;
        self.send(&request)?;
        let deadline = Instant::now() + window;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            let readable = poll(&mut [PollFd::new(&self.tap, PollFlags::IN)], Some(&timeout));
            self.tap.receive(|frame| answers.extend(answer_to(target, self.mac, &frame.into())))?;
            if left.is_zero() || readable == Ok(0) {
                return Ok(answers);
            }
        }
    }

    /// Sends a whole frame as it is.
    ///
    /// # Errors
    /// If the interface is down.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.tap.send(frame)
    }
}

/// The MAC address in `frame` if it answers a question for `target` to `asker` itself (gratuitous ones do not count).
fn answer_to(target: IpAddr, asker: MacAddr, frame: &CapturedFrame) -> Option<MacAddr> {
    match frame.resolution()? {
        Resolution::Reply { address, mac } if frame.destination_mac() == asker && address == target => Some(mac),
        Resolution::Reply { .. } | Resolution::Request { .. } => None,
    }
}

/// A broadcast ARP request (RFC 826).
fn arp_request(mac: MacAddr, sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let request = ArpEthIpv4Packet {
        operation: ArpOperation::REQUEST,
        sender_mac: mac.0,
        sender_ipv4: sender.octets(),
        target_mac: [0; 6],
        target_ipv4: target.octets(),
    };
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, MacAddr::BROADCAST.0)
        .arp(request.into())
        .write_to_vec(&mut frame)
        .expect("an ARP packet has one length");
    frame
}

/// A multicast neighbour solicitation with our MAC address (RFC 4861 §4.3).
fn solicitation(mac: MacAddr, sender: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    const HOP_LIMIT: u8 = 255;
    const SOURCE_LINK_LAYER_ADDRESS: [u8; 2] = [1, 1];
    let [.., x, y, z] = target.octets();
    let group = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, x, y, z]);
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, [0x33, 0x33, 0xff, x, y, z])
        .ipv6(sender.octets(), group.octets(), HOP_LIMIT)
        .icmpv6(Icmpv6Type::NeighborSolicitation)
        .write_to_vec(&mut frame, &[target.octets().as_slice(), &SOURCE_LINK_LAYER_ADDRESS, &mac.0].concat())
        .expect("a solicitation has one length");
    frame
}
