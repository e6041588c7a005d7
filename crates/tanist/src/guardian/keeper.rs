//! The daemon's end: starts the guardian, starts it anew when it dies, and ends it.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::panic::AssertUnwindSafe;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use conf::model::Switch;
use linux::poll::Waker;
use linux::state::StateDir;
use linux::{pass, schedule};
use rustix::process::{PidfdFlags, Signal, getpid, kill_process, pidfd_open};
use rustix::thread::gettid;

use crate::children::Child;
use crate::cli::GuardianArgs;
use crate::logging;
use crate::ports::guardian::Guarded;
use crate::shared::{Page, Replacing};

/// What the process is called in `ps`: the kernel keeps 15 letters.
pub(super) const NAME: &CStr = c"tanist-guardian";
/// One that lived for less has a reason to die that may still be there.
const SHORT_LIFE: Duration = Duration::from_secs(10);
/// Pauses before it is started again: they grow.
const PAUSES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
/// How long one that is dismissed may take to end. Then it is killed.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// What guardians of this daemon are started with.
pub(crate) struct Keeper {
    parts: Arc<Parts>,
    /// `None`: there is none, as configured. Disconnected once the guardian is dismissed and has ended.
    ended: Option<mpsc::Receiver<()>>,
}

struct Parts {
    page: Page,
    waker: Waker,
    state_dir: Arc<StateDir>,
    daemon: OwnedFd,
    told: GuardianArgs,
    guarded: Guarded,
    /// The daemon's end of the socket whose closing tells the guardian of its end, while there is one.
    lifeline: Mutex<Option<OwnedFd>>,
}

impl Keeper {
    /// Nothing is started yet. `told` is what the process needs to know, but for the thread that starts it.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub(crate) fn new(
        (page, waker): (Page, Waker),
        state_dir: Arc<StateDir>,
        told: GuardianArgs,
        guarded: Guarded,
    ) -> io::Result<Self> {
        let lifeline = Mutex::default();
        let daemon = pidfd_open(getpid(), PidfdFlags::empty())?;
        Ok(Self { parts: Arc::new(Parts { page, waker, state_dir, daemon, told, guarded, lifeline }), ended: None })
    }

    /// Starts or ends it, as configured.
    pub(crate) fn follow(&mut self, wanted: Switch) {
        match (wanted, &self.ended) {
            (Switch::On, None) => self.start(),
            (Switch::Off, Some(_)) => self.dismiss(),
            (Switch::On, Some(_)) | (Switch::Off, None) => {}
        }
    }

    /// Another program is about to be executed in the daemon's place, or is not after all. Returns what tells the guardian that the
    /// process lives, for as long as it is open.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub(crate) fn replace(&self, replacing: Replacing) -> io::Result<Option<OwnedFd>> {
        self.parts.page.set_replacing(replacing);
        self.parts.lifeline().as_ref().map(OwnedFd::try_clone).transpose()
    }

    fn start(&mut self) {
        self.parts.page.begin();
        self.parts.guarded.wanted();
        let (parts, (tell, ended)) = (Arc::clone(&self.parts), mpsc::channel());
        let keep = move || {
            // Its end is what the guardian takes for that of the daemon.
            if std::panic::catch_unwind(AssertUnwindSafe(|| parts.keep())).is_err() {
                // As for the other threads.
                tracing::error!("the guardian thread panicked");
                logging::flush();
                signal_hook::low_level::abort();
            }
            drop(tell);
        };
        match thread::Builder::new().name("guardian".into()).spawn(keep) {
            Ok(_) => self.ended = Some(ended),
            Err(error) => tracing::error!("the guardian cannot be started: {error}"),
        }
    }

    /// There is nothing left for it to do: it ends, and leaves everything as it is.
    pub(crate) fn dismiss(&mut self) {
        let Some(ended) = self.ended.take() else { return };
        self.parts.page.dismiss();
        self.parts.guarded.dismissed();
        self.parts.waker.wake();
        if ended.recv_timeout(LAST_WAIT) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Somebody has stopped it.
            self.parts.guarded.pid().into_iter().for_each(|pid| _ = kill_process(pid, Signal::KILL));
            ended.recv_timeout(LAST_WAIT).ok();
        }
    }
}

impl Parts {
    /// Keeps a guardian running until it is dismissed.
    fn keep(&self) {
        // Its end is the first sign of the daemon's, and on a busy machine it comes when the thread has its turn. It does nothing but wait.
        schedule::Thread::current().realtime(self.told.priority).ok();
        let mut short_lives = 0;
        while !self.page.is_dismissed() {
            let start = Instant::now();
            match self.spawn() {
                // The socket stays open for as long as the daemon lives.
                Ok((mut child, socket)) => {
                    self.guarded.started(child.pid());
                    *self.lifeline() = Some(socket.into());
                    let status = child.wait();
                    *self.lifeline() = None;
                    self.guarded.ended();
                    if self.page.is_dismissed() {
                        return;
                    }
                    self.guarded.died();
                    let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                    Self::tell(short_lives, format_args!("has ended ({how}): it is started again"));
                }
                Err(error) => {
                    self.guarded.failed();
                    Self::tell(short_lives, format_args!("cannot be started: {error}; it is tried again"));
                }
            }
            if start.elapsed() > SHORT_LIFE {
                short_lives = 0;
            }
            self.pause(PAUSES[short_lives]);
            short_lives = (short_lives + 1).min(PAUSES.len() - 1);
        }
    }

    fn lifeline(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        // Every change is a single assignment.
        self.lifeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens again and again is told a few times.
    fn tell(short_lives: usize, what: std::fmt::Arguments<'_>) {
        if short_lives < PAUSES.len() - 1 {
            tracing::warn!("the guardian {what}");
        }
    }

    /// Waits, but not for long after it is dismissed.
    fn pause(&self, pause: Duration) {
        const PIECE: Duration = Duration::from_millis(100);
        let start = Instant::now();
        while start.elapsed() < pause && !self.page.is_dismissed() {
            thread::sleep(PIECE);
        }
    }

    fn spawn(&self) -> io::Result<(Child, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let told = GuardianArgs { keeper: gettid().as_raw_pid().unsigned_abs(), ..self.told.clone() };
        let mut command = Command::new("/proc/self/exe");
        command.arg0(NAME.to_string_lossy().as_ref()).arg(GuardianArgs::COMMAND).args(told.arguments());
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
        let child = Child::spawn(&mut command)?;
        let handed_over = [self.page.as_fd(), self.state_dir.as_fd(), self.daemon.as_fd(), self.waker.as_fd()];
        pass::send(&ours, &handed_over)?;
        Ok((child, ours))
    }
}
