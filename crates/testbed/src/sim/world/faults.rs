//! What goes wrong.

use std::rc::Rc;
use std::time::Duration;

use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{Instant, Interval, IpHeader, LinkState, Priority, StateName, TransmitFrom, Vrid};

use super::{What, World};
use crate::sim::invariants::{Broken, Invariant, require, router as rules};
use crate::sim::lan::Packet;
use crate::sim::node::messages::ToProtocol;
use crate::sim::node::protocol::{Protocol, Wakeup};
use crate::sim::node::pulse::PERIOD;
use crate::sim::node::restart::Asked;
use crate::sim::node::trust::Signature;
use crate::sim::node::{Stall, Stalled, Thread};
use crate::sim::plan::{Cast, Fault, Keys, NodeFault, Watched, source};

/// The node number of a host that only floods.
const STRANGER: usize = 199;

/// Whether a router must listen before it speaks. An owner whom a message makes leave and come back need not.
fn must_listen(protocol: &Protocol, place: usize, away: Duration) -> bool {
    let Some(router) = &protocol.routers[place] else { return false };
    let patience = rules::patience(router, router.priority(&protocol.readings));
    let comes_back = router.config.parameters.priority.is_owner() && !protocol.is_mailbox_empty();
    router.state == StateName::Active && away > patience && !comes_back
}

