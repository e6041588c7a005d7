//! Signs of life between the protocol and the host thread, in both directions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use linux::clock;
use linux::share::Word;
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
    /// Where another process sees `due`.
    shown: Option<Word>,
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
        Self::with(None)
    }

    /// One that another process sees in `word` as well.
    pub(crate) fn shown_in(word: Word) -> Self {
        Self::with(Some(word))
    }

    fn with(shown: Option<Word>) -> Self {
        let pulse = Self(Arc::new(Beats { due: AtomicU64::new(0), in_kernel: AtomicBool::new(false), shown }));
        pulse.beat();
        pulse
    }

    /// The thread works.
    pub(crate) fn beat(&self) {
        self.show(clock::now().nanos());
    }

    /// The thread has done its work and sleeps until then; `None`: until somebody wakes it.
    pub(crate) fn sleep_until(&self, due: Option<Instant>) {
        self.show(due.map_or(u64::MAX, Instant::nanos));
    }

    fn show(&self, due: u64) {
        self.0.due.store(due, Ordering::Release);
        self.0.shown.iter().for_each(|word| word.set(due));
    }

    /// Runs `call`, which may wait for the kernel's network lock.
    pub(crate) fn in_kernel<R>(&self, call: impl FnOnce() -> R) -> R {
        self.beat();
        self.0.in_kernel.store(true, Ordering::Release);
        let result = call();
        // In this order: whoever sees the end of the call also sees the beat.
        self.beat();
        self.0.in_kernel.store(false, Ordering::Release);
        result
    }

    /// How the thread does at `now`.
    pub(crate) fn health(&self, now: Instant) -> Health {
        let limit = if self.0.in_kernel.load(Ordering::Acquire) { KERNEL_PATIENCE } else { SILENCE };
        let late = now.since(Instant::from_nanos(self.0.due.load(Ordering::Acquire)));
        if late < limit { Health::Alive } else { Health::Silent }
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
}
