//! WATCHDOG=1: that the daemon lives, said by the services thread as long as it and all others do. A service manager that does
//! not hear it for `WatchdogSec=` kills the daemon.

use std::time::Duration;

use linux::clock;
use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;
use vrrp::time::Instant;

use super::Patience;
use crate::ports::pulse::{Health, Pulse};

/// It is said so often within the time that the manager waits: once or twice may be lost.
const TIMES: u32 = 3;

/// A thread that must live.
pub(crate) struct Watched {
    pub(crate) name: &'static str,
    pub(crate) pulse: Pulse,
    /// How much later than others it may be.
    pub(crate) patience: Duration,
}

/// Whoever feeds the service manager's watchdog.
pub(crate) struct Watchdog {
    /// Time between two signs of life.
    every: Duration,
    threads: Vec<Watched>,
    /// The thread that hung at the last look.
    hung: Option<&'static str>,
}

impl Watchdog {
    /// For a manager that waits as long as that for a sign of life.
    pub(crate) fn new(limit: Duration, threads: Vec<Watched>) -> Self {
        Self { every: limit / TIMES, threads, hung: None }
    }

    /// Runs for ever, within the services thread's runtime.
    pub(crate) async fn run(mut self) {
        // None is no interval.
        let mut ticks = tokio::time::interval(self.every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.look(clock::now()) == Health::Alive {
                super::tell(&[NotifyState::Watchdog], Patience::None);
            }
        }
    }

    /// How the daemon does at `now`. A change is logged.
    fn look(&mut self, now: Instant) -> Health {
        let is_late = |it: &&Watched| it.pulse.health(now - it.patience) == Health::Silent;
        let hung = self.threads.iter().find(is_late).map(|it| it.name);
        match (self.hung, hung) {
            (None, Some(name)) => tracing::error!(
                "the {name} thread hangs: the service manager is told no more that the daemon lives, and will kill it"
            ),
            (Some(name), None) => tracing::info!("the {name} thread works again, and the service manager is told so"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.hung = hung;
        if hung.is_none() { Health::Alive } else { Health::Silent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_that_is_late_ends_the_signs_of_life_in_its_time() {
        let patience = Duration::from_secs(60);
        for late in ["quick", "patient"] {
            let watched = |name, patience| {
                let pulse = Pulse::new();
                if name != late {
                    pulse.sleep_until(None);
                }
                Watched { name, pulse, patience }
            };
            let threads = vec![watched("quick", Duration::ZERO), watched("patient", patience)];
            let mut watchdog = Watchdog::new(patience, threads);
            let now = clock::now();
            assert_eq!(watchdog.look(now), Health::Alive);
            let soon = watchdog.look(now + Duration::from_secs(10));
            assert_eq!(
                (soon, watchdog.hung),
                if late == "quick" { (Health::Silent, Some(late)) } else { (Health::Alive, None) }
            );
            assert_eq!(watchdog.look(now + 2 * patience), Health::Silent, "{late}");
            watchdog.threads.iter().for_each(|it| it.pulse.sleep_until(None));
            assert_eq!((watchdog.look(now + 2 * patience), watchdog.hung), (Health::Alive, None));
        }
    }
}
