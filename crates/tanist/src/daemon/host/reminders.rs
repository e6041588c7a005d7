//! `garp_extra_if`: announcements where no advert shows switches whose a MAC is, so that they do not flood.

use conf::model::ExtraLinks;
use linux::clock;
use vrrp::time::Instant;

use super::HostThread;
use super::managed::{Managed, Role};
use crate::ports::frames::Shows;

impl HostThread {
    /// Sends the reminders that are due. The first comes a period after the router became master.
    pub(super) fn remind(&mut self) {
        let now = clock::now();
        for (id, managed) in &mut self.routers {
            let extra = managed.extra.filter(|_| managed.role == Role::Active);
            let Some(extra) = extra else {
                managed.remind_at = None;
                continue;
            };
            if *managed.remind_at.get_or_insert(now + extra.period) > now {
                continue;
            }
            managed.remind_at = Some(now + extra.period);
            self.announcer.offer(*id, 1, |announcement| match announcement.shows() {
                Shows::Nothing => false,
                Shows::VirtualMac => true,
                Shows::OtherLink => extra.links == ExtraLinks::All,
            });
        }
    }

    pub(super) fn next_reminder(&self) -> Option<Instant> {
        self.routers.values().filter_map(|managed: &Managed| managed.remind_at).min()
    }
}
