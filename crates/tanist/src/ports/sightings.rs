//! What was seen on the wire beside the sockets that the protocol listens on: for `status`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vrrp::types::{MacAddr, RouterId};

/// Peers whose MAC is remembered; of more the oldest are forgotten together.
const PEERS: usize = 4096;

/// What was seen, shared by the onlooker and `status`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    macs: HashMap<(String, IpAddr), MacAddr>,
    unheard: HashMap<RouterId, Unheard>,
}

/// A peer whose adverts arrive on the interface but not at the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unheard {
    pub(crate) peer: IpAddr,
    pub(crate) mac: MacAddr,
    pub(crate) link: String,
    pub(crate) by: Barrier,
}

/// What keeps adverts from the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Barrier {
    /// The interface is a port of this bridge: what arrives is the bridge's.
    Bridge(String),
    /// Nothing else is known that could: the host's firewall.
    Firewall,
}

impl Sightings {
    /// Notes the MAC of a peer on an interface; tells whether it is news.
    pub(crate) fn note_mac(&self, link: &str, peer: IpAddr, mac: MacAddr) -> bool {
        let mut seen = self.seen();
        if seen.macs.len() >= PEERS {
            seen.macs.clear();
        }
        seen.macs.insert((link.to_owned(), peer), mac) != Some(mac)
    }

    /// The MAC a peer sent from last.
    pub(crate) fn mac(&self, link: &str, peer: IpAddr) -> Option<MacAddr> {
        self.seen().macs.get(&(link.to_owned(), peer)).copied()
    }

    /// Notes that a router does not hear somebody, or that it hears all; tells whether it is news.
    pub(crate) fn note_unheard(&self, router: RouterId, unheard: Option<Unheard>) -> bool {
        let mut seen = self.seen();
        let before = match &unheard {
            Some(unheard) => seen.unheard.insert(router, unheard.clone()),
            None => seen.unheard.remove(&router),
        };
        before != unheard
    }

    pub(crate) fn unheard(&self, router: RouterId) -> Option<Unheard> {
        self.seen().unheard.get(&router).cloned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Whoever panicked while holding it left it whole: it is only ever inserted into.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
