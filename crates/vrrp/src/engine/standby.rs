//! Whether anybody is known who would take over from an Active. Backups are silent, so it can only be missed: when the master
//! before has gone, and nobody is heard from then on. Nothing else depends on it.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::outbox::Outbox;
use super::router::Router;
use super::state::State;
use crate::event::{EventKind, Peer, Reason};
use crate::time::Instant;
use crate::types::Priority;

/// An Active is alone for so long at least before that is reported: a short interval must not fill the log.
const SHORTEST: Duration = Duration::from_secs(1);

/// What an Active knows of those who would take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standby {
    /// Somebody was heard, or nobody ever was.
    NotMissed,
    /// The master before has gone, and nobody was heard since.
    Missed { gone: IpAddr },
    /// That has been reported.
    Lost,
}

impl Standby {
    /// Of an Active that has become so for this reason.
    fn after(reason: &Reason) -> Self {
        match reason {
            Reason::MasterSilent { last: Some(peer), .. } => Self::Missed { gone: peer.address },
            Reason::MasterLeft { peer, .. } => Self::Missed { gone: *peer },
            Reason::MasterSilent { last: None, .. }
            | Reason::Ready
            | Reason::OwnerReady
            | Reason::Preempted { .. }
            | Reason::SuperiorAdvert { .. }
            | Reason::GroupIsActive
            | Reason::GroupYielded
            | Reason::Lost { .. }
            | Reason::Shutdown
            | Reason::Stalled { .. } => Self::NotMissed,
        }
    }
}

impl Router {
    /// It has become Active for this reason.
    pub(super) fn miss_standby(&mut self, reason: &Reason) {
        if let State::Active(active) = &mut self.state {
            active.standby = Standby::after(reason);
        }
    }

    /// Reports that nobody is there, once the time has come. Called with each advert in turn: no timer is needed for it.
    pub(super) fn look_for_standby(&mut self, now: Instant, out: &mut Outbox) {
        let (alone, patience) = (now.since(self.since), self.down_interval().max(SHORTEST));
        let State::Active(active) = &mut self.state else { return };
        let Standby::Missed { gone } = active.standby else { return };
        if alone >= patience {
            active.standby = Standby::Lost;
            self.counters.redundancy_lost += 1;
            out.report(now, self.id, EventKind::RedundancyLost { gone, alone });
        }
    }

    /// An advert of `peer` was accepted.
    pub(super) fn standby_heard(&mut self, now: Instant, peer: Peer, out: &mut Outbox) {
        let State::Active(active) = &mut self.state else { return };
        if peer.priority == Priority::RELEASE {
            return;
        }
        match core::mem::replace(&mut active.standby, Standby::NotMissed) {
            Standby::NotMissed | Standby::Missed { .. } => {}
            Standby::Lost => out.report(now, self.id, EventKind::RedundancyBack(peer)),
        }
    }
}
