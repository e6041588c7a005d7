//! Hearing successors: adverts of others for the routers whose addresses are held.
//!
//! Signatures are not checked. What a forged advert does here is to end the time in which addresses are held for a successor: then it is as
//! it would be without a guardian.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use linux::poll::Poll;
use linux::receive::{Channel, Receiver};
use vrrp::input::Packet;
use vrrp::types::{Family, IfIndex, Priority, RouterId, Vrid};
use vrrp::wire::{ADVERTISEMENT, HOP_LIMIT, Message, message_of};

use crate::shared::Head;

/// Batches taken from one socket at a time: the rest comes with the next turn.
const BUDGET: usize = 64;

/// The sockets, and whom they wait for.
pub(super) struct Ears {
    receivers: Vec<Receiver>,
    routers: Awaited,
}

/// The routers whose successors come in there.
type Awaited = HashMap<(IfIndex, Family, Vrid), Vec<(RouterId, Head)>>;

impl Ears {
    /// What the machine has. Nothing is heard yet.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW.
    pub(super) fn new() -> io::Result<Self> {
        let mut receivers = Vec::new();
        for channel in Channel::ALL {
            match Receiver::open_small(channel) {
                Ok(mut receiver) => {
                    receiver.filter(&[])?;
                    receivers.push(receiver);
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
                // A machine without IPv6.
                Err(_) => {}
            }
        }
        Ok(Self { receivers, routers: HashMap::new() })
    }

    /// Has `poll` wait for them.
    pub(super) fn add_to(&self, poll: &Poll, first: u64) -> io::Result<()> {
        (first..).zip(&self.receivers).try_for_each(|(token, receiver)| poll.add(receiver, token))
    }

    /// Keeps whatever comes from now on, until it is said who is waited for.
    pub(super) fn open(&mut self) {
        let all: Vec<Vrid> = (u8::MIN..=u8::MAX).filter_map(Vrid::new).collect();
        self.filter(&all);
    }

    /// Waits for successors of these routers, instead of those before.
    pub(super) fn listen(&mut self, heads: &HashMap<RouterId, Head>) {
        self.routers.clear();
        for (router, head) in heads {
            self.routers.entry(head.claim()).or_default().push((*router, *head));
        }
        let mut vrids: Vec<Vrid> = heads.values().map(|head| head.vrid).collect();
        vrids.sort_unstable();
        vrids.dedup();
        self.filter(&vrids);
    }

    fn filter(&mut self, vrids: &[Vrid]) {
        for receiver in &mut self.receivers {
            // Without the filter nothing is heard, and addresses are held for the whole time.
            if let Err(error) = receiver.filter(vrids) {
                tracing::error!("guardian: successors are not heard: {error}");
            }
        }
    }

    /// The routers whose successors were heard. One may be named several times.
    pub(super) fn hear(&mut self) -> Vec<RouterId> {
        let (mut heard, routers) = (Vec::new(), &self.routers);
        for receiver in &mut self.receivers {
            for _ in 0..BUDGET {
                let taken = receiver.receive(|packet| heard.extend(succeeded(routers, &packet)));
                if !taken.is_ok_and(|count| count > 0) {
                    break;
                }
            }
        }
        heard
    }
}

fn succeeded<'a>(routers: &'a Awaited, packet: &'a Packet<'_>) -> impl Iterator<Item = RouterId> + 'a {
    let message = Message::read(&packet.ip, message_of(packet.ip.protocol, packet.payload));
    let speaker = message.filter(|it| it.kind() == ADVERTISEMENT && it.version().is_some());
    let vrid = speaker.filter(|it| it.priority() != Priority::RELEASE).and_then(|it| it.vrid());
    let of = vrid.and_then(|vrid| routers.get(&(packet.link, packet.ip.family(), vrid)));
    of.into_iter().flatten().filter(move |(_, head)| is_successor(head, packet)).map(|(router, _)| *router)
}

/// Whether a master's advert comes from somebody else, and from the link if it must.
fn is_successor(head: &Head, packet: &Packet<'_>) -> bool {
    let source: IpAddr = packet.ip.source;
    source != head.source && (head.group.is_none() || packet.ip.hop_limit == Some(HOP_LIMIT))
}
