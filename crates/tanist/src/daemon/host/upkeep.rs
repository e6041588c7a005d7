//! What is done again and again: leases are renewed, settings checked, links of former masters taken down.

use std::time::Duration;

use conf::model;
use host::{Ipv4Setting, Item, Kernel as _, Lifetime, LinkSetting, Op, Phase, Setting};
use linux::clock;
use vrrp::time::Instant;

use super::{HostThread, Role};
use crate::ports::events::{Drift, HostFact};
use crate::ports::pulse::Health;

/// Period of the upkeep while there is anything to keep up.
const TICK: Duration = Duration::from_secs(1);
/// Period while links wait to be taken down: each costs the kernel 14 ms under its big lock.
const SETTLE: Duration = Duration::from_millis(100);

/// When to renew the lease of a router's addresses: after a third of it.
pub(super) fn renewal(spec: &model::Router) -> Duration {
    match spec.lease() {
        Lifetime::Lease(lease) => lease / 3,
        Lifetime::Forever => Duration::MAX,
    }
}

impl HostThread {
    /// Whether there is anything to keep up.
    pub(super) fn wants_ticks(&self) -> bool {
        self.routers.values().any(|managed| managed.binding.is_some() || managed.unable_until.is_some())
    }

    pub(super) fn tick(&mut self) {
        let now = clock::now();
        self.next_tick = now + if self.lingering.len() > 1 { SETTLE } else { TICK };
        self.settle_one();
        self.retry(now);
        self.finish_undoing();
        if self.protocol_was == Health::Alive {
            self.renew(now);
        }
        self.repair_settings();
    }

    /// Tries again to undo what could not be undone, unless it is wanted again meanwhile.
    fn finish_undoing(&mut self) {
        let mut ops = std::mem::take(&mut self.unfinished);
        ops.retain(|op| match op {
            Op::Remove(Item::Address(a)) => self.ledger.address(a.link, a.address, a.prefix_len).is_none(),
            Op::Remove(Item::Link(link)) => self.owners.of_vmac(link.index).is_none(),
            // Settings and memberships may be held by other routers; they wait for the end.
            Op::Remove(Item::Membership(_)) | Op::Add(_) | Op::Set(_) => true,
        });
        let (now, later): (Vec<Op>, Vec<Op>) =
            ops.into_iter().partition(|op| matches!(op, Op::Remove(Item::Address(_) | Item::Link(_))));
        self.unfinished = later;
        self.undo(&now);
    }

    /// Renews the leases that are due. This also puts back whatever is missing.
    fn renew(&mut self, now: Instant) {
        let mut ops = Vec::new();
        for (id, managed) in &mut self.routers {
            let due = managed.role == Role::Active && managed.renew_at <= now + TICK / 2;
            let Some(binding) = managed.binding.as_ref().filter(|_| due) else { continue };
            managed.renew_at = now + renewal(&managed.spec);
            if self.ledger.holds(*id, Phase::Active) {
                ops.extend(binding.footprint.addresses().map(|address| Op::Add(Item::Address(address.clone()))));
            }
        }
        let failures = self.apply(&ops);
        self.refused(None, failures);
    }

    /// Settings of parents that someone changed are set again: most tools that reset them do so behind our back and
    /// the kernel does not tell.
    fn repair_settings(&mut self) {
        let watched = |op: &Op| match op {
            Op::Set(setting @ Setting { previous: Some(_), .. }) => match setting.key.setting {
                LinkSetting::Ipv4(
                    name @ (Ipv4Setting::ArpIgnore | Ipv4Setting::ArpAnnounce | Ipv4Setting::ArpFilter),
                ) => Some((*setting, name.name())),
                LinkSetting::Ipv4(_) | LinkSetting::Ipv6(_) | LinkSetting::AdminUp | LinkSetting::AddrGenMode => None,
            },
            Op::Set(_) | Op::Add(_) | Op::Remove(_) => None,
        };
        let settings: Vec<(Setting, &'static str)> = self.ledger.done().filter_map(watched).collect();
        for (setting, name) in settings {
            let Ok(found) = self.machine.read(setting.key) else { continue };
            if found != setting.value {
                let failures = self.apply(&[Op::Set(setting)]);
                let link = self.links.name(setting.key.link);
                let drift = Drift::Setting { link, name, found, wanted: setting.value };
                self.tell_event(None, HostFact::Repaired(drift));
                self.refused(None, failures);
            }
        }
    }
}
