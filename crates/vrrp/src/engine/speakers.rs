//! Those who send packets for a VRID that were never accepted: to be shown, and nothing else depends on them.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::peers::Claims;
use crate::snapshot::Speaker;

/// Strangers remembered; of more, the one heard longest ago is forgotten.
pub(crate) const STRANGERS: usize = 4;

/// Speakers none of whose packets was accepted. They have room of their own, so that invented senders do not displace
/// the peers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Strangers([Option<(Speaker, Claims)>; STRANGERS]);

impl Strangers {
    /// Its claims to be master.
    pub(crate) fn heard(&mut self, speaker: Speaker) -> &mut Claims {
        let rank = |slot: &Option<(Speaker, Claims)>| {
            (slot.is_none_or(|(known, _)| known.address != speaker.address), slot.map(|(known, _)| known.heard))
        };
        let [first, others @ ..] = &mut self.0;
        let slot = others.iter_mut().fold(first, |best, slot| if rank(slot) < rank(best) { slot } else { best });
        let before = slot.filter(|(known, _)| known.address == speaker.address);
        &mut slot.insert((speaker, before.map(|(_, claims)| claims).unwrap_or_default())).1
    }

    /// Our state has changed: nobody has claimed anything beside us yet.
    pub(crate) fn start_afresh(&mut self) {
        self.0.iter_mut().flatten().for_each(|(_, claims)| *claims = Claims::default());
    }

    /// The speaker is a peer from now on.
    pub(crate) fn forget(&mut self, address: IpAddr) {
        for slot in &mut self.0 {
            slot.take_if(|(known, _)| known.address == address);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Speaker> + '_ {
        self.0.iter().flatten().map(|(speaker, _)| *speaker)
    }
}
