//! What routers heed of statics (`track_group`).

use vrrp::input::{LinkState, Reading};

use super::Wanted;
use crate::daemon::host::HostThread;
use crate::ports::protocol::ProtocolCommand;
use crate::ports::statics::StaticState;

impl HostThread {
    /// Tells the protocol thread how groups stand, as far as that is news and known.
    pub(in crate::daemon::host) fn tell_track_groups(&mut self) {
        let groups: Vec<_> = self.statics.groups.iter().map(|(name, id)| (*id, self.reading_of(name))).collect();
        for (tracker, reading) in groups {
            if reading != Reading::Unknown && self.statics.told.insert(tracker, reading) != Some(reading) {
                self.protocol.send(ProtocolCommand::Reading { tracker, reading });
            }
        }
    }

    /// A group is up while all of it is on the machine, on interfaces that work; unknown until that has been tried.
    fn reading_of(&self, group: &str) -> Reading {
        let is_of_group = |wanted: &&Wanted| wanted.what.tracking().group() == Some(group);
        let readings = self.statics.wanted.iter().filter(is_of_group).map(|wanted| self.reading_of_one(wanted));
        let worse = |one: Reading, other: Reading| match (one, other) {
            (Reading::Down, _) | (_, Reading::Down) => Reading::Down,
            (Reading::Unknown, _) | (_, Reading::Unknown) => Reading::Unknown,
            (Reading::Up | Reading::Level(_), Reading::Up | Reading::Level(_)) => Reading::Up,
        };
        readings.fold(Reading::Up, worse)
    }

    fn reading_of_one(&self, wanted: &Wanted) -> Reading {
        let is_there = wanted.state.as_ref().map(StaticState::is_there);
        let state = |name: &str| {
            let link = self.machinery.links.named(name);
            link.map_or(LinkState::Down, |link| self.debounce.state(link))
        };
        let links = wanted.what.links();
        let is_down = |name: &&str| state(name) == LinkState::Down;
        let link = if links.iter().any(is_down) { LinkState::Down } else { LinkState::Up };
        match (is_there, link) {
            (Some(false), _) | (_, LinkState::Down) => Reading::Down,
            (None, _) => Reading::Unknown,
            (Some(true), LinkState::Up) => Reading::Up,
        }
    }
}
