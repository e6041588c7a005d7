//! From one configuration to the next: which routers stay, change, come and go.

mod groups;
pub(super) mod sessions;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use conf::Places;
use conf::model::machine::{GarpGroup, LinkDelay};
use conf::model::{self, Config, Gaps, StartupDelay, Switch, VmacPrefixes};
use host::{LeaseTerms, Survivor};
use vrrp::Engine;
use vrrp::config::{RouterConfig, Tracking, UnknownVrids};
use vrrp::time::Instant;
use vrrp::types::{Family, RouterId, TrackerId, Vrid};

use self::groups::GroupIds;
use crate::ports::directory::Names;
use crate::ports::protocol::{EngineChange, GroupChange};
use crate::ports::statics::Static;
use crate::trackers::{self, Doubt, Plan, Registry};

/// What makes two routers the same across a reload: the name may change. Several routers may share it if they do not
/// hear each other (unicast and multicast, other groups, other peers); of those the name decides.
type Identity = (String, Family, u8);

/// The routers that run, by what they are, with their names.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// When the daemon started; a startup delay counts from then.
    started: Instant,
    routers: HashMap<Identity, Vec<(String, RouterId)>>,
    groups: GroupIds,
    trackers: Registry,
}

/// A new configuration, half applied: the protocol thread still has to name the routers that are new.
pub(super) struct Pending {
    kept: Vec<(RouterId, Arc<model::Router>)>,
    added: Vec<Arc<model::Router>>,
    pub(super) names: Names,
    pub(super) statics: Vec<Arc<Static>>,
    pub(super) gaps: Gaps,
    pub(super) garp_groups: Vec<GarpGroup>,
    pub(super) vmac_prefixes: VmacPrefixes,
    pub(super) link_delays: Vec<LinkDelay>,
    pub(super) drop_priority: i32,
    pub(super) leases: LeaseTerms,
}

impl Pending {
    /// The routers that are new, in the order in which the protocol thread names them.
    pub(super) fn added(&self) -> &[Arc<model::Router>] {
        &self.added
    }
}

impl Running {
    /// Nothing runs yet.
    pub(super) fn new(started: Instant) -> Self {
        Self { started, ..Self::default() }
    }

    /// Before when no router starts. The clock is that of the machine's uptime.
    fn starts_at(&self, StartupDelay { after_start, after_boot }: StartupDelay) -> Instant {
        (self.started + after_start).max(Instant::from_nanos(0) + after_boot)
    }

    /// When the daemon started.
    pub(super) const fn started(&self) -> Instant {
        self.started
    }

    /// Interfaces tracked by any router.
    pub(super) fn trackers(&self) -> BTreeMap<String, TrackerId> {
        self.trackers.interfaces()
    }

    /// Groups of statics that any router heeds.
    pub(super) fn track_groups(&self) -> BTreeMap<String, TrackerId> {
        self.trackers.track_groups()
    }

    /// What the services thread is to watch of a configuration that was compared.
    pub(super) fn plan(&self, config: &Config) -> (Plan, Vec<Doubt>) {
        Plan::new(config, &self.trackers)
    }

    /// Compares with what runs: what is pending, and what the protocol thread is to change.
    pub(super) fn compare(&mut self, config: &Config, places: &Places) -> (Pending, EngineChange) {
        let (mut change, mut kept, mut added) = (EngineChange::default(), Vec::new(), Vec::new());
        let routers = groups::routers(config);
        change.forget = self.trackers.follow(routers.iter(), &config.watched.sessions);
        change.sessions = sessions::plans(&config.watched.sessions, &self.trackers);
        let mut gone = self.routers.clone();
        let by_name: Vec<Option<RouterId>> =
            routers.iter().map(|router| take(&mut gone, router, |name| name == router.name)).collect();
        for (router, same) in routers.into_iter().zip(by_name) {
            let engine = self.engine_config(&router);
            let same = same.or_else(|| take(&mut gone, &router, |_| true));
            let router = Arc::new(router);
            match same {
                Some(id) => {
                    change.update.push((id, engine));
                    kept.push((id, router));
                }
                None => {
                    change.add.push(engine);
                    added.push(router);
                }
            }
        }
        change.remove = gone.into_values().flatten().map(|(_, id)| id).collect();
        change.vrids = vrids(config);
        change.unknown_vrids = config.global.unknown_vrids;
        change.starts_at = self.starts_at(config.global.startup);
        let groups = self.groups.follow(&config.watched.groups);
        change.groups = self.group_changes(config, &kept, &added);
        let (gaps, link_delays) = (config.global.gaps, config.link_delays.clone());
        let (vmac_prefixes, garp_groups) = (config.global.vmac_prefixes.clone(), config.garp_groups.clone());
        let members = config.watched.groups.iter().map(|group| (group.name.clone(), group.members.clone()));
        let names = Names { groups, members: members.collect(), trackers: self.trackers.names(), ..Names::default() };
        let (drop_priority, leases) = (config.global.drop_priority, leases(&config.global));
        let statics = Static::all(config, places);
        let pending = Pending {
            kept,
            added,
            names,
            statics,
            gaps,
            garp_groups,
            vmac_prefixes,
            link_delays,
            drop_priority,
            leases,
        };
        (pending, change)
    }

