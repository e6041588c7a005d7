//! What other threads ask of the protocol thread.

use std::collections::HashSet;
use std::sync::Arc;

use linux::clock;
use linux::receive::Receiver;
use vrrp::config::GroupConfig;
use vrrp::input::{HostState, Input, Leavers, Parent, Reading, Since};
use vrrp::snapshot::{Snapshot, Tracked};
use vrrp::time::Instant;
use vrrp::types::{RouterId, Vrid};

use super::Protocol;
use crate::ports::events::{NetworkTask, Occurrence};
use crate::ports::frames::Frames;
use crate::ports::handover::Meanwhile;
use crate::ports::main::Answer;
use crate::ports::protocol::{EngineChange, GroupChange, ProtocolCommand, Snapshots};
use crate::ports::pulse::Health;
use crate::ports::question::Asked;

impl Protocol {
    /// Takes the commands that wait.
    pub(super) fn obey(&mut self) {
        while let Some(command) = self.commands.next() {
            let now = clock::now();
            match command {
                ProtocolCommand::Attached { router, parent, frames } => self.attach(now, router, parent, frames),
                ProtocolCommand::HostReady { router, state } => {
                    self.host_states.insert(router, state);
                    self.set_host_state(now, router);
                }
                ProtocolCommand::Reading { tracker, reading } => {
                    self.engine.handle(now, Input::Reading { tracker, reading });
                }
                ProtocolCommand::Reload { change, added } => {
                    let ids = self.reload(now, *change);
                    added.give(ids);
                }
                ProtocolCommand::Release(routers) => self.release(now, routers),
                ProtocolCommand::Ask(question) => question.answer(|asked| self.snapshots(asked)),
                ProtocolCommand::Stop(done) => {
                    self.engine.handle(now, Input::Shutdown { router: None });
                    self.stopping = Some(done);
                }
                ProtocolCommand::HandOver(standstill) => self.hand_over(standstill),
                ProtocolCommand::Pause(answer) => self.bfd.pause(now, answer, &mut self.engine),
                ProtocolCommand::EndPause => self.bfd.end_pause(now, &mut self.engine),
                ProtocolCommand::LetGo => self.engine.handle(now, Input::LetGo(Leavers::All)),
            }
            self.carry_out();
        }
    }

    /// Those that were released before and are not any more take part again. Of a daemon that stops nobody does.
    fn release(&mut self, now: Instant, routers: HashSet<RouterId>) {
        if self.stopping.is_some() {
            return;
        }
        let before = std::mem::replace(&mut self.released, routers);
        for router in self.released.difference(&before) {
            self.engine.handle(now, Input::Shutdown { router: Some(*router) });
        }
        for router in before.difference(&self.released).filter(|router| !self.removed.contains(router)) {
            self.engine.handle(now, Input::Resume { router: *router });
        }
    }

    /// Whom to answer if the thread was to stop and can. BFD sessions last as long as the machine forwards.
    pub(super) fn stopped(&mut self) -> Option<Answer<()>> {
        if self.stopping.is_none() || self.engine.is_any_leaving() {
            return None;
        }
        self.bfd.stop(clock::now(), &mut self.engine);
        self.carry_out();
        self.stopping.take()
    }

    /// A master whose host thread hangs cannot keep its addresses, and a backup could not put them in: while it hangs
    /// no router takes part in the election.
    pub(super) fn watch_host(&mut self) {
        let now = clock::now();
        let Some(health) = self.host_watch.look(now) else { return };
        self.events.send(Occurrence::HostThread(health));
        let routers: Vec<RouterId> = self.engine.routers().collect();
        for router in routers {
            self.set_host_state(now, router);
        }
        self.carry_out();
    }

    /// Whether the machine can do what the router needs: as the host thread said, as long as that thread lives.
    fn set_host_state(&mut self, now: Instant, router: RouterId) {
        let state = match self.host_watch.health() {
            Health::Alive => self.host_states.get(router).copied().unwrap_or(HostState::Ready),
            Health::Silent => HostState::Failed,
        };
        self.engine.handle(now, Input::HostState { router, state });
    }

    fn attach(&mut self, now: Instant, router: RouterId, parent: Parent, frames: Option<Arc<Frames>>) {
        let leaving = frames.is_none();
        if let Some(frames) = frames {
            self.set_frames(router, frames);
        }
        self.engine.handle(now, Input::Parent { router, parent });
        if leaving {
            // Priority 0 still needs the frames of the parent that goes.
            self.carry_out();
            self.forget_frames(router);
        }
    }

