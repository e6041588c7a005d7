//! Senders of BFD packets, one for each session. A sender is opened when it is needed first, and again when that failed.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};

use linux::udp::{DatagramSender, Inherited};
use slotmap::SecondaryMap;
use vrrp::bfd::{PACKET_LEN, SessionId};
use vrrp::types::Family;

use crate::ports::events::{EventSender, NetworkTask, Occurrence};
use crate::ports::protocol::SessionPlan;

/// The ports from which packets come (RFC 5881 §4), and how many of them are tried.
const FIRST_PORT: u16 = 49_152;
const PORTS: u64 = 16_384;
const TRIES: u64 = 64;

pub(super) struct Senders {
    senders: SecondaryMap<SessionId, Sender>,
    events: EventSender,
}

#[derive(Default)]
struct Sender {
    socket: Option<(u16, DatagramSender)>,
    /// Of what kind the last failure was, which was reported; `None`: the last packet left.
    failure: Option<io::ErrorKind>,
}

impl Senders {
    pub(super) fn new(events: EventSender) -> Self {
        Self { senders: SecondaryMap::new(), events }
    }

    pub(super) fn close(&mut self, session: SessionId) {
        self.senders.remove(session);
    }

    /// From which a session's packets come; `None` if none was sent.
    pub(super) fn port(&self, session: SessionId) -> Option<u16> {
        self.senders.get(session)?.socket.as_ref().map(|(port, _)| *port)
    }

    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.senders.values().filter_map(|it| it.socket.as_ref()).map(|(_, socket)| socket.as_fd())
    }

    /// Goes on with the one of these sockets that has the port of the session. If it is not there, one is opened later.
    pub(super) fn adopt(&mut self, session: SessionId, plan: &SessionPlan, port: u16, sockets: &mut Vec<Inherited>) {
        let is_it = |it: &Inherited| {
            let (ip, config) = (it.local().ip(), &plan.config);
            let is_source = config.source.map_or_else(|| ip.is_unspecified(), |source| source == ip);
            it.local().port() == port && Family::of(&ip) == Family::of(&config.neighbor) && is_source
        };
        let Some(place) = sockets.iter().position(is_it) else { return };
        let socket = DatagramSender::adopt(sockets.swap_remove(place));
        if let Some(entry) = self.senders.entry(session) {
            entry.or_default().socket = Some((port, socket));
        }
    }

    /// Sends a packet. Returns whether it left; if not, that was reported, once until one leaves.
    pub(super) fn send(
        &mut self,
        session: SessionId,
        plan: &SessionPlan,
        packet: &[u8; PACKET_LEN],
        random: impl FnOnce() -> u64,
    ) -> bool {
        match self.try_send(session, plan, packet, random) {
            Ok(()) => {
                if let Some(sender) = self.senders.get_mut(session) {
                    sender.failure = None;
                }
                true
            }
            Err(error) => {
                self.report(session, plan, error);
                false
            }
        }
    }

    fn try_send(
        &mut self,
        session: SessionId,
        plan: &SessionPlan,
        packet: &[u8; PACKET_LEN],
        random: impl FnOnce() -> u64,
    ) -> io::Result<()> {
        let to = SocketAddr::new(plan.config.neighbor, plan.config.hops.port());
        if let Some(Sender { socket: Some((_, socket)), .. }) = self.senders.get(session) {
            return socket.send(to, packet);
        }
        let (port, socket) = self.open(plan, random())?;
        let sent = socket.send(to, packet);
        if let Some(entry) = self.senders.entry(session) {
            entry.or_default().socket = Some((port, socket));
        }
        sent
    }

    /// Opens a sender with a port that no other session has.
    fn open(&self, plan: &SessionPlan, random: u64) -> io::Result<(u16, DatagramSender)> {
        let taken = |port: u16| self.senders.values().any(|it| it.socket.as_ref().is_some_and(|(own, _)| *own == port));
        let mut last = io::ErrorKind::AddrInUse.into();
        for turn in 0..TRIES {
            let offset = random.wrapping_add(turn) % PORTS;
            let port = FIRST_PORT.saturating_add(u16::try_from(offset).unwrap_or(0));
            if taken(port) {
                continue;
            }
            let family = Family::of(&plan.config.neighbor);
            match DatagramSender::open(family, plan.config.source, port, plan.hop_limit) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                opened => return opened.map(|sender| (port, sender)),
            }
        }
        Err(last)
    }

    fn report(&mut self, session: SessionId, plan: &SessionPlan, error: io::Error) {
        let Some(entry) = self.senders.entry(session) else { return };
        let failure = &mut entry.or_default().failure;
        if failure.replace(error.kind()) != Some(error.kind()) {
            let (neighbor, source) = (plan.config.neighbor, plan.config.source);
            let what = NetworkTask::SendSession { name: plan.name.clone(), neighbor, source };
            self.events.send(Occurrence::Network { what, error });
        }
    }
}
