//! What the kernel tells of processes: that one begins, and that one has ended.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;

use linux::processes::{self, DATAGRAM_LEN};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::net::unix::pipe;

use super::WAITING;

/// Whether the kernel tells of processes that begin.
pub(super) enum Kernel {
    NotAsked,
    /// On a socket that is read like a pipe.
    Tells(pipe::Receiver),
    /// For this reason it does not.
    IsSilent(String),
}

pub(super) enum Opened {
    Runs(OwnedFd),
    /// Perhaps it is still there, dead.
    Ended,
}

pub(super) fn open(pid: Pid) -> io::Result<Opened> {
    let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        Err(Errno::SRCH) => return Ok(Opened::Ended),
        Err(errno) => return Err(errno.into()),
    };
    let has_ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&Timespec::default()))? > 0;
    Ok(if has_ended { Opened::Ended } else { Opened::Runs(pidfd) })
}

/// A descriptor that the runtime waits for. What it reads of it, it reads as of a pipe.
pub(super) fn readable(descriptor: OwnedFd) -> io::Result<pipe::Receiver> {
    pipe::Receiver::from_file_unchecked(descriptor.into())
}

/// Waits for what the kernel tells of processes that begin; for ever if it does not.
pub(super) async fn hear(kernel: &Kernel) -> io::Result<HashSet<Pid>> {
    let Kernel::Tells(socket) = kernel else { return std::future::pending().await };
    socket.readable().await?;
    let (mut begun, mut buffer) = (HashSet::new(), [0; DATAGRAM_LEN]);
    while begun.len() < WAITING {
        match socket.try_read(&mut buffer) {
            Ok(length) => begun.extend(processes::begun(&buffer[..length])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(begun)
}