    pub(super) fn set_frames(&mut self, router: RouterId, frames: Arc<Frames>) {
        self.own_links.add(&frames);
        if let Some(before) = self.frames.insert(router, frames) {
            self.own_links.remove(&before);
        }
    }

    fn forget_frames(&mut self, router: RouterId) {
        if let Some(before) = self.frames.remove(router) {
            self.own_links.remove(&before);
        }
    }

    fn reload(&mut self, now: Instant, change: EngineChange) -> Vec<RouterId> {
        let groups = |ids: &[RouterId]| -> Vec<GroupConfig> { change.groups.iter().map(|it| group(it, ids)).collect() };
        // Who takes the place of one that was removed earlier finds it free.
        self.engine.handle(now, Input::LetGo(Leavers::Removed));
        self.engine.leave_groups(now, &groups(&[]));
        self.engine.handle(now, Input::StartupDelay { until: change.starts_at });
        for router in change.remove {
            self.engine.handle(now, Input::Shutdown { router: Some(router) });
            self.carry_out();
            self.engine.remove(router);
            self.removed.push(router);
        }
        for (router, config) in change.update {
            self.engine.update(now, router, config);
        }
        for tracker in change.forget {
            self.engine.handle(now, Input::Reading { tracker, reading: Reading::Unknown });
        }
        self.engine.tell_unknown_vrids(change.unknown_vrids);
        self.vrids = change.vrids;
        self.forget_removed();
        self.filter();
        self.engine.reserve(change.add.len());
        let meanwhile = change.resume.as_ref().map(|resume| resume.meanwhile);
        let (ids, sessions): (Vec<RouterId>, _) = match change.resume {
            None => (change.add.into_iter().map(|config| self.engine.add(now, config)).collect(), None),
            Some(resume) => {
                let (ids, sessions) = self.resume(now, change.add, *resume);
                (ids, Some(sessions))
            }
        };
        self.engine.set_groups(now, groups(&ids));
        match meanwhile {
            Some(Meanwhile::Release) => self.engine.handle(now, Input::RoleTaken { since: Since::Silent }),
            Some(Meanwhile::Nothing) | None => {}
        }
        self.bfd.follow(now, change.sessions, sessions, &self.poll, &mut self.engine);
        ids
    }

    /// Forgets what is known of routers that the engine has forgotten by now.
    pub(super) fn forget_removed(&mut self) {
        let has = |router: &RouterId| self.engine.has(*router);
        let before = self.removed.len();
        self.removed.retain(has);
        if self.removed.len() == before {
            return;
        }
        let own_links = &mut self.own_links;
        self.frames.retain(|router, frames| {
            let stays = has(&router);
            if !stays {
                own_links.remove(frames);
            }
            stays
        });
        self.host_states.retain(|router, _| has(&router));
        self.filter();
    }

    /// Receives what is configured, and what those hear that keep their addresses.
    fn filter(&mut self) {
        let leaving = self.removed.iter().filter_map(|router| self.engine.vrid(*router));
        let mut vrids: Vec<Vrid> = self.vrids.iter().copied().chain(leaving).collect();
        vrids.sort_unstable();
        vrids.dedup();
        for receiver in &mut self.receivers {
            if let Err(error) = receiver.filter(&vrids) {
                self.events.send(Occurrence::Network { what: NetworkTask::Filter, error });
            }
        }
    }

    fn snapshots(&self, asked: &Asked) -> Snapshots {
        let of = |id| self.engine.snapshot(id);
        let routers: Vec<Snapshot> = match asked {
            Asked::All => self.engine.routers().filter_map(of).collect(),
            Asked::These(ids) => ids.iter().copied().filter_map(of).collect(),
        };
        let tracked = routers.iter().map(|it| (it.router, self.engine.tracked(it.router).collect()));
        let tracked = tracked.filter(|(_, all): &(_, Vec<Tracked>)| !all.is_empty()).collect();
        let overflows = self.receivers.iter().map(Receiver::overflows).sum::<u64>() + self.bfd.overflows();
        let groups = self.engine.groups().collect();
        Snapshots {
            routers,
            groups,
            tracked,
            no_such_router: self.engine.no_such_router().clone(),
            overflows,
            sessions: self.bfd.snapshots(),
            no_session: self.bfd.no_session(),
        }
    }
}

/// A group, of whose new routers these ids are known.
fn group(change: &GroupChange, ids: &[RouterId]) -> GroupConfig {
    let added = change.added.iter().filter_map(|place| ids.get(*place));
    GroupConfig { id: change.id, members: change.kept.iter().chain(added).copied().collect() }
}
