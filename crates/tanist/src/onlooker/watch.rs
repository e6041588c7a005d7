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

/// A sender of adverts, and where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Sender {
    family: Family,
    vrid: u8,
    source: IpAddr,
    destination: IpAddr,
}

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
        for (id, view) in &views.routers {
            if let Some(parent) = view.parent {
                by_parent.entry(parent).or_default().insert(*id, view.clone());
            }
        }
        Some(by_parent)
    }

    fn see(&mut self, sighting: &Sighting) {
        // Multicast with another TTL came from elsewhere (V3-RX-03); priority 0 is a farewell.
        let from_elsewhere = sighting.hop_limit != 255 && sighting.destination.is_multicast();
        if from_elsewhere || sighting.priority == 0 {
            return;
        }
        let sender = Sender {
            family: Family::of(&sighting.source),
            vrid: sighting.vrid,
            source: sighting.source,
            destination: sighting.destination,
        };
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
            let unheard = self.unheard(router, snapshot, start).map(|(peer, mac)| Unheard {
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
    fn unheard(
        &self,
        router: &conf::model::Router,
        snapshot: &Snapshot,
        start: vrrp::time::Instant,
    ) -> Option<(IpAddr, MacAddr)> {
        // A full list may lack somebody that was heard.
        let is_full = snapshot.speakers.iter().all(Option::is_some);
        if snapshot.state != StateName::Active || is_full {
            return None;
        }
        // What is sent to others, or to a group that was not joined, is for the kernel to drop.
        let listens_at = router.medium().group().or(snapshot.source);
        let is_for = |sender: &Sender| {
            (sender.family, sender.vrid) == (router.family, router.vrid.value())
                && Some(sender.destination) == listens_at
        };
        let heard = |peer: IpAddr| snapshot.speakers.iter().flatten().any(|it| it.address == peer && it.heard >= start);
        let is_missed = |(sender, (_, count)): &(&Sender, &(MacAddr, u32))| {
            let peer = sender.source;
            is_for(sender) && *count >= ENOUGH && Some(peer) != snapshot.source && !heard(peer)
        };
        self.seen.iter().find(is_missed).map(|(sender, (mac, _))| (sender.source, *mac))
    }
}
