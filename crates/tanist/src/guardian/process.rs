//! `tanist guardian`: the process beside the daemon. It opens, maps and reserves everything when it starts, and then waits for the
//! daemon's end, which the kernel tells, or for it to be late, which it looks for ten times a second while a router is Active.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use host::{Cause, Guardian, LOOK, Step};
use linux::poll::{Poll, Timer, Waker};
use linux::send::{RoutedSender, Sender};
use linux::state::StateDir;
use linux::{Machine, clock, pass, schedule};
use rustix::process::{DumpableBehavior, set_dumpable_behavior, setsid};
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::aftermath::{Aftermath, Claim};
use super::keeper::NAME;
use super::omen::Omen;
use super::relief::{self, Relief};
use super::watch::Ears;
use crate::cli::GuardianArgs;
use crate::logging::{self, LogGuard};
use crate::ports::handover::Meanwhile;
use crate::ports::signals;
use crate::shared::{Head, Page, Taken, queue};

const DAEMON: u64 = 0;
const WAKER: u64 = 1;
const TIMER: u64 = 2;
const OMEN: u64 = 3;
const SOCKET: u64 = 4;
const FIRST_EAR: u64 = 5;

/// Room for what a router has in the page, reserved at the start. A router may have more.
const ROOM: usize = 64 << 10;

/// Watches the daemon that started it until that ends.
pub(crate) fn run(options: &GuardianArgs) -> ExitCode {
    match Process::start(options).and_then(Process::serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the message has nowhere to go.
            writeln!(io::stderr(), "guardian: {error} (only `tanist run` starts it)").ok();
            ExitCode::FAILURE
        }
    }
}

struct Process {
    page: Page,
    guardian: Guardian<RouterId>,
    poll: Poll,
    timer: Timer,
    waker: Waker,
    /// Readable once it has ended.
    daemon: OwnedFd,
    /// At its end the daemon closes the other end of this one.
    socket: UnixStream,
    omen: Omen,
    next_look: Option<Instant>,
    frames: Sender<()>,
    routed: RoutedSender<()>,
    room: Vec<u8>,
    heads: HashMap<RouterId, Head>,
    ears: Ears,
    aftermath: Aftermath,
    options: GuardianArgs,
    /// Once there is something to be said: it takes a thread.
    log: Option<LogGuard>,
}

impl Process {
    fn start(options: &GuardianArgs) -> io::Result<Self> {
        // What `ps` and `pgrep` show.
        rustix::thread::set_name(NAME)?;
        // Keys of a terminal are for the daemon.
        setsid().ok();
        signals::leave_to_the_daemon()?;
        // Whatever made the daemon grow is not to take its guardian along. To say so takes rights that it may lack.
        std::fs::write("/proc/self/oom_score_adj", "-1000").ok();
        // What it says for routers may hold their passwords.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        let omen = Omen::await_of(options)?;
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let handed_over = <[OwnedFd; 4]>::try_from(pass::receive(&socket)?);
        let [page, state_dir, daemon, waker] = handed_over.map_err(|_| io::ErrorKind::InvalidData)?;
        let (page, waker) = (Page::from_file(page)?, Waker::from_fd(waker));
        let (poll, timer, ears) = (Poll::new()?, Timer::new()?, Ears::new()?);
        poll.add(&daemon, DAEMON)?;
        poll.add(&socket, SOCKET)?;
        poll.add(&omen, OMEN)?;
        poll.add(&waker, WAKER)?;
        poll.add(&timer, TIMER)?;
        ears.add_to(&poll, FIRST_EAR)?;
        let machine = Machine::open().map_err(io::Error::other)?;
        let mut process = Self {
            aftermath: Aftermath::new(StateDir::from_fd(state_dir), machine, options.daemon, page.footprints()),
            page,
            guardian: Guardian::new(),
            poll,
            timer,
            waker,
            daemon,
            socket,
            omen,
            next_look: None,
            frames: Sender::open()?,
            routed: RoutedSender::open()?,
            room: Vec::with_capacity(ROOM),
            heads: HashMap::new(),
            ears,
            options: options.clone(),
            log: None,
        };
        // Neither is needed; both help where they are permitted.
        schedule::lock_memory().ok();
        schedule::Thread::current().realtime(options.priority).ok();
        process.rehearse();
        Ok(process)
    }

    /// Goes the way that must be quick once, so that the memory it needs is there: with a frame that no interface takes.
    fn rehearse(&mut self) {
        let nowhere = vrrp::types::IfIndex::new(u32::MAX >> 1);
        if let Some(nowhere) = nowhere {
            self.frames.push_copy(nowhere, (), &[0; 64]);
        }
        self.room.resize(ROOM, 0);
        self.send();
    }

    fn serve(mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        loop {
            self.arm()?;
            self.poll.wait(&mut ready)?;
            if self.turn(&ready).is_break() {
                return Ok(());
            }
        }
    }

    fn arm(&mut self) -> io::Result<()> {
        let looks = self.guardian.is_watching() && self.page.is_any_active();
        self.next_look = looks.then(|| self.next_look.unwrap_or_else(|| clock::now() + LOOK));
        self.timer.set(self.next_look.into_iter().chain(self.guardian.deadline()).min())
    }

