//! The LAN of the lab.

use std::io;

use linux::lan::{Host, Lan, Role, Seat};
use vrrp::types::MacAddr;

use super::plan::{Plan, Side};

/// A switch, two routers and a client.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) lan: Lan,
    favourite: Host,
    deputy: Host,
    pub(super) client: Host,
}

impl Network {
    /// Builds it.
    pub(super) fn build(plan: &Plan) -> io::Result<Self> {
        let mut lan = Lan::new()?;
        let mut router = |side| {
            let node = plan.node(side);
            let nic = node.router.interface.as_str();
            lan.plug(&Seat { name: node.name, nic, role: Role::Router, addresses: &node.addresses })
        };
        let favourite = router(Side::Favourite)?;
        let deputy = router(Side::Deputy)?;
        let client = lan.plug(&Seat { name: "client", nic: "eth0", role: Role::EndSystem, addresses: &plan.client })?;
        Ok(Self { lan, favourite, deputy, client })
    }

    pub(super) const fn router(&self, side: Side) -> &Host {
        match side {
            Side::Favourite => &self.favourite,
            Side::Deputy => &self.deputy,
        }
    }

    /// Where the client believes the virtual address to be.
    pub(super) fn client_entry(&self, plan: &Plan) -> Option<MacAddr> {
        let table = linux::lan::neighbours(&self.client.namespace).ok()?;
        table.into_iter().find(|entry| entry.address == plan.target)?.mac
    }
}
