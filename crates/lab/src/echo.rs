//! Pings an address at a steady rate and remembers which request was answered.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use linux::clock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, recv, sendto, socket_with};

use vrrp::time::Instant as VrrpInstant;

use crate::craft::internet_checksum;
use crate::host::Host;

/// Echo requests on their way from a host, one per period, until this is dropped.
#[derive(Debug)]
pub struct EchoProbe {
    began: VrrpInstant,
    period: Duration,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// How probes fared in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that were sent, or should have been (the host had no route or no neighbour).
    pub sent: usize,
    /// Requests without an answer.
    pub lost: usize,
    /// The longest run of requests without an answer: times the period, it is the longest interruption.
    pub longest_gap: usize,
}

#[derive(Debug, Default)]
struct Shared {
    /// Per request, by sequence number: whether it was answered.
    answered: Mutex<Vec<bool>>,
    stop: AtomicBool,
}

/// The longest a probe may run, so that a forgotten one ends.
const RUN_MAX: Duration = Duration::from_secs(600);

/// Room for answers that come while this thread does not run, on a busy machine, in bytes.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

impl EchoProbe {
    /// Starts to ping `target` from `host` every `period`.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn start(host: &Host, target: IpAddr, period: Duration) -> io::Result<Self> {
        let socket = host.namespace.run(|| open(target))??;
        let shared = Arc::<Shared>::default();
        let thread = thread::Builder::new().name("echo".into()).spawn({
            let shared = Arc::clone(&shared);
            move || shared.run(&socket, target, period)
        })?;
        Ok(Self { began: clock::now(), period, shared, thread: Some(thread) })
    }

    /// Number of the next request.
    #[must_use]
    pub fn position(&self) -> usize {
        self.shared.lock().len()
    }

    /// The stretches of time in which requests were sent that were not answered so far, on the clock of `linux::clock`: as
    /// exact as the period.
    #[must_use]
    pub fn losses(&self) -> Vec<(VrrpInstant, VrrpInstant)> {
        let answered = self.shared.lock();
        let at = |number: usize| self.began + self.period * u32::try_from(number).unwrap_or(u32::MAX);
        let mut number = 0;
        let mut losses = Vec::new();
        for run in answered.chunk_by(|one, next| one == next) {
            let end = number + run.len();
            if run.first() == Some(&false) {
                losses.push((at(number), at(end)));
            }
            number = end;
        }
        losses
    }

    /// How the requests from number `from` up to `to` fared. Wait a moment after the last one was sent.
    #[must_use]
    pub fn tally(&self, from: usize, to: usize) -> Tally {
        let answered = self.shared.lock();
        let mut tally = Tally::default();
        let mut gap = 0;
        for &answered in answered.iter().take(to).skip(from) {
            gap = if answered { 0 } else { gap + 1 };
            tally.sent += 1;
            tally.lost += usize::from(!answered);
            tally.longest_gap = tally.longest_gap.max(gap);
        }
        tally
    }
}

impl Drop for EchoProbe {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<bool>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, socket: &OwnedFd, target: IpAddr, period: Duration) {
        let start = Instant::now();
        let mut due = start;
        while !self.stop.load(Ordering::Relaxed) && start.elapsed() < RUN_MAX {
            let sequence = {
                let mut answered = self.lock();
                answered.push(false);
                answered.len() - 1
            };
            // A failure to send (no neighbour, no route) is a lost probe.
            let _sent = sendto(socket, &request(target, sequence), SendFlags::DONTWAIT, &SocketAddr::new(target, 0));
            due += period;
            self.receive_until(socket, target, due);
        }
    }

    fn mark_answered(&self, number: Option<usize>) {
        let mut all = self.lock();
        if let Some(answered) = number.and_then(|number| all.get_mut(number)) {
            *answered = true;
        }
    }

    /// Takes answers in until it is time for the next request.
    fn receive_until(&self, socket: &OwnedFd, target: IpAddr, due: Instant) {
        let mut buffer = [0; 256];
        loop {
            while let Ok((length, _)) = recv(socket, &mut buffer, RecvFlags::DONTWAIT) {
                let packet = buffer.get(..length).unwrap_or_default();
                self.mark_answered(answer(packet, target));
            }
            let left = due.saturating_duration_since(Instant::now());
            let Ok(timeout) = Timespec::try_from(left) else { return };
            if left.is_zero() || poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&timeout)) == Ok(0) {
                return;
            }
        }
    }
}

fn open(target: IpAddr) -> io::Result<OwnedFd> {
    let (family, protocol) = match target {
        IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
        IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let socket = socket_with(family, SocketType::RAW, SocketFlags::CLOEXEC, Some(protocol))?;
    // What the machine permits must do.
    set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER)
        .or_else(|_| set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER))
        .ok();
    Ok(socket)
}

/// Marks our requests among others; the kernel fills in the checksum of ICMPv6.
const IDENTIFIER: [u8; 2] = *b"ta";

/// An echo request that carries its number in its payload, where it does not wrap.
fn request(target: IpAddr, sequence: usize) -> [u8; 16] {
    let mut message = [0; 16];
    let kind = if target.is_ipv4() { 8 } else { 128 };
    let number = (sequence as u64).to_be_bytes();
    message[0] = kind;
    message[4..6].copy_from_slice(&IDENTIFIER);
    message[8..16].copy_from_slice(&number);
    if target.is_ipv4() {
        let checksum = internet_checksum(&[&message]);
        message[2..4].copy_from_slice(&checksum.to_be_bytes());
    }
    message
}

/// The number of the request that this packet answers. IPv4 raw sockets deliver the IP header too.
fn answer(packet: &[u8], target: IpAddr) -> Option<usize> {
    let (message, reply) = match target {
        IpAddr::V4(_) => (packet.get(usize::from(packet.first()? & 0x0f) * 4..)?, 0),
        IpAddr::V6(_) => (packet, 129),
    };
    let ours = *message.first()? == reply && message.get(4..6)? == IDENTIFIER;
    let number = u64::from_be_bytes(*message.get(8..16)?.first_chunk()?);
    ours.then(|| usize::try_from(number).ok()).flatten()
}
