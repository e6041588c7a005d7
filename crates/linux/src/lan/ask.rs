//! ARP requests and neighbour solicitations, and every answer to them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendFlags, send};
use vrrp::types::MacAddr;

use super::Host;
use super::echo::internet_checksum;
use super::frame::{Frame, Resolution};
use crate::sys::tap;

/// Asks for addresses as a host does, and hears every answer: the kernel would take only one.
#[derive(Debug)]
pub struct Asker {
    socket: OwnedFd,
    mac: MacAddr,
}

impl Asker {
    /// Prepares to ask from `host`.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn new(host: &Host) -> io::Result<Self> {
        let socket = host.namespace.run(|| tap::open(Some(host.nic)))??;
        Ok(Self { socket, mac: host.mac })
    }

    /// Asks once who has `target`, as `sender` (an address of the host), and listens for `window`: the MAC address of
    /// every answer, in order.
    ///
    /// # Errors
    /// If the request cannot be sent.
    pub fn ask(&self, sender: IpAddr, target: IpAddr, window: Duration) -> io::Result<Vec<MacAddr>> {
        let request = match (sender, target) {
            (IpAddr::V4(sender), IpAddr::V4(target)) => arp_request(self.mac, sender, target),
            (IpAddr::V6(sender), IpAddr::V6(target)) => solicitation(self.mac, sender, target),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "sender and target differ in family"));
            }
        };
        let mut answers = Vec::new();
        self.drain(|_| {});
        send(&self.socket, &request, SendFlags::empty())?;
        let deadline = Instant::now() + window;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            let readable = poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&timeout));
            self.drain(|frame| answers.extend(answer_to(target, self.mac, frame)));
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
        Ok(send(&self.socket, frame, SendFlags::empty()).map(|_| ())?)
    }

    /// Takes in all that has arrived.
    fn drain(&self, mut each: impl FnMut(&Frame)) {
        let mut buffer = [0; tap::FRAME_MAX];
        while let Ok(received) = tap::receive(&self.socket, &mut buffer) {
            let bytes = buffer.get(..received.len).unwrap_or_default().to_vec();
            each(&Frame { at: received.at, port: received.ifindex, bytes });
        }
    }
}

/// The MAC address in `frame` if it answers a question for `target` to `asker` itself (gratuitous ones do not count).
fn answer_to(target: IpAddr, asker: MacAddr, frame: &Frame) -> Option<MacAddr> {
    let to_us = frame.bytes.get(..6)? == asker.0;
    match frame.resolution()? {
        Resolution::Reply { address, mac } if to_us && address == target => Some(mac),
        Resolution::Reply { .. } | Resolution::Request { .. } => None,
    }
}

/// A broadcast ARP request (RFC 826).
fn arp_request(mac: MacAddr, sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    const ETHERNET_IPV4_REQUEST: [u8; 10] = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1];
    [
        MacAddr::BROADCAST.0.as_slice(),
        &mac.0,
        &ETHERNET_IPV4_REQUEST,
        &mac.0,
        &sender.octets(),
        &[0; 6],
        &target.octets(),
    ]
    .concat()
}

/// A multicast neighbour solicitation with our MAC address (RFC 4861 §4.3).
fn solicitation(mac: MacAddr, sender: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    let [.., x, y, z] = target.octets();
    let group = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, x, y, z]);
    let addresses = [sender.octets(), group.octets()].concat();
    let pseudo_trailer = [0, 0, 0, 32, 0, 0, 0, 58];
    let before_checksum = [135, 0];
    let after_checksum = [[0; 4].as_slice(), &target.octets(), &[1, 1], &mac.0].concat();
    let checksum = internet_checksum(
        &[&addresses, pseudo_trailer.as_slice(), &before_checksum, &[0; 2], &after_checksum].concat(),
    );
    [
        [0x33, 0x33, 0xff, x, y, z].as_slice(),
        &mac.0,
        &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255],
        &addresses,
        &before_checksum,
        &checksum.to_be_bytes(),
        &after_checksum,
    ]
    .concat()
}
