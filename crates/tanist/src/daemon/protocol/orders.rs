//! Orders to the host thread. The protocol thread never waits for room in its mailbox: what finds none waits here, and
//! what waits here has a limit.

use std::collections::VecDeque;

use vrrp::types::RouterId;

use crate::ports::host::{HostCommand, HostHandle};

/// Orders that may wait. Beyond that announcements are left out, and of what a router is to do only the last counts.
const WAITING: usize = 8192;

/// Orders on their way to the host thread, in order.
pub(super) struct Orders {
    host: HostHandle,
    waiting: VecDeque<HostCommand>,
    /// Announcements left out that nobody knows of yet.
    lost: u64,
}

impl Orders {
    pub(super) fn new(host: HostHandle) -> Self {
        Self { host, waiting: VecDeque::with_capacity(WAITING), lost: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Queues an order.
    pub(super) fn give(&mut self, order: HostCommand) {
        if self.waiting.len() >= WAITING {
            match role_of(&order) {
                Some(router) => self.waiting.retain(|waiting| role_of(waiting) != Some(router)),
                None => return self.lost += 1,
            }
        }
        self.waiting.push_back(order);
    }

    /// Hands over what there is room for. Returns how many announcements had to be left out, once there is room again.
    pub(super) fn hand_over(&mut self) -> Option<u64> {
        if !self.waiting.is_empty() {
            self.host.offer(&mut self.waiting);
        }
        let lost = std::mem::take(&mut self.lost);
        if self.waiting.is_empty() {
            return (lost > 0).then_some(lost);
        }
        self.lost = lost;
        None
    }
}

/// The router whose role an order is about.
const fn role_of(order: &HostCommand) -> Option<RouterId> {
    match order {
        HostCommand::Install { router, .. } | HostCommand::Keep(router) | HostCommand::Withdraw(router) => {
            Some(*router)
        }
        HostCommand::Announce(_)
        | HostCommand::Reload { .. }
        | HostCommand::Ask(_)
        | HostCommand::HandOver(_)
        | HostCommand::Stop(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;
    use vrrp::action::{AnnounceCause, Announced, Announcement, TakeoverRounds};

    use super::*;
    use crate::ports::mailbox::mailbox;

    const ROUNDS: TakeoverRounds = TakeoverRounds { arp: 4, na: 5 };

    fn announcement(router: RouterId) -> HostCommand {
        let (cause, addresses) = (AnnounceCause::Refresh, Announced::All);
        HostCommand::Announce(Announcement { router, cause, rounds: 1, addresses })
    }

    #[test]
    fn a_host_thread_that_does_not_keep_up_finds_a_limited_number_of_orders_and_each_last_role() {
        let (handle, mailbox) = mailbox(4).unwrap();
        let mut names = SlotMap::<RouterId, ()>::with_key();
        let routers: Vec<RouterId> = (0..10).map(|_| names.insert(())).collect();
        let mut orders = Orders::new(handle);
        for turn in 0..2 * WAITING {
            let router = routers[turn % routers.len()];
            orders.give(HostCommand::Install { router, rounds: ROUNDS });
            orders.give(announcement(router));
            orders.give(HostCommand::Withdraw(router));
            assert_eq!(orders.hand_over(), None);
        }
        assert!(orders.waiting.len() <= WAITING + routers.len(), "{}", orders.waiting.len());
        let (mut roles, mut lost) = (std::collections::HashMap::new(), None);
        while !orders.is_empty() || lost.is_none() {
            while let Some(order) = mailbox.next() {
                match order {
                    HostCommand::Install { router, .. } => roles.insert(router, "install"),
                    HostCommand::Withdraw(router) => roles.insert(router, "withdraw"),
                    HostCommand::Announce(_) | HostCommand::Keep(_) => None,
                    HostCommand::Reload { .. }
                    | HostCommand::Ask(_)
                    | HostCommand::HandOver(_)
                    | HostCommand::Stop(_) => unreachable!(),
                };
            }
            lost = orders.hand_over().or(lost);
        }
        assert!(lost > Some(0), "{lost:?}");
        while let Some(order) = mailbox.next() {
            let HostCommand::Withdraw(router) = order else { continue };
            roles.insert(router, "withdraw");
        }
        assert!(routers.iter().all(|router| roles[router] == "withdraw"), "{roles:?}");
    }
}
