//! The protocol thread: epoll and one timerfd over the engine and the BFD sessions.
//!
//! It never allocates per packet, logs, runs programs, talks netlink, or waits for anybody.
//!
//! | part | does |
//! |---|---|
//! | this one | the loop |
//! | `adverts` | receives and sends |
//! | `bfd` | BFD sessions: their packets, and what routers see of them |
//! | `commands` | what other threads ask |
//! | `host_watch` | whether the host thread lives |
//! | `orders` | what the host thread is to do |
//! | `handover` | what another program needs to go on, and going on from it |
//! | `legacy` | what the guardian says if this process cannot |
//! | `own_links` | what a router hears on an interface of its own |

mod adverts;
mod bfd;
mod commands;
mod handover;
mod host_watch;
mod legacy;
mod orders;
mod own_links;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use linux::clock;
use linux::poll::{Poll, Timer};
use linux::receive::Receiver;
use linux::send::{RoutedSender, Sender};
use slotmap::SecondaryMap;
use vrrp::Engine;
use vrrp::action::Action;
use vrrp::input::{HostState, Input, Since};
use vrrp::time::Instant;
use vrrp::types::{RouterId, Vrid};

pub(crate) use self::adverts::Sent;
use self::bfd::Bfd;
use self::host_watch::HostWatch;
pub(crate) use self::legacy::Legacy;
use self::orders::Orders;
use self::own_links::OwnLinks;
use crate::ports::events::{EventSender, Occurrence};
use crate::ports::frames::Frames;
use crate::ports::host::{HostCommand, HostHandle};
use crate::ports::mailbox::Mailbox;
use crate::ports::main::Answer;
use crate::ports::protocol::ProtocolCommand;
use crate::ports::pulse::{self, Pulse};
use crate::shared::Taken;

const WAKER: u64 = 0;
const TIMER: u64 = 1;
const FIRST_SOCKET: u64 = 2;
const FIRST_BFD_SOCKET: u64 = 16;
/// Batches taken from one socket before timers get their turn.
const RECEIVE_BUDGET: usize = 16;

/// What the timer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Armed {
    Off,
    /// It will fire then.
    At(Instant),
    /// It has fired and must be set again, which also makes it quiet.
    Fired,
}

/// Everything the thread owns.
pub(crate) struct Protocol {
    engine: Engine,
    bfd: Bfd,
    poll: Poll,
    timer: Timer,
    commands: Mailbox<ProtocolCommand>,
    receivers: Vec<Receiver>,
    /// For multicast.
    sender: Sender<Sent>,
    /// For unicast.
    routed: RoutedSender<Sent>,
    frames: SecondaryMap<RouterId, Arc<Frames>>,
    own_links: OwnLinks,
    orders: Orders,
    legacy: Legacy,
    events: EventSender,
    pulse: Pulse,
    host_watch: HostWatch,
    /// What the host thread said last of each router.
    host_states: SecondaryMap<RouterId, HostState>,
    armed: Armed,
    /// Routers that hold addresses: the Active ones, and those that have left and keep theirs.
    holding: HashSet<RouterId>,
    /// Routers that were removed and keep their addresses.
    removed: Vec<RouterId>,
    /// Routers that stay away from the election because somebody wants that.
    released: HashSet<RouterId>,
    /// VRIDs that are received, but for those of routers that were removed and keep their addresses.
    vrids: Vec<Vrid>,
    /// Whom to answer once all have left and none keeps its addresses.
    stopping: Option<Answer<()>>,
    /// When a failure of the network was reported last.
    last_report: Option<Instant>,
}

/// What the thread is made from.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) sender: Sender<Sent>,
    pub(crate) routed: RoutedSender<Sent>,
    pub(crate) commands: Mailbox<ProtocolCommand>,
    pub(crate) host: HostHandle,
    pub(crate) events: EventSender,
    pub(crate) pulse: Pulse,
    /// The host thread's.
    pub(crate) host_pulse: Pulse,
    pub(crate) legacy: Legacy,
}

impl Protocol {
    /// Makes the thread's state.
    ///
    /// # Errors
    /// If the kernel gives no epoll, eventfd or timerfd.
    pub(crate) fn new(parts: Parts) -> io::Result<Self> {
        let (timer, poll) = (Timer::new()?, Poll::new()?);
        poll.add(&parts.commands, WAKER)?;
        poll.add(&timer, TIMER)?;
        for (token, receiver) in (FIRST_SOCKET..).zip(&parts.receivers) {
            poll.add(receiver, token)?;
        }
        Ok(Self {
            engine: parts.engine,
            bfd: Bfd::new(parts.events.clone()),
            poll,
            timer,
            commands: parts.commands,
            receivers: parts.receivers,
            sender: parts.sender,
            routed: parts.routed,
            frames: SecondaryMap::new(),
            own_links: OwnLinks::default(),
            orders: Orders::new(parts.host),
            legacy: parts.legacy,
            events: parts.events,
            pulse: parts.pulse,
            host_watch: HostWatch::new(parts.host_pulse),
            host_states: SecondaryMap::new(),
            armed: Armed::Off,
            holding: HashSet::new(),
            removed: Vec::new(),
            released: HashSet::new(),
            vrids: Vec::new(),
            stopping: None,
            last_report: None,
        })
    }

