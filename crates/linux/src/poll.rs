//! Waiting: for descriptors, for other threads, for a time. One thread waits in one [`Poll`].

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, read, write};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use vrrp::time::Instant;

use crate::clock;

/// Most descriptors reported by one wait; the others follow in the next.
const EVENTS: usize = 32;

/// Waits until one of its descriptors is readable.
pub struct Poll {
    epoll: OwnedFd,
}

impl Poll {
    /// An empty one.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)? })
    }

    /// Watches `fd` (level-triggered); `token` names it in what [`Poll::wait`] reports. It is forgotten when closed.
    ///
    /// # Errors
    /// If it is watched already.
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, EventData::new_u64(token), EventFlags::IN)?)
    }

    /// Watches `fd` no longer.
    pub fn forget(&self, fd: impl AsFd) {
        // The only failure is that it was not watched.
        epoll::delete(&self.epoll, fd).ok();
    }

    /// Waits without limit. Replaces the content of `ready` by the tokens of what is readable, of which there is at least
    /// one. A process that was stopped and goes on (SIGCONT, a thawed cgroup) is interrupted here with nothing to report;
    /// it waits again, so that it learns of packets that came meanwhile together with the timers that ran out.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn wait(&mut self, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        let mut room = [const { MaybeUninit::<Event>::uninit() }; EVENTS];
        loop {
            match epoll::wait(&self.epoll, &mut room, None) {
                Ok((events, _)) => {
                    ready.extend(events.iter().map(|event| event.data.u64()));
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// Wakes a thread that waits in a [`Poll`], from any thread. Clones wake the same.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// A new one, to be added to the poll.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    /// The one that was handed over.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self(Arc::new(fd))
    }

    /// Makes it readable until [`Waker::drain`].
    pub fn wake(&self) {
        // The only failure is a counter at its maximum, and then it is readable already.
        write(&self.0, &1u64.to_ne_bytes()).ok();
    }

    /// Makes it unreadable again. To be called before looking at what the wake-up was for.
    pub fn drain(&self) {
        // The only failure is a counter at zero: it was drained already.
        read(&self.0, &mut [0; 8]).ok();
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Becomes readable at a time of [`clock::now`].
#[derive(Debug)]
pub struct Timer(OwnedFd);

impl Timer {
    /// One that is not set.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(Self(timerfd_create(TimerfdClockId::Boottime, flags)?))
    }

    /// Sets it, or with `None` never. What was set before is forgotten. A time that has passed is due at once.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn set(&self, at: Option<Instant>) -> io::Result<()> {
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        // To the kernel zero means "not set"; the first nanosecond after boot has passed as well.
        let value = at.map_or(zero, |at| clock::timespec(at.max(Instant::from_nanos(1))));
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &Itimerspec { it_interval: zero, it_value: value })?;
        Ok(())
    }

    /// Makes it unreadable again.
    pub fn drain(&self) {
        // The only failure is that it is not due.
        read(&self.0, &mut [0; 8]).ok();
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_timer_is_due_at_its_time_and_not_before() {
        let (mut poll, timer, mut ready) = (Poll::new().unwrap(), Timer::new().unwrap(), Vec::new());
        poll.add(&timer, 7).unwrap();
        let at = clock::now() + Duration::from_millis(5);
        timer.set(Some(at)).unwrap();
        poll.wait(&mut ready).unwrap();
        assert_eq!(ready, [7]);
        assert!(clock::now() >= at);
    }

    /// What the test below runs in a process of its own.
    #[test]
    #[ignore = "run by the next test, which stops and continues it"]
    fn waits_for_a_second() {
        let (mut poll, timer, mut ready) = (Poll::new().unwrap(), Timer::new().unwrap(), Vec::new());
        poll.add(&timer, 7).unwrap();
        timer.set(Some(clock::now() + Duration::from_secs(1))).unwrap();
        poll.wait(&mut ready).unwrap();
        assert_eq!(ready, [7]);
    }

    /// A backup that was frozen must not find its timers expired before it has read what came meanwhile.
    #[test]
    fn a_process_that_was_stopped_goes_on_waiting_until_something_is_ready() {
        use rustix::process::{Pid, Signal, kill_process};
        let program = std::env::current_exe().unwrap();
        let mut waiting = std::process::Command::new(program);
        waiting.args(["poll::tests::waits_for_a_second", "--exact", "--ignored"]);
        let mut waiting = waiting.stdout(std::process::Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&waiting);
        let mut stops = 0;
        while waiting.try_wait().unwrap().is_none() {
            // The process itself is not at the wait at all times: it is stopped again and again.
            for signal in [Signal::STOP, Signal::CONT] {
                stops += i32::from(kill_process(pid, signal).is_ok());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        assert!(waiting.wait().unwrap().success() && stops > 10, "{stops} stops");
    }

    #[test]
    fn a_time_that_has_passed_is_due_at_once_even_zero() {
        let (mut poll, timer, mut ready) = (Poll::new().unwrap(), Timer::new().unwrap(), Vec::new());
        poll.add(&timer, 1).unwrap();
        timer.set(Some(Instant::from_nanos(0))).unwrap();
        poll.wait(&mut ready).unwrap();
        assert_eq!(ready, [1]);
    }

    #[test]
    fn a_drained_waker_and_a_cleared_timer_are_silent() {
        let (mut poll, timer, waker, mut ready) =
            (Poll::new().unwrap(), Timer::new().unwrap(), Waker::new().unwrap(), Vec::new());
        poll.add(&timer, 1).unwrap();
        poll.add(&waker, 2).unwrap();
        timer.set(Some(Instant::from_nanos(1))).unwrap();
        timer.set(None).unwrap();
        waker.clone().wake();
        poll.wait(&mut ready).unwrap();
        assert_eq!(ready, [2]);
        waker.drain();
        timer.set(Some(Instant::from_nanos(1))).unwrap();
        poll.wait(&mut ready).unwrap();
        assert_eq!(ready, [1]);
    }
}
