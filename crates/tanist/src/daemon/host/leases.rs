//! What is done again and again: leases are renewed, settings checked, links of former masters taken down.

use std::time::Duration;

use host::{Ipv4Setting, Item, Kernel as _, LinkSetting, Op, Phase, Setting};
use linux::clock;
use vrrp::time::Instant;

use super::HostThread;
use super::managed::Role;
use crate::ports::events::{Drift, HostFact};
use crate::ports::pulse::Health;

/// Period of the upkeep while there is anything to keep up.
const TICK: Duration = Duration::from_secs(1);
/// Period while links wait to be taken down: each costs the kernel 14 ms under its big lock.
const TAKE_DOWN: Duration = Duration::from_millis(100);

impl HostThread {
    /// When the next tick is due, if there is anything to keep up.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let is_kept = self.routers.values().any(|managed| managed.attachment.is_some());
        let tick = is_kept.then_some(self.next_tick);
        tick.into_iter().chain(self.next_retry()).min()
    }

    pub(super) fn tick(&mut self) {
        let now = clock::now();
        self.retry(now);
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + if self.draining.len() > 1 { TAKE_DOWN } else { TICK };
        self.take_down_next();
        self.machinery.finish_undoing();
        if self.protocol_was == Health::Alive {
            self.renew(now);
        }
        self.repair_settings();
    }

    /// Renews the leases that are due. This also puts back whatever is missing.
    fn renew(&mut self, now: Instant) {
        let (mut ops, mut owners) = (Vec::new(), Vec::new());
        for (id, managed) in &mut self.routers {
            let due = managed.role == Role::Active && managed.renew_at <= now + TICK / 2;
            if !due || managed.hold_down.until().is_some() || !self.machinery.ledger.holds(*id, Phase::Active) {
                continue;
            }
            managed.renew_at = now + managed.renewal();
            let Some(attachment) = &managed.attachment else { continue };
            ops.extend(attachment.footprint.addresses().map(|address| Op::Add(Item::Address(address.clone()))));
            owners.resize(ops.len(), *id);
        }
        let mut unable = std::collections::BTreeSet::new();
        for failure in self.machinery.apply(&ops) {
            let id = owners[failure.position];
            if !self.machinery.lost_its_link(&ops[failure.position], &failure) && unable.insert(id) {
                self.machinery.refused(Some(id), failure.error);
            }
        }
        self.hold_down(&unable);
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
        let settings: Vec<(Setting, &'static str)> = self.machinery.ledger.done().filter_map(watched).collect();
        for (setting, name) in settings {
            let Ok(found) = self.machinery.machine.read(setting.key) else { continue };
            if found != setting.value {
                let link = self.machinery.links.name(setting.key.link);
                let drift = Drift::Setting { link, name, found, wanted: setting.value };
                self.machinery.tell(None, HostFact::Repaired(drift));
                for failure in self.machinery.apply(&[Op::Set(setting)]) {
                    self.machinery.refused(None, failure.error);
                }
            }
        }
    }
}