    /// The loop. Ends when told to stop.
    ///
    /// # Errors
    /// If the kernel's event interface fails, which leaves no way to go on.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        loop {
            self.arm()?;
            self.poll.wait(&mut ready)?;
            self.give_up_if_taken(Since::Silent);
            self.packets_and_timers(&ready);
            if ready.contains(&WAKER) {
                self.commands.quiet();
            }
            if ready.contains(&TIMER) {
                self.armed = Armed::Fired;
            }
            self.obey();
            self.watch_host();
            self.give_up_if_taken(Since::Spoken);
            self.forget_removed();
            if let Some(done) = self.stopped() {
                done.give(());
                return Ok(());
            }
        }
    }

    /// Received before expired wins: whatever woke the thread, no timer that an advert calls off expires before all sockets
    /// were read. A thread that was stopped (SIGSTOP, the freezer) wakes with nothing ready, and the adverts it missed wait
    /// in the sockets.
    fn packets_and_timers(&mut self, ready: &[u64]) {
        let now = clock::now();
        self.engine.handle(now, Input::WallClock(clock::wall()));
        self.bfd.turn(now, ready, &self.poll, &mut self.engine);
        self.carry_out();
        let is_due = self.engine.poll_timeout().is_some_and(|deadline| deadline.at <= now);
        let has_run_out = self.engine.has_down_timer_run_out(now);
        let mut heard_until = now;
        for (socket, token) in (FIRST_SOCKET..).take(self.receivers.len()).enumerate() {
            if has_run_out || ready.contains(&token) {
                heard_until = heard_until.min(self.receive(socket, now));
            }
        }
        if is_due {
            self.engine.handle(clock::now(), Input::Wake { heard_until });
            self.carry_out();
        }
    }

    /// While this process stood still the guardian may have said priority 0 in its name. Looked at before anything is sent in a
    /// turn of the loop, and after: an advert that left in between has made others believe that the master is there.
    fn give_up_if_taken(&mut self, since: Since) {
        match self.legacy.taken() {
            Taken::No => {}
            Taken::Yes => {
                self.engine.handle(clock::now(), Input::RoleTaken { since });
                self.carry_out();
                self.legacy.give_back();
            }
        }
    }

    fn arm(&mut self) -> io::Result<()> {
        let due = self.engine.poll_timeout().map(|deadline| deadline.at);
        let proof = (!self.holding.is_empty() || !self.orders.is_empty()).then(|| clock::now() + pulse::PERIOD);
        let next = due.into_iter().chain(proof).chain(self.host_watch.next_look());
        let next = next.chain(self.bfd.deadline()).min();
        // Only now: whoever sees it also finds the commands that go with it.
        self.pulse.sleep_until(next);
        // A timer that fires too early costs one wake-up; setting it for every packet costs a system call each.
        match (self.armed, next) {
            (Armed::Off | Armed::At(_), None) => return Ok(()),
            (Armed::At(armed), Some(next)) if armed <= next => return Ok(()),
            (Armed::Off | Armed::Fired | Armed::At(_), _) => {}
        }
        self.armed = next.map_or(Armed::Off, Armed::At);
        self.timer.set(next)
    }

    /// Does what the engine asks: sends everything, then wakes the others.
    fn carry_out(&mut self) {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Transmit(transmit) => self.transmit(&transmit),
                Action::AnnounceFirst { router } => self.announce_first(router),
                Action::InstallAddresses { router, rounds } => {
                    self.holding.insert(router);
                    self.orders.give(HostCommand::Install { router, rounds });
                }
                Action::KeepAddresses { router } => self.orders.give(HostCommand::Keep(router)),
                Action::WithdrawAddresses { router } => {
                    self.legacy.leaves(router);
                    self.holding.remove(&router);
                    self.orders.give(HostCommand::Withdraw(router));
                }
                Action::Announce(announcement) => self.orders.give(HostCommand::Announce(announcement)),
                Action::Event(event) => self.events.send(Occurrence::Protocol(event)),
                Action::UnknownVrid(unknown) => self.tell_unknown_vrid(unknown),
            }
        }
        self.flush();
        if let Some(lost) = self.orders.hand_over() {
            self.events.send(Occurrence::AnnouncementsLost(lost));
        }
    }
}
