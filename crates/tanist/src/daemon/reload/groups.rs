//! Sync groups across a reload: their ids, and what their routers track because of them.

use std::collections::HashMap;
use std::sync::Arc;

use conf::model::watch::SyncGroup;
use conf::model::{Config, Router, TrackInterface};
use vrrp::config::EffectKind;
use vrrp::types::GroupId;

/// The ids of the groups there are. A group is the same across a reload if its name is.
#[derive(Debug, Default)]
pub(super) struct GroupIds {
    ids: HashMap<String, GroupId>,
    /// Ids given so far: none is given twice, for a late event must not name another group.
    given: u32,
}

impl GroupIds {
    /// Takes the groups of a new configuration in, and gives their names.
    pub(super) fn follow(&mut self, groups: &[SyncGroup]) -> HashMap<GroupId, Arc<str>> {
        let before = std::mem::take(&mut self.ids);
        for group in groups {
            let id = before.get(&group.name).copied().unwrap_or_else(|| {
                self.given += 1;
                GroupId(self.given)
            });
            self.ids.insert(group.name.clone(), id);
        }
        self.ids.iter().map(|(name, id)| (*id, Arc::from(name.as_str()))).collect()
    }

    pub(super) fn id(&self, group: &SyncGroup) -> Option<GroupId> {
        self.ids.get(&group.name).copied()
    }
}

/// The routers of a configuration, each with what its group tracks beside what it tracks itself.
pub(super) fn routers(config: &Config) -> Vec<Router> {
    let mut routers = config.routers.clone();
    let places: HashMap<&str, usize> =
        config.routers.iter().enumerate().map(|(place, router)| (router.name.as_str(), place)).collect();
    for group in &config.watched.groups {
        for place in group.members.iter().filter_map(|member| places.get(member.as_str())) {
            track_with(group, &mut routers[*place]);
        }
    }
    routers
}

/// Of what both track the weight of the group counts, unless that of the router is 0 (keepalived-config §3.5 rule 13).
fn track_with(group: &SyncGroup, router: &mut Router) {
    let interfaces = &mut router.track_interfaces;
    for track in &group.tracked.interfaces {
        let same = |own: &&mut TrackInterface| own.interface == track.interface;
        match interfaces.iter_mut().find(same) {
            None => interfaces.push(track.clone()),
            Some(own) if own.effect.kind == EffectKind::Fault => {}
            Some(own) => *own = track.clone(),
        }
    }
    let own = &mut router.tracked.named;
    for track in &group.tracked.named {
        match own.iter_mut().find(|own| (own.kind, &own.name) == (track.kind, &track.name)) {
            None => own.push(track.clone()),
            Some(own) if own.weight.number == 0 => {}
            Some(own) => *own = track.clone(),
        }
    }
}
