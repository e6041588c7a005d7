//! The sockets of the protocol thread, one per family: what the kernel keeps, and how it is read in bounded batches.

use std::collections::VecDeque;
use std::rc::Rc;

use vrrp::{Family, Input, Instant, Priority};

use super::machine::PARENT;
use super::protocol::{Around, Protocol, Successor, Turned};
use super::trust::{Verdict, wall_time};
use crate::sim::invariants::Broken;
use crate::sim::lan::Packet;
use crate::sim::mutation::Mutation;
use crate::sim::plan::ReadLimits;

/// A packet in a socket.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) at: Instant,
    pub(super) packet: Rc<Packet>,
}

/// Sockets by family.
#[derive(Debug, Default)]
pub(super) struct Sockets([VecDeque<Received>; 2]);

impl Sockets {
    pub(super) const fn of(&mut self, family: Family) -> &mut VecDeque<Received> {
        &mut self.0[family as usize]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(VecDeque::is_empty)
    }
}

impl Protocol {
    /// The kernel puts a packet into the socket's queue, if there is room.
    pub(in crate::sim) fn receive(&mut self, at: Instant, packet: Rc<Packet>, limits: ReadLimits) {
        let socket = self.sockets.of(packet.family());
        if socket.len() < limits.room {
            socket.push_back(Received { at, packet });
        }
    }

    /// Reads the sockets. Returns up to when everything was read.
    pub(super) fn read(&mut self, around: &mut Around<'_>, turned: &mut Turned) -> Result<Instant, Broken> {
        let mut heard_until = around.now;
        for family in [Family::Ipv4, Family::Ipv6] {
            for n in 1..=around.limits.batches {
                let (taken, last) = self.read_batch(family, around);
                if taken > 0 {
                    self.drain(around, turned)?;
                }
                if taken < around.limits.batch {
                    break; // There were no more.
                }
                if n == around.limits.batches {
                    heard_until = heard_until.min(last);
                }
            }
        }
        Ok(heard_until)
    }

    /// Reads one batch. Returns its size and the receive time of its last packet.
    fn read_batch(&mut self, family: Family, around: &Around<'_>) -> (usize, Instant) {
        let mut last = around.now;
        for taken in 0..around.limits.batch {
            let Some(Received { at, packet }) = self.sockets.of(family).pop_front() else { return (taken, last) };
            (last, self.last_read) = (at, at);
            self.hear(at, &packet, around);
        }
        (around.limits.batch, last)
    }

    fn hear(&mut self, at: Instant, packet: &Packet, around: &Around<'_>) {
        let mut router = self.routers[packet.router].as_mut();
        let ours = router.as_ref().map(|router| router.priority(&self.readings));
        let wall = wall_time(at, self.clock);
        let verdict = router.as_mut().map_or(Verdict::Foreign, |router| router.judge(packet, wall));
        let lie = ours.zip(router.as_ref());
        let lie = lie.and_then(|(ours, router)| around.mutation.lie(packet, (ours, verdict), router));
        let payload = lie.as_deref().unwrap_or_else(|| packet.payload());
        let heard = vrrp::Packet { link: PARENT, received: at, ip: packet.ip, payload };
        let kept = self.kept[packet.router].as_mut().filter(|kept| router.as_ref().is_some_and(|it| it.id == kept.id));
        if kept.is_none() || around.mutation != Mutation::DeafWhileLeaving {
            self.engine.handle(around.now, Input::Packet(heard));
        }
        if let (Some(kept), Some(said), Verdict::Taken) = (kept, packet.advert, verdict)
            && said.priority != Priority::RELEASE
        {
            kept.successor = Successor::Heard;
        }
        if let (Some(router), Some(ours), Some(said), Verdict::Taken) = (router, ours, packet.advert, verdict) {
            router.heard(at, (packet.ip.source, said), ours);
        }
    }
}
