//! The objects on the bus: paths, and what each router is.

use std::collections::{BTreeMap, HashMap, HashSet};

use vrrp::event::StateName;
use vrrp::snapshot::Snapshot;
use vrrp::types::{Family, RouterId};

use crate::ports::directory::Directory;
use crate::wording::NotifyState;

const ROOT: &str = "/org/keepalived/Vrrp1";

/// A state by its number and word; `None`: nothing was heard of the router yet.
pub(super) const fn number_and_word(state: Option<NotifyState>) -> (u32, &'static str) {
    match state {
        None => (0, "Init"),
        Some(NotifyState::Backup) => (1, "Backup"),
        Some(NotifyState::Master) => (2, "Master"),
        Some(NotifyState::Fault) => (3, "Fault"),
        Some(NotifyState::Stop) => (98, "Stop"),
        Some(NotifyState::Deleted) => (99, "Deleted"),
    }
}

/// What listeners are to hear: the router at this path is something else now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) path: String,
    pub(super) state: NotifyState,
}

/// A router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RouterObject {
    pub(super) id: RouterId,
    pub(super) name: String,
}

/// What stands at a path.
pub(super) enum Object<'a> {
    Vrrp,
    Router(&'a RouterObject),
    /// It leads to others: the next part of their paths.
    Way(Vec<&'a str>),
}

/// All of them.
#[derive(Debug)]
pub(super) struct Objects {
    root: String,
    vrrp: String,
    routers: BTreeMap<String, RouterObject>,
    paths: HashMap<RouterId, String>,
    states: HashMap<RouterId, NotifyState>,
}

impl Objects {
    /// Those of the daemon in a namespace and of a name; none of a router yet.
    pub(super) fn new(names: &[String]) -> Self {
        let root = names
            .iter()
            .filter(|name| !name.is_empty())
            .fold(ROOT.to_owned(), |root, name| format!("{root}/{}", part(name)));
        let vrrp = format!("{root}/Vrrp");
        Self { root, vrrp, routers: BTreeMap::new(), paths: HashMap::new(), states: HashMap::new() }
    }

    pub(super) fn vrrp(&self) -> &str {
        &self.vrrp
    }

    pub(super) fn state(&self, id: RouterId) -> Option<NotifyState> {
        self.states.get(&id).copied()
    }

    /// What stands at a path; `None`: nothing.
    pub(super) fn at(&self, path: &str) -> Option<Object<'_>> {
        if path == self.vrrp {
            return Some(Object::Vrrp);
        }
        if let Some(router) = self.routers.get(path) {
            return Some(Object::Router(router));
        }
        let start = if path == "/" { path.to_owned() } else { format!("{path}/") };
        let mut next: Vec<&str> =
            self.vrrp.strip_prefix(&start).and_then(|rest| rest.split('/').next()).into_iter().collect();
        let mut from = start.clone();
        while let Some((path, _)) = self.routers.range(from..).next()
            && let Some(child) = path.strip_prefix(&start).and_then(|rest| rest.split('/').next())
        {
            // `0` follows `/`: behind all that stand below this one.
            from = format!("{start}{child}0");
            if !next.contains(&child) {
                next.push(child);
            }
        }
        (!next.is_empty()).then_some(Object::Way(next))
    }

    /// Follows a reload. Of two routers at one path the first by name is there.
    pub(super) fn follow(&mut self, directory: &Directory) -> Vec<News> {
        let mut all: Vec<_> = directory.routers().collect();
        all.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        let before = std::mem::take(&mut self.routers);
        for (id, router) in all {
            let path = self.path(&router.interface, router.vrid.value(), router.family);
            let object = RouterObject { id, name: router.name.clone() };
            if let Some(other) = self.routers.get(&path) {
                tracing::warn!("{} is not on D-Bus, where {} has the same path", router.name, other.name);
                continue;
            }
            self.routers.insert(path, object);
        }
        let gone = before.iter().filter(|(path, _)| !self.routers.contains_key(*path));
        let was_running = |object: &RouterObject| match self.state(object.id) {
            Some(NotifyState::Master | NotifyState::Backup) => true,
            Some(NotifyState::Fault | NotifyState::Stop | NotifyState::Deleted) | None => false,
        };
        let ended = gone.filter(|(_, object)| was_running(object));
        let mut news: Vec<News> =
            ended.map(|(path, _)| News { path: path.clone(), state: NotifyState::Fault }).collect();
        let moved = self.routers.iter().filter(|(path, _)| !before.contains_key(*path));
        news.extend(
            moved.filter_map(|(path, object)| Some(News { path: path.clone(), state: self.state(object.id)? })),
        );
        let present: HashSet<RouterId> = self.routers.values().map(|object| object.id).collect();
        self.states.retain(|id, _| present.contains(id));
        self.paths = self.routers.iter().map(|(path, object)| (object.id, path.clone())).collect();
        news
    }

    /// A router becomes something.
    pub(super) fn becomes(&mut self, id: RouterId, state: NotifyState) -> Option<News> {
        let path = self.paths.get(&id)?.clone();
        (self.states.insert(id, state) != Some(state)).then_some(News { path, state })
    }

    /// What the routers are, as the protocol thread says.
    pub(super) fn seen(&mut self, snapshots: &[Snapshot]) -> Vec<News> {
        snapshots.iter().filter_map(|snapshot| self.becomes(snapshot.router, state_of(snapshot)?)).collect()
    }

    fn path(&self, interface: &str, vrid: u8, family: Family) -> String {
        format!("{}/Instance/{}/{vrid}/{family}", self.root, part(interface))
    }
}

