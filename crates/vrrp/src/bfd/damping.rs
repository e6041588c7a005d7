//! When a session that is up counts as up. Routers follow it, with all that this costs them: a peer, or whoever passes for it,
//! must not move them as often as it sends. That a session is down counts at once.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// Losses in a row after which a session must stay up to count.
const LOSSES: u32 = 10;
/// A loss that comes later than this after another is none in a row with it.
const IN_A_ROW: Duration = Duration::from_secs(30);
/// How long it must stay up then.
const PROBATION: Duration = Duration::from_secs(1);

/// How often a session was lost, and whether it counts as up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Damping {
    losses: u32,
    /// The last of them.
    lost: Instant,
    /// It counts as up from then on; `None`: at once.
    until: Option<Instant>,
}

impl Damping {
    pub(super) fn came_up(&mut self, now: Instant) {
        self.until = (self.losses >= LOSSES && now.since(self.lost) < IN_A_ROW).then(|| now + PROBATION);
    }

    pub(super) fn went_down(&mut self, now: Instant) {
        self.losses = if now.since(self.lost) < IN_A_ROW { self.losses.saturating_add(1) } else { 1 };
        (self.lost, self.until) = (now, None);
    }

    /// It has stayed up.
    pub(super) const fn passed(&mut self) {
        self.until = None;
    }

    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
    }
}
