//! What the protocol thread does when the engine asks for it, and what must be true of that.

use std::time::Duration;

use vrrp::{
    Action, Event, EventKind, Input, Instant, IpHeader, LinkState, Priority, RouterId, StateName, Transition, Transmit,
    Version,
};

use super::messages::ToHost;
use super::protocol::{Around, Kept, Protocol, Successor, Turned};
use super::receive::Received;
use super::router::Router;
use super::trust::{Signature, Verdict, protocol_of, wall_time};
use crate::sim::invariants::router::{self as rules, Change};
use crate::sim::invariants::{Broken, Invariant, require};
use crate::sim::lan::{Packet, Said};

/// Longest packet: all addresses of a plan's router fit in.
pub(in crate::sim) const PACKET: usize = 256;

/// Which actions came so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Transmissions,
    Others,
}

impl Protocol {
    /// Does what the engine asks.
    pub(super) fn drain(&mut self, around: &mut Around<'_>, turned: &mut Turned) -> Result<(), Broken> {
        let mut sent = Vec::new();
        let mut failed = Vec::new();
        let mut order = Order::Transmissions;
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Transmit(transmit) => {
                    require(Invariant::OrderOfActions, order == Order::Transmissions, || {
                        format!("{transmit:?} came after other actions")
                    })?;
                    self.transmit(&transmit, around, turned)?;
                    sent.push((transmit.router, transmit.priority));
                    if around.link == LinkState::Down {
                        failed.push(transmit);
                    }
                    continue;
                }
                Action::InstallAddresses { router, rounds: _ } => {
                    self.enter(around.now, router, StateName::Active);
                    self.keeps_no_more(around.now, router);
                    turned.orders.push(ToHost::Install(router));
                }
                Action::KeepAddresses { router } => {
                    self.enter(around.now, router, StateName::Backup);
                    self.keeps(around.now, router);
                    turned.orders.push(ToHost::Keep(router));
                }
                Action::WithdrawAddresses { router } => {
                    if self.keeps_no_more(around.now, router).is_none() {
                        self.enter(around.now, router, StateName::Backup);
                    }
                    turned.orders.push(ToHost::Withdraw(router));
                }
                Action::Announce(announcement) => self.announces(announcement.router)?,
                Action::AnnounceFirst { router: _ } | Action::UnknownVrid(_) => {}
                Action::Event(event) => self.note(&event, &sent, around, turned)?,
            }
            order = Order::Others;
        }
        self.routers.iter_mut().flatten().for_each(Router::end_of_reports);
        for transmit in failed {
            self.engine.handle(around.now, Input::SendFailed(transmit));
        }
        Ok(())
    }

    fn enter(&mut self, now: Instant, id: RouterId, state: StateName) {
        if let Some(router) = self.by_id(id) {
            router.enter(now, state);
        }
    }

    /// A router has left and keeps its addresses, at the longest for the skew time of the slowest backup.
    fn keeps(&mut self, now: Instant, id: RouterId) {
        let Some(place) = self.routers.iter().position(|it| it.as_ref().is_some_and(|it| it.id == id)) else { return };
        let Some(router) = &self.routers[place] else { return };
        let slowest = match router.config.parameters.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => router.config.parameters.interval.duration(),
        };
        let until = now + slowest.min(router.config.parameters.switches.linger);
        self.kept[place] = Some(Kept { id, until, successor: Successor::Awaited });
        self.kept_until[place] = until;
    }

    /// It keeps them no longer, if it did.
    fn keeps_no_more(&mut self, now: Instant, id: RouterId) -> Option<Kept> {
        let place = self.kept.iter().position(|kept| kept.is_some_and(|kept| kept.id == id))?;
        self.kept_until[place] = now;
        self.kept[place].take()
    }

    fn announces(&mut self, id: RouterId) -> Result<(), Broken> {
        let state = self.by_id(id).map(|router| router.state);
        require(Invariant::OrderOfActions, state == Some(StateName::Active), || {
            format!("announced addresses while {state:?}")
        })
    }

    fn note(
        &mut self,
        event: &Event,
        sent: &[(RouterId, Priority)],
        around: &mut Around<'_>,
        turned: &mut Turned,
    ) -> Result<(), Broken> {
        let vrrp::Subject::Router(id) = event.subject else { return Ok(()) };
        if let (EventKind::Stalled { .. }, Some(router)) = (&event.kind, self.by_id(id)) {
            router.waits_anew(event.at);
        }
        let EventKind::Transition(transition) = &event.kind else { return Ok(()) };
        let Some(place) = self.routers.iter().position(|router| router.as_ref().is_some_and(|it| it.id == id)) else {
            return Ok(());
        };
        turned.transitions += 1;
        let Transition { from, to, reason, .. } = *transition;
        around
            .story
            .note(around.now, || format!("node {} router {place}: {from:?} -> {to:?}: {reason:?}", around.node));
        let silent_until = self.silent_until(place, around.now);
        let sent: Vec<Priority> = sent.iter().filter(|(router, _)| *router == id).map(|(_, it)| *it).collect();
        let Some(router) = &mut self.routers[place] else { return Ok(()) };
        let change = Change {
            now: around.now,
            transition,
            tracked: router.pull(&self.readings).fault,
            priority: router.priority(&self.readings),
            silent_until,
            sent: &sent,
        };
        router.enter(around.now, to);
        rules::sound_change(router, &change)?;
        router.reported = to;
        router.note_start_of_waiting(event.at, transition);
        Ok(())
    }

    /// When the machine received the first advert that a router must respect and that is still unread; else now.
    fn silent_until(&mut self, place: usize, now: Instant) -> Instant {
        let Some(router) = &self.routers[place] else { return now };
        let (family, ours) = (router.config.family, router.priority(&self.readings));
        let (clock, authentication, mut trust) = (self.clock, &router.config.authentication, router.trust.clone());
        let first = self.sockets.of(family).iter().find(|Received { at, packet }| {
            let Some(said) = packet.advert.filter(|_| packet.router == place) else { return false };
            let wall = wall_time(*at, clock);
            let verdict = trust.judge(authentication, (packet.ip.source, packet.signature), wall);
            verdict == Verdict::Taken && router.must_respect(said, ours)
        });
        first.map_or(now, |received| received.at)
    }

    fn transmit(&mut self, transmit: &Transmit, around: &mut Around<'_>, turned: &mut Turned) -> Result<(), Broken> {
        let mut bytes = vec![0; PACKET];
        let length = self.engine.write_packet(transmit, &mut bytes);
        let place = self.routers.iter().position(|it| it.as_ref().is_some_and(|it| it.id == transmit.router));
        let known = place.and_then(|place| Some((place, self.routers[place].as_mut()?)));
        let (Some((place, router)), Some(length)) = (known, length) else {
            return Err((Invariant::OrderOfActions, format!("{transmit:?} has no bytes")));
        };
        bytes.truncate(length);
        rules::has_source(&router.parent, transmit)?;
        around
            .story
            .note(around.now, || format!("node {} router {place} sends priority {}", around.node, transmit.priority));
        router.count_advert(around.now, transmit);
        let signature = Signature::of(&router.config.authentication, &transmit.stamp);
        router.trust.sent(signature);
        if !around.mutation.sends(transmit, &router.config) {
            return Ok(());
        }
        turned.packets.push(Packet {
            router: place,
            signature,
            advert: Some(Said { priority: transmit.priority, interval: router.config.parameters.interval }),
            from: transmit.from,
            ip: IpHeader {
                source: transmit.stamp.source,
                destination: transmit.to.address(),
                hop_limit: Some(transmit.stamp.hop_limit),
                protocol: protocol_of(&router.config.authentication),
                identification: transmit.stamp.identification,
            },
            bytes,
        });
        Ok(())
    }
}
