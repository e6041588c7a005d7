//! What says priority 0 in a router's name: bytes that were made beforehand, and what shows its successor.

use std::net::IpAddr;
use std::time::Duration;

use linux::send::{RoutedSender, Sender};
use vrrp::types::{Family, IfIndex, Vrid};

/// What is known of a router that is Active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its parent.
    pub(crate) link: IfIndex,
    pub(crate) vrid: Vrid,
    /// Where its adverts come from.
    pub(crate) source: IpAddr,
    /// The group that hears it; `None`: it speaks by unicast.
    pub(crate) group: Option<IpAddr>,
    /// How long its addresses may be held.
    pub(crate) hold: Duration,
}

impl Head {
    /// Begins an entry.
    pub(crate) fn begin(&self, out: &mut Vec<u8>) {
        out.clear();
        out.extend(self.link.value().to_ne_bytes());
        out.push(self.vrid.value());
        out.extend(u64::try_from(self.hold.as_nanos()).unwrap_or(u64::MAX).to_ne_bytes());
        put_address(out, Some(self.source));
        put_address(out, self.group);
    }

    /// Adds a packet: a frame, or what goes to a peer `to` by the kernel's routes. `write` writes it to the end, to a room of
    /// `most` zeros, and returns its length; `None`: there is none.
    pub(crate) fn add(
        out: &mut Vec<u8>,
        link: IfIndex,
        to: Option<IpAddr>,
        most: usize,
        write: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) {
        let start = out.len();
        out.extend(link.value().to_ne_bytes());
        put_address(out, to);
        let length_at = out.len();
        out.extend([0; 4]);
        let bytes_at = out.len();
        out.resize(bytes_at + most, 0);
        let written = write(&mut out[bytes_at..]);
        match written.and_then(|length| Some((length, u32::try_from(length).ok()?))) {
            Some((length, number)) => {
                out[length_at..bytes_at].copy_from_slice(&number.to_ne_bytes());
                out.truncate(bytes_at + length);
            }
            None => out.truncate(start),
        }
    }

    /// Where adverts of a successor come in: interface, family and VRID.
    pub(crate) const fn claim(&self) -> (IfIndex, Family, Vrid) {
        (self.link, Family::of(&self.source), self.vrid)
    }

    /// Reads an entry; the rest is for [`queue`].
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (link, bytes) = take_link(bytes)?;
        let (vrid, bytes) = bytes.split_first()?;
        let (hold, bytes) = bytes.split_first_chunk()?;
        let (source, bytes) = take_address(bytes)?;
        let (group, bytes) = take_address(bytes)?;
        let hold = Duration::from_nanos(u64::from_ne_bytes(*hold));
        Some((Self { link, vrid: Vrid::new(*vrid)?, source: source?, group, hold }, bytes))
    }
}

/// Queues the packets of an entry, behind its head.
pub(crate) fn queue(mut bytes: &[u8], frames: &mut Sender<()>, routed: &mut RoutedSender<()>) {
    while let Some((Addressed { link, to, packet }, rest)) = take_packet(bytes) {
        match to {
            None => frames.push_copy(link, (), packet),
            Some(to) => routed.push(link, to, (), packet.len(), |room| {
                room.copy_from_slice(packet);
                Some(packet.len())
            }),
        }
        bytes = rest;
    }
}

/// A packet as it leaves; `to` is its destination if the kernel is to find the way.
#[derive(Debug, PartialEq, Eq)]
struct Addressed<'a> {
    link: IfIndex,
    to: Option<IpAddr>,
    packet: &'a [u8],
}

fn take_packet(bytes: &[u8]) -> Option<(Addressed<'_>, &[u8])> {
    let (link, bytes) = take_link(bytes)?;
    let (to, bytes) = take_address(bytes)?;
    let (length, bytes) = bytes.split_first_chunk()?;
    let (packet, rest) = bytes.split_at_checked(usize::try_from(u32::from_ne_bytes(*length)).ok()?)?;
    Some((Addressed { link, to, packet }, rest))
}

fn take_link(bytes: &[u8]) -> Option<(IfIndex, &[u8])> {
    let (link, bytes) = bytes.split_first_chunk()?;
    Some((IfIndex::new(u32::from_ne_bytes(*link))?, bytes))
}

/// An address behind its length: 0 for none.
fn put_address(out: &mut Vec<u8>, address: Option<IpAddr>) {
    match address {
        None => out.push(0),
        Some(IpAddr::V4(address)) => {
            out.push(4);
            out.extend(address.octets());
        }
        Some(IpAddr::V6(address)) => {
            out.push(16);
            out.extend(address.octets());
        }
    }
}

fn take_address(bytes: &[u8]) -> Option<(Option<IpAddr>, &[u8])> {
    let (length, bytes) = bytes.split_first()?;
    let (octets, rest) = bytes.split_at_checked(usize::from(*length))?;
    let address = match octets {
        [] => None,
        octets => Some(match (<[u8; 4]>::try_from(octets), <[u8; 16]>::try_from(octets)) {
            (Ok(octets), _) => octets.into(),
            (_, Ok(octets)) => octets.into(),
            (Err(_), Err(_)) => return None,
        }),
    };
    Some((address, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written_and_no_part_of_one_is_taken_for_more() {
        let link = IfIndex::new(7).unwrap();
        for (source, group, to) in [
            ("192.0.2.1", Some("224.0.0.18"), None),
            ("fe80::1", Some("ff02::12"), None),
            ("192.0.2.1", None, Some("192.0.2.2")),
        ] {
            let address = |text: &str| text.parse::<IpAddr>().unwrap();
            let head = Head {
                link,
                vrid: Vrid::new(51).unwrap(),
                source: address(source),
                group: group.map(address),
                hold: Duration::from_millis(300),
            };
            let (mut bytes, to) = (Vec::new(), to.map(address));
            head.begin(&mut bytes);
            Head::add(&mut bytes, link, to, 10, |room| {
                room[..3].copy_from_slice(b"one");
                Some(3)
            });
            Head::add(&mut bytes, link, to, 10, |_| None);
            Head::add(&mut bytes, link, to, 3, |room| {
                room.copy_from_slice(b"two");
                Some(3)
            });
            let (read, rest) = Head::read(&bytes).unwrap();
            assert_eq!(read, head);
            let (one, rest) = take_packet(rest).unwrap();
            assert_eq!(one, Addressed { link, to, packet: b"one" });
            let (two, rest) = take_packet(rest).unwrap();
            assert_eq!((two.packet, rest.len(), take_packet(rest)), (&b"two"[..], 0, None));
            let start = bytes.len() - rest.len();
            for cut in 0..start {
                let whole = Head::read(&bytes[..cut]).and_then(|(_, rest)| {
                    let (_, rest) = take_packet(rest)?;
                    take_packet(rest)
                });
                assert_eq!(whole, None, "cut at {cut}");
            }
        }
    }
}
