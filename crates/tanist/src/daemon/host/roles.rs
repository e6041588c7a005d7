//! Taking and giving up addresses.

use std::collections::BTreeSet;
use std::time::Duration;

use host::{ErrorKind, Failure, Item, Kernel as _, LinkSetting, Op, Phase, Setting, SettingKey};
use linux::clock;
use vrrp::input::Verdict;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::{HostThread, Managed, Role};
use crate::ports::events::HostFact;
use crate::ports::protocol::ProtocolCommand;

/// Routers whose operations go to the kernel in one batch: the first announcements need not wait for the last address.
const BATCH: usize = 64;
/// How long a router stays out of the way whose interface or addresses the kernel refused.
const RETRY: Duration = Duration::from_secs(30);
/// Times that this doubles: in the end it is tried every 16 minutes.
const DOUBLINGS: u32 = 5;

/// How often all addresses are announced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rounds {
    /// As configured for a takeover, less the round that went out before the addresses were in.
    AfterTakeover,
    /// So often.
    These(u32),
}

impl Managed {
    /// Keeps the router out of the way for a while, longer each time.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.unable_until = Some(now + RETRY * 2u32.pow(self.refusals.min(DOUBLINGS)));
        self.refusals += 1;
    }
}

impl HostThread {
    /// Brings the machine in line with the roles of these routers.
    pub(super) fn follow(&mut self, routers: &BTreeSet<RouterId>) {
        let (mut active, mut idle) = (Vec::new(), Vec::new());
        for id in routers {
            match self.routers.get(id).map(|managed| managed.role) {
                Some(Role::Active) => active.push(*id),
                Some(Role::Idle) => idle.push(*id),
                None => {}
            }
        }
        for batch in idle.chunks(BATCH) {
            self.disown(batch);
        }
        for batch in active.chunks(BATCH) {
            self.own(batch);
        }
    }

    /// Addresses in, link up, in one batch; then they are announced.
    pub(super) fn own(&mut self, routers: &[RouterId]) {
        let mut ops = Vec::new();
        let mut owners = Vec::new();
        let now = clock::now();
        for id in routers {
            let (ledger, machine) = (&mut self.ledger, &mut self.machine);
            let Some(managed) = self.routers.get_mut(id) else { continue };
            let Some(binding) = &managed.binding else { continue };
            managed.renew_at = now + super::upkeep::renewal(&managed.spec);
            ops.extend(ledger.leave(*id, Phase::Quiet));
            for phase in [Phase::Up, Phase::Active] {
                ops.extend(ledger.enter(*id, phase, &binding.footprint, |key| machine.read(key).ok()));
            }
            owners.resize(ops.len(), *id);
        }
        self.lingering.retain(|id| !routers.contains(id));
        let mut unable = BTreeSet::new();
        let mut gone = BTreeSet::new();
        for failure in self.apply(&ops) {
            let id = owners[failure.position];
            let group = if self.lost_its_link(&ops[failure.position], &failure) { &mut gone } else { &mut unable };
            group.insert(id);
            self.refused(Some(id), vec![failure]);
        }
        let able = |id: &&RouterId| !unable.contains(*id) && !gone.contains(*id);
        let able: Vec<RouterId> = routers.iter().filter(able).copied().collect();
        for id in &able {
            if let Some(managed) = self.routers.get_mut(id) {
                managed.refusals = 0;
            }
        }
        self.announce(&able, Rounds::AfterTakeover);
        for id in able {
            self.tell_event(Some(id), HostFact::Installed);
        }
        self.step_aside(&unable, now);
    }

    /// Whether the kernel refused because the link is gone. That is no reason to stay out of the way: the notification of
    /// its end stops the router, and when the link comes back all begins anew.
    pub(super) fn lost_its_link(&mut self, op: &Op, failure: &Failure) -> bool {
        let link = match op {
            Op::Add(Item::Address(address)) => address.link,
            Op::Set(setting) => setting.key.link,
            Op::Add(Item::Link(_) | Item::Membership(_)) | Op::Remove(_) => return false,
        };
        let key = SettingKey { link, setting: LinkSetting::AdminUp };
        failure.error.kind == ErrorKind::Missing && self.machine.read(key).is_err()
    }

