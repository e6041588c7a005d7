//! Names of things: which router or sync group an id stands for.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use conf::Places;
use conf::model::Router;
use tokio::sync::watch;
use vrrp::event::Subject;
use vrrp::types::{GroupId, RouterId, TrackerId};

use super::events::Named;
use super::tracking::TrackerKey;

/// Routers that are gone but whose last events may still be on their way: the newest stay known by name.
const GONE: usize = 8192;

/// All routers as configured. An id is never given to another router, so that those that are gone can stay in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    routers: HashMap<RouterId, Arc<Router>>,
    gone: HashMap<RouterId, Arc<Router>>,
    /// Names of the sync groups. An id is never given to a group of another name.
    groups: HashMap<GroupId, Arc<str>>,
    gone_groups: HashMap<GroupId, Arc<str>>,
    /// What each tracker's id stands for.
    trackers: BTreeMap<TrackerId, TrackerKey>,
    /// Names of the routers of each sync group.
    members: BTreeMap<String, Vec<String>>,
    places: Arc<Places>,
}

/// What runs from now on, by name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Of the sync groups.
    pub(crate) groups: HashMap<GroupId, Arc<str>>,
    /// Of the routers of each.
    pub(crate) members: BTreeMap<String, Vec<String>>,
    pub(crate) trackers: BTreeMap<TrackerId, TrackerKey>,
    /// Where all of it is configured.
    pub(crate) places: Arc<Places>,
}

/// The newest directory, for whoever needs it. Reading it never waits for the main thread.
pub(crate) type DirectoryReader = watch::Receiver<Arc<Directory>>;

impl Directory {
    /// With the groups and trackers that are to come, and with routers that go on: the protocol thread speaks of them as soon as
    /// it knows them. What they replace stays until [`Directory::followed_by`].
    #[must_use]
    pub(crate) fn expecting(&self, routers: impl IntoIterator<Item = (RouterId, Arc<Router>)>, names: &Names) -> Self {
        let mut expecting = self.clone();
        expecting.routers.extend(routers);
        expecting.groups.extend(names.groups.iter().map(|(id, name)| (*id, Arc::clone(name))));
        expecting.trackers.extend(names.trackers.iter().map(|(id, key)| (*id, key.clone())));
        expecting
    }

    /// The directory of the routers and groups that run from now on.
    #[must_use]
    pub(crate) fn followed_by(&self, routers: HashMap<RouterId, Arc<Router>>, names: Names) -> Self {
        let Names { groups, members, trackers, places } = names;
        Self {
            gone: left(&self.routers, &routers, &self.gone),
            gone_groups: left(&self.groups, &groups, &self.gone_groups),
            routers,
            groups,
            trackers,
            members,
            places,
        }
    }

    /// A router that runs.
    pub(crate) fn router(&self, id: RouterId) -> Option<&Arc<Router>> {
        self.routers.get(&id)
    }

    /// All routers that run.
    pub(crate) fn routers(&self) -> impl Iterator<Item = (RouterId, &Arc<Router>)> {
        self.routers.iter().map(|(id, router)| (*id, router))
    }

    /// What the id of a tracker stands for.
    pub(crate) fn tracker(&self, id: TrackerId) -> Option<&TrackerKey> {
        self.trackers.get(&id)
    }

    /// The routers of a name that run.
    pub(crate) fn named(&self, name: &str) -> Vec<RouterId> {
        self.routers.iter().filter(|(_, router)| router.name == name).map(|(id, _)| *id).collect()
    }

    /// The names of all routers that run.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.routers.values().map(|router| router.name.as_str())
    }

    /// The routers of the sync group of that name.
    pub(crate) fn members(&self, group: &str) -> Option<&[String]> {
        self.members.get(group).map(Vec::as_slice)
    }

    /// The routers of each sync group.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[String]> {
        self.members.values().map(Vec::as_slice)
    }

    /// The routers of the sync group of that name, and those of the group of the router of that name, or that router alone.
    pub(crate) fn together_with(&self, name: &str) -> Option<Vec<String>> {
        let of_group = |members: &&Vec<String>| members.iter().any(|member| member == name);
        let router = || self.names().find(|it| *it == name).map(|name| vec![name.to_owned()]);
        let with_router = self.members.values().find(of_group).cloned().or_else(router);
        let group = self.members.get(name).cloned();
        match (group, with_router) {
            (Some(group), Some(router)) => Some(union(group, router)),
            (group, router) => group.or(router),
        }
    }

    /// Where everything is configured.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// The interface of the router of that name.
    pub(crate) fn interface_of(&self, name: &str) -> Option<String> {
        self.routers.values().find(|router| router.name == name).map(|router| router.interface.clone())
    }

    /// The routers that run on an interface.
    pub(crate) fn on_interface(&self, name: &str) -> impl Iterator<Item = (RouterId, &Arc<Router>)> {
        self.routers().filter(move |(_, router)| router.interface == name)
    }

    /// What there is of that id, by name; `None`: it is gone.
    pub(crate) fn present(&self, subject: Subject) -> Option<Named> {
        match subject {
            Subject::Router(id) => self.routers.get(&id).map(|router| Named::Router(router.name.clone())),
            Subject::Group(id) => self.groups.get(&id).map(|name| Named::Group((**name).to_owned())),
        }
    }

    /// The name of a sync group that there is or was.
    pub(crate) fn group(&self, id: GroupId) -> &str {
        self.groups.get(&id).or_else(|| self.gone_groups.get(&id)).map_or("", |name| name)
    }

    /// The name of a router that runs or ran.
    pub(crate) fn name(&self, id: RouterId) -> &str {
        self.routers.get(&id).or_else(|| self.gone.get(&id)).map_or("", |router| router.name.as_str())
    }
}

