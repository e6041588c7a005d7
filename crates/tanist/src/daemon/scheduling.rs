//! How the threads that must be on time are scheduled (`vrrp_rt_priority`, `vrrp_priority`, `vrrp_cpu_affinity`).

use std::io;

use conf::model::Scheduling;
use linux::schedule::{Ordinary, Thread};

/// Realtime priority of the protocol thread, where the kernel permits one and none is configured: load on the machine must
/// not make a live master look dead.
const REALTIME_PRIORITY: u8 = 50;

/// Realtime priority of the protocol thread.
pub(super) fn priority(scheduling: &Scheduling) -> u8 {
    scheduling.real_time.unwrap_or(REALTIME_PRIORITY)
}

/// The threads, and what was done to them.
pub(super) struct Scheduled {
    protocol: Thread,
    host: Thread,
    ordinary: Ordinary,
    in_force: Option<Scheduling>,
}

impl Scheduled {
    /// Nothing is done yet. What the calling thread has is what they have without configuration.
    ///
    /// # Errors
    /// If the kernel does not say what that is.
    pub(super) fn new(protocol: Thread, host: Thread) -> io::Result<Self> {
        Ok(Self { protocol, host, ordinary: Ordinary::of_caller()?, in_force: None })
    }

    /// Schedules the threads as configured. What the kernel refuses is logged; the threads run on as before.
    pub(super) fn follow(&mut self, scheduling: &Scheduling) {
        if self.in_force.as_ref() == Some(scheduling) {
            return;
        }
        let Scheduling { real_time: _, nice, processors } = scheduling;
        let priority = priority(scheduling);
        if let Err(error) = self.protocol.realtime(priority) {
            tracing::info!("no realtime scheduling ({error}): heavy load may delay adverts");
        }
        // Leases must be renewed on a loaded machine too; whatever the protocol thread has to do goes first.
        if let Err(error) = self.host.realtime(priority.saturating_sub(1).max(1)) {
            tracing::debug!("no realtime scheduling for the host thread: {error}");
        }
        for thread in [self.protocol, self.host] {
            if let Err(error) = thread.nice(*nice, &self.ordinary) {
                tracing::warn!("vrrp_priority: {error}");
            }
            if let Err(error) = thread.run_on(processors, &self.ordinary) {
                tracing::warn!("vrrp_cpu_affinity {processors:?}: {error}");
            }
        }
        self.in_force = Some(scheduling.clone());
    }
}
