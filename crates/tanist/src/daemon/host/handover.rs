//! Another program takes the place of this one: what the thread hands over, and how that of the other program goes on. What stands
//! on the machine stays as it is: it is in the ledger already when routers are planned for the first time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use conf::model::Router;
use host::{Footprint, Holder, Ledger, Op, Phase};
use linux::clock;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::machinery::Machinery;
use super::managed::{Attachment, Managed, Role};
use super::vmac::GivenName;
use super::work::Comparison;
use crate::ports::handover::{Attached, Holding, HostPart, HostResumption, OnMachine, Standstill, number};
use crate::ports::host::HostPlan;
use crate::ports::pulse::Health;

impl HostThread {
    /// Not while something is still to be done.
    pub(super) fn hand_over(&mut self, standstill: Standstill<HostPart>) {
        let is_calm = !self.has_work() && self.removed.is_empty();
        let part = is_calm.then(|| self.part()).flatten();
        standstill.hold(part);
    }

    fn part(&mut self) -> Option<HostPart> {
        let kept = self.machinery.machine.call(|machine| machine.kept_memberships()).ok()?;
        let named = |holder: Holder<RouterId>| holder.renamed(|id| Some(number(id)));
        Some(HostPart {
            ledger: self.machinery.ledger.state().renamed(named)?,
            drop_table: self.drop_table,
            routers: self.routers.iter().map(|(id, managed)| (*id, on_machine(managed))).collect(),
            kept,
        })
    }

    /// Takes over what stands, before anything is planned.
    pub(super) fn resume(&mut self, from: HostResumption, plan: &HostPlan) {
        let HostResumption { ledger, drop_table, mut routers } = from;
        self.machinery.ledger = Ledger::resume(ledger);
        self.drop_table = drop_table;
        (self.configured_leases, self.leases) = (plan.leases, self.leases_in_force(plan.leases));
        self.vmac_prefixes = plan.vmac_prefixes.clone();
        // It was alive until just now: no lease has run out.
        self.protocol_was = Health::Alive;
        let mut attached = HashMap::new();
        for (id, spec) in &plan.routers {
            let Some(before) = routers.remove(id) else { continue };
            self.routers.insert(*id, managed(spec, &before));
            attached.extend(before.attached.map(|it| (*id, it)));
        }
        for (id, attached) in attached {
            self.attach_as_before(id, attached);
        }
        self.forget_gone_links();
        self.work.comparison = Comparison::Due;
    }

    /// Links that went while nobody looked: what was on them is planned anew.
    fn forget_gone_links(&mut self) {
        let Machinery { ledger, owners, links, .. } = &self.machinery;
        let footprints = self.routers.values().filter_map(|managed| Some(&managed.attachment.as_ref()?.footprint));
        let named = footprints.flat_map(Footprint::ops).chain(ledger.done()).flat_map(Op::mentions).copied();
        let gone: HashSet<IfIndex> = named.chain(owners.vmacs()).filter(|link| links.get(*link).is_none()).collect();
        gone.iter().for_each(|link| self.link_gone(*link, &gone));
    }

    /// What others did to the machine after the last look of the program before, and before the first of this one, is undone as it
    /// is when they are seen doing it.
    pub(super) fn compare_all(&mut self) {
        let own_links: Vec<IfIndex> = self.machinery.owners.vmacs().collect();
        own_links.into_iter().for_each(|link| self.our_link_changed(link));
        self.repair_all_settings();
        let active = |id: &RouterId| self.machinery.ledger.holds(Holder::Router(*id), Phase::Active);
        let lost = self.routers.keys().copied().filter(active).map(|id| (id, self.lost_addresses(id)));
        for (id, lost) in lost.collect::<Vec<_>>() {
            self.put_back(id, &lost);
        }
        self.restore_missing_statics();
    }

    fn attach_as_before(&mut self, id: RouterId, attached: Attached) {
        let Some(spec) = self.routers.get(&id).map(|managed| Arc::clone(&managed.spec)) else { return };
        for (place, link) in attached.vmacs() {
            let wanted = self.wanted_name(&spec, &place);
            self.machinery.owners.give_name(id, &link.name);
            if let Some(managed) = self.routers.get_mut(&id) {
                managed.names.insert(place, GivenName::new(wanted, link.name));
            }
        }
        let (parent, vmacs) = (attached.parent, attached.vmacs().collect());
        let frames = Arc::new(attached.frames);
        // None of its addresses is news.
        self.announcer.set_frames(id, &frames);
        self.set_attachment(id, Some(Attachment { parent, vmacs, footprint: attached.footprint, frames }));
        if !self.is_active(id) && self.machinery.ledger.holds(Holder::Router(id), Phase::Up) {
            self.draining.push_back(id);
        }
    }
}

fn on_machine(managed: &Managed) -> OnMachine {
    let attached =
        |it: &Attachment| Attached::new(it.parent, it.vmacs.iter(), it.footprint.clone(), (*it.frames).clone());
    let holding = match managed.role {
        Role::Idle => Holding::No,
        Role::Active => Holding::Active,
        Role::Leaving => Holding::Leaving,
    };
    let Managed { installed_at, renewed, .. } = *managed;
    OnMachine { holding, installed_at, renewed, attached: managed.attachment.as_ref().map(attached) }
}

fn managed(spec: &Arc<Router>, before: &OnMachine) -> Managed {
    let role = match before.holding {
        Holding::No => Role::Idle,
        Holding::Active => Role::Active,
        Holding::Leaving => Role::Leaving,
    };
    let (installed_at, renewed) = (before.installed_at, before.renewed);
    Managed { role, installed_at, renewed, ..Managed::new(Arc::clone(spec), clock::now()) }
}
