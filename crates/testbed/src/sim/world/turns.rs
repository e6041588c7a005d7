//! Turns of the daemons' threads, and packets on their way.

use std::rc::Rc;
use std::time::Duration;

use vrrp::{LinkState, Priority, TransmitFrom};

use super::{Era, What, World};
use crate::sim::invariants::machine::FOLLOW;
use crate::sim::invariants::{Broken, Invariant, require};
use crate::sim::lan::Packet;
use crate::sim::mutation::Mutation;
use crate::sim::node::host::{HostAround, HostTurn};
use crate::sim::node::messages::Health;
use crate::sim::node::protocol::{Around, End, Turned, Wakeup};
use crate::sim::node::trust::Signature;
use crate::sim::node::{Recovery, Thread, Turn};
use crate::sim::plan::{Mac, source};

/// The scheduler wakes a thread up to this much too late.
const LATENESS: Duration = Duration::from_micros(500);
/// From a packet's arrival to the turn that reads it.
const WAKEUP: Duration = Duration::from_micros(60);
/// Another process may hold the kernel's network lock this long.
const KERNEL: Duration = Duration::from_millis(20);
/// From one piece of work of a host thread to the next.
const PIECE: Duration = Duration::from_millis(5);
/// Trackers give their first reading within this time.
const FIRST_READING: Duration = Duration::from_millis(400);

