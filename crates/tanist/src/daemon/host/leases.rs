//! What is done again and again: leases are renewed, settings checked, links of former masters taken down.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use host::{Holder, Ipv4Setting, LeaseTerms, LinkSetting, Op, Phase, Setting, SettingKey, Survivor, Task};
use linux::clock;
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex};

use super::HostThread;
use super::managed::{Attachment, Managed, Renew, Role, lease};
use crate::ports::events::{Drift, HostFact};
use crate::ports::pulse::Health;

/// Period of the upkeep while there is anything to keep up.
const TICK: Duration = Duration::from_secs(1);
/// Period while links wait to be taken down: each costs the kernel 14 ms under its big lock.
const TAKE_DOWN: Duration = Duration::from_millis(100);

/// Links of ours whose settings are compared at one tick: with a thousand, all of them at each would cost as much as their
/// adverts do.
const COMPARED: usize = 64;

/// Memberships are compared with the kernel's after each change of a link, and this often anyway.
const COMPARE_GROUPS: Duration = Duration::from_secs(10);

/// Settings of `all` that decide whether ARP requests for a virtual address are answered, and the largest value with which
/// they are.
const ANSWERING: [(Ipv4Setting, i32); 2] = [(Ipv4Setting::ArpFilter, 0), (Ipv4Setting::ArpIgnore, 1)];

