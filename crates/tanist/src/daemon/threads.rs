//! The daemon's threads: how one is started, and what becomes of the daemon when one fails.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use linux::schedule::Thread;

use super::open::StartError;
use crate::logging;
use crate::manager::Watched;
use crate::ports::pulse::Pulse;

/// How long the main thread may work on something.
const MAIN_PATIENCE: Duration = Duration::from_secs(60);

/// Of the threads that the service manager's watchdog depends on, beside the services thread, which feeds it.
pub(super) struct Pulses {
    pub(super) protocol: Pulse,
    pub(super) host: Pulse,
    pub(super) main: Pulse,
}

impl Pulses {
    /// The main thread may wait for a disk, or for whoever knows the users of scripts, while routers run.
    pub(super) fn watched(&self) -> Vec<Watched> {
        let threads = [
            ("protocol", &self.protocol, Duration::ZERO),
            ("host", &self.host, Duration::ZERO),
            ("main", &self.main, MAIN_PATIENCE),
        ];
        threads.map(|(name, pulse, patience)| Watched { name, pulse: pulse.clone(), patience }).into()
    }
}

/// Starts a thread, and says which it is. One that fails takes the daemon down: half a daemon would hold addresses without
/// advertising them.
pub(super) fn spawn(
    name: &'static str,
    body: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(thread::JoinHandle<()>, Thread), StartError> {
    let (tell, told) = mpsc::channel();
    let run = move || {
        // Whoever starts it waits for that.
        tell.send(Thread::current()).ok();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => abort_process(name, &error.to_string()),
            Err(_) => abort_process(name, "panicked"),
        }
    };
    let handle = thread::Builder::new().name(name.into()).spawn(run).map_err(StartError::Thread)?;
    let thread = told.recv().map_err(|error| StartError::Thread(io::Error::other(error)))?;
    Ok((handle, thread))
}

/// Ends the process, whatever becomes of the log: the guardian, else leases and the next start, take away what
/// it has left.
pub(super) fn abort_process(name: &str, why: &str) {
    /// Aborts when dropped: also when logging panics.
    struct Abort;
    impl Drop for Abort {
        fn drop(&mut self) {
            signal_hook::low_level::abort();
        }
    }
    let _abort = Abort;
    tracing::error!("the {name} thread failed: {why}");
    logging::flush();
}
