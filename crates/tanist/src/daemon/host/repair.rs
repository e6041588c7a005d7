//! Putting back what others undid: at once, but not without limit, for two programs that undo each other's work would
//! keep the machine busy for ever.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use host::{Holder, Identity, Item, Kernel as _, LinkSetting, Op, OwnKind, Phase, Restore, Setting, SettingKey, Task};
use linux::address::{AddressInfo, Readiness};
use linux::clock;
use vrrp::input::LinkState;
use vrrp::time::Instant;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::managed::Managed;
use crate::ports::events::{Drift, HostFact};
use crate::ports::pulse::Health;
use crate::shared::Taken;

/// Repairs of one router in a window; those beyond wait for the tick.
const MOST: u32 = 8;
/// Length of the window.
const WINDOW: Duration = Duration::from_secs(10);

/// The repairs of one router.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repairs {
    since: Option<Instant>,
    count: u32,
    /// One was refused since the last tick.
    is_waiting: bool,
    /// The tick lets one more be made.
    has_turn: bool,
}

/// An address that is no longer on its link.
#[derive(Clone, Copy, Debug)]
pub(super) struct LostAddress {
    pub(super) link: IfIndex,
    pub(super) address: IpAddr,
    pub(super) prefix_len: u8,
    /// As it was when it went: of one that another node has the kernel says so.
    pub(super) readiness: Readiness,
}

impl LostAddress {
    const fn identity(&self) -> Identity {
        Identity::Address(self.link, self.address, self.prefix_len)
    }

    /// Whether this, on its link, is the address.
    fn is(&self, known: &AddressInfo) -> bool {
        known.address == self.address && known.prefix_len == self.prefix_len
    }
}

/// Whether a repair may be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Granted,
    /// Not now, for the first time in this window.
    RefusedFirst,
    Refused,
}

impl Repairs {
    pub(super) const NONE: Self = Self { since: None, count: 0, is_waiting: false, has_turn: false };

    /// Asks to make a repair.
    pub(super) fn ask(&mut self, now: Instant) -> Leave {
        if self.since.is_none_or(|since| now.since(since) >= WINDOW) {
            (self.since, self.count) = (Some(now), 0);
        }
        self.count = self.count.saturating_add(1);
        if self.count <= MOST || std::mem::take(&mut self.has_turn) {
            return Leave::Granted;
        }
        self.is_waiting = true;
        if self.count == MOST + 1 { Leave::RefusedFirst } else { Leave::Refused }
    }

    /// At the tick: whether one was refused since the last. Then the next is granted.
    pub(super) const fn take_turn(&mut self) -> bool {
        self.has_turn = self.is_waiting;
        self.is_waiting = false;
        self.has_turn
    }
}

impl HostThread {
    /// Repairs what had to wait, once for each router.
    pub(super) fn repair_what_waited(&mut self) {
        let waiting = self.routers.iter_mut().filter_map(|(id, managed)| managed.repairs.take_turn().then_some(*id));
        for id in waiting.collect::<Vec<_>>() {
            let links = self.routers.get(&id).map(|managed| managed.vmacs().map(|vmac| vmac.index).collect());
            let links: Vec<IfIndex> = links.unwrap_or_default();
            links.into_iter().for_each(|link| self.vmac_changed(id, link));
            let addresses = self.as_if_lost(id);
            self.put_back(id, &addresses);
        }
    }

    /// The addresses that a master should have and does not have.
    pub(super) fn lost_addresses(&self, id: RouterId) -> Vec<LostAddress> {
        let mut lost = self.as_if_lost(id);
        lost.retain(|lost| !self.machinery.links.addresses(lost.link).iter().any(|known| lost.is(known)));
        lost
    }