/// A part of a path: what it cannot hold becomes `_`.
fn part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// What a router is; `None`: it has not started yet, and nothing was said of it.
fn state_of(snapshot: &Snapshot) -> Option<NotifyState> {
    match snapshot.state {
        StateName::Active => Some(NotifyState::Master),
        StateName::Backup => Some(NotifyState::Backup),
        StateName::Initialize => snapshot.reason.as_ref().map(NotifyState::out_of_service),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::directory::Names;

    /// A directory of routers by name, interface and VRID. A router of a number keeps its id.
    fn directory(ids: &[RouterId], routers: &[(usize, &str, &str, u8)]) -> Directory {
        let text: String = routers.iter().map(|(_, name, interface, vrid)| {
            format!("vrrp_instance {name} {{\ninterface {interface}\nvirtual_router_id {vrid}\nvirtual_ipaddress {{\n10.0.0.{vrid}\n}}\n}}\n")
        }).collect();
        let config = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config;
        let id_of = |name: &str| routers.iter().find(|it| it.1 == name).map(|it| ids[it.0]).unwrap();
        let known = config.routers.into_iter().map(|router| (id_of(&router.name), Arc::new(router))).collect();
        Directory::default().followed_by(known, Names::default())
    }

    fn ids() -> Vec<RouterId> {
        let mut engine = vrrp::Engine::new();
        let router = || vrrp::config::RouterConfig::new(vrrp::types::Vrid::new(1).unwrap(), vrrp::Version::V3, vec![]);
        (0..4).map(|_| engine.add(vrrp::Instant::default(), router())).collect()
    }

    fn next<'a>(objects: &'a Objects, path: &str) -> Vec<&'a str> {
        match objects.at(path) {
            Some(Object::Way(next)) => next,
            Some(Object::Vrrp) => vec!["<vrrp>"],
            Some(Object::Router(router)) => vec![&router.name],
            None => Vec::new(),
        }
    }

    #[test]
    fn paths_lead_to_all_and_to_nothing_else() {
        let mut objects = Objects::new(&["ns.1".into(), "blue".into()]);
        let routers = [(0, "A", "eth0.5", 7), (1, "B", "eth0", 7), (2, "C", "eth0", 71), (3, "D", "eth0-5", 7)];
        // The last is at the path of the first.
        objects.follow(&directory(&ids(), &routers));
        let root = "/org/keepalived/Vrrp1/ns_1/blue";
        for (path, expected) in [
            ("/", vec!["org"]),
            ("/org/keepalived/Vrrp1", vec!["ns_1"]),
            ("/ns_1/blue", vec!["Vrrp", "Instance"]),
            ("/ns_1/blue/Vrrp", vec!["<vrrp>"]),
            ("/ns_1/blue/Instance", vec!["eth0", "eth0_5"]),
            ("/ns_1/blue/Instance/eth0", vec!["7", "71"]),
            ("/ns_1/blue/Instance/eth0_5/7/IPv4", vec!["A"]),
            ("/ns_1/blue/Instance/eth0/7/IPv4", vec!["B"]),
            ("/ns_1/blue/Instance/eth", vec![]),
            ("/ns_1/blue/Instance/eth0/7/IPv6", vec![]),
            ("/ns_1/blue/Instance/eth0/7/IPv4/x", vec![]),
            ("/nowhere", vec![]),
        ] {
            let path = path.replacen("/ns_1/blue", root, 1);
            assert_eq!(next(&objects, &path), expected, "{path}");
        }
    }

    #[test]
    fn whoever_listens_hears_each_change_once() {
        let (ids, mut objects) = (ids(), Objects::new(&[]));
        let news = |news: Vec<News>| -> Vec<String> {
            let of = |it: &News| format!("{} {}", &it.path["/org/keepalived/Vrrp1/Instance/".len()..], it.state.word());
            news.iter().map(of).collect()
        };
        assert!(objects.follow(&directory(&ids, &[(0, "A", "eth0", 1), (1, "B", "eth0", 2)])).is_empty());
        let mut becomes = |router: usize, state| objects.becomes(ids[router], state).into_iter().collect::<Vec<_>>();
        assert_eq!(news(becomes(0, NotifyState::Backup)), ["eth0/1/IPv4 BACKUP"]);
        assert_eq!(news(becomes(0, NotifyState::Master)), ["eth0/1/IPv4 MASTER"]);
        assert_eq!(news(becomes(1, NotifyState::Fault)), ["eth0/2/IPv4 FAULT"]);
        assert!(becomes(0, NotifyState::Master).is_empty());
        assert!(becomes(2, NotifyState::Master).is_empty(), "nobody knows it");
        // One is gone that ran, one that did not; and one has moved.
        assert_eq!(
            news(objects.follow(&directory(&ids, &[(0, "A", "eth0", 3)]))),
            ["eth0/1/IPv4 FAULT", "eth0/3/IPv4 MASTER"]
        );
        assert!(objects.becomes(ids[1], NotifyState::Stop).is_none());
        assert_eq!(number_and_word(objects.state(ids[0])), (2, "Master"));
        assert_eq!(number_and_word(objects.state(ids[1])), (0, "Init"));
    }
}
