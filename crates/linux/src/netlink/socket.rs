//! A socket for requests.

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use netlink_packet_core::NetlinkSerializable;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, getsockname, recv, send,
    socket_with,
};

use super::batch::{Batch, Mode};
use super::message::{Answer, Message, Messages};
use crate::sys::sockopt::{self, NetlinkOption};

/// Largest datagram the kernel sends on a dump or notification (it fits them to what was offered before).
pub(crate) const DATAGRAM_LEN: usize = 64 * 1024;
/// The kernel answers before `send` returns; an answer that is not there by then never comes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an inconsistent dump is repeated before it is taken as it is: the monitor reports what changed meanwhile.
const DUMP_ATTEMPTS: usize = 5;

/// A request that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", io::Error::from_raw_os_error(*.errno), .text.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct Refusal<T> {
    /// As given with the request.
    pub tag: T,
    /// Linux's number.
    pub errno: i32,
    /// The kernel's words (extended acknowledgement).
    pub text: Option<String>,
}

/// A netlink socket for requests, in the network namespace of the thread that opened it.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens one to rtnetlink: links, addresses, routes, rules.
    ///
    /// # Errors
    /// What `socket(2)` and `bind(2)` say: no descriptors left, or netlink forbidden by a sandbox.
    pub fn open() -> io::Result<Self> {
        Self::open_protocol(None)
    }

    /// Opens one to another netlink protocol, `NETLINK_*`.
    ///
    /// # Errors
    /// As [`Socket::open`]; "protocol not supported" if the kernel has no such family.
    pub fn open_protocol(protocol: Option<Protocol>) -> io::Result<Self> {
        let fd = open(SocketFlags::CLOEXEC, protocol, 0)?;
        set_socket_timeout(&fd, Timeout::Recv, Some(PATIENCE))?;
        // Kernels before 4.12 (EXT_ACK, CAP_ACK) and 4.20 (STRICT_CHK) go without: less text, larger answers.
        for option in [NetlinkOption::ExtendedAck, NetlinkOption::CapAck, NetlinkOption::StrictCheck] {
            sockopt::set_netlink(fd.as_fd(), option).ok();
        }
        Ok(Self { fd, sequence: 0, buffer: vec![0; DATAGRAM_LEN] })
    }

    /// Its port, by which notifications name whose request they tell of.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn port(&self) -> io::Result<u32> {
        let address = SocketAddrNetlink::try_from(getsockname(&self.fd)?)?;
        Ok(address.pid())
    }

    /// Carries out all requests of a batch in order; a refused one does not stop the others. Returns the refusals.
    ///
    /// # Errors
    /// If sending or receiving fails: then it is not known what was done.
    pub fn execute<T: Clone>(&mut self, batch: &mut Batch<T>) -> io::Result<Vec<Refusal<T>>> {
        let first = self.number(batch);
        let mut refusals = Vec::new();
        let pieces: Vec<Range<usize>> = batch.pieces().collect();
        for piece in pieces {
            send(&self.fd, batch.piece(&piece), SendFlags::empty())?;
            self.collect(first, piece, |position, answer| {
                let tag = batch.tag(position).filter(|_| answer.errno != 0);
                refusals.extend(tag.map(|tag| Refusal { tag: tag.clone(), errno: answer.errno, text: answer.text }));
            })?;
        }
        Ok(refusals)
    }

    /// Carries out all requests of a batch or none: those between two that begin and end a transaction
    /// ([`Mode::Bracket`]). Only netfilter has such. Returns the refusals.
    ///
    /// # Errors
    /// If sending or receiving fails: then it is not known what was done.
    pub fn transact<T: Clone>(&mut self, batch: &mut Batch<T>) -> io::Result<Vec<Refusal<T>>> {
        let first = self.number(batch);
        send(&self.fd, batch.bytes(), SendFlags::empty())?;
        // How many answers there are depends on how far the kernel came; all are there.
        let (mut is_answered, mut refusals) = (false, Vec::new());
        while let Some(length) = self.receive_present()? {
            for message in Messages(&self.buffer[..length]) {
                let position = usize::try_from(message.sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                let Some((tag, answer)) = batch.tag(position).zip(message.answer()) else { continue };
                is_answered = true;
                if answer.errno != 0 {
                    refusals.push(Refusal { tag: tag.clone(), errno: answer.errno, text: answer.text });
                }
            }
        }
        if is_answered { Ok(refusals) } else { Err(io::ErrorKind::TimedOut.into()) }
    }

    /// Gives the requests of a batch their numbers, the first of which is returned.
    fn number<T>(&mut self, batch: &mut Batch<T>) -> u32 {
        let first = self.sequence.wrapping_add(1);
        self.sequence = self.sequence.wrapping_add(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        batch.number(first);
        first
    }

    /// Carries out one request.
    ///
    /// # Errors
    /// What the kernel says, with its words.
    pub fn run(&mut self, request: impl NetlinkSerializable, mode: Mode) -> io::Result<()> {
        let mut batch = Batch::default();
        batch.push((), request, mode);
        match self.execute(&mut batch)?.pop() {
            None => Ok(()),
            Some(refusal) => Err(io::Error::new(io::Error::from_raw_os_error(refusal.errno).kind(), refusal)),
        }
    }

    /// Asks for one object. `read` turns the message's kind and payload into a value, or passes over it.
    ///
    /// # Errors
    /// What the kernel says; `NotFound` if it did not answer with such an object.
    pub fn get<T>(
        &mut self,
        request: impl NetlinkSerializable,
        read: impl Fn(&Message<'_>) -> Option<T>,
    ) -> io::Result<T> {
        self.ask(request, Mode::Get)?;
        loop {
            let length = self.receive()?;
            let sequence = self.sequence;
            let Some(message) = Messages(&self.buffer[..length]).find(|message| message.sequence == sequence) else {
                continue;
            };
            return match message.answer() {
                Some(answer) => Err(io::Error::from_raw_os_error(answer.errno)),
                None => read(&message).ok_or_else(|| io::ErrorKind::NotFound.into()),
            };
        }
    }

    /// Asks for all objects of a kind. `read` turns a message's kind and payload into a value, or passes over it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn dump<T>(
        &mut self,
        request: &(impl NetlinkSerializable + Clone),
        read: impl Fn(&Message<'_>) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        let mut found = Vec::new();
        for _ in 0..DUMP_ATTEMPTS {
            found.clear();
            if self.dump_once(request.clone(), &read, &mut found)? == Consistency::Whole {
                break;
            }
        }
        Ok(found)
    }

    /// One attempt at a dump.
    fn dump_once<T>(
        &mut self,
        request: impl NetlinkSerializable,
        read: &impl Fn(&Message<'_>) -> Option<T>,
        found: &mut Vec<T>,
    ) -> io::Result<Consistency> {
        self.ask(request, Mode::Dump)?;
        let mut consistency = Consistency::Whole;
        loop {
            let length = self.receive()?;
            for message in Messages(&self.buffer[..length]).filter(|message| message.sequence == self.sequence) {
                if message.is_interrupted() {
                    consistency = Consistency::Interrupted;
                }
                match message.answer() {
                    Some(answer) if answer.errno != 0 => return Err(io::Error::from_raw_os_error(answer.errno)),
                    Some(_) => return Ok(consistency),
                    None => found.extend(read(&message)),
                }
            }
        }
    }

    /// Sends one request that is answered by messages.
    fn ask(&mut self, request: impl NetlinkSerializable, mode: Mode) -> io::Result<()> {
        let mut batch = Batch::default();
        batch.push((), request, mode);
        self.sequence = self.sequence.wrapping_add(1);
        batch.number(self.sequence);
        send(&self.fd, batch.bytes(), SendFlags::empty())?;
        Ok(())
    }

    /// Receives the answers to a piece of a batch numbered from `first`: refusals, and the one to its last request.
    fn collect(&mut self, first: u32, piece: Range<usize>, mut each: impl FnMut(usize, Answer)) -> io::Result<()> {
        let mut is_done = piece.is_empty();
        while !is_done {
            let length = self.receive()?;
            for message in Messages(&self.buffer[..length]) {
                let position = usize::try_from(message.sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                let Some(answer) = message.answer().filter(|_| piece.contains(&position)) else { continue };
                is_done |= position + 1 == piece.end;
                each(position, answer);
            }
        }
        Ok(())
    }

    /// Next datagram.
    fn receive(&mut self) -> io::Result<usize> {
        self.receive_with(RecvFlags::empty())?.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }

    /// Next datagram, if it is there.
    fn receive_present(&mut self) -> io::Result<Option<usize>> {
        self.receive_with(RecvFlags::DONTWAIT)
    }

    fn receive_with(&mut self, flags: RecvFlags) -> io::Result<Option<usize>> {
        loop {
            match recv(&self.fd, &mut self.buffer[..], flags) {
                Ok((length, _)) => return Ok(Some(length)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Whether a dump is of one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consistency {
    Whole,
    Interrupted,
}

/// A netlink socket that listens to `groups` (`RTMGRP_*`). It is connected to the kernel, so no process can send to it.
pub(crate) fn open(flags: SocketFlags, protocol: Option<Protocol>, groups: u32) -> io::Result<OwnedFd> {
    // NETLINK_ROUTE is protocol 0, which is `None`.
    let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    bind(&fd, &SocketAddrNetlink::new(0, groups))?;
    connect(&fd, &SocketAddrNetlink::new(0, 0))?;
    Ok(fd)
}