impl HostThread {
    /// When the next tick is due, if there is anything to keep up.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let is_kept = self.routers.values().any(|managed| managed.attachment.is_some());
        let is_kept = is_kept || !self.statics.is_empty() || !self.machinery.ledger.is_finished();
        is_kept.then_some(self.next_tick).into_iter().chain(self.next_retry()).chain(self.statics.next_retry()).min()
    }

    pub(super) fn tick(&mut self) {
        let now = clock::now();
        self.retry(now);
        self.retry_statics(now);
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + if self.draining.len() > 1 { TAKE_DOWN } else { TICK };
        self.take_down_next();
        if self.machinery.finish_undoing() {
            self.work.record.says_too_much();
        }
        // With its settings in place the kernel takes what is renewed.
        self.repair_settings();
        self.remake_tables(now);
        self.repair_what_waited();
        self.repair_statics_that_waited();
        self.look_at_all_links();
        self.routing_tick(now);
        self.follow_guardian();
        self.retry_record();
        if self.protocol_was == Health::Alive {
            self.renew(now);
        }
        if std::mem::take(&mut self.members_changed) || now.since(self.groups_compared) >= COMPARE_GROUPS {
            self.groups_compared = now;
            self.rejoin_groups();
        }
    }

    /// Leases are short while a guardian is missing.
    fn follow_guardian(&mut self) {
        let leases = self.leases_in_force(self.configured_leases);
        if leases == self.leases {
            return;
        }
        for (id, managed) in &mut self.routers {
            if lease(self.leases, &managed.spec) != lease(leases, &managed.spec) {
                managed.renew = Renew::All;
                self.work.attach.insert(*id);
            }
        }
        self.leases = leases;
    }

    pub(super) fn leases_in_force(&self, configured: LeaseTerms) -> LeaseTerms {
        let survivor = if self.guarded.is_missing() { Survivor::None } else { configured.survivor };
        LeaseTerms { survivor, ..configured }
    }

    /// Renews the leases that are due. This also puts back whatever is missing.
    fn renew(&mut self, now: Instant) {
        let mut tasks = Vec::new();
        for (id, managed) in &mut self.routers {
            let holder = Holder::Router(*id);
            let is_held_down = managed.hold_down.until().is_some();
            if managed.role == Role::Idle || is_held_down || !self.machinery.ledger.holds(holder, Phase::Active) {
                continue;
            }
            let (last, renew) = (managed.renewed, managed.renew);
            (managed.renewed, managed.renew) = (now, Renew::InTurn);
            let Some(attachment) = &managed.attachment else { continue };
            let renewals = managed.renewals(self.leases);
            let is_due = |op: &&Op| match renew {
                Renew::InTurn => renewals.is_due(&op.identity(), last, now),
                Renew::All => true,
            };
            let kept = attachment.footprint.leased().filter(|op| !managed.given_up.contains(&op.identity()));
            tasks.extend(kept.filter(is_due).map(|op| Task::new(holder, op.aged(managed.age(now)))));
        }
        let mut unable = BTreeSet::new();
        for failure in self.machinery.apply(&tasks) {
            let Some(id) = failure.holder.router() else { continue };
            if !self.machinery.lost_its_link(&failure) && unable.insert(id) {
                self.machinery.refused(Some(id), failure.into());
            }
        }
        self.hold_down(&unable);
    }

    /// Settings that someone changed are set again: most tools that reset them do so behind our back, and the kernel does
    /// not tell. What a parent's setting was changed to is what it gets in the end.
    fn repair_settings(&mut self) {
        // What a plan is about to change is not compared with what it was.
        if !self.work.attach.is_empty() || !self.work.planned.is_empty() {
            return;
        }
        let wanted = self.settings_to_compare();
        self.repair_these(&wanted);
    }

    /// As at a tick, but all at once.
    pub(super) fn repair_all_settings(&mut self) {
        let wanted = self.settings_of(|_| true);
        self.repair_these(&wanted);
    }

    fn repair_these(&mut self, wanted: &[Setting]) {
        let changed = match self.machinery.machine.call(|it| it.changed_settings(wanted)) {
            Ok(changed) => changed,
            Err(error) => return self.machinery.refused(None, error),
        };
        changed.iter().for_each(|(setting, found)| self.machinery.ledger.note_foreign_value(setting.key, *found));
        self.record_first();
        for (setting, found) in changed {
            let refusal = self.machinery.apply(&[Task::new(Holder::Machine, Op::Set(setting))]).pop();
            match refusal {
                None => {
                    self.refused_settings.remove(&setting.key);
                    let (link, name) = (self.machinery.links.name(setting.key.link), setting.key.setting.name());
                    let drift = Drift::Setting { link, name, found, wanted: setting.value };
                    self.machinery.tell(None, HostFact::Repaired(drift));
                }
                Some(refusal) => {
                    if self.refused_settings.insert(setting.key) {
                        self.machinery.refused(None, refusal.into());
                    }
                }
            }
        }
    }

    /// The settings that are compared at this tick: all of other people's links, and those of some links of ours.
    fn settings_to_compare(&mut self) -> Vec<Setting> {
        self.forget_refusals();
        let turn = self.links_in_turn();
        let owners = &self.machinery.owners;
        self.settings_of(|link| owners.of_vmac(link).is_none() || turn.contains(&link))
    }

    /// What the settings of these links must be.
    fn settings_of(&self, is_asked: impl Fn(IfIndex) -> bool) -> Vec<Setting> {
        let mut wanted = self.machinery.ledger.settings(is_asked);
        // Whether a link is up is told as it happens.
        wanted.retain(|setting| setting.key.setting != LinkSetting::AdminUp);
        wanted
    }

    /// Refused settings that are no longer wanted are news when they are refused again.
    fn forget_refusals(&mut self) {
        if self.refused_settings.is_empty() {
            return;
        }
        let links: HashSet<IfIndex> = self.refused_settings.iter().map(|key| key.link).collect();
        let wanted = self.machinery.ledger.settings(|link| links.contains(&link));
        let wanted: HashSet<SettingKey> = wanted.iter().map(|setting| setting.key).collect();
        self.refused_settings.retain(|key| wanted.contains(key));
    }

    /// The links of ours whose settings are compared at this tick.
    fn links_in_turn(&mut self) -> BTreeSet<IfIndex> {
        let ours: BTreeSet<IfIndex> = self.machinery.owners.vmacs().collect();
        let later = ours.iter().filter(|link| self.compared.is_none_or(|last| **link > last));
        let turn: BTreeSet<IfIndex> = later.chain(&ours).take(COMPARED).copied().collect();
        self.compared = turn.iter().next_back().copied().filter(|last| ours.last() != Some(last));
        turn
    }

    /// The kernel combines settings of `all` with those of each link, and some of them keep any link from answering as the
    /// virtual MAC must. They are not ours to change: each is told when it comes up.
    fn look_at_all_links(&mut self) {
        let in_ipv4 = |attachment: &Attachment| attachment.vmacs.keys().any(|place| place.family == Family::Ipv4);
        let answers = |managed: &Managed| managed.attachment.as_ref().is_some_and(in_ipv4);
        if !self.routers.values().any(answers) {
            self.in_the_way.clear();
            return;
        }
        for (setting, most) in ANSWERING {
            let value = self.machinery.machine.call(|it| it.of_all_links(setting)).unwrap_or(0);
            if value <= most {
                self.in_the_way.remove(setting.name());
            } else if self.in_the_way.insert(setting.name()) {
                self.machinery.tell(None, HostFact::AllLinks { name: setting.name(), value, most });
            }
        }
    }

    /// Memberships that the kernel has forgotten are joined again: of a link that left the namespace for a moment, or
    /// whose MTU was too small for IPv6.
    fn rejoin_groups(&mut self) {
        let lost = match self.machinery.machine.call(|it| it.lost_memberships()) {
            Ok(lost) => lost,
            Err(error) => return self.machinery.refused(None, error),
        };
        for membership in lost {
            if self.machinery.machine.call(|it| it.rejoin(membership)).is_err() {
                // While the link cannot have it, the next tick tries again.
                self.members_changed = true;
            } else {
                let link = self.machinery.links.name(membership.link);
                self.machinery.tell(None, HostFact::Repaired(Drift::Membership { group: membership.group, link }));
            }
        }
    }
}
