//! Signs of life between the threads of a daemon, with the daemon's numbers.

use std::time::Duration;

use vrrp::Instant;

use super::messages::Health;

/// A thread that has work wakes at least this often.
pub(in crate::sim) const PERIOD: Duration = Duration::from_millis(500);
/// A thread that is late by more than this is frozen, starved or dead.
pub(in crate::sim) const SILENCE: Duration = Duration::from_millis(1_500);

/// Looks at a silent host thread until it counts as hanging, and the least time between two of them.
pub(in crate::sim) const LOOKS: u32 = 4;
pub(in crate::sim) const SPACING: Duration = Duration::from_millis(100);

/// When a thread will have beaten again; `None`: it sleeps until somebody wakes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Pulse(pub(in crate::sim) Option<Instant>);

impl Pulse {
    /// How late the thread is.
    pub(in crate::sim) fn lateness(self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |due| now.since(due))
    }

    /// How the thread does.
    pub(in crate::sim) fn health(self, now: Instant) -> Health {
        if self.lateness(now) < SILENCE { Health::Alive } else { Health::Silent }
    }
}

/// The protocol thread's watch over the host thread: who was frozen finds the other late as well, so it must be found
/// silent several times.
#[derive(Debug)]
pub(in crate::sim) struct HostWatch {
    /// How the host thread did when it was last looked at.
    pub(in crate::sim) health: Health,
    /// Looks at which it was silent, in a row, and when the last of them was.
    silent: u32,
    looked: Instant,
}

impl HostWatch {
    pub(in crate::sim) const fn new() -> Self {
        Self { health: Health::Alive, silent: 0, looked: Instant::from_nanos(0) }
    }

    /// Looks at the host thread; after so many looks at a silent one it counts as hanging.
    pub(in crate::sim) fn look(&mut self, now: Instant, host: Pulse, looks: u32) {
        match host.health(now) {
            Health::Alive => (self.silent, self.health) = (0, Health::Alive),
            Health::Silent if now.since(self.looked) < SPACING => {}
            Health::Silent => (self.silent, self.looked) = (self.silent.saturating_add(1), now),
        }
        if self.silent >= looks {
            self.health = Health::Silent;
        }
    }

    /// When to look again at the latest, if the host thread is in doubt or hangs: no router that left the election would
    /// wake the protocol thread.
    pub(in crate::sim) fn next_look(&self) -> Option<Instant> {
        let spacing = match self.health {
            Health::Alive => SPACING,
            Health::Silent => PERIOD,
        };
        (self.silent > 0).then(|| self.looked + spacing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Instant = Instant::from_nanos(10_000_000_000);

    #[test]
    fn silence_counts_from_the_moment_that_a_beat_was_due() {
        let health = |now| Pulse(Some(DUE)).health(now);
        assert_eq!((health(DUE + PERIOD), health(DUE + SILENCE)), (Health::Alive, Health::Silent));
        assert_eq!(Pulse(None).health(DUE + SILENCE), Health::Alive);
    }

    #[test]
    fn who_was_frozen_as_well_gives_the_other_time() {
        let (mut watch, mut now) = (HostWatch::new(), DUE + SILENCE * 4);
        for _ in 1..LOOKS {
            watch.look(now, Pulse(Some(DUE)), LOOKS);
            watch.look(now + SPACING / 2, Pulse(Some(DUE)), LOOKS);
            assert_eq!((watch.health, watch.next_look()), (Health::Alive, Some(now + SPACING)));
            now = now + SPACING;
        }
        watch.look(now, Pulse(Some(DUE)), LOOKS);
        assert_eq!((watch.health, watch.next_look()), (Health::Silent, Some(now + PERIOD)));
        watch.look(now, Pulse(Some(now)), LOOKS);
        assert_eq!((watch.health, watch.next_look()), (Health::Alive, None));
    }
}
