//! Attaching a router to its parent: planned before it is needed, put on record, carried out, undone.

use std::collections::BTreeSet;
use std::net::IpAddr;

use host::{
    Attachment, FIRST_LINK_INDEX, Footprint, Holder, IpRoute, IpRule, Item, Kernel as _, LinkAddress, MacvlanLink,
    MacvlanMode, Meets, Op, OwnKind, ParentAnswers, ParentLink, Phase, Place, PrefixRoute, ROUTE_PROTOCOL, Record,
    RouteHop, RouteKind, RuleAction, Scope, Task, UseAsSource, Vmac,
};
use vrrp::{Family, IfIndex, MacAddr, Parent, RouterId};

use super::{Attached, HostAround, HostThread, Recorded, Role, Who};
use crate::sim::node::machine::{Machine, PARENT};
use crate::sim::node::messages::{Spec, ToProtocol};
use crate::sim::plan::Mac;

impl HostThread {
    /// Plans routers on their parent as it is now. A router that is attached already is changed by what differs.
    pub(super) fn plan(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        if around.machine.parent().is_none() {
            return;
        }
        for id in routers {
            self.carry_out_planned(*id, around);
            self.plan_one(*id, around.machine);
        }
        self.work.record = Recorded::No;
    }

    fn plan_one(&mut self, id: RouterId, machine: &mut Machine) {
        let Some(managed) = self.routers.get(&id) else { return };
        let spec = managed.spec.clone();
        let known = managed.attachment.as_ref().and_then(|attachment| attachment.vmac.clone());
        let vmac = match spec.mac {
            Mac::Parent => None,
            Mac::Virtual | Mac::VirtualDeaf => Some(known.unwrap_or_else(|| self.new_vmac(&spec, machine))),
        };
        // An address of the other family belongs on the parent.
        let own = |ip: &IpAddr| vmac.as_ref().filter(|_| Family::of(ip) == spec.family);
        let link = |ip: &IpAddr| own(ip).map_or(PARENT, |vmac| vmac.index);
        let addresses: Vec<LinkAddress> = spec.addresses.iter().map(|ip| on_link(link(ip), *ip, &spec)).collect();
        let strays = self.strays(id, &addresses, machine);
        let prefixes = [Family::Ipv4, Family::Ipv6]
            .into_iter()
            .filter_map(|family| Some((machine.source(family)?, prefix_len(family))));
        let on = ParentLink {
            index: PARENT,
            name: "eth0".into(),
            mtu: 1500,
            prefixes: prefixes.collect(),
            all_rp_filter: 0,
            owned: spec.owned.clone(),
            answers: match spec.owned[..] {
                [] => ParentAnswers::OwnAddresses,
                [..] => ParentAnswers::Nothing,
            },
            vrf: None,
        };
        let footprint = Footprint::of(&Attachment {
            group: spec.group,
            parent: PARENT,
            vmacs: vmac
                .iter()
                .map(|link| Vmac {
                    link: link.clone(),
                    family: spec.family,
                    address: None,
                    mode: MacvlanMode::Bridge,
                    on: on.clone(),
                })
                .collect(),
            routes: routes(&spec, vmac.as_ref().map_or(PARENT, |vmac| vmac.index)),
            rules: vec![rule()],
            addresses,
            // Every other router has no Accept_Mode.
            dropping: (spec.vrid.value() % 2 == 0).then_some(self.drop_table),
        });
        let mut plan = self.ledger.move_to(Holder::Router(id), &footprint, |key| machine.setting(key));
        plan.undo.extend(strays);
        self.work.planned.insert(id, plan);
        if let Some(managed) = self.routers.get_mut(&id) {
            managed.attachment = Some(Attached { vmac, footprint });
        }
    }

