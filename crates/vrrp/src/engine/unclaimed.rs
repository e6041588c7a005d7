//! Adverts that name no router here, though nothing else is wrong with them: whoever asks for it is told of them.
//! Any host on the link can send them, so that what is told has limits; all are counted.

use super::claims::Place;
use super::{Engine, admit};
use crate::action::{Action, UnknownVrid};
use crate::config::UnknownVrids;
use crate::discard::Discard;
use crate::input::Packet;
use crate::reports::NEWS_AFTER;
use crate::time::Instant;

/// As many virtual routers of others are told in [`NEWS_AFTER`].
const MOST: usize = 32;

/// Which were told, and when.
#[derive(Debug, Default)]
pub(crate) struct Unclaimed {
    pub(crate) told: UnknownVrids,
    last: [Option<(Place, Instant)>; MOST],
}

impl Unclaimed {
    /// Whether to tell of an advert at this place; it counts as told from then on.
    pub(crate) fn is_news(&mut self, place: Place, now: Instant) -> bool {
        match self.told {
            UnknownVrids::Counted => return false,
            UnknownVrids::Told => {}
        }
        let is_old = |slot: &Option<(Place, Instant)>| slot.is_none_or(|(_, at)| now.since(at) >= NEWS_AFTER);
        let is_it = |slot: &Option<(Place, Instant)>| slot.is_some_and(|(known, _)| known == place);
        let slot = self.last.iter().position(is_it).or_else(|| self.last.iter().position(is_old));
        match slot.and_then(|at| self.last.get_mut(at)).filter(|slot| is_old(slot)) {
            Some(slot) => {
                *slot = Some((place, now));
                true
            }
            None => false,
        }
    }
}

impl Engine {
    pub(super) fn receive_unclaimed(&mut self, now: Instant, packet: &Packet<'_>) {
        let Err(reason) = admit::admit(packet, None) else { return };
        self.no_such_router.count(reason);
        if reason == Discard::UnknownVrid
            && let Some(place) = Place::of(packet)
            && self.unclaimed.is_news(place, now)
        {
            let unknown = UnknownVrid { link: place.link, source: packet.ip.source, vrid: place.vrid };
            self.outbox.act(Action::UnknownVrid(unknown));
        }
    }
}
