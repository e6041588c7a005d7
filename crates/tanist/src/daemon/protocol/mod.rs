//! The protocol thread: epoll and one timerfd over the engine.
//!
//! It never allocates per packet, logs, runs programs, talks netlink, or waits for anybody.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use linux::clock;
use linux::poll::{Poll, Timer};
use linux::receive::Receiver;
use linux::send::Sender;
use slotmap::SecondaryMap;
use vrrp::Engine;
use vrrp::action::{Action, Transmit, TransmitFrom};
use vrrp::input::{Input, Parent, Verdict};
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};
use vrrp::wire::{Headers, headers_len, write_headers};

use crate::ports::events::{EventSender, NetworkTask, Occurrence};
use crate::ports::frames::Frames;
use crate::ports::host::{HostCommand, HostHandle};
use crate::ports::mailbox::Mailbox;
use crate::ports::main::Answer;
use crate::ports::protocol::{EngineChange, Pacing, ProtocolCommand};
use crate::ports::pulse::{self, Health, Pulse};

/// Packets in a batch; a smaller batch was the last.
const BATCH: usize = linux::receive::BATCH;
/// Batches taken from one socket before timers get their turn.
const RECEIVE_BUDGET: usize = 16;
/// Longest advertisement frame: Ethernet, IPv6, 255 addresses.
const LONGEST_FRAME: usize = headers_len(Family::Ipv6) + 8 + 255 * 16;

const WAKER: u64 = 0;
const TIMER: u64 = 1;
const FIRST_SOCKET: u64 = 2;

/// What the timer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Armed {
    /// Nothing.
    Off,
    /// It will fire then.
    At(Instant),
    /// It has fired and must be set again, which also makes it quiet.
    Fired,
}

/// Everything the thread owns.
pub(crate) struct Protocol {
    engine: Engine,
    poll: Poll,
    timer: Timer,
    commands: Mailbox<ProtocolCommand>,
    receivers: Vec<Receiver>,
    sender: Sender<RouterId>,
    frames: SecondaryMap<RouterId, Arc<Frames>>,
    host: HostHandle,
    /// Commands the host thread's mailbox had no room for.
    backlog: VecDeque<HostCommand>,
    events: EventSender,
    pulse: Pulse,
    host_pulse: Pulse,
    /// How the host thread did when it was last looked at.
    host_health: Health,
    /// What the host thread said last of each router.
    host_ready: SecondaryMap<RouterId, Verdict>,
    pacing: Pacing,
    /// What the timer is set to.
    armed: Armed,
    /// Routers that hold addresses.
    owning: usize,
    identification: u16,
    last_report: Option<Instant>,
    packet: Box<[u8; LONGEST_FRAME]>,
}

