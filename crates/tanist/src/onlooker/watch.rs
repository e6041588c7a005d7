//! Watching one interface.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use linux::clock;
use linux::observe::{Observer, Sighting};
use vrrp::event::StateName;
use vrrp::snapshot::Snapshot;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};

use crate::control::state::Control;
use crate::ports::events::Occurrence;
use crate::ports::host::HostView;
use crate::ports::question::Asked;
use crate::ports::sightings::{Barrier, Unheard};

/// Time between two looks at what was seen.
const LOOK: Duration = Duration::from_millis(100);
/// Adverts of one sender that must have been seen before it counts as unheard: one may be on its way to the daemon.
const ENOUGH: u32 = 2;
/// MACs told during a watch: anybody can make up senders.
const NEWS: u32 = 4;
/// Senders remembered during a watch; anybody can make up more.
const SENDERS: usize = 256;

/// A sender of adverts: family, VRID and source.
type Sender = (Family, u8, IpAddr);

pub(super) struct Watch<'a> {
    control: &'a Control,
    interface: &'a str,
    time: Duration,
    seen: HashMap<Sender, (MacAddr, u32)>,
    /// MACs that were told.
    told: u32,
}

impl<'a> Watch<'a> {
    pub(super) fn new(control: &'a Control, interface: &'a str, time: Duration) -> Self {
        Self { control, interface, time, seen: HashMap::new(), told: 0 }
    }

    /// Watches, and tells what was found. What cannot be watched stays an open question.
    pub(super) async fn run(mut self) {
        let start = clock::now();
        let Some((link, _)) = self.attached().await.and_then(|views| views.into_iter().next()) else { return };
        let Ok(mut observer) = Observer::open(link) else { return };
        while clock::now().since(start) < self.time {
            tokio::time::sleep(LOOK).await;
            if observer.read(|sighting| self.see(&sighting)).is_err() {
                break;
            }
        }
        self.compare(start).await;
    }

    /// The parent of the routers on the interface, and what the host thread knows of each.
    async fn attached(&self) -> Option<HashMap<IfIndex, HashMap<RouterId, HostView>>> {
        let directory = self.control.directory.borrow().clone();
        let routers: Vec<RouterId> = directory.on_interface(self.interface).map(|(id, _)| id).collect();
        let views = self.control.host.get(Asked::These(routers)).await.ok()?;
        let mut by_parent: HashMap<IfIndex, HashMap<RouterId, HostView>> = HashMap::new();
        for (id, view) in views.iter() {
            if let Some(parent) = view.parent {
                by_parent.entry(parent).or_default().insert(*id, view.clone());
            }
        }
        Some(by_parent)
    }

    fn see(&mut self, sighting: &Sighting) {
        // Another TTL came from elsewhere (V3-RX-03); priority 0 is a farewell.
        if sighting.hop_limit != 255 || sighting.priority == 0 {
            return;
        }
        let sender = (Family::of(&sighting.source), sighting.vrid, sighting.source);
        if self.seen.len() >= SENDERS && !self.seen.contains_key(&sender) {
            return;
        }
        let (mac, count) = self.seen.entry(sender).or_insert((sighting.mac, 0));
        (*mac, *count) = (sighting.mac, *count + 1);
        let is_news = self.control.sightings.note_mac(self.interface, sighting.source, sighting.mac);
        if is_news && self.told < NEWS {
            self.told += 1;
            let (link, peer, mac) = (self.interface.to_owned(), sighting.source, sighting.mac);
            self.control.events.send(Occurrence::PeerMac { link, peer, mac });
        }
    }

    /// Tells which senders the daemon does not hear.
    async fn compare(&self, start: vrrp::time::Instant) {
        let Some(views) = self.attached().await else { return };
        let views: HashMap<RouterId, HostView> = views.into_values().flatten().collect();
        let asked = Asked::These(views.keys().copied().collect());
        let Ok(snapshots) = self.control.protocol.get(asked).await else { return };
        let directory = self.control.directory.borrow().clone();
        for snapshot in &snapshots.routers {
            let Some(router) = directory.router(snapshot.router) else { continue };
            let key = (router.family, router.vrid.value());
            let unheard = self.unheard(snapshot, key, start).map(|(peer, mac)| Unheard {
                peer,
                mac,
                link: self.interface.to_owned(),
                by: views
                    .get(&snapshot.router)
                    .and_then(|view| view.bridge.clone())
                    .map_or(Barrier::Firewall, Barrier::Bridge),
            });
            if self.control.sightings.note_unheard(snapshot.router, unheard.clone())
                && let Some(unheard) = unheard
            {
                self.control.events.send(Occurrence::Unheard { router: snapshot.router, unheard });
            }
        }
    }

    /// A sender that was seen for the router, but is not among those it has heard since.
    fn unheard(&self, router: &Snapshot, key: (Family, u8), start: vrrp::time::Instant) -> Option<(IpAddr, MacAddr)> {
        // A full list may lack somebody that was heard.
        let is_full = router.speakers.iter().all(Option::is_some);
        if router.state != StateName::Active || is_full {
            return None;
        }
        let heard = |peer: IpAddr| router.speakers.iter().flatten().any(|it| it.address == peer && it.heard >= start);
        let of_router = self.seen.iter().filter(|((family, vrid, _), _)| (*family, *vrid) == key);
        let missed = of_router
            .filter(|((_, _, peer), (_, count))| *count >= ENOUGH && Some(*peer) != router.source && !heard(*peer));
        missed.map(|((_, _, peer), (mac, _))| (*peer, *mac)).next()
    }
}
