//! Signals that are for the daemon, also where the processes beside it get them as well: a service manager sends them to all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM,
};

/// The signal that asks for a dump in JSON: keepalived's SIGRTMIN+2, on Linux with glibc.
pub(crate) const SIG_JSON: i32 = 36;
/// The signal that asks for statistics, and for counters that begin anew: keepalived's SIGRTMAX−1.
pub(crate) const SIG_STATS_CLEAR: i32 = 63;
/// SIGSTKFLT, by which x87 told of its stack; where there is no such signal nobody sends it.
const SIGSTKFLT: i32 = 16;
/// SIGPWR, of an uninterruptible power supply.
const SIGPWR: i32 = 30;

/// Signals that the daemon hears. Programs send keepalived some of these to have dumps written or traffic counted.
pub(crate) const HEARD: [i32; 9] =
    [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIG_JSON, SIG_STATS_CLEAR];

/// Signals that would end the daemon without a clean-up, whoever sends them by mistake: a program may take another number for
/// one of those that are heard. Those of real time, of which the C library keeps some for itself, are among them.
pub(crate) fn stray() -> impl Iterator<Item = i32> {
    [SIGPROF, SIGVTALRM, SIGIO, SIGPWR, SIGSTKFLT].into_iter().chain(32..=64)
}

/// From now on this process takes no notice of what is for the daemon; the daemon says what it comes to. SIGABRT is how the
/// watchdog of systemd ends a service that hangs.
pub(crate) fn leave_to_the_daemon() -> io::Result<()> {
    let ignore = |signal| signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    for signal in HEARD.into_iter().chain([SIGABRT]) {
        ignore(signal)?;
    }
    stray().for_each(|signal| _ = ignore(signal));
    Ok(())
}
