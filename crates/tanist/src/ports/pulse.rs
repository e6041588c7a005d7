//! Signs of life between the protocol and the host thread, in both directions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use linux::clock;
use vrrp::time::Instant;

/// A thread that has work wakes at least this often.
pub(crate) const PERIOD: Duration = Duration::from_millis(500);
/// A thread that is late by more than this is frozen, starved or dead.
pub(crate) const SILENCE: Duration = Duration::from_millis(1_500);
/// A call into the kernel may take this long before its thread counts as hanging: another process that removes
/// thousands of interfaces holds the kernel's network lock (RTNL) for tens of seconds, and meanwhile the kernel expires
/// no address either.
pub(crate) const KERNEL_PATIENCE: Duration = Duration::from_secs(60);

/// The beats of one thread.
#[derive(Clone, Debug)]
pub(crate) struct Pulse(Arc<Beats>);

#[derive(Debug)]
struct Beats {
    /// When the thread will have beaten again, in nanoseconds; `u64::MAX`: it sleeps until somebody wakes it.
    due: AtomicU64,
    in_kernel: AtomicBool,
}

/// How a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It is not late, or waits for the kernel.
    Alive,
    /// It is late.
    Silent,
}

impl Pulse {
    /// A pulse that has just beaten.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Beats { due: AtomicU64::new(clock::now().nanos()), in_kernel: AtomicBool::new(false) }))
    }

    /// The thread works.
    pub(crate) fn beat(&self) {
        self.0.due.store(clock::now().nanos(), Ordering::Release);
    }

    /// The thread has done its work and sleeps until then; `None`: until somebody wakes it.
    pub(crate) fn sleep_until(&self, due: Option<Instant>) {
        self.0.due.store(due.map_or(u64::MAX, Instant::nanos), Ordering::Release);
    }

    /// Runs `call`, which may wait for the kernel's network lock.
    pub(crate) fn in_kernel<R>(&self, call: impl FnOnce() -> R) -> R {
        self.beat();
        self.0.in_kernel.store(true, Ordering::Release);
        let result = call();
        self.0.in_kernel.store(false, Ordering::Release);
        self.beat();
        result
    }

    /// How the thread does at `now`.
    pub(crate) fn health(&self, now: Instant) -> Health {
        let limit = if self.0.in_kernel.load(Ordering::Acquire) { KERNEL_PATIENCE } else { SILENCE };
        let late = now.since(Instant::from_nanos(self.0.due.load(Ordering::Acquire)));
        if late < limit { Health::Alive } else { Health::Silent }
    }
}

/// How long a thread that looks late is given before it counts as silent: whoever looks may have been stopped together
/// with it, and goes on first.
const CONFIRMATION: Duration = Duration::from_millis(250);

/// Looks at the pulse of another thread of the process.
#[derive(Debug)]
pub(crate) struct PulseWatch {
    pulse: Pulse,
    health: Health,
    /// It looked late: when to look again.
    confirm_at: Option<Instant>,
}

impl PulseWatch {
    pub(crate) const fn new(pulse: Pulse) -> Self {
        Self { pulse, health: Health::Alive, confirm_at: None }
    }

    /// When to look again at the latest, if it matters.
    pub(crate) const fn next(&self) -> Option<Instant> {
        self.confirm_at
    }

    /// How the thread did when it was looked at last.
    pub(crate) const fn health(&self) -> Health {
        self.health
    }

    /// Looks. Returns how the thread does if that is news.
    pub(crate) fn look(&mut self, now: Instant) -> Option<Health> {
        let found = self.pulse.health(now);
        match (self.health, found, self.confirm_at) {
            (Health::Alive | Health::Silent, Health::Alive, _) | (Health::Silent, Health::Silent, _) => {
                self.confirm_at = None;
            }
            (Health::Alive, Health::Silent, Some(at)) if now < at => return None,
            (Health::Alive, Health::Silent, Some(at)) if now.since(at) < CONFIRMATION => self.confirm_at = None,
            // For the first time, or after another stop of us both.
            (Health::Alive, Health::Silent, _) => {
                self.confirm_at = Some(now + CONFIRMATION);
                return None;
            }
        }
        let before = std::mem::replace(&mut self.health, found);
        (before != found).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_noticed_and_a_wait_for_the_kernel_is_borne_longer() {
        let pulse = Pulse::new();
        let later = clock::now() + SILENCE + PERIOD;
        assert_eq!((pulse.health(clock::now()), pulse.health(later)), (Health::Alive, Health::Silent));
        let inside = pulse.in_kernel(|| (pulse.health(later), pulse.health(later + KERNEL_PATIENCE)));
        assert_eq!(inside, (Health::Alive, Health::Silent));
        assert_eq!(pulse.health(later), Health::Silent);
        pulse.sleep_until(Some(later));
        assert_eq!((pulse.health(later), pulse.health(later + SILENCE)), (Health::Alive, Health::Silent));
        pulse.sleep_until(None);
        assert_eq!(pulse.health(later + KERNEL_PATIENCE), Health::Alive);
    }

    #[test]
    fn a_thread_that_was_stopped_together_with_who_looks_is_given_time_to_go_on() {
        let pulse = Pulse::new();
        let mut watch = PulseWatch::new(pulse.clone());
        let thaw = clock::now() + SILENCE * 2;
        assert_eq!((watch.look(thaw), watch.next()), (None, Some(thaw + CONFIRMATION)));
        // Stopped again at once.
        let thaw = thaw + SILENCE * 2;
        assert_eq!((watch.look(thaw), watch.next()), (None, Some(thaw + CONFIRMATION)));
        assert_eq!(watch.look(thaw + CONFIRMATION / 2), None);
        assert_eq!(watch.look(thaw + CONFIRMATION), Some(Health::Silent));
        assert_eq!((watch.look(thaw + SILENCE), watch.health()), (None, Health::Silent));
        pulse.sleep_until(None);
        assert_eq!((watch.look(thaw + SILENCE), watch.next()), (Some(Health::Alive), None));
    }
}
