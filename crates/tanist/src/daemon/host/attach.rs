//! Attaching a router to its parent: everything a takeover needs is worked out here, before it is needed, put on record,
//! and carried out.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use conf::model::{self, Switch};
use host::{
    Footprint, Holder, Ipv4Setting, Item, Kernel as _, MacvlanLink, MacvlanMode, Op, OwnKind, ParentLink, Phase, Task,
    Vrf,
};
use linux::link::LinkInfo;
use vrrp::input::{LinkState, Parent};
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::managed::{Attachment, Managed, Report, Role};
use super::plan::UsableParent;
use super::vmac::PlannedVmac;
use super::work::OnRecord;
use crate::ports::events::HostFact;
use crate::ports::frames::Frames;
use crate::ports::protocol::ProtocolCommand;

impl HostThread {
    /// Plans routers on their parents as these are now. A router that is attached already is changed by what differs.
    pub(super) fn plan(&mut self, routers: &[RouterId]) {
        let all_rp_filter = self.machinery.machine.call(|it| it.of_all_links(Ipv4Setting::RpFilter)).unwrap_or(0);
        let mut unusable = Vec::new();
        self.forget_removed();
        for id in routers {
            self.carry_out_planned(*id);
            match self.usable_parent(*id) {
                Some(parent) if self.plan_on(*id, &parent, all_rp_filter) => {}
                Some(_) | None => unusable.push(*id),
            }
        }
        self.detach(&unusable);
        for id in unusable {
            self.report_parent(id);
        }
        self.work.record = OnRecord::Lacks;
    }

    /// Works out what a router needs now; the difference from what it has is to be carried out.
    fn plan_on(&mut self, id: RouterId, parent: &UsableParent, all_rp_filter: i32) -> bool {
        let Some(managed) = self.routers.get(&id) else { return false };
        let spec = Arc::clone(&managed.spec);
        // Without its interface the router would answer for the virtual MAC from nowhere: it does not run.
        let Some(vmacs) = self.vmacs(id, &spec, parent) else { return false };
        self.forget_names(id, |place| {
            vmacs.iter().any(|vmac| vmac.place == *place) || spec.vmac_places().contains(place)
        });
        let index = parent.link.index;
        let addresses = self.link_addresses(id, &spec, index, &vmacs);
        let leftovers = self.leftover_addresses(id, &spec, &addresses, index, &vmacs);
        let (routes, rules) = self.routes_and_rules(id, &spec, &vmacs);
        let footprint = Footprint::of(&host::Attachment {
            group: spec.medium().group(),
            parent: index,
            vmacs: vmacs.iter().map(|vmac| self.footed(id, &spec, vmac, all_rp_filter)).collect(),
            addresses,
            routes,
            rules,
            dropping: drops_packets(&spec).then_some(self.drop_table),
        });
        let frames = Arc::new(self.frames(&spec, parent, &vmacs, &footprint));
        let vmacs = vmacs.into_iter().map(|vmac| (vmac.place, vmac.link)).collect();
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let mut plan = ledger.move_to(Holder::Router(id), &footprint, |key| machine.read(key).ok());
        plan.undo.extend(leftovers);
        self.set_attachment(id, Some(Attachment { parent: index, vmacs, footprint, frames }));
        self.work.planned.insert(id, plan);
        true
    }

    /// A virtual MAC interface with what its footprint depends on.
    fn footed(&mut self, id: RouterId, spec: &model::Router, vmac: &PlannedVmac, all_rp_filter: i32) -> host::Vmac {
        let parent = &vmac.on.link;
        let prefixes = self.own_prefixes(parent.index);
        let (owned, answers) = self.parent_answers(id, spec, &prefixes, vmac);
        let (index, name, mtu) = (parent.index, parent.name.clone(), parent.mtu);
        let vrf = self.vrf_of(parent);
        // What a VRF hands over does not show any more on which interface it came in.
        let mode = if vrf.is_some() { MacvlanMode::Bridge } else { spec.vmac_mode };
        let on = ParentLink { index, name, mtu, prefixes, all_rp_filter, owned, answers, vrf };
        let (family, address) = (vmac.place.family, spec.own_address(&vmac.place));
        host::Vmac { link: vmac.link.clone(), family, address, mode, on }
    }