impl World<'_> {
    /// Returns the node that it happened to.
    pub(super) fn fault(&mut self, fault: Fault) -> Result<Option<usize>, Broken> {
        self.story.note(self.now, || format!("{fault:?}"));
        match fault {
            Fault::Node(node, fault) => {
                self.nodes[node].disturbed = self.now;
                self.node_fault(node, fault)?;
                return Ok(Some(node));
            }
            Fault::Block(from, to) => self.lan.block(from, to),
            Fault::Split(sides) => self.lan.split(sides),
            Fault::Heal => self.lan.heal(),
            Fault::Rekey(router, keys) => {
                self.rekey(router, keys);
                return Ok(None);
            }
        }
        self.lan_changed = self.now;
        Ok(None)
    }

    fn node_fault(&mut self, node: usize, fault: NodeFault) -> Result<(), Broken> {
        let it = &mut self.nodes[node];
        match fault {
            NodeFault::Start => return self.start(node),
            NodeFault::Quit => it.tell(ToProtocol::Quit),
            NodeFault::Crash => it.end(self.now),
            NodeFault::CrashWithin(operations) => it.machine.kill_after(Some(operations + 1)),
            NodeFault::Restart(duration) => return self.restart(node, duration),
            NodeFault::Stall(what, duration) => self.stall(node, what, duration),
            NodeFault::Interrupt => return self.interrupt(node),
            NodeFault::LinkDown => it.machine.set_link(LinkState::Down),
            NodeFault::LinkUp => it.machine.set_link(LinkState::Up),
            NodeFault::ParentGone => it.machine.remove_parent(),
            NodeFault::ParentBack => it.machine.return_parent(),
            NodeFault::SourceLost(family) => it.machine.lose_source(family),
            NodeFault::SourceBack(family) => it.machine.regain_source(family),
            NodeFault::Reading(tracker, reading) => it.read(tracker, reading),
            NodeFault::Stop(router) => it.tell(ToProtocol::Stop(router)),
            NodeFault::Resume(router) => it.tell(ToProtocol::Resume(router)),
            NodeFault::Reload(router, change) => it.reload(router, change, &self.plan.routers, &self.plan.groups),
            NodeFault::Refuse(refusal, duration) => {
                it.machine.refuse(Some(refusal));
                self.plan_at(self.now + duration, What::Relent(node));
            }
            NodeFault::Administer(value) => it.machine.administer(value),
            NodeFault::Flood(router, count) => self.flood(node, router, count),
            NodeFault::Attack(router, attack, count) => self.attack(node, router, attack, count),
        }
        if self.nodes[node].daemon.is_some() {
            self.wake(node, Thread::Protocol);
            self.wake(node, Thread::Host);
        }
        Ok(())
    }

    fn rekey(&mut self, router: usize, keys: Keys) {
        for node in 0..self.nodes.len() {
            self.nodes[node].disturbed = self.now;
            self.nodes[node].rekey(router, keys, &self.plan.routers, &self.plan.groups);
            self.wake(node, Thread::Protocol);
        }
    }

    /// Another program is executed in the place of the daemon.
    fn restart(&mut self, node: usize, duration: Duration) -> Result<(), Broken> {
        let until = self.now + duration;
        if !self.nodes[node].may_be_replaced(until, self.now) {
            return Ok(());
        }
        self.nodes[node].tell(ToProtocol::SpeakNow);
        self.protocol_turn(node, Wakeup::Ready)?;
        match self.nodes[node].hand_over(self.now) {
            Asked::Replaced => self.plan_at(until, What::GoesOn(node)),
            Asked::GoesOn => {}
        }
        Ok(())
    }

    /// It is there.
    pub(super) fn goes_on(&mut self, node: usize) -> Result<(), Broken> {
        // It may have been killed meanwhile.
        if self.nodes[node].is_replaced() {
            let went_on = self.nodes[node].go_on(self.now, self.mutation);
            require(Invariant::StatesJoin, went_on.is_some(), || {
                format!("node {node} cannot go on from what it knew")
            })?;
            self.wake(node, Thread::Protocol);
            self.wake(node, Thread::Host);
        }
        Ok(())
    }

    fn stall(&mut self, node: usize, what: Watched, duration: Duration) {
        let threads: &[Thread] = match what {
            Watched::Process => &[Thread::Protocol, Thread::Host],
            Watched::Protocol => &[Thread::Protocol],
            Watched::Host => &[Thread::Host],
        };
        // A host thread that hung before was not frozen with the other.
        let host = self.nodes[node].daemon.as_ref().and_then(|daemon| daemon.stall(Thread::Host));
        let what = if host.is_some() { Watched::Protocol } else { what };
        let until = self.now + duration;
        for thread in threads {
            match self.nodes[node].stall(*thread, Stall { since: self.now, until, what }) {
                Stalled::Longer => self.plan_at(until, What::Thaw(node, *thread, until)),
                Stalled::AsBefore => {}
            }
        }
    }

    /// A thread is scheduled again, at once: a signal (SIGCONT) wakes it with nothing ready.
    pub(super) fn thaw(&mut self, node: usize, thread: Thread, until: Option<Instant>) -> Result<(), Broken> {
        let stall = self.nodes[node].daemon.as_ref().and_then(|daemon| daemon.stall(thread));
        let Some(stall) = stall.filter(|stall| until.is_none_or(|until| until == stall.until)) else { return Ok(()) };
        self.nodes[node].thaw(thread, self.now);
        self.story.note(self.now, || format!("node {node}: {thread:?} thread runs again"));
        match thread {
            Thread::Host => {
                self.wake(node, Thread::Host);
                Ok(())
            }
            Thread::Protocol => self.first_turn_after(node, stall),
        }
    }

    /// An Active that was away for so long that it has been replaced says nothing; one that was away for less goes on.
    fn first_turn_after(&mut self, node: usize, stall: Stall) -> Result<(), Broken> {
        let away = self.now.since(stall.since);
        let Some(daemon) = &self.nodes[node].daemon else { return Ok(()) };
        let Some(protocol) = &daemon.protocol else { return Ok(()) };
        let nothing_waits = protocol.is_mailbox_empty();
        let must_listen: Vec<usize> =
            (0..protocol.routers.len()).filter(|place| must_listen(protocol, *place, away)).collect();
        let was_well = nothing_waits
            && stall.what == Watched::Process
            && daemon.host.pulse.lateness(stall.since) < PERIOD
            && protocol.routers.iter().flatten().all(|it| it.host == vrrp::HostState::Ready);
        let said = self.protocol_turn(node, Wakeup::Interrupted)?;
        let spoke = said.iter().find(|(router, _)| must_listen.contains(router));
        require(Invariant::ListensAfterStall, spoke.is_none(), || {
            format!("node {node} spoke at once after {away:?} of standstill: {spoke:?}")
        })?;
        // A router that is Backup left because another of its group listens now, or has heard a superior advert.
        let follows = |router: usize| {
            let grouped = self.plan.groups.iter().any(|group| group.contains(&router));
            grouped && self.nodes[node].state(router) == StateName::Backup
        };
        let left = said.iter().find(|(router, priority)| *priority == Priority::RELEASE && !follows(*router));
        require(Invariant::FreezeIsNoFailover, !was_well || left.is_none(), || {
            format!("node {node} was frozen for {away:?} and left: {left:?}")
        })
    }

    fn interrupt(&mut self, node: usize) -> Result<(), Broken> {
        let daemon = self.nodes[node].daemon.as_ref();
        let is_there = !self.nodes[node].is_replaced();
        if is_there && daemon.is_some_and(|daemon| daemon.stall(Thread::Protocol).is_none()) {
            self.protocol_turn(node, Wakeup::Interrupted)?;
        }
        Ok(())
    }

    pub(super) fn relent(&mut self, node: usize) {
        self.nodes[node].machine.refuse(None);
        self.nodes[node].disturbed = self.now;
    }

    /// Adverts of a stranger with a broken checksum: they take room and time, and nothing else.
    fn flood(&mut self, node: usize, router: usize, count: u16) {
        let Some(packet) = self.junk(node, router).map(Rc::new) else { return };
        for _ in 0..count {
            self.arrive(node, Rc::clone(&packet));
        }
    }

    fn junk(&self, node: usize, place: usize) -> Option<Packet> {
        let router = self.plan.routers[place];
        let from = source(STRANGER, router.family);
        let destination = match router.cast {
            Cast::Multicast => wire::group(router.family),
            Cast::Unicast => source(node, router.family),
        };
        let advert = Advert {
            version: router.version,
            vrid: Vrid::new(router.vrid)?,
            priority: Priority::OWNER,
            interval: Interval::DEFAULT,
            addresses: &[from],
            authentication: vrrp::wire::AuthenticationField::NONE,
        };
        let mut bytes = vec![0; 128];
        let ip = wire::IpFields { source: &from, destination: &destination, id: 1, hop_limit: wire::HOP_LIMIT };
        let length = advert.emit_packet(&ip, ChecksumForm::Rfc5798, &mut bytes)?;
        bytes.truncate(length);
        *bytes.get_mut(wire::ip_header_len(router.family) + 6)? ^= 0xff;
        let ip = IpHeader {
            source: from,
            destination,
            hop_limit: Some(wire::HOP_LIMIT),
            protocol: wire::PROTOCOL,
            identification: 0,
        };
        Some(Packet {
            router: place,
            advert: None,
            signature: Signature::None,
            from: TransmitFrom::Physical,
            ip,
            bytes,
        })
    }
}
