//! Another program goes on: what it gets of the host thread.

use std::collections::BTreeMap;

use host::{Ledger, LedgerState};
use vrrp::{Instant, RouterId};

use super::{HostThread, Who};
use crate::sim::node::pulse::Pulse;

/// A ledger whose holders are virtual routers, by number.
pub(in crate::sim::node) type Handed = LedgerState<host::Holder<u64>>;

impl HostThread {
    /// `None` if there is something to do.
    pub(in crate::sim::node) fn hand_over(&self, number: impl Fn(RouterId) -> Option<u64>) -> Option<Handed> {
        let is_calm = self.mailbox.is_empty() && self.work.is_empty() && self.removed.is_empty();
        is_calm.then(|| self.ledger.state().renamed(|holder: Who| holder.renamed(&number)))?
    }

    /// Goes on from there, with routers that have other ids. `None` if the ledger knows one that is not there.
    pub(in crate::sim::node) fn go_on(
        &mut self,
        now: Instant,
        ledger: Handed,
        router: impl Fn(u64) -> Option<RouterId>,
        ids: &BTreeMap<RouterId, RouterId>,
    ) -> Option<()> {
        self.ledger = Ledger::resume(ledger.renamed(|holder| holder.renamed(&router))?);
        let renamed = |(id, managed)| Some((*ids.get(&id)?, managed));
        self.routers = std::mem::take(&mut self.routers).into_iter().filter_map(renamed).collect();
        self.draining = self.draining.iter().filter_map(|id| ids.get(id).copied()).collect();
        for managed in self.routers.values_mut() {
            (managed.held_down, managed.failures) = (None, 0);
        }
        self.work.attach.extend(self.routers.keys().copied());
        (self.next_tick, self.pulse) = (now, Pulse(None));
        Some(())
    }
}