/// What the thread is made from.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) sender: Sender<RouterId>,
    pub(crate) commands: Mailbox<ProtocolCommand>,
    pub(crate) host: HostHandle,
    pub(crate) events: EventSender,
    pub(crate) pulse: Pulse,
    /// The host thread's.
    pub(crate) host_pulse: Pulse,
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
            poll,
            timer,
            commands: parts.commands,
            receivers: parts.receivers,
            sender: parts.sender,
            frames: SecondaryMap::new(),
            host: parts.host,
            backlog: VecDeque::new(),
            events: parts.events,
            pulse: parts.pulse,
            host_pulse: parts.host_pulse,
            host_health: Health::Alive,
            host_ready: SecondaryMap::new(),
            pacing: Pacing::AtOnce,
            armed: Armed::Off,
            owning: 0,
            identification: 0,
            last_report: None,
            packet: Box::new([0; LONGEST_FRAME]),
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
            // Received before expired wins: packets first, whatever else is due.
            for token in ready.iter().filter_map(|token| token.checked_sub(FIRST_SOCKET)) {
                self.receive(usize::try_from(token).unwrap_or(usize::MAX));
            }
            if ready.contains(&WAKER) {
                self.commands.quiet();
            }
            if ready.contains(&TIMER) {
                self.armed = Armed::Fired;
            }
            let stop = self.obey();
            self.watch_host();
            self.engine.handle(clock::now(), Input::Wake);
            self.carry_out();
            if let Some(done) = stop {
                done.give(());
                return Ok(());
            }
        }
    }

    fn arm(&mut self) -> io::Result<()> {
        let due = self.engine.poll_timeout().map(|deadline| deadline.at);
        let proof = (self.owning > 0 || !self.backlog.is_empty()).then(|| clock::now() + pulse::PERIOD);
        let next = match (due, proof) {
            (Some(due), Some(proof)) => Some(due.min(proof)),
            (due, proof) => due.or(proof),
        };
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

    /// Takes what waits in a socket.
    fn receive(&mut self, socket: usize) {
        for _ in 0..RECEIVE_BUDGET {
            let (engine, Some(receiver)) = (&mut self.engine, self.receivers.get_mut(socket)) else { return };
            let taken = receiver.receive(|envelope, bytes| {
                engine.handle(clock::now(), Input::Advert { envelope, bytes });
            });
            self.carry_out();
            match taken {
                Ok(BATCH) => {}
                Ok(_) => return,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.report(NetworkTask::Receive, error),
            }
        }
    }

    /// Takes the commands that wait. Returns whom to answer if one of them was to stop.
    fn obey(&mut self) -> Option<Answer<()>> {
        let mut stop = None;
        while let Some(command) = self.commands.next() {
            let now = clock::now();
            match command {
                ProtocolCommand::Attached { router, parent, frames } => self.attach(now, router, parent, frames),
                ProtocolCommand::HostReady { router, verdict } => {
                    self.host_ready.insert(router, verdict);
                    self.tell_readiness(now, router);
                }
                ProtocolCommand::Reading { tracker, verdict } => {
                    self.engine.handle(now, Input::Verdict { tracker, verdict });
                }
                ProtocolCommand::Reload { change, added } => {
                    let ids = self.reload(now, *change);
                    added.give(ids);
                }
                ProtocolCommand::Ask(answer) => {
                    let snapshots = self.engine.routers().filter_map(|id| self.engine.snapshot(id)).collect();
                    answer.send((snapshots, self.engine.unclaimed().clone())).ok();
                }
                ProtocolCommand::Stop(done) => {
                    self.engine.handle(now, Input::Shutdown { router: None });
                    stop = Some(done);
                }
            }
            self.carry_out();
        }
        stop
    }

    /// A master whose host thread hangs cannot keep its addresses, and a backup could not put them in: while it hangs
    /// no router takes part in the election.
    fn watch_host(&mut self) {
        let now = clock::now();
        let health = self.host_pulse.health(now);
        if health == self.host_health {
            return;
        }
        self.host_health = health;
        self.events.send(Occurrence::HostThread(health));
        let routers: Vec<RouterId> = self.engine.routers().collect();
        for router in routers {
            self.tell_readiness(now, router);
        }
        self.carry_out();
    }

    /// Whether the machine can do what the router needs: as the host thread said, as long as that thread lives.
    fn tell_readiness(&mut self, now: Instant, router: RouterId) {
        let verdict = match self.host_health {
            Health::Alive => self.host_ready.get(router).copied().unwrap_or(Verdict::Up),
            Health::Silent => Verdict::Down,
        };
        self.engine.handle(now, Input::Holding { router, verdict });
    }

    fn attach(&mut self, now: Instant, router: RouterId, parent: Parent, frames: Option<Arc<Frames>>) {
        let leaving = frames.is_none();
        if let Some(frames) = frames {
            self.frames.insert(router, frames);
        }
        self.engine.handle(now, Input::Parent { router, parent });
        if leaving {
            // The priority-0 advertisement still needs the frames of the parent that goes.
            self.carry_out();
            self.frames.remove(router);
        }
    }

    fn reload(&mut self, now: Instant, change: EngineChange) -> Vec<RouterId> {
        self.pacing = change.pacing;
        for router in change.remove {
            self.engine.handle(now, Input::Shutdown { router: Some(router) });
            self.carry_out();
            self.engine.remove(router);
            self.frames.remove(router);
            self.host_ready.remove(router);
        }
        for (router, config) in change.update {
            self.engine.update(now, router, config);
        }
        for receiver in &mut self.receivers {
            if let Err(error) = receiver.filter(&change.vrids) {
                self.events.send(Occurrence::Network { what: NetworkTask::Filter, error });
            }
        }
        change.add.into_iter().map(|config| self.engine.add(now, config)).collect()
    }

    /// Does what the engine asks: sends everything, then wakes the others.
    fn carry_out(&mut self) {
        let mut ordered = false;
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Transmit(transmit) => self.transmit(&transmit),
                Action::Announce { router, rounds, cause: _ } => match self.pacing {
                    Pacing::AtOnce => {
                        if let Some(frames) = self.frames.get(router) {
                            frames.announce(router, rounds, &mut self.sender);
                        }
                    }
                    Pacing::ByHost => {
                        ordered = true;
                        self.backlog.push_back(HostCommand::Announce { router, rounds });
                    }
                },
                Action::Own { router } => {
                    self.owning += 1;
                    ordered = true;
                    self.backlog.push_back(HostCommand::Install(router));
                }
                Action::Disown { router } => {
                    self.owning = self.owning.saturating_sub(1);
                    ordered = true;
                    self.backlog.push_back(HostCommand::Withdraw(router));
                }
                Action::Tell(event) => self.events.send(Occurrence::Protocol(event)),
            }
        }
        self.flush();
        if ordered || !self.backlog.is_empty() {
            self.host.offer(&mut self.backlog);
        }
    }

    fn transmit(&mut self, transmit: &Transmit) {
        let (Some(frames), Some(source)) = (self.frames.get(transmit.router), self.engine.source(transmit.router))
        else {
            return;
        };
        let start = headers_len(Family::of(&source));
        let Some(length) = self.engine.write_advert(transmit, &mut self.packet[start..]) else { return };
        self.identification = self.identification.wrapping_add(1);
        let (sender, buffer, id) = (&mut self.sender, &mut self.packet, self.identification);
        let mut send = |source_mac: MacAddr| {
            let headers = Headers { source_mac, source, id };
            // It fits: the buffer holds the longest message behind the longest headers.
            if let Some(whole) = write_headers(&mut buffer[..], &headers, length) {
                sender.push(transmit.router, frames.parent, whole, |frame| frame.copy_from_slice(&buffer[..whole]));
            }
        };
        match transmit.from {
            TransmitFrom::Virtual => send(frames.virtual_mac),
            TransmitFrom::Physical => send(frames.physical),
            TransmitFrom::Both => {
                send(frames.virtual_mac);
                send(frames.physical);
            }
        }
    }

    fn flush(&mut self) {
        let mut failure: Option<(IfIndex, io::Error)> = None;
        self.sender.flush(|_, ifindex, error| failure = Some((ifindex, error)));
        if let Some((link, error)) = failure {
            self.report(NetworkTask::Send(link), error);
        }
    }

    /// Says that the network fails us. A dead link fails every frame: one event in ten seconds is enough.
    fn report(&mut self, what: NetworkTask, error: io::Error) {
        let now = clock::now();
        if self.last_report.is_none_or(|last| now.since(last) > Duration::from_secs(10)) {
            self.last_report = Some(now);
            self.events.send(Occurrence::Network { what, error });
        }
    }
}