    /// All addresses that a master should have.
    fn as_if_lost(&self, id: RouterId) -> Vec<LostAddress> {
        let address = |op: &Op| match op {
            Op::Add(Item::Address(it)) => {
                let (link, address, prefix_len) = (it.link, it.address, it.prefix_len);
                Some(LostAddress { link, address, prefix_len, readiness: Readiness::Usable })
            }
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        self.addresses_of(id).iter().filter_map(address).collect()
    }

    /// Our macvlan changed: it must be up exactly while the router wants it, and keep its MAC.
    pub(super) fn vmac_changed(&mut self, id: RouterId, index: IfIndex) {
        let Some(link) = self.machinery.links.get(index) else { return };
        let Some(wanted) = self.attachment(id).and_then(|attachment| attachment.vmac_at(index)) else { return };
        let name = link.name.clone();
        if link.mac.is_some_and(|mac| mac != wanted.mac) {
            if self.may_repair(id, Drift::Mac { link: name }) {
                self.detach(&[id]);
            }
            self.work.attach.insert(id);
            return;
        }
        let wanted = match wanted.kind {
            OwnKind::Macvlan => self.machinery.ledger.holds(Holder::Router(id), Phase::Up),
            OwnKind::Ipvlan(_) => true,
        };
        let found = link.admin == LinkState::Up;
        // A notification may be older than what we have done since.
        let key = SettingKey { link: index, setting: LinkSetting::AdminUp };
        if wanted == found || self.machinery.machine.read(key) != Ok(i32::from(found)) {
            return;
        }
        let drift = Drift::LinkState { link: name, found: if found { LinkState::Up } else { LinkState::Down } };
        if !self.may_repair(id, drift) {
            return;
        }
        let mut ops = vec![Op::Set(Setting { key, value: i32::from(wanted), restore: Restore::WithLink })];
        ops.extend(self.addresses_of(id));
        self.repair(id, ops);
    }

    /// Whether a repair may be made now; it is told.
    pub(super) fn may_repair(&mut self, id: RouterId, drift: Drift) -> bool {
        // What the guardian has taken away belongs to another node.
        if self.page.taken() == Taken::Yes {
            return false;
        }
        let Some(managed) = self.routers.get_mut(&id) else { return false };
        match managed.repairs.ask(clock::now()) {
            Leave::Granted => {
                self.machinery.tell(Some(id), HostFact::Repaired(drift));
                true
            }
            Leave::RefusedFirst => {
                self.machinery.tell(Some(id), HostFact::RepairsLimited);
                false
            }
            Leave::Refused => false,
        }
    }

    /// Puts something back and announces the router's addresses; one whose addresses the kernel refuses leaves the
    /// election.
    fn repair(&mut self, id: RouterId, ops: Vec<Op>) {
        let tasks: Vec<_> = ops.into_iter().map(|op| Task::new(Holder::Router(id), op)).collect();
        let refused = self.machinery.apply(&tasks).into_iter().find(|failure| !failure.is_missing());
        if let Some(failure) = refused {
            self.machinery.refused(Some(id), failure.into());
            return self.hold_down(&BTreeSet::from([id]));
        }
        if self.is_active(id) {
            let rounds = self.routers.get(&id).map_or(0, |managed| managed.spec.parameters.announce.repeat);
            self.announcer.offer(id, rounds, |_| true);
        }
    }

    fn addresses_of(&self, id: RouterId) -> Vec<Op> {
        let held = self.machinery.ledger.holds(Holder::Router(id), Phase::Active);
        let attachment = self.routers.get(&id).and_then(|managed| managed.attachment.as_ref()).filter(|_| held);
        let active = attachment.map_or(&[][..], |attachment| &attachment.footprint.active);
        // A setting of the parent is not repaired without a look at what it was given.
        let is_ours = |op: &&Op| {
            let is_parents = matches!(op, Op::Set(setting) if setting.restore == Restore::ToFound);
            // Routes and rules are looked at once the addresses are there.
            !is_parents && !op.is_routing()
        };
        let Some(managed) = self.routers.get(&id) else { return Vec::new() };
        let kept = active.iter().filter(is_ours).filter(|op| !managed.given_up.contains(&op.identity()));
        kept.map(|op| op.aged(managed.age(clock::now()))).collect()
    }

    /// Whether the renewal of a router's leases is so late that the kernel has taken its addresses: nobody else did.
    fn lease_expired(&self, id: RouterId) -> bool {
        let left = |managed: &Managed| managed.renewals(self.leases).left();
        self.routers.get(&id).is_some_and(|managed| clock::now() >= managed.renewed + left(managed))
    }

    /// Addresses that a router holds were removed by someone else, or by the kernel because a link went down or lost IPv6:
    /// one repair, however many they are.
    pub(super) fn put_back(&mut self, id: RouterId, lost: &[LostAddress]) {
        let is_served = self.routers.get(&id).is_some_and(|managed| managed.hold_down.until().is_none());
        if self.protocol_was != Health::Alive || !is_served || self.parent(id).source.is_none() {
            return;
        }
        let expired = self.lease_expired(id);
        let (mut ops, mut drifts) = (self.switches_of(id), Vec::new());
        let wanted = self.addresses_of(id);
        for lost in lost {
            let LostAddress { link, address, prefix_len: _, readiness } = *lost;
            let is_back = self.machinery.links.addresses(link).iter().any(|known| lost.is(known));
            let op = wanted.iter().find(|op| op.identity() == lost.identity()).cloned();
            let info = self.machinery.links.get(link).filter(|info| info.admin == LinkState::Up && !is_back);
            let Some((op, link)) = op.zip(info.map(|info| info.name.clone())) else { continue };
            if !self.exists(lost.link) || (!expired && self.gives_up(id, lost, &link)) {
                continue;
            }
            ops.push(op);
            drifts.push(match readiness {
                Readiness::Duplicate => Drift::AddressDuplicate { address, link },
                Readiness::Usable | Readiness::Tentative => Drift::AddressRemoved { address, link },
            });
        }
        let is_wanted = |lost: &&LostAddress| wanted.iter().any(|op| op.identity() == lost.identity());
        let returning: Vec<IpAddr> = lost.iter().filter(is_wanted).map(|lost| lost.address).collect();
        if expired && !drifts.is_empty() {
            self.machinery.tell(Some(id), HostFact::LeaseExpired);
            self.repair(id, ops);
            return self.renew_sources(&returning);
        }
        let mut drifts = drifts.into_iter();
        if drifts.next().is_some_and(|first| self.may_repair(id, first)) {
            drifts.for_each(|drift| self.machinery.tell(Some(id), HostFact::Repaired(drift)));
            self.repair(id, ops);
        }
        self.renew_sources(&returning);
    }

    /// An address that is not tracked stays away until the next takeover, which is told. Returns whether it is one.
    fn gives_up(&mut self, id: RouterId, lost: &LostAddress, link: &str) -> bool {
        let Some(managed) = self.routers.get_mut(&id) else { return false };
        if managed.is_tracked(lost.address) {
            return false;
        }
        if managed.given_up.insert(lost.identity()) {
            let fact = HostFact::AddressGivenUp { address: lost.address, link: link.to_owned() };
            self.machinery.tell(Some(id), fact);
        }
        true
    }

    /// What a master switches on its own interface, so that the kernel takes its IPv6 addresses.
    fn switches_of(&self, id: RouterId) -> Vec<Op> {
        let mut ops = self.addresses_of(id);
        ops.retain(|op| matches!(op, Op::Set(setting) if matches!(setting.key.setting, LinkSetting::Ipv6(_))));
        ops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_have_a_limit_that_is_told_once_and_ends_with_the_window() {
        let (mut repairs, now) = (Repairs::NONE, Instant::from_nanos(1));
        let first: Vec<Leave> = (0..MOST + 2).map(|_| repairs.ask(now)).collect();
        assert!(first[..8].iter().all(|leave| *leave == Leave::Granted));
        assert_eq!(first[8..], [Leave::RefusedFirst, Leave::Refused]);
        assert_eq!(repairs.ask(now + WINDOW), Leave::Granted);
    }

    #[test]
    fn what_was_refused_gets_one_turn_at_each_tick() {
        let (mut repairs, now) = (Repairs::NONE, Instant::from_nanos(1));
        assert!(!repairs.take_turn());
        let refused = (0..MOST + 5).map(|_| repairs.ask(now)).filter(|leave| *leave != Leave::Granted).count();
        assert_eq!(refused, 5);
        for _ in 0..3 {
            assert!(repairs.take_turn());
            assert_eq!([repairs.ask(now), repairs.ask(now)], [Leave::Granted, Leave::Refused]);
        }
        assert!(repairs.take_turn() && !repairs.take_turn());
    }
}