    /// A new macvlan, with an index that neither the machine nor a plan has.
    fn new_vmac(&self, spec: &Spec, machine: &Machine) -> MacvlanLink {
        let planned = self.routers.values().filter_map(|managed| managed.attachment.as_ref()?.vmac.as_ref());
        let taken: BTreeSet<u32> = planned.map(|vmac| vmac.index.value()).collect();
        let free = (machine.unused_index().value().max(FIRST_LINK_INDEX)..)
            .find(|index| !taken.contains(index) && machine.memory().links().all(|link| link.index.value() != *index));
        let index =
            free.and_then(IfIndex::new).unwrap_or_else(|| unreachable!("there are fewer interfaces than numbers"));
        let prefix = match spec.family {
            Family::Ipv4 => "vrrp",
            Family::Ipv6 => "vrrp6",
        };
        MacvlanLink {
            index,
            name: format!("{prefix}.{}", spec.vrid),
            parent: PARENT,
            mac: MacAddr::virtual_router(spec.family, spec.vrid),
            kind: OwnKind::Macvlan,
            alias: format!("tanist:{prefix}.{}", spec.vrid),
            group: None,
        }
    }

    /// A virtual address that is there before we put it there was left by something that died.
    fn strays(&self, id: RouterId, planned: &[LinkAddress], machine: &Machine) -> Vec<Task<Who>> {
        let left = machine.memory().addresses().filter_map(|found| {
            let like = planned.iter().find(|planned| planned.address == found.address)?;
            Some(LinkAddress { link: found.link, prefix_len: found.prefix_len, ..like.clone() })
        });
        let removals = left.map(|address| Op::Remove(Item::from(address)));
        let ours = |op: &Op| self.ledger.held(op.identity()).is_some();
        removals.filter(|op| !ours(op)).map(|op| Task::new(Holder::Router(id), op)).collect()
    }

    /// Carries out what is planned for these routers, and tells the protocol thread.
    pub(super) fn carry_out(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        let mut tasks = Vec::new();
        for plan in routers.iter().filter_map(|id| self.work.planned.remove(id)).collect::<Vec<_>>() {
            let mut undo = plan.undo;
            self.ledger.bring_up_to_date(&mut undo, |key| around.machine.setting(key));
            if !undo.is_empty() {
                // Only now may it leave the record.
                self.work.record = Recorded::No;
            }
            self.undo(&undo, around);
            tasks.extend(plan.redo);
        }
        self.ledger.bring_up_to_date(&mut tasks, |key| around.machine.setting(key));
        if self.ledger.take_unrecorded() {
            self.write_record(around);
        }
        let (mut failed, mut unable) = (BTreeSet::new(), BTreeSet::new());
        for failure in Self::apply(&tasks, around) {
            let Some(id) = failure.holder.router() else { continue };
            match &failure.op {
                Op::Add(Item::Link(_) | Item::Membership(_)) => drop(failed.insert(id)),
                op if op.is_vital() => drop(unable.insert(id)),
                Op::Add(_) | Op::Remove(_) | Op::Set(_) => {}
            }
        }
        self.detach(&failed.iter().copied().collect::<Vec<_>>(), around);
        unable.retain(|id| self.is_active(*id));
        unable.extend(failed);
        self.hold_down(&unable, around);
        for id in routers {
            self.report_parent(*id, around);
            let attached = self.routers.get(id).is_some_and(|managed| managed.attachment.is_some());
            let is_waiting = self.is_active(*id) && !self.ledger.holds(Holder::Router(*id), Phase::Active);
            if attached && is_waiting && !unable.contains(id) {
                self.work.roles.insert(*id);
            }
        }
    }

    /// Carries out what is planned for a router before something else is done to it.
    pub(super) fn carry_out_planned(&mut self, id: RouterId, around: &mut HostAround<'_>) {
        if !self.work.planned.contains_key(&id) {
            return;
        }
        if self.work.record == Recorded::No {
            self.write_record(around);
        }
        self.carry_out(&[id], around);
    }

    /// Takes routers off their parent and undoes what they did: addresses, then links, then the rest.
    pub(super) fn detach(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        for id in routers {
            // What it undoes must not get lost.
            self.carry_out_planned(*id, around);
            if let Some(managed) = self.routers.get_mut(id) {
                managed.attachment = None;
            }
        }
        let holders: Vec<Who> = routers.iter().map(|id| Holder::Router(*id)).collect();
        let tasks = self.ledger.let_go(&holders, |key| around.machine.setting(key));
        self.draining.retain(|id| !routers.contains(id));
        self.undo(&tasks, around);
    }

