//! What other threads want of this one.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use conf::model::Router;
use linux::clock;
use vrrp::action::{Announced, Announcement};
use vrrp::types::RouterId;

use super::HostThread;
use super::managed::{self, Managed, Renew, Role};
use super::pace::Pace;
use crate::ports::host::{HostCommand, HostPlan};
use crate::ports::main::Answer;

impl HostThread {
    /// Takes the commands that wait. Returns whom to answer if one of them was to stop.
    pub(super) fn obey(&mut self) -> Option<Answer<()>> {
        while let Some(command) = self.commands.next() {
            match command {
                HostCommand::Install { router, rounds } => {
                    self.wants(router, Role::Active);
                    if let Some(managed) = self.routers.get_mut(&router) {
                        managed.takeover = Some(rounds);
                    }
                }
                HostCommand::Keep(router) => self.keep(router),
                HostCommand::Withdraw(router) => {
                    self.wants(router, Role::Idle);
                    if self.removed.contains(&router) {
                        self.withdraw(&[router]);
                        self.forget(&[router]);
                        self.work.record.says_too_much();
                    }
                }
                HostCommand::Announce(order) => self.announce(&order),
                HostCommand::Reload { plan, done } => self.reload(*plan, done),
                HostCommand::Ask(question) => question.answer(|asked| self.views(asked)),
                HostCommand::HandOver(standstill) => self.hand_over(standstill),
                HostCommand::Stop(done) => return Some(done),
            }
        }
        None
    }

    /// A master has left, and its successor is not there yet.
    fn keep(&mut self, router: RouterId) {
        if let Some(managed) = self.routers.get_mut(&router) {
            (managed.role, managed.takeover) = (Role::Leaving, None);
            self.announcer.forget(router);
        }
    }

    fn wants(&mut self, router: RouterId, role: Role) {
        if let Some(managed) = self.routers.get_mut(&router) {
            managed.role = role;
            self.work.roles.insert(router);
        }
    }

    /// Follows a new configuration: undoes what is no longer configured, then attaches everything anew; what stays the
    /// same is not touched.
    fn reload(&mut self, mut plan: HostPlan, done: Answer<()>) {
        if let Some(from) = plan.resume.take() {
            self.resume(*from, &plan);
        }
        let kept: HashMap<RouterId, _> = plan.routers.into_iter().collect();
        let (gone, removed): (Vec<_>, Vec<_>) =
            self.routers.keys().filter(|id| !kept.contains_key(id)).partition(|id| !self.may_stay_on(**id, &kept));
        self.forget(&gone);
        self.removed.extend(removed);
        let (now, leases) = (clock::now(), self.leases_in_force(plan.leases));
        self.machinery.ledger.reserve(kept.len().saturating_sub(self.routers.len()));
        for (id, spec) in kept {
            let managed = self.routers.entry(id).or_insert_with(|| Managed::new(Arc::clone(&spec), now));
            if managed::lease(self.leases, &managed.spec) != managed::lease(leases, &spec) {
                managed.renew = Renew::All;
            }
            let extra = spec.extra_announcements();
            if managed.extra != extra {
                managed.remind_at = None;
            }
            (managed.spec, managed.extra) = (spec, extra);
            managed.forgive();
        }
        (self.configured_leases, self.leases) = (plan.leases, leases);
        self.routing.places = plan.places;
        self.vmac_prefixes = plan.vmac_prefixes;
        self.statics.follow(plan.statics, plan.track_groups);
        self.work.statics = true;
        self.trackers = plan.trackers;
        self.drop_at(plan.drop_priority);
        self.debounce.follow(&plan.link_delays, &self.machinery.links);
        self.announcer.set_pace(Pace::new(plan.gaps, plan.garp_groups), &self.machinery.links);
        // Before any router can start: what it tracks may keep it from that.
        self.tell_trackers();
        self.hurry_all();
        self.work.attach.extend(self.routers.keys().copied());
        // One reload at a time: main waits for its end.
        self.work.reload = Some(done);
    }

    /// Whether a router that a reload removes may keep its addresses until its successor is heard: nobody else may want
    /// them or its interface.
    fn may_stay_on(&self, id: RouterId, kept: &HashMap<RouterId, Arc<Router>>) -> bool {
        let Some(managed) = self.routers.get(&id) else { return false };
        let addresses = |spec: &Router| -> HashSet<IpAddr> {
            spec.addresses.iter().chain(&spec.excluded).map(|address| address.address).collect()
        };
        let is_known = kept.keys().all(|id| self.routers.contains_key(id));
        let held = addresses(&managed.spec);
        managed.role == Role::Leaving
            && is_known
            && !self.removed.contains(&id)
            && kept.values().all(|spec| addresses(spec).is_disjoint(&held))
    }

    /// Announces addresses of a master again. One that is not in yet is announced when it comes in.
    fn announce(&mut self, order: &Announcement) {
        if !self.is_active(order.router) {
            return;
        }
        self.announcer.offer(order.router, order.rounds, |announcement| match &order.addresses {
            Announced::All => true,
            Announced::These(addresses) => addresses.contains(&announcement.address()),
        });
    }
}
