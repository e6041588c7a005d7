//! What somebody does who hears everything on the LAN and has no key.

use std::collections::VecDeque;
use std::rc::Rc;

use vrrp::config::{Authentication, Freshness, RouterConfig};
use vrrp::{Instant, IpHeader, Priority, TransmitFrom, wire};

use super::World;
use crate::sim::forge::written;
use crate::sim::lan::{Packet, Said};
use crate::sim::node::trust::{Signature, protocol_of, wall_time};
use crate::sim::plan::{Attack, Cast, Keys, Seal, source};

/// Packets that are recorded of each virtual router.
const RECORDED: usize = 64;
/// The node number of a host that only attacks.
const ATTACKER: usize = 198;

/// Signed packets that somebody recorded, by virtual router.
#[derive(Debug)]
pub(super) struct Records(Vec<VecDeque<Rc<Packet>>>);

impl Records {
    pub(super) fn new(routers: usize) -> Self {
        Self(vec![VecDeque::new(); routers])
    }

    /// What nobody could tell from a new one is left alone: whoever sends it again is a router of the LAN.
    pub(super) fn record(&mut self, packet: &Rc<Packet>) {
        if packet.signature.number().is_none() {
            return;
        }
        let of_router = &mut self.0[packet.router];
        if of_router.len() == RECORDED {
            of_router.pop_front();
        }
        of_router.push_back(Rc::clone(packet));
    }
}

impl World<'_> {
    pub(super) fn attack(&mut self, node: usize, router: usize, attack: Attack, count: u16) {
        let packets = match attack {
            Attack::Replay | Attack::Shuffle => self.recorded(node, router, attack, count.into()),
            Attack::Unsigned | Attack::OtherKey => {
                let packet = self.forged(node, router, attack).map(Rc::new);
                packet.into_iter().flat_map(|packet| vec![packet; count.into()]).collect()
            }
        };
        packets.into_iter().for_each(|packet| self.arrive(node, packet));
    }

    /// What of the records the node would take in from somebody else.
    fn recorded(&mut self, node: usize, router: usize, attack: Attack, count: usize) -> Vec<Rc<Packet>> {
        let own = source(node, self.plan.routers[router].family);
        let is_for = |packet: &&Rc<Packet>| {
            let destination = packet.ip.destination;
            packet.ip.source != own && (destination.is_multicast() || destination == own)
        };
        let all: Vec<_> = self.records.0[router].iter().filter(is_for).cloned().collect();
        match attack {
            Attack::Shuffle if !all.is_empty() => {
                (0..count).map(|_| Rc::clone(&all[self.dice.place(all.len())])).collect()
            }
            Attack::Replay | Attack::Shuffle | Attack::Unsigned | Attack::OtherKey => {
                all.into_iter().rev().take(count).rev().collect()
            }
        }
    }

    /// An advert of the highest priority that only somebody with the key could have sent. Where adverts without a signature are
    /// taken, there is none of these.
    fn forged(&self, node: usize, place: usize, attack: Attack) -> Option<Packet> {
        let router = &self.plan.routers[place];
        let member = self.nodes[node].member(place);
        let authentication = match (attack, router.seal) {
            (Attack::OtherKey, seal) => seal.of_a_stranger(),
            (Attack::Unsigned, Seal::Hmac(_)) if member.mode != vrrp::config::HmacMode::Enforce => return None,
            (Attack::Unsigned | Attack::Replay | Attack::Shuffle, _) => Authentication::None,
        };
        // From the address of a member, if another machine has it.
        let liar = (0..self.nodes.len()).find(|other| *other != node).unwrap_or(ATTACKER);
        let from = source(liar, router.family);
        let destination = match router.cast {
            Cast::Multicast => wire::group(router.family),
            Cast::Unicast => source(node, router.family),
        };
        let said = Said { priority: Priority::OWNER, interval: member.interval };
        let config = RouterConfig { authentication, ..member.config(place, router, Keys::Old) };
        let number = number_of(&config.authentication, self.now);
        let protocol = protocol_of(&config.authentication);
        let ip = IpHeader { source: from, destination, hop_limit: Some(wire::HOP_LIMIT), protocol, identification: 1 };
        let bytes = written(config, &ip, said, number)?;
        let signature = Signature::None;
        Some(Packet { router: place, advert: None, signature, from: TransmitFrom::Physical, ip, bytes })
    }
}

/// A number that is higher than all that were sent.
fn number_of(authentication: &Authentication, now: Instant) -> u64 {
    match authentication {
        Authentication::None | Authentication::Password(_) => 0,
        Authentication::Ah(_) => u64::from(u32::MAX),
        Authentication::Hmac(hmac) => {
            let seconds = wall_time(now, 0).nanos() / 1_000_000_000;
            match hmac.freshness {
                Freshness::Time { window } => (seconds + window.as_secs() / 2) << 32,
                Freshness::Monotonic => (seconds + 1_000) << 32,
            }
        }
    }
}