impl World<'_> {
    pub(super) fn start(&mut self, node: usize) -> Result<(), Broken> {
        if self.nodes[node].daemon.is_some() {
            return Ok(());
        }
        self.story.note(self.now, || format!("node {node} starts"));
        let recovery = if self.mutation == Mutation::RecoversNothing { Recovery::Left } else { Recovery::Done };
        self.nodes[node].start(self.now, &self.plan.routers, &self.plan.groups, recovery);
        if self.nodes[node].machine.is_daemon_dead() {
            self.nodes[node].end(self.now);
            return Ok(());
        }
        self.wake(node, Thread::Protocol);
        self.wake(node, Thread::Host);
        let first_reading = self.soon(FIRST_READING);
        self.plan_at(first_reading, What::Readings(node));
        Ok(())
    }

    /// Something waits for a thread.
    pub(super) fn wake(&mut self, node: usize, thread: Thread) {
        let at = match thread {
            Thread::Protocol => self.soon(WAKEUP),
            Thread::Host => self.soon(KERNEL),
        };
        self.ask_for_turn(node, thread, at);
    }

    fn ask_for_turn(&mut self, node: usize, thread: Thread, at: vrrp::Instant) {
        match self.nodes[node].ask_for_turn(thread, at) {
            Turn::ToBePlanned => self.plan_at(at, What::Turn(node, thread)),
            Turn::ComesAnyway => {}
        }
    }

    pub(super) fn planned_turn(&mut self, node: usize, thread: Thread) -> Result<(), Broken> {
        if !self.nodes[node].take_turn(thread, self.now) {
            return Ok(());
        }
        match thread {
            Thread::Protocol => self.protocol_turn(node, Wakeup::Ready).map(drop),
            Thread::Host => self.host_turn(node),
        }
    }

    /// A turn of the protocol thread's loop, and what it leads to. Returns the adverts that were sent: router, priority.
    pub(super) fn protocol_turn(&mut self, node: usize, wakeup: Wakeup) -> Result<Vec<(usize, Priority)>, Broken> {
        let it = &mut self.nodes[node];
        let link = it.machine.link();
        let Some(daemon) = &mut it.daemon else { return Ok(Vec::new()) };
        let Some(protocol) = &mut daemon.protocol else { return Ok(Vec::new()) };
        let around = Around {
            now: self.now,
            node,
            mutation: self.mutation,
            limits: self.plan.nodes[node].limits,
            wakeup,
            host: daemon.host.pulse,
            link,
            story: &mut self.story,
        };
        let in_node = |(rule, how): Broken| (rule, format!("node {node}: {how}"));
        let Turned { packets, orders, transitions, next, end } = protocol.turn(around).map_err(in_node)?;
        self.stats.transitions += transitions;
        require(Invariant::NothingChanges, transitions == 0 || self.era != Era::Settled, || {
            format!("a router of node {node} changed its state after everything had settled")
        })?;
        let has_orders = !orders.is_empty();
        orders.into_iter().for_each(|order| daemon.host.post(order));
        if end == End::Ended {
            daemon.protocol = None;
        }
        if has_orders {
            self.wake(node, Thread::Host);
        }
        if let Some(next) = next.filter(|_| end == End::GoesOn) {
            let lateness = Duration::from_nanos(self.dice.below(u64::from(LATENESS.subsec_nanos())));
            self.ask_for_turn(node, Thread::Protocol, next + lateness);
        }
        let said = packets.iter().filter_map(|packet| Some((packet.router, packet.advert?.priority))).collect();
        packets.into_iter().try_for_each(|packet| self.send(node, packet))?;
        Ok(said)
    }

    fn host_turn(&mut self, node: usize) -> Result<(), Broken> {
        let it = &mut self.nodes[node];
        let Some(daemon) = &mut it.daemon else { return Ok(()) };
        // A protocol thread that has ended has given all its orders.
        let protocol = daemon.protocol.as_ref().map_or(Health::Alive, |protocol| protocol.pulse.health(self.now));
        let mut around = HostAround {
            now: self.now,
            mutation: self.mutation,
            piece: self.plan.nodes[node].piece,
            machine: &mut it.machine,
            protocol,
            said: Vec::new(),
        };
        let turn = daemon.host.turn(&mut around);
        let said = around.said;
        if it.machine.is_daemon_dead() {
            self.story.note(self.now, || format!("node {node} is killed in the middle of its work"));
            it.end(self.now);
            return Ok(());
        }
        if daemon.host.is_in_arrears() {
            it.disturbed = self.now;
        }
        let has_said = !said.is_empty();
        said.into_iter().for_each(|message| it.tell(message));
        match turn {
            HostTurn::Sleeps(next) => {
                if has_said {
                    self.wake(node, Thread::Protocol);
                }
                if let Some(next) = next {
                    let at = self.soon(PIECE).max(next);
                    self.ask_for_turn(node, Thread::Host, at);
                }
                Ok(())
            }
            HostTurn::Ended => {
                it.end(self.now);
                let left = it.machine.left_behind();
                require(Invariant::MachineAsBefore, left.is_none(), || {
                    format!("after the stop of node {node} {}", left.unwrap_or_default())
                })
            }
            HostTurn::EndedUnclean => {
                it.end(self.now);
                Ok(())
            }
        }
    }

    /// Puts a packet on the LAN.
    fn send(&mut self, from: usize, packet: Packet) -> Result<(), Broken> {
        self.stats.adverts += 1;
        let it = &self.nodes[from];
        let family = packet.family();
        let is_leaving = packet.advert.is_some_and(|said| said.priority == Priority::RELEASE);
        let is_new = self.now.since(it.disturbed) <= FOLLOW || !it.is_healthy();
        require(Invariant::HasSource, is_leaving || is_new || it.machine.source(family).is_some(), || {
            format!("node {from} goes on sending without an address to send from")
        })?;
        if it.machine.link() == LinkState::Down {
            return Ok(());
        }
        self.numbers_rise(from, &packet)?;
        let packet = Rc::new(packet);
        self.records.record(&packet);
        let destination = packet.ip.destination;
        let is_for = |to: &usize| *to != from && (destination.is_multicast() || source(*to, family) == destination);
        for to in (0..self.nodes.len()).filter(is_for) {
            let is_deaf = self.nodes[to].member(packet.router).mac == Mac::VirtualDeaf;
            if is_deaf && packet.from == TransmitFrom::Virtual {
                continue;
            }
            for journey in self.lan.journeys(&mut self.dice, from, to).into_iter().flatten() {
                self.plan_at(self.now + journey, What::Arrival(to, Rc::clone(&packet)));
            }
        }
        Ok(())
    }

    /// Peers that remember an advert of an earlier daemon hear those of the next one. Packets of one advert to several peers
    /// have one number.
    fn numbers_rise(&mut self, from: usize, packet: &Packet) -> Result<(), Broken> {
        let Signature::Hmac { number, .. } = packet.signature else { return Ok(()) };
        let last = std::mem::replace(&mut self.nodes[from].signed[packet.router], number);
        let is_new = number > last || number == last && !packet.ip.destination.is_multicast();
        require(Invariant::NumbersRise, is_new, || {
            format!("node {from} signed an advert with the number {number}, after {last}")
        })
    }

    /// A packet reaches a machine.
    pub(super) fn arrive(&mut self, node: usize, packet: Rc<Packet>) {
        if !self.nodes[node].hears(packet.ip.destination) {
            return;
        }
        let (now, limits) = (self.now, self.plan.nodes[node].limits);
        if let Some(protocol) = self.nodes[node].protocol() {
            protocol.receive(now, packet, limits);
            self.wake(node, Thread::Protocol);
        }
    }
}