    /// The groups, of routers that run. One that is left out does not keep the others from running.
    fn group_changes(
        &self,
        config: &Config,
        kept: &[(RouterId, Arc<model::Router>)],
        added: &[Arc<model::Router>],
    ) -> Vec<GroupChange> {
        let kept: HashMap<&str, RouterId> = kept.iter().map(|(id, router)| (router.name.as_str(), *id)).collect();
        let added: HashMap<&str, usize> =
            added.iter().enumerate().map(|(place, router)| (router.name.as_str(), place)).collect();
        let groups = config.watched.groups.iter().filter_map(|group| {
            let members = || group.members.iter().map(String::as_str);
            Some(GroupChange {
                id: self.groups.id(group)?,
                kept: members().filter_map(|name| kept.get(name).copied()).collect(),
                added: members().filter_map(|name| added.get(name).copied()).collect(),
            })
        });
        groups.collect()
    }

    /// The routers of which the protocol thread may speak before it has told their ids: if this daemon goes on in the place of
    /// another, all of them, and its engine is new.
    pub(super) fn going_on(pending: &Pending, change: &EngineChange) -> Vec<(RouterId, Arc<model::Router>)> {
        match change.resume {
            Some(_) => Engine::first_ids(pending.added.len()).into_iter().zip(pending.added.iter().cloned()).collect(),
            None => Vec::new(),
        }
    }

    /// Takes the names of the new routers in; returns all routers that run from now on.
    pub(super) fn complete(&mut self, pending: Pending, ids: Vec<RouterId>) -> Vec<(RouterId, Arc<model::Router>)> {
        let all: Vec<_> = pending.kept.into_iter().chain(ids.into_iter().zip(pending.added)).collect();
        self.routers.clear();
        for (id, router) in &all {
            self.routers.entry(identity(router)).or_default().push((router.name.clone(), *id));
        }
        all
    }

    fn engine_config(&self, router: &model::Router) -> RouterConfig {
        let tracking = trackers::trackings(router)
            .filter_map(|(key, effect)| Some(Tracking { tracker: self.trackers.id(&key)?, effect }))
            .collect();
        RouterConfig {
            family: router.family,
            vrid: router.vrid,
            parameters: router.parameters,
            addresses: router.addresses.iter().map(|address| address.address).collect(),
            unadvertised: router.excluded.iter().map(|address| address.address).collect(),
            medium: router.medium(),
            source: router.required_source(),
            authentication: router.authenticated_by(),
            tracking,
        }
    }
}

/// All VRIDs that are to be received.
pub(super) fn vrids(config: &Config) -> Vec<Vrid> {
    let mut vrids: Vec<Vrid> = match config.global.unknown_vrids {
        UnknownVrids::Counted => config.routers.iter().map(|router| router.vrid).collect(),
        UnknownVrids::Told => (u8::MIN..=u8::MAX).filter_map(Vrid::new).collect(),
    };
    vrids.sort_unstable();
    vrids.dedup();
    vrids
}

/// Takes a router that runs where `router` is to run out of those that may go.
fn take(
    gone: &mut HashMap<Identity, Vec<(String, RouterId)>>,
    router: &model::Router,
    fits: impl Fn(&str) -> bool,
) -> Option<RouterId> {
    let there = gone.get_mut(&identity(router))?;
    let position = there.iter().position(|(name, _)| fits(name))?;
    Some(there.remove(position).1)
}

fn identity(router: &model::Router) -> Identity {
    (router.interface.clone(), router.family, router.vrid.value())
}

