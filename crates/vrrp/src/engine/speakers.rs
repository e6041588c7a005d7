//! Those who send packets for a VRID that were never accepted: to be shown, and nothing else depends on them.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::snapshot::Speaker;

/// Strangers remembered; of more, the one heard longest ago is forgotten.
pub(crate) const STRANGERS: usize = 4;

/// Speakers none of whose packets was accepted. They have room of their own, so that invented senders do not displace
/// the peers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Strangers([Option<Speaker>; STRANGERS]);

impl Strangers {
    pub(crate) fn heard(&mut self, speaker: Speaker) {
        let is_it = |slot: &Option<Speaker>| slot.is_some_and(|known| known.address == speaker.address);
        let longest_ago = || (0..STRANGERS).min_by_key(|place| self.0[*place].map(|known| known.heard));
        let place = self.0.iter().position(is_it).or_else(longest_ago);
        if let Some(slot) = place.and_then(|place| self.0.get_mut(place)) {
            *slot = Some(speaker);
        }
    }

    /// The speaker is a peer from now on.
    pub(crate) fn forget(&mut self, address: IpAddr) {
        for slot in &mut self.0 {
            slot.take_if(|known| known.address == address);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Speaker> + '_ {
        self.0.iter().filter_map(|slot| *slot)
    }
}