    /// The VRF that a link is in.
    fn vrf_of(&self, link: &LinkInfo) -> Option<Vrf> {
        let vrf = self.machinery.links.get(link.controller?)?;
        vrf.vrf_table.map(|table| Vrf { link: vrf.index, table })
    }

    /// The first half of what is planned for these routers: what is no longer wanted is undone. Returns the second half.
    fn undo_planned(&mut self, routers: &[RouterId]) -> Vec<Task<Holder<RouterId>>> {
        let (mut undo, mut redo) = (Vec::new(), Vec::new());
        for plan in routers.iter().filter_map(|id| self.work.planned.remove(id)) {
            undo.extend(plan.undo);
            redo.extend(plan.redo);
        }
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        ledger.bring_up_to_date(&mut undo, |key| machine.read(key).ok());
        undo.sort_by_key(|task| task.op.stage());
        if !undo.is_empty() {
            self.machinery.undo(&undo);
            self.work.record.says_too_much();
        }
        redo
    }

    /// Carries out what is planned for these routers, in one batch, and tells the protocol thread.
    pub(super) fn carry_out(&mut self, routers: &[RouterId]) {
        let mut tasks = self.undo_planned(routers);
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        ledger.bring_up_to_date(&mut tasks, |key| machine.read(key).ok());
        self.record_first();
        let (mut failed, mut unable) = (BTreeSet::new(), BTreeSet::new());
        let failures = self.machinery.apply(&tasks);
        for failure in self.done_without(&tasks, failures) {
            let Some(id) = failure.holder.router() else { continue };
            let lost = self.machinery.lost_its_link(&failure);
            let is_needed = matches!(failure.op, Op::Add(Item::Link(_) | Item::Membership(_)));
            // What follows from an interface that was not made needs no word of its own.
            let follows = lost || (failed.contains(&id) && !is_needed);
            if is_needed {
                failed.insert(id);
            } else if failure.op.is_vital() && !lost {
                unable.insert(id);
            }
            if let Op::Set(setting) = &failure.op {
                self.refused_settings.insert(setting.key);
            }
            if !follows && !failure.is_moot() {
                self.machinery.refused(Some(id), failure.into());
            }
        }
        let new_link = |op: &Op| if let Op::Add(Item::Link(link)) = op { Some(link.index) } else { None };
        let made: BTreeSet<IfIndex> = tasks.iter().filter_map(|task| new_link(&task.op)).collect();
        self.detach(&failed.iter().copied().collect::<Vec<_>>());
        unable.retain(|id| self.is_active(*id));
        unable.extend(failed);
        self.hold_down(&unable);
        for id in routers {
            self.attached(*id, &made, unable.contains(id));
        }
    }

    /// A router is attached, or is not: the protocol thread and, if it is master, clients are told.
    fn attached(&mut self, id: RouterId, made: &BTreeSet<IfIndex>, is_unable: bool) {
        let Some(managed) = self.routers.get(&id) else { return };
        let has_mac = |vmac: &&MacvlanLink| vmac.kind == OwnKind::Macvlan && made.contains(&vmac.index);
        for vmac in managed.vmacs().filter(has_mac) {
            self.machinery.tell(Some(id), HostFact::VmacReady { name: vmac.name.clone(), mac: vmac.mac });
        }
        self.report_parent(id);
        let Some(managed) = self.routers.get(&id) else { return };
        let Some(attachment) = &managed.attachment else { return };
        let (frames, repeat) = (Arc::clone(&attachment.frames), managed.spec.parameters.announce.repeat);
        let before = self.announcer.set_frames(id, &frames);
        if !self.is_active(id) || is_unable {
            return;
        }
        if !self.machinery.ledger.holds(Holder::Router(id), Phase::Active) {
            // A master that lost everything takes it again.
            self.work.roles.insert(id);
            return;
        }
        let is_news = |address: IpAddr| {
            let known = before.as_ref().and_then(|before| before.announcement(address));
            frames.announcement(address) != known
        };
        self.announcer.offer(id, repeat, |announcement| is_news(announcement.address()));
    }

