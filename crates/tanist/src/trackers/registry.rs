//! The one list of what is watched: the same thing has one id, however many routers track it.

use std::collections::{BTreeMap, BTreeSet};

use conf::model::watch::{BfdSession, TrackerKind};
use conf::model::{Router, TrackInterface, Tracker};
use vrrp::config::{Effect, EffectKind, Sense};
use vrrp::types::TrackerId;

use crate::ports::tracking::TrackerKey;

/// Things that stay known although nobody tracks them any more: a reload that brings one back finds its id.
const REMEMBERED: usize = 1024;

/// Everything that is or was watched, by what it is.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    ids: BTreeMap<TrackerKey, TrackerId>,
    /// What of it is watched now.
    wanted: BTreeSet<TrackerKey>,
    /// Ids given so far: none is given twice, for a late reading must not concern another thing.
    given: u32,
}

impl Registry {
    /// Watches what these routers track, and these sessions, whoever tracks them. Returns the ids of what is forgotten.
    pub(crate) fn follow<'a>(
        &mut self,
        routers: impl Iterator<Item = &'a Router>,
        sessions: &[BfdSession],
    ) -> Vec<TrackerId> {
        let sessions = sessions.iter().map(|session| TrackerKey::Named(TrackerKind::Session, session.name.clone()));
        let wanted: BTreeSet<TrackerKey> = routers.flat_map(keys).chain(sessions).collect();
        let surplus = self.ids.keys().filter(|key| !wanted.contains(key)).skip(REMEMBERED);
        let surplus: Vec<TrackerKey> = surplus.cloned().collect();
        for key in &wanted {
            self.ids.entry(key.clone()).or_insert_with(|| {
                let id = TrackerId(self.given);
                self.given += 1;
                id
            });
        }
        self.wanted = wanted;
        surplus.iter().filter_map(|key| self.ids.remove(key)).collect()
    }

    /// The id of something that is watched; `None` if it is only remembered.
    pub(crate) fn id(&self, key: &TrackerKey) -> Option<TrackerId> {
        self.ids.get(key).copied().filter(|_| self.wanted.contains(key))
    }

    /// The interfaces among what is watched.
    pub(crate) fn interfaces(&self) -> BTreeMap<String, TrackerId> {
        let interface = |(key, id): (&TrackerKey, &TrackerId)| match key {
            TrackerKey::Interface(name) => Some((name.clone(), *id)),
            TrackerKey::Named(..) | TrackerKey::TrackGroup(_) => None,
        };
        self.ids.iter().filter_map(interface).collect()
    }

    /// The groups of statics among what is watched now.
    pub(crate) fn track_groups(&self) -> BTreeMap<String, TrackerId> {
        let group = |key: &TrackerKey| match key {
            TrackerKey::TrackGroup(name) => Some((name.clone(), self.id(key)?)),
            TrackerKey::Interface(_) | TrackerKey::Named(..) => None,
        };
        self.wanted.iter().filter_map(group).collect()
    }

    /// What is watched of the blocks of one kind. Of several with one name the first is meant.
    pub(super) fn watched<'a, T>(
        &self,
        kind: TrackerKind,
        blocks: &'a [T],
        name: impl Fn(&T) -> &String,
    ) -> Vec<(TrackerId, TrackerKey, &'a T)> {
        let mut seen = BTreeSet::new();
        let watched = blocks.iter().filter_map(|block| {
            let key = TrackerKey::Named(kind, name(block).clone());
            let id = self.id(&key).filter(|id| seen.insert(*id))?;
            Some((id, key, block))
        });
        watched.collect()
    }

    /// What each id stands for.
    pub(crate) fn names(&self) -> BTreeMap<TrackerId, TrackerKey> {
        self.ids.iter().map(|(key, id)| (*id, key.clone())).collect()
    }
}

/// What a router tracks.
fn keys(router: &Router) -> impl Iterator<Item = TrackerKey> {
    trackings(router).map(|(key, _)| key)
}

/// What a router tracks, and what each does to it.
pub(crate) fn trackings(router: &Router) -> impl Iterator<Item = (TrackerKey, Effect)> {
    let interface = |track: &TrackInterface| (TrackerKey::Interface(track.interface.clone()), track.effect);
    let named =
        |Tracker { kind, name, weight }: &Tracker| (TrackerKey::Named(*kind, name.clone()), kind.effect(*weight));
    let group =
        |name: &String| (TrackerKey::TrackGroup(name.clone()), Effect { sense: Sense::Plain, kind: EffectKind::Fault });
    let all = router.track_interfaces.iter().map(interface).chain(router.tracked.named.iter().map(named));
    let routed = router
        .routed_interfaces()
        .into_iter()
        .map(|name| (TrackerKey::Interface(name.to_owned()), Effect { sense: Sense::Plain, kind: EffectKind::Fault }));
    all.chain(router.track_groups.iter().map(group)).chain(routed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routers(tracked: &[&str]) -> Vec<Router> {
        let tracked = tracked.iter().map(|name| format!("{name}\n")).collect::<String>();
        let text = format!(
            "vrrp_instance A {{\n interface eth0\n virtual_router_id 1\n track_interface {{\n {tracked} }}\n \
             virtual_ipaddress {{\n 10.0.0.1/24\n }}\n}}\n"
        );
        conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", &*text)).config.routers
    }

    #[test]
    fn what_nobody_tracks_any_more_is_remembered_for_a_while_and_no_id_is_given_twice() {
        let mut registry = Registry::default();
        let first = TrackerKey::Interface("a0".into());
        assert!(registry.follow(routers(&["a0"]).iter(), &[]).is_empty());
        let id = registry.id(&first);
        let many: Vec<String> = (0..REMEMBERED).map(|n| format!("b{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(registry.follow(routers(&many).iter(), &[]).is_empty());
        assert_eq!(registry.id(&first), None, "nobody tracks it");
        assert!(registry.follow(routers(&["a0"]).iter(), &[]).is_empty());
        assert!(id.is_some() && registry.id(&first) == id);
        assert!(registry.follow(routers(&["c0"]).iter(), &[]).len() == 1);
        assert_eq!(registry.interfaces().len(), REMEMBERED + 1);
        let ids: BTreeSet<TrackerId> = registry.interfaces().into_values().collect();
        assert!(ids.len() == REMEMBERED + 1 && ids.contains(&TrackerId(u32::try_from(REMEMBERED).unwrap() + 1)));
    }
}
