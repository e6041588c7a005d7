//! The protocol thread: epoll and one timerfd over the engine.
//!
//! It never allocates per packet, logs, runs programs, talks netlink, or waits for anybody.

mod commands;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use linux::clock;
use linux::poll::{Poll, Timer, Waker};
use linux::receive::Receiver;
use linux::send::Sender;
use slotmap::SecondaryMap;
use vrrp::Engine;
use vrrp::action::{Action, Transmit, TransmitFrom};
use vrrp::input::{Input, Parent};
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};
use vrrp::wire::{Headers, headers_len, write_headers};

pub(crate) use self::commands::channel;
pub(crate) use self::commands::{Asked, Change, Pacing, ProtocolHandle, Snapshots, ToProtocol};
use super::notice::{HostNotice, Notice, NoticeSender};
use super::steward::{StewardHandle, ToSteward};
use super::wire::Wire;

/// While this process holds addresses it proves at least this often that the protocol thread is alive.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(500);
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
    waker: Arc<Waker>,
    commands: mpsc::Receiver<ToProtocol>,
    receivers: Vec<Receiver>,
    sender: Sender,
    wires: SecondaryMap<RouterId, Arc<Wire>>,
    steward: StewardHandle,
    /// Orders the steward's channel had no room for.
    backlog: VecDeque<ToSteward>,
    notices: NoticeSender,
    heartbeat: Arc<AtomicU64>,
    pacing: Pacing,
    /// What the timer is set to.
    armed: Armed,
    /// Routers that hold addresses.
    owning: usize,
    identification: u16,
    last_remark: Option<Instant>,
    frame: Box<[u8; LONGEST_FRAME]>,
}

/// What the thread is made from.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) sender: Sender,
    pub(crate) steward: StewardHandle,
    pub(crate) notices: NoticeSender,
    pub(crate) heartbeat: Arc<AtomicU64>,
}

