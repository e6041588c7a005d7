//! Whether the host thread lives. A process that was frozen or starved finds both threads late: so the host thread counts
//! as hanging only after it was found silent several times while this thread was awake.

use std::time::Duration;

use vrrp::time::Instant;

use crate::ports::pulse::{self, Health, Pulse};

/// Looks at a silent host thread until it counts as hanging.
const LOOKS: u32 = 4;
/// Least time between two of them.
const SPACING: Duration = Duration::from_millis(100);

/// The watch over the host thread.
#[derive(Debug)]
pub(super) struct HostWatch {
    pulse: Pulse,
    health: Health,
    /// Looks at which it was silent, in a row, and when the last of them was.
    silent: u32,
    looked: Instant,
}

impl HostWatch {
    pub(super) const fn new(pulse: Pulse) -> Self {
        Self { pulse, health: Health::Alive, silent: 0, looked: Instant::from_nanos(0) }
    }

    /// How the host thread did when it was last looked at.
    pub(super) const fn health(&self) -> Health {
        self.health
    }

    /// Looks at it. Returns how it does if that has changed.
    pub(super) fn look(&mut self, now: Instant) -> Option<Health> {
        match self.pulse.health(now) {
            Health::Alive => self.silent = 0,
            Health::Silent if now.since(self.looked) < SPACING => {}
            Health::Silent => {
                self.silent = self.silent.saturating_add(1);
                self.looked = now;
            }
        }
        let health = match self.silent {
            0 => Health::Alive,
            LOOKS.. => Health::Silent,
            _ => return None,
        };
        let before = std::mem::replace(&mut self.health, health);
        (before != health).then_some(health)
    }

    /// When to look again at the latest, if it is in doubt or hangs: no router that left the election would wake us.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let spacing = match self.health {
            Health::Alive => SPACING,
            Health::Silent => pulse::PERIOD,
        };
        (self.silent > 0).then(|| self.looked + spacing)
    }
}

#[cfg(test)]
mod tests {
    use linux::clock;

    use super::*;
    use crate::ports::pulse::SILENCE;

    /// A watch over a host thread that beat `ago`.
    fn watch(ago: Duration) -> (HostWatch, Pulse, Instant) {
        let pulse = Pulse::new();
        (HostWatch::new(pulse.clone()), pulse, clock::now() + ago)
    }

    #[test]
    fn a_host_thread_that_was_frozen_with_us_does_not_hang() {
        let (mut watch, host, now) = watch(Duration::from_secs(60));
        assert_eq!((watch.look(now), watch.next_look()), (None, Some(now + SPACING)));
        assert_eq!(watch.look(now + SPACING), None, "it may need longer than we to come back");
        host.sleep_until(Some(now + SILENCE));
        assert_eq!((watch.look(now + SPACING * 2), watch.next_look()), (None, None));
        assert_eq!(watch.health(), Health::Alive);
    }

    #[test]
    fn one_that_stays_silent_while_we_are_awake_does() {
        let (mut watch, host, mut now) = watch(SILENCE * 2);
        for _ in 1..LOOKS {
            assert_eq!((watch.look(now), watch.look(now + SPACING / 2)), (None, None));
            now = watch.next_look().unwrap();
        }
        assert_eq!((watch.look(now), watch.next_look()), (Some(Health::Silent), Some(now + pulse::PERIOD)));
        assert_eq!(watch.look(now + SPACING), None, "it is said once");
        host.sleep_until(Some(now + SILENCE));
        assert_eq!((watch.look(now + SPACING), watch.next_look()), (Some(Health::Alive), None));
    }
}