/// What is not there any more, and of what was gone before as much as there is room for.
fn left<K: Copy + Eq + Hash, V: ?Sized>(
    before: &HashMap<K, Arc<V>>,
    now: &HashMap<K, Arc<V>>,
    gone: &HashMap<K, Arc<V>>,
) -> HashMap<K, Arc<V>> {
    let left = before.iter().filter(|(id, _)| !now.contains_key(id));
    let mut left: HashMap<K, Arc<V>> = left.map(|(id, it)| (*id, Arc::clone(it))).collect();
    let room = GONE.saturating_sub(left.len());
    left.extend(gone.iter().take(room).map(|(id, it)| (*id, Arc::clone(it))));
    left
}

fn union(mut some: Vec<String>, others: Vec<String>) -> Vec<String> {
    let new: Vec<String> = others.into_iter().filter(|other| !some.contains(other)).collect();
    some.extend(new);
    some
}

#[cfg(test)]
mod tests {
    use conf::model::watch::TrackerKind;

    use super::*;

    fn names(groups: &[(u32, &str)], trackers: &[(u32, &str)]) -> Names {
        Names {
            groups: groups.iter().map(|(id, name)| (GroupId(*id), Arc::from(*name))).collect(),
            trackers: trackers
                .iter()
                .map(|(id, name)| (TrackerId(*id), TrackerKey::Named(TrackerKind::Script, (*name).into())))
                .collect(),
            ..Names::default()
        }
    }

    #[test]
    fn what_is_to_come_has_its_name_before_what_it_replaces_is_gone() {
        let before = Directory::default().followed_by(HashMap::new(), names(&[(1, "old")], &[(1, "a")]));
        let to_come = names(&[(2, "new")], &[(2, "b")]);
        let during = before.expecting([], &to_come);
        let after = during.followed_by(HashMap::new(), to_come);
        let group_names = |it: &Directory| [1, 2].map(|id| it.group(GroupId(id)).to_owned());
        let is_tracked = |it: &Directory| [1, 2].map(|id| it.tracker(TrackerId(id)).is_some());
        assert_eq!((group_names(&before), is_tracked(&before)), (["old", ""].map(String::from), [true, false]));
        assert_eq!((group_names(&during), is_tracked(&during)), (["old", "new"].map(String::from), [true, true]));
        assert_eq!((group_names(&after), is_tracked(&after)), (["old", "new"].map(String::from), [false, true]));
    }

    #[test]
    fn a_router_that_goes_on_has_its_name_before_all_is_in_force() {
        let text = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";
        let config = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config;
        let ids = vrrp::Engine::first_ids(1);
        let routers = ids.iter().copied().zip(config.routers.into_iter().map(Arc::new));
        assert_eq!(Directory::default().expecting(routers, &Names::default()).name(ids[0]), "A");
    }

    #[test]
    fn a_router_and_a_group_of_one_name_go_together() {
        let text = ["A", "B", "C", "D"].iter().zip(1..).map(|(name, id)| {
            format!("vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {id}\nvirtual_ipaddress {{\n10.0.0.{id}\n}}\n}}\n")
        });
        let config =
            conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text.collect::<String>())).config;
        let mut engine = vrrp::Engine::new();
        let mut id = |vrid| {
            engine.add(vrrp::Instant::default(), vrrp::config::RouterConfig::new(vrid, vrrp::Version::V3, vec![]))
        };
        let routers = config.routers.into_iter().map(|router| (id(router.vrid), Arc::new(router))).collect();
        let members = BTreeMap::from([("A".to_owned(), vec!["B".to_owned(), "C".to_owned()])]);
        let directory = Directory { routers, members, ..Directory::default() };
        for (name, expected) in [("A", "A B C"), ("B", "B C"), ("D", "D"), ("G", "nobody")] {
            let mut found = directory.together_with(name).unwrap_or_else(|| vec!["nobody".to_owned()]);
            found.sort();
            assert_eq!(found.join(" "), expected, "{name}");
        }
    }
}