impl Protocol {
    /// Makes the thread's state.
    ///
    /// # Errors
    /// If the kernel gives no epoll, eventfd or timerfd.
    pub(crate) fn new(parts: Parts) -> io::Result<(Self, ProtocolHandle)> {
        let (timer, poll) = (Timer::new()?, Poll::new()?);
        let (handle, commands, waker) = channel()?;
        poll.add(&*waker, WAKER)?;
        poll.add(&timer, TIMER)?;
        for (token, receiver) in (FIRST_SOCKET..).zip(&parts.receivers) {
            poll.add(receiver, token)?;
        }
        let protocol = Self {
            engine: parts.engine,
            poll,
            timer,
            waker,
            commands,
            receivers: parts.receivers,
            sender: parts.sender,
            wires: SecondaryMap::new(),
            steward: parts.steward,
            backlog: VecDeque::new(),
            notices: parts.notices,
            heartbeat: parts.heartbeat,
            pacing: Pacing::AtOnce,
            armed: Armed::Off,
            owning: 0,
            identification: 0,
            last_remark: None,
            frame: Box::new([0; LONGEST_FRAME]),
        };
        Ok((protocol, handle))
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
                self.waker.drain();
            }
            if ready.contains(&TIMER) {
                self.armed = Armed::Fired;
            }
            let stop = self.obey();
            self.engine.handle(clock::now(), Input::Wake);
            self.carry_out();
            // Only now: whoever sees it also finds the orders that go with it.
            self.heartbeat.store(clock::now().nanos(), Ordering::Release);
            if let Some(done) = stop {
                // Whoever asked may have given up waiting.
                done.send(()).ok();
                return Ok(());
            }
        }
    }

    fn arm(&mut self) -> io::Result<()> {
        let due = self.engine.poll_timeout().map(|deadline| deadline.at);
        let proof = (self.owning > 0 || !self.backlog.is_empty()).then(|| clock::now() + HEARTBEAT);
        let next = match (due, proof) {
            (Some(due), Some(proof)) => Some(due.min(proof)),
            (due, proof) => due.or(proof),
        };
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
                Err(error) => return self.remark(&format!("cannot receive: {error}")),
            }
        }
    }

    /// Takes the commands that wait. Returns whom to answer if one of them was to stop.
    fn obey(&mut self) -> Option<mpsc::SyncSender<()>> {
        let mut stop = None;
        while let Ok(command) = self.commands.try_recv() {
            let now = clock::now();
            match command {
                ToProtocol::Bound { router, parent, wire } => self.bind(now, router, parent, wire),
                ToProtocol::Holding { router, verdict } => {
                    self.engine.handle(now, Input::Holding { router, verdict });
                }
                ToProtocol::Verdict { tracker, verdict } => {
                    self.engine.handle(now, Input::Verdict { tracker, verdict });
                }
                ToProtocol::Reload { change, added } => {
                    let ids = self.reload(now, *change);
                    // Whoever asked may have given up waiting.
                    added.send(ids).ok();
                }
                ToProtocol::Ask { asked, answer } => {
                    // Whoever asked may have given up waiting; nobody ever waits in the channel itself.
                    answer.try_send(self.snapshots(&asked)).ok();
                }
                ToProtocol::Stop(done) => {
                    self.engine.handle(now, Input::Shutdown { router: None });
                    stop = Some(done);
                }
            }
            self.carry_out();
        }
        stop
    }

    fn snapshots(&self, asked: &Asked) -> Snapshots {
        let of = |id| self.engine.snapshot(id);
        let routers = match asked {
            Asked::All => self.engine.routers().filter_map(of).collect(),
            Asked::These(ids) => ids.iter().copied().filter_map(of).collect(),
        };
        Snapshots { routers, unclaimed: self.engine.unclaimed().clone() }
    }

    fn bind(&mut self, now: Instant, router: RouterId, parent: Parent, wire: Option<Arc<Wire>>) {
        let leaving = wire.is_none();
        if let Some(wire) = wire {
            self.wires.insert(router, wire);
        }
        self.engine.handle(now, Input::Parent { router, parent });
        if leaving {
            // The priority-0 advertisement still needs the frames of the parent that goes.
            self.carry_out();
            self.wires.remove(router);
        }
    }

    fn reload(&mut self, now: Instant, change: Change) -> Vec<RouterId> {
        self.pacing = change.pacing;
        for router in change.remove {
            self.engine.handle(now, Input::Shutdown { router: Some(router) });
            self.carry_out();
            self.engine.remove(router);
            self.wires.remove(router);
        }
        for (router, config) in change.update {
            self.engine.update(now, router, config);
        }
        for receiver in &mut self.receivers {
            if let Err(error) = receiver.filter(&change.vrids) {
                let remark = format!("the receive filter cannot be replaced: {error}; new routers may hear nothing");
                self.notices.send(Notice::Host { router: None, what: HostNotice::Remark(remark) });
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
                        if let Some(wire) = self.wires.get(router) {
                            wire.announce(rounds, &mut self.sender);
                        }
                    }
                    Pacing::BySteward => {
                        ordered = true;
                        self.backlog.push_back(ToSteward::Announce { router, rounds });
                    }
                },
                Action::Own { router } => {
                    self.owning += 1;
                    ordered = true;
                    self.backlog.push_back(ToSteward::Own(router));
                }
                Action::Disown { router } => {
                    self.owning = self.owning.saturating_sub(1);
                    ordered = true;
                    self.backlog.push_back(ToSteward::Disown(router));
                }
                Action::Tell(event) => self.notices.send(Notice::Protocol(event)),
            }
        }
        self.flush();
        if ordered || !self.backlog.is_empty() {
            self.steward.offer(&mut self.backlog);
        }
    }

    fn transmit(&mut self, transmit: &Transmit) {
        let (Some(wire), Some(source)) = (self.wires.get(transmit.router), self.engine.source(transmit.router)) else {
            return;
        };
        let start = headers_len(Family::of(&source));
        let Some(length) = self.engine.write_advert(transmit, &mut self.frame[start..]) else { return };
        self.identification = self.identification.wrapping_add(1);
        let (sender, buffer, id) = (&mut self.sender, &mut self.frame, self.identification);
        let mut send = |source_mac: MacAddr| {
            let headers = Headers { source_mac, source, id };
            // It fits: the buffer holds the longest message behind the longest headers.
            if let Some(whole) = write_headers(&mut buffer[..], &headers, length) {
                sender.push(wire.parent, whole, |frame| frame.copy_from_slice(&buffer[..whole]));
            }
        };
        match transmit.from {
            TransmitFrom::Virtual => send(wire.virtual_mac),
            TransmitFrom::Physical => send(wire.physical),
            TransmitFrom::Both => {
                send(wire.virtual_mac);
                send(wire.physical);
            }
        }
    }

    fn flush(&mut self) {
        let mut failure: Option<(IfIndex, io::Error)> = None;
        self.sender.flush(|ifindex, error| failure = Some((ifindex, error)));
        if let Some((ifindex, error)) = failure {
            self.remark(&format!("cannot send on interface {ifindex}: {error}"));
        }
    }

    /// Says that the network fails us. A dead link fails every frame: one line in ten seconds is enough.
    fn remark(&mut self, text: &str) {
        let now = clock::now();
        if self.last_remark.is_none_or(|last| now.since(last) > Duration::from_secs(10)) {
            self.last_remark = Some(now);
            self.notices.send(Notice::Host { router: None, what: HostNotice::Remark(text.to_owned()) });
        }
    }
}
