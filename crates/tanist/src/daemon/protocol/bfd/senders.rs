//! Senders of BFD packets, one for each session. A sender is opened when it is needed first, and again when that failed.

use std::io;
use std::net::SocketAddr;

use linux::udp::DatagramSender;
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