    /// A master that cannot hold its addresses would be a black hole: it makes way for the others, and tries again later,
    /// each time after twice as long.
    pub(super) fn step_aside(&mut self, routers: &BTreeSet<RouterId>, now: Instant) {
        for id in routers {
            let Some(managed) = self.routers.get_mut(id) else { continue };
            managed.put_off(now);
            let retry = managed.unable_until.map_or(RETRY, |until| until.since(now));
            self.tell_event(Some(*id), HostFact::HoldDown { retry });
            self.protocol.send(ProtocolCommand::HostReady { router: *id, verdict: Verdict::Down });
        }
    }

    /// Lets routers try again whose time has come.
    pub(super) fn retry(&mut self, now: Instant) {
        let due = |managed: &Managed| managed.unable_until.is_some_and(|until| until <= now);
        let due: Vec<RouterId> = self.routers.iter().filter(|(_, managed)| due(managed)).map(|(id, _)| *id).collect();
        for id in due {
            let able = self.can_come_up(id);
            let Some(managed) = self.routers.get_mut(&id) else { continue };
            if !able {
                managed.put_off(now);
                continue;
            }
            managed.unable_until = None;
            let unbound = managed.binding.is_none();
            self.protocol.send(ProtocolCommand::HostReady { router: id, verdict: Verdict::Up });
            if unbound {
                self.bind(&[id]);
            }
        }
    }

    /// Whether the router's macvlan can come up: tried without addresses, so that no role is taken in vain.
    fn can_come_up(&mut self, id: RouterId) -> bool {
        let vmac = self.binding(id).and_then(|binding| binding.vmac.as_ref());
        let Some(link) = vmac.map(|vmac| vmac.index) else { return true };
        let key = SettingKey { link, setting: LinkSetting::AdminUp };
        let turn = |value| Op::Set(Setting { key, value, previous: None });
        let able = self.apply(&[turn(1)]).is_empty();
        if able && !self.ledger.holds(id, Phase::Up) {
            self.undo(&[turn(0)]);
        }
        able
    }

    /// Announces the addresses of routers that hold them: the round at the takeover went out before they were in.
    pub(super) fn announce(&mut self, routers: &[RouterId], rounds: Rounds) {
        for id in routers {
            let Some(managed) = self.routers.get(id).filter(|managed| managed.role == Role::Active) else { continue };
            let rounds = match rounds {
                Rounds::AfterTakeover => managed.spec.announce.repeat.saturating_sub(1).max(1),
                Rounds::These(rounds) => rounds,
            };
            self.announcer.offer(*id, rounds, |_| true);
        }
        self.send_paced();
    }

    /// Sends the announcements whose time has come.
    pub(super) fn send_paced(&mut self) {
        self.announcer.send_due(clock::now(), |announcement| announcement.send(&mut self.sender));
        // A link that fails here is reported by the protocol thread, whose advertisements fail too.
        self.sender.flush(|_, _| {});
    }

    /// Addresses out, forwarding off, in one batch. The link itself is taken down later: that takes the kernel 14 ms.
    fn disown(&mut self, routers: &[RouterId]) {
        let mut out: Vec<Op> = Vec::new();
        let mut quiet = Vec::new();
        for id in routers {
            self.announcer.forget(*id);
            out.extend(self.ledger.leave(*id, Phase::Active));
            if self.ledger.holds(*id, Phase::Up) {
                quiet.push(*id);
            }
        }
        self.undo(&out);
        for id in routers {
            self.tell_event(Some(*id), HostFact::Withdrawn);
        }
        let mut ops = Vec::new();
        for id in &quiet {
            let (ledger, machine) = (&mut self.ledger, &mut self.machine);
            if let Some(binding) = self.routers.get(id).and_then(|managed| managed.binding.as_ref()) {
                ops.extend(ledger.enter(*id, Phase::Quiet, &binding.footprint, |key| machine.read(key).ok()));
            }
        }
        let failures = self.apply(&ops);
        self.refused(None, failures);
        self.lingering.extend(quiet);
    }

    /// Takes one lingering link down.
    pub(super) fn settle_one(&mut self) {
        let Some(id) = self.lingering.pop_front() else { return };
        let mut ops = self.ledger.leave(id, Phase::Up);
        ops.extend(self.ledger.leave(id, Phase::Quiet));
        self.undo(&ops);
    }
}