    fn turn(&mut self, ready: &[u64]) -> ControlFlow<()> {
        if ready.contains(&OMEN) && self.omen.is_true() && !self.page.is_replacing() || ready.contains(&DAEMON) {
            self.daemon_ended()?;
        }
        if ready.contains(&SOCKET) {
            match relief::heard(&self.socket) {
                None => self.daemon_ended()?,
                Some(relief) => return self.relieved(relief),
            }
        }
        if ready.contains(&WAKER) {
            self.waker.drain();
            if self.page.is_dismissed() {
                return ControlFlow::Break(());
            }
            if self.page.taken() == Taken::No {
                self.guardian.resumed();
            }
        }
        self.timer.drain();
        let now = clock::now();
        if self.next_look.is_some_and(|look| look <= now) {
            self.next_look = Some(now + LOOK);
            let step = self.guardian.look(now, self.page.beat(), self.omen.motion());
            self.obey(step)?;
        }
        self.hear()?;
        let step = self.guardian.expire(clock::now());
        self.obey(step)
    }

    /// Another program has taken the place of the daemon's, and has a guardian of its own.
    fn relieved(&mut self, relief: Relief) -> ControlFlow<()> {
        match relief {
            Relief::GoesOn => {}
            Relief::BeginsAnew => {
                if let Step::Release(cause) = self.guardian.died(clock::now(), self.page.duty()) {
                    self.release(cause);
                }
            }
        }
        // Of a hang while it was replaced the new program does not know otherwise.
        let meanwhile = if self.guardian.is_watching() { Meanwhile::Nothing } else { Meanwhile::Release };
        relief::answer(&self.socket, meanwhile);
        ControlFlow::Break(())
    }

    fn daemon_ended(&mut self) -> ControlFlow<()> {
        // It is told once.
        self.poll.forget(&self.daemon);
        self.poll.forget(&self.socket);
        self.poll.forget(&self.omen);
        // Whoever has started meanwhile speaks for these routers by now.
        if self.page.is_dismissed() || self.aftermath.is_succeeded() {
            return ControlFlow::Break(());
        }
        let step = self.guardian.died(clock::now(), self.page.duty());
        self.obey(step)?;
        match self.aftermath.claim() {
            Claim::Ours => ControlFlow::Continue(()),
            Claim::OfNewDaemon => ControlFlow::Break(()),
        }
    }

    /// What was heard in one turn is withdrawn at once: each time all interfaces are looked through.
    fn hear(&mut self) -> ControlFlow<()> {
        let mut let_go = Vec::new();
        for router in self.ears.hear() {
            match self.guardian.heard(&router) {
                Step::Withdraw(routers) => let_go.extend(routers),
                step @ (Step::Nothing | Step::Release(_) | Step::UndoAll | Step::End) => self.obey(step)?,
            }
        }
        if let_go.is_empty() { ControlFlow::Continue(()) } else { self.obey(Step::Withdraw(let_go)) }
    }

    fn obey(&mut self, step: Step<RouterId>) -> ControlFlow<()> {
        match step {
            Step::Nothing => ControlFlow::Continue(()),
            Step::Release(cause) => {
                let step = self.release(cause);
                self.obey(step)
            }
            Step::Withdraw(routers) => {
                let guardian = &self.guardian;
                self.aftermath.withdraw(&routers, |router| guardian.holds(router));
                ControlFlow::Continue(())
            }
            Step::UndoAll => {
                match self.aftermath.claim() {
                    Claim::Ours => self.aftermath.undo_all(),
                    Claim::OfNewDaemon => {}
                }
                ControlFlow::Break(())
            }
            Step::End => ControlFlow::Break(()),
        }
    }

    /// Says priority 0; everything else comes after.
    fn release(&mut self, cause: Cause) -> Step<RouterId> {
        match cause {
            Cause::Death => {}
            Cause::Hang => self.page.take(),
        }
        // A peer that is master already answers at once.
        self.ears.open();
        let (frames, routed) = (&mut self.frames, &mut self.routed);
        self.page.releases().each(&mut self.room, |_, bytes| {
            if let Some((_, packets)) = Head::read(bytes) {
                queue(packets, frames, routed);
            }
        });
        self.send();
        let format = self.options.log;
        self.log.get_or_insert_with(|| logging::start(format));
        let heads = &mut self.heads;
        heads.clear();
        self.page.releases().each(&mut self.room, |router, bytes| {
            heads.extend(Head::read(bytes).map(|(head, _)| (router, head)));
        });
        self.ears.listen(heads);
        match cause {
            Cause::Death => self.aftermath.join(heads.values()),
            // Its sockets hold the groups.
            Cause::Hang => {}
        }
        self.tell(cause);
        self.guardian.released(clock::now(), self.heads.iter().map(|(router, head)| (*router, head.hold)))
    }

    /// A link that does not take a frame takes no successor's either.
    fn send(&mut self) {
        self.frames.flush(|_| {});
        self.routed.flush(|_| {});
    }

    fn tell(&self, cause: Cause) {
        let (daemon, count) = (self.options.daemon, self.heads.len());
        let what = match cause {
            Cause::Death => "has ended without a word",
            Cause::Hang => "does nothing any more",
        };
        tracing::error!(
            "guardian: the daemon (process {daemon}) {what}: priority 0 was said for {count} virtual routers; their addresses \
             stay until a successor is heard, for an interval at most (`tanist_linger`)"
        );
    }
}