    /// The parent is gone, and all that was on it: the kernel has undone it. What this process still holds is let go,
    /// although the kernel may refuse, and tables that outlive their links are removed.
    pub(super) fn parent_gone(&mut self, around: &mut HostAround<'_>) {
        self.generation = around.machine.generation();
        let mut gone = vec![PARENT];
        for managed in self.routers.values_mut() {
            gone.extend(managed.attachment.take().and_then(|attachment| attachment.vmac).map(|vmac| vmac.index));
        }
        let held: Vec<Task<Who>> = gone.iter().flat_map(|link| self.ledger.link_gone(*link)).collect();
        around.machine.apply(&held);
        let holders: Vec<Who> = self.routers.keys().map(|id| Holder::Router(*id)).collect();
        let outlasting = self.ledger.let_go(&holders, |key| around.machine.setting(key));
        self.undo(&outlasting, around);
        self.draining.clear();
        self.work.planned.clear();
        self.work.record = Recorded::No;
    }

    /// Writes what a later start must undo if this process is killed.
    pub(super) fn write_record(&mut self, around: &mut HostAround<'_>) {
        self.work.record = Recorded::Yes;
        let attachments = || self.routers.values().filter_map(|managed| managed.attachment.as_ref());
        let name = |index: IfIndex| {
            let mut links = around.machine.memory().links().chain(attachments().filter_map(|it| it.vmac.as_ref()));
            let ours = links.find(|link| link.index == index).map(|link| link.name.clone());
            ours.or_else(|| (index == PARENT).then(|| format!("if{index}")))
        };
        let possible = attachments().flat_map(|attachment| &attachment.footprint.active);
        let record = Record::new(Place::default(), name, self.ledger.to_undo(possible)).to_bytes();
        if around.machine.record() != Some(&record) {
            around.machine.write(Some(record));
        }
    }

    pub(super) fn is_active(&self, id: RouterId) -> bool {
        self.routers.get(&id).is_some_and(|managed| managed.role == Role::Active)
    }

    /// Tells the protocol thread how things stand with a router's parent.
    pub(super) fn report_parent(&self, id: RouterId, around: &mut HostAround<'_>) {
        let Some(managed) = self.routers.get(&id) else { return };
        let source = around.machine.source(managed.spec.family);
        let parent = Parent { ifindex: around.machine.parent(), link: around.machine.link(), source };
        around.said.push(ToProtocol::Attached { id, parent });
    }
}

fn on_link(link: IfIndex, address: IpAddr, spec: &Spec) -> LinkAddress {
    LinkAddress {
        link,
        address,
        prefix_len: prefix_len(Family::of(&address)),
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime: spec.lease,
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    }
}

/// A route that all routers have, and one of its own over the link of its addresses.
fn routes(spec: &Spec, link: IfIndex) -> Vec<IpRoute> {
    let over = |link, third| {
        let hop = RouteHop { link: Some(link), weight: 1, ..RouteHop::default() };
        let destination = ([198, 51, third, 0].into(), 24);
        IpRoute { hops: vec![hop].into(), ..IpRoute::new(RouteKind::Unicast, destination) }
    };
    vec![over(PARENT, 0), over(link, spec.vrid.value())]
}

/// A rule that all routers have.
const fn rule() -> IpRule {
    IpRule {
        family: Family::Ipv4,
        priority: 100,
        meets: Meets::Described,
        from: None,
        to: None,
        iif: None,
        oif: None,
        tos: 0,
        mark: None,
        tunnel: None,
        users: None,
        ip_protocol: None,
        source_ports: None,
        destination_ports: None,
        action: RuleAction::Blackhole,
        protocol: ROUTE_PROTOCOL,
    }
}

const fn prefix_len(family: Family) -> u8 {
    match family {
        Family::Ipv4 => 24,
        Family::Ipv6 => 64,
    }
}
