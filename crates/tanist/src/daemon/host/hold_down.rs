//! Hold-down: a router whose interface or addresses the kernel refuses leaves the election, for a master without
//! addresses is a black hole. It is tried again after a back-off, or at once when something changes that may have been
//! the cause.

use std::collections::BTreeSet;
use std::time::Duration;

use host::{
    Footprint, Holder, Ipv6Setting, Kernel as _, LinkSetting, Op, OwnKind, Phase, Restore, Setting, SettingKey, Task,
};
use linux::clock;
use vrrp::input::HostState;
use vrrp::time::Instant;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use crate::ports::events::HostFact;
use crate::ports::protocol::ProtocolCommand;

/// The first back-off.
const FIRST: Duration = Duration::from_secs(30);
/// Times that it doubles: in the end a router is tried every 16 minutes.
const DOUBLINGS: u32 = 5;
/// Least time between two tries, whatever happens on the machine.
const SPACING: Duration = Duration::from_secs(1);

/// The hold-down of one router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HoldDown {
    until: Option<Instant>,
    /// When it was tried last.
    tried: Option<Instant>,
    /// Tries that failed, in a row.
    failures: u32,
}

impl HoldDown {
    pub(super) const NONE: Self = Self { until: None, tried: None, failures: 0 };

    /// The end of the back-off; `None` while the router takes part.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
    }

    /// The kernel refused something. One incident counts once, whatever else it refuses until the next try.
    /// Returns the back-off if it begins now.
    fn begin(&mut self, now: Instant) -> Option<Duration> {
        if self.until.is_some() {
            return None;
        }
        let back_off = FIRST * 2u32.pow(self.failures.min(DOUBLINGS));
        self.failures += 1;
        (self.until, self.tried) = (Some(now + back_off), Some(now));
        Some(back_off)
    }

    /// Something changed that may have been the cause: the next try comes at once.
    fn hurry(&mut self, now: Instant) {
        if let (Some(until), Some(tried)) = (self.until, self.tried) {
            self.until = Some(until.min(now.max(tried + SPACING)));
        }
    }

    /// A try is due.
    fn is_due(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn end(&mut self) {
        self.until = None;
    }

    /// The machine does what the router needs.
    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
    }
}

impl HostThread {
    /// Lets routers leave the election, once for each incident.
    pub(super) fn hold_down(&mut self, routers: &BTreeSet<RouterId>) {
        let now = clock::now();
        for id in routers {
            let Some(managed) = self.routers.get_mut(id) else { continue };
            if let Some(retry) = managed.hold_down.begin(now) {
                self.machinery.tell(Some(*id), HostFact::HoldDown { retry });
                self.report_readiness(*id);
            }
        }
    }

    /// Tells the protocol thread whether the machine does what the router needs.
    pub(super) fn report_readiness(&self, id: RouterId) {
        let Some(managed) = self.routers.get(&id) else { return };
        let is_ready = managed.hold_down.until().is_none() && managed.unusable.is_none();
        let state = if is_ready { HostState::Ready } else { HostState::Failed };
        self.protocol.send(ProtocolCommand::HostReady { router: id, state });
    }

    /// Something changed on this link: the routers on it that are held down are tried at once.
    pub(super) fn hurry(&mut self, link: IfIndex) {
        let now = clock::now();
        let name = self.machinery.links.get(link).map(|link| link.name.clone());
        for managed in self.routers.values_mut() {
            let on_it = managed.attachment.as_ref().is_some_and(|attachment| attachment.is_on(link));
            if on_it || name.as_ref().is_some_and(|name| managed.uses(name)) {
                managed.hold_down.hurry(now);
            }
        }
    }

    /// Something changed for all of them.
    pub(super) fn hurry_all(&mut self) {
        let now = clock::now();
        self.routers.values_mut().for_each(|managed| managed.hold_down.hurry(now));
    }

    /// When the next router is to be tried.
    pub(super) fn next_retry(&self) -> Option<Instant> {
        self.routers.values().filter_map(|managed| managed.hold_down.until()).min()
    }