fn leases(global: &model::Global) -> LeaseTerms {
    let survivor = match global.guardian {
        Switch::Off => Survivor::None,
        Switch::On if std::process::id() == 1 => Survivor::SharesItsEnd,
        Switch::On => Survivor::Guardian,
    };
    LeaseTerms { rule: global.lease, survivor }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use vrrp::Engine;

    fn config(text: &str) -> Config {
        conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config
    }

    fn router(name: &str, vrid: u8, more: &str) -> String {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n {more}\n \
             virtual_ipaddress {{\n 10.0.0.{vrid}/24\n }}\n}}\n"
        )
    }

    /// Applies a configuration as the daemon does, and returns how many routers were kept, added and removed.
    fn apply(running: &mut Running, engine: &mut Engine, text: &str) -> (usize, usize, usize) {
        let (pending, change) = running.compare(&config(text), &Places::default());
        let counts = (pending.kept.len(), pending.added.len(), change.remove.len());
        let ids = change.add.into_iter().map(|config| engine.add(Instant::default(), config)).collect();
        running.complete(pending, ids);
        counts
    }

    #[test]
    fn a_router_is_the_same_by_interface_family_and_vrid_whatever_its_name() {
        let (mut running, mut engine) = (Running::default(), Engine::new());
        let before = router("A", 1, "") + &router("B", 2, "");
        assert_eq!(apply(&mut running, &mut engine, &before), (0, 2, 0));
        let after = router("renamed", 1, "priority 200") + &router("C", 3, "");
        assert_eq!(apply(&mut running, &mut engine, &after), (1, 1, 1));
        assert_eq!(apply(&mut running, &mut engine, &after), (2, 0, 0));
    }

    #[test]
    fn of_routers_that_share_a_vrid_each_keeps_its_own() {
        let (mut running, mut engine) = (Running::default(), Engine::new());
        let text = |peer: &str, priority: u8| {
            let unicast = format!("unicast_peer {{\n 10.0.0.{peer}\n}}\n priority {priority}");
            router("multicast", 1, "") + &router("unicast", 1, &unicast)
        };
        assert_eq!(apply(&mut running, &mut engine, &text("8", 100)), (0, 2, 0));
        assert_eq!(apply(&mut running, &mut engine, &text("9", 110)), (2, 0, 0));
        let ids = |running: &Running| {
            let mut ids: Vec<_> = running.routers.values().flatten().cloned().collect();
            ids.sort();
            ids
        };
        let before = ids(&running);
        assert_eq!(apply(&mut running, &mut engine, &text("9", 120)), (2, 0, 0));
        assert_eq!(ids(&running), before);
        assert_eq!(apply(&mut running, &mut engine, &router("renamed", 1, "")), (1, 0, 1));
    }

    #[test]
    fn of_two_startup_delays_the_later_counts() {
        // The daemon started 100 s after the machine.
        let mut running = Running::new(Instant::default() + Duration::from_secs(100));
        for (text, seconds) in [
            ("", 100),
            ("vrrp_startup_delay 2.5", 102),
            ("vrrp_delay_after_boot 60", 100),
            ("vrrp_delay_after_boot 160", 160),
            ("vrrp_delay_after_boot 160\nvrrp_startup_delay 61", 161),
        ] {
            let (_, change) = running
                .compare(&config(&format!("global_defs {{\n{text}\n}}\n{}", router("A", 1, ""))), &Places::default());
            assert_eq!(change.starts_at.nanos() / 1_000_000_000, seconds, "{text}");
        }
    }

    #[test]
    fn a_tracked_interface_keeps_its_id() {
        let (mut running, mut engine) = (Running::default(), Engine::new());
        let track = |name: &str| router("A", 1, &format!("track_interface {{\n {name}\n }}"));
        apply(&mut running, &mut engine, &track("eth1"));
        apply(&mut running, &mut engine, &track("eth2"));
        apply(&mut running, &mut engine, &track("eth1"));
        let trackers = running.trackers();
        assert_eq!((trackers["eth1"], trackers["eth2"]), (TrackerId(0), TrackerId(1)));
    }

    #[test]
    fn what_no_router_tracks_any_more_is_not_checked() {
        let checked = "vrrp_script s {\n script /bin/true\n}\ntrack_file f {\n file /tmp/f\n}\n\
                       vrrp_track_process p {\n process x\n}\n";
        let lists = "track_script {\n s\n }\n track_file {\n f\n }\n track_process {\n p\n }";
        let (mut running, mut engine) = (Running::default(), Engine::new());
        for (lists, expected) in [(lists, [1, 1, 1]), ("", [0, 0, 0]), (lists, [1, 1, 1])] {
            let text = checked.to_owned() + &router("A", 1, lists);
            apply(&mut running, &mut engine, &text);
            assert_eq!(running.plan(&config(&text)).0.counts(), expected, "{lists}");
        }
    }

    #[test]
    fn routers_of_a_group_track_what_it_tracks() {
        let group = "vrrp_sync_group G {\n group {\n A B\n }\n track_interface {\n eth1\n eth2\n }\n}\n";
        let own = "track_interface {\n eth2\n }";
        let text = group.to_owned() + &router("A", 1, "") + &router("B", 2, own) + &router("C", 3, "");
        let (mut running, mut engine) = (Running::default(), Engine::new());
        let (pending, change) = running.compare(&config(&text), &Places::default());
        assert_eq!(change.add.iter().map(|router| router.tracking.len()).collect::<Vec<_>>(), [2, 2, 0]);
        let [GroupChange { id, kept, added }] = &change.groups[..] else { panic!("{change:?}") };
        assert_eq!((kept.len(), &added[..], &*pending.names.groups[id]), (0, &[0, 1][..], "G"));
        let ids: Vec<RouterId> = change.add.into_iter().map(|config| engine.add(Instant::default(), config)).collect();
        running.complete(pending, ids.clone());
        let (_, change) = running.compare(&config(&text), &Places::default());
        assert_eq!(change.groups[0].kept, ids[..2]);
    }
}