    /// Takes routers off their parents and undoes what they did, in one batch: addresses, then links, then the rest.
    pub(super) fn detach(&mut self, routers: &[RouterId]) {
        for id in routers {
            // What it undoes must not get lost.
            self.carry_out_planned(*id);
            self.set_attachment(*id, None);
        }
        self.draining.retain(|id| self.routers.get(id).is_some_and(|managed| managed.attachment.is_some()));
        let holders: Vec<_> = routers.iter().map(|id| Holder::Router(*id)).collect();
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let tasks = ledger.let_go(&holders, |key| machine.read(key).ok());
        self.machinery.undo(&tasks);
    }

    /// A macvlan of a router is gone: the next plan makes another.
    pub(super) fn forget_vmac(&mut self, id: RouterId, index: IfIndex) {
        let Some(mut attachment) = self.attachment(id).cloned() else { return };
        attachment.vmacs.retain(|_, vmac| vmac.index != index);
        self.set_attachment(id, Some(attachment));
    }

    pub(super) fn set_attachment(&mut self, id: RouterId, attachment: Option<Attachment>) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        if let Some(old) = &managed.attachment {
            self.machinery.owners.remove(id, old);
        }
        if let Some(new) = &attachment {
            self.machinery.owners.insert(id, new);
        }
        managed.attachment = attachment;
        self.show_footprint(id);
    }

    pub(super) fn is_active(&self, id: RouterId) -> bool {
        self.routers.get(&id).is_some_and(|managed| managed.role == Role::Active)
    }

    /// Tells the protocol thread how things stand with a router's parent, if that is news.
    pub(super) fn report_parent(&mut self, id: RouterId) {
        let parent = self.parent(id);
        let Some(managed) = self.routers.get_mut(&id) else { return };
        let frames: Option<Arc<Frames>> = managed.attachment.as_ref().map(|attachment| Arc::clone(&attachment.frames));
        let report = Report { parent, frames: frames.clone() };
        if managed.reported.as_ref() != Some(&report) {
            managed.reported = Some(report);
            self.protocol.send(ProtocolCommand::Attached { router: id, parent, frames });
        }
    }

    /// A router's parent as it is now.
    pub(super) fn parent(&self, id: RouterId) -> Parent {
        let missing = Parent { ifindex: None, link: LinkState::Down, source: None };
        let Some(managed) = self.routers.get(&id) else { return missing };
        let links = &self.machinery.links;
        let Some(link) = links.named(&managed.spec.interface) else { return missing };
        let index = managed.attachment.as_ref().map_or(link.index, |attachment| attachment.parent);
        let link = links.get(index).map_or(LinkState::Down, |link| self.debounce.state(link));
        let is_virtual = |link, address| self.machinery.owners.is_virtual(link, address);
        let source = match managed.spec.required_source() {
            Some(address) => links.has_usable(address, index, is_virtual).then_some(address),
            None => {
                let own = || links.source(index, managed.spec.family, |address| is_virtual(index, address));
                managed.spec.source.or_else(own)
            }
        };
        Parent { ifindex: Some(index), link, source }
    }

    /// The routers that do not run without this source address, on whatever link it is.
    pub(super) fn requiring(&self, address: IpAddr) -> Vec<RouterId> {
        let requires = |(_, managed): &(&RouterId, &Managed)| managed.spec.required_source() == Some(address);
        self.routers.iter().filter(requires).map(|(id, _)| *id).collect()
    }

    /// The routers whose parent this is, or that of one of their macvlans.
    pub(super) fn on_parent(&self, link: IfIndex) -> Vec<RouterId> {
        let on = |id: &RouterId| self.attachment(*id).is_some_and(|attachment| attachment.is_on(link));
        self.routers.keys().copied().filter(on).collect()
    }
}

/// Whether a master takes no packets that are sent to its addresses. Those of an owner are the machine's own.
fn drops_packets(spec: &model::Router) -> bool {
    spec.accept == Switch::Off && !spec.parameters.priority.is_owner()
}
