//! Waiting until the kernel has noticed a new cable. Until then it drops what is sent, and a bridge passes nothing on.

use std::io;
use std::time::Duration;

use vrrp::input::Verdict;
use vrrp::types::IfIndex;

use super::build;
use crate::link::LinkInfo;
use crate::monitor::{Change, Monitor};
use crate::poll::{Poll, Timer};
use crate::{Machine, clock};

/// How long the kernel may take: it looks at carriers at least once a second.
const PATIENCE: Duration = Duration::from_secs(10);
const READABLE: u64 = 0;
const LATE: u64 = 1;

/// Waits until the interface works, in the calling thread's network namespace.
pub(super) fn settle(link: IfIndex) -> io::Result<()> {
    let is_running = |found: &LinkInfo| found.index == link && found.running == Verdict::Up;
    let (mut monitor, timer, mut poll) = (Monitor::open()?, Timer::new()?, Poll::new()?);
    timer.set(Some(clock::now() + PATIENCE))?;
    poll.add(&monitor, READABLE)?;
    poll.add(&timer, LATE)?;
    let mut running =
        Machine::open().and_then(|mut machine| machine.links()).map_err(io::Error::other)?.iter().any(is_running);
    let (mut ready, mut changes) = (Vec::new(), Vec::new());
    while !running {
        poll.wait(&mut ready)?;
        if ready.contains(&LATE) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        monitor.read(&mut changes)?;
        running = changes.iter().any(|change| matches!(change, Change::Link(found) if is_running(found)));
    }
    // The bridge hears of it after us, but before the kernel begins with another change of a link.
    build::set_state(link, build::AdminState::Up)
}