    /// Tries the routers whose time has come.
    pub(super) fn retry(&mut self, now: Instant) {
        let due = self.routers.iter().filter(|(_, managed)| managed.hold_down.is_due(now)).map(|(id, _)| *id);
        // What is planned for a router is carried out first: its interface may not be there yet.
        let due = due.filter(|id| !self.work.is_for(*id));
        for id in due.collect::<Vec<_>>() {
            let able = self.could_serve(id);
            let Some(managed) = self.routers.get_mut(&id) else { continue };
            managed.hold_down.end();
            if !able {
                managed.hold_down.begin(now);
                continue;
            }
            let is_attached = managed.attachment.is_some();
            self.report_readiness(id);
            if !is_attached {
                self.work.attach.insert(id);
            }
        }
    }

    /// Whether the router could serve: its macvlans come up and IPv6 can be switched on, tried without addresses, so that
    /// no role is taken in vain and nothing is sent.
    fn could_serve(&mut self, id: RouterId) -> bool {
        let Some(attachment) = self.routers.get(&id).and_then(|managed| managed.attachment.clone()) else {
            return true;
        };
        let mut ipv6_is_off = |link| self.machinery.machine.read(ipv6_switch(link)).is_ok_and(|off| off != 0);
        let ipv6 = || attachment.footprint.addresses().filter(|address| address.address.is_ipv6());
        let mut elsewhere = ipv6().filter(|address| attachment.vmac_at(address.link).is_none());
        if elsewhere.any(|address| ipv6_is_off(address.link)) {
            return false;
        }
        if self.machinery.ledger.holds(Holder::Router(id), Phase::Up) {
            return true;
        }
        let mut macvlans = attachment.vmacs.values().filter(|vmac| vmac.kind == OwnKind::Macvlan);
        macvlans.all(|vmac| self.could_come_up(id, vmac.index, &attachment.footprint))
    }

    /// Whether a macvlan comes up, and takes IPv6 addresses if it is to.
    fn could_come_up(&mut self, id: RouterId, link: IfIndex, footprint: &Footprint) -> bool {
        let wants_ipv6 = footprint.addresses().any(|address| address.address.is_ipv6() && address.link == link);
        let turn =
            |key, value| Task::new(Holder::Router(id), Op::Set(Setting { key, value, restore: Restore::WithLink }));
        let up = SettingKey { link, setting: LinkSetting::AdminUp };
        let switch = if wants_ipv6 { vec![turn(ipv6_switch(link), 0), turn(ipv6_switch(link), 1)] } else { Vec::new() };
        // IPv6 is switched while the link is down and off again when it comes up.
        let able = self.machinery.apply(&switch).is_empty() && self.machinery.apply(&[turn(up, 1)]).is_empty();
        self.machinery.undo(&[turn(up, 0)]);
        able
    }
}

const fn ipv6_switch(link: IfIndex) -> SettingKey {
    SettingKey { link, setting: LinkSetting::Ipv6(Ipv6Setting::DisableIpv6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_nanos(1_000_000_000_000);

    #[test]
    fn one_incident_counts_once() {
        let mut hold_down = HoldDown::NONE;
        assert_eq!(hold_down.begin(NOW), Some(FIRST));
        for _ in 0..9 {
            assert_eq!(hold_down.begin(NOW), None);
        }
        assert_eq!(hold_down.until(), Some(NOW + FIRST));
    }

    #[test]
    fn the_back_off_doubles_to_a_limit_and_begins_anew_after_a_success() {
        let mut hold_down = HoldDown::NONE;
        let mut back_offs = Vec::new();
        for _ in 0..8 {
            back_offs.extend(hold_down.begin(NOW).map(|back_off| back_off.as_secs()));
            hold_down.end();
        }
        assert_eq!(back_offs, [30, 60, 120, 240, 480, 960, 960, 960]);
        hold_down.succeeded();
        assert_eq!(hold_down.begin(NOW), Some(FIRST));
    }

    #[test]
    fn a_change_that_may_have_been_the_cause_ends_the_back_off_but_not_in_a_tight_loop() {
        let mut hold_down = HoldDown::NONE;
        hold_down.begin(NOW);
        hold_down.hurry(NOW + Duration::from_secs(5));
        assert!(hold_down.is_due(NOW + Duration::from_secs(5)));
        hold_down.end();
        hold_down.begin(NOW + Duration::from_secs(5));
        hold_down.hurry(NOW + Duration::from_secs(5));
        assert_eq!(hold_down.until(), Some(NOW + Duration::from_secs(6)));
        hold_down.end();
        hold_down.hurry(NOW);
        assert_eq!(hold_down.until(), None);
    }
}
