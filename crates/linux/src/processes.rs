//! The kernel's notifications of processes that begin or change their name: its process connector.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags, recv, send};
use rustix::process::Pid;

use crate::netlink::{self, Messages};

/// `NLMSG_DONE`: the kind of all messages of connectors.
const NLMSG_DONE: u16 = 3;
/// Length of `struct nlmsghdr` and of `struct cn_msg`.
const HEADERS_LEN: usize = 16 + CN_MSG_LEN;
const CN_MSG_LEN: usize = 20;
/// `CN_IDX_PROC` and `CN_VAL_PROC`.
const PROC: u32 = 1;
/// `PROC_CN_MCAST_LISTEN`.
const LISTEN: u32 = 1;
/// Length of what is before the data in a `struct proc_event`.
const EVENT_HEAD_LEN: usize = 16;
/// Bytes that may wait to be read: some thousands of events.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Room for a datagram: each is one event, of less than a hundred bytes.
pub const DATAGRAM_LEN: usize = 1024;

/// Opens a socket on which the kernel tells, in the network namespace of this thread. Each datagram is for [`begun`]; an
/// error ENOBUFS when it is read says that some were lost. Look at all processes *after* this.
///
/// # Errors
/// If the kernel does not tell: it does so in its first network, user and process namespaces only, and with
/// `CAP_NET_ADMIN`. Then somebody has to look at `/proc` now and then.
pub fn open() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = netlink::open(flags, Some(rustix::net::netlink::CONNECTOR), PROC)?;
    crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
    send(&socket, &request(LISTEN), SendFlags::empty())?;
    // The kernel answers before `send` returns, or never.
    let mut buffer = [0; DATAGRAM_LEN];
    loop {
        match recv(&socket, &mut buffer[..], RecvFlags::empty()) {
            Ok((length, _)) => match event(&buffer[..length]) {
                Some(Event::Answer(0)) => return Ok(socket),
                Some(Event::Answer(errno)) => return Err(io::Error::from_raw_os_error(errno)),
                Some(Event::Begun(_)) | None => {}
            },
            Err(Errno::AGAIN) => return Err(io::Error::other("the kernel does not tell in this namespace")),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The process that began, runs another program or has another name, of which a datagram tells. `None`: it tells of something
/// else.
#[must_use]
pub fn begun(datagram: &[u8]) -> Option<Pid> {
    match event(datagram)? {
        Event::Begun(pid) => Some(pid),
        Event::Answer(_) => None,
    }
}

/// A request to the kernel's side: `struct nlmsghdr`, `struct cn_msg`, the operation.
fn request(operation: u32) -> Vec<u8> {
    let length = u32::try_from(HEADERS_LEN + 4).unwrap_or_default();
    let netlink = [length, NLMSG_DONE.into(), 0, 0];
    let connector = [PROC, PROC, 0, 0, 4];
    netlink.iter().chain(&connector).chain([&operation]).flat_map(|word| word.to_ne_bytes()).collect()
}

/// What a datagram says.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// The answer to our request: an errno, 0 for success.
    Answer(i32),
    /// A process began, runs another program, or has another name.
    Begun(Pid),
}

/// Reads a `struct proc_event`. `None`: it is one that does not matter, such as the end of a process or a new thread.
fn event(datagram: &[u8]) -> Option<Event> {
    let message = Messages(datagram).next()?;
    let event = message.payload.get(CN_MSG_LEN..)?;
    let word = |at: usize| Some(i32::from_ne_bytes(*event.get(at..)?.first_chunk()?));
    let what = u32::from_ne_bytes(*event.first_chunk()?);
    let data = |place: usize| word(EVENT_HEAD_LEN + 4 * place);
    // Pairs of the number of a thread and that of its process.
    let (thread, process) = match what {
        // PROC_EVENT_NONE
        0 => return Some(Event::Answer(data(0)?)),
        // PROC_EVENT_FORK: of the parent, of the child.
        0x1 => (data(2)?, data(3)?),
        // PROC_EVENT_EXEC, PROC_EVENT_COMM
        0x2 | 0x200 => (data(0)?, data(1)?),
        _ => return None,
    };
    (thread == process).then(|| Pid::from_raw(process)).flatten().map(Event::Begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A datagram with an event, as the kernel writes it.
    fn datagram(what: u32, data: &[i32]) -> Vec<u8> {
        let head = request(what);
        let event: Vec<u8> =
            [0; EVENT_HEAD_LEN - 4].into_iter().chain(data.iter().flat_map(|it| it.to_ne_bytes())).collect();
        let mut all = [head, event].concat();
        let length = u32::try_from(all.len()).unwrap().to_ne_bytes();
        all[..4].copy_from_slice(&length);
        all
    }

    #[test]
    fn what_concerns_a_process_as_a_whole_is_heard() {
        let process = |pid| Some(Event::Begun(Pid::from_raw(pid).unwrap()));
        for (what, data, expected) in [
            (0x0, &[0][..], Some(Event::Answer(0))),
            (0x0, &[1], Some(Event::Answer(1))),
            (0x1, &[7, 7, 8, 8], process(8)),
            (0x1, &[7, 7, 8, 7], None),
            (0x2, &[9, 9], process(9)),
            (0x200, &[9, 9, 0, 0, 0, 0], process(9)),
            (0x200, &[10, 9, 0, 0, 0, 0], None),
            (0x8000_0000, &[9, 9, 0, 0, 0, 0], None),
            (0x1, &[7, 7, 8], None),
        ] {
            assert_eq!(event(&datagram(what, data)), expected, "{what:x} {data:?}");
        }
        let whole = datagram(0x2, &[9, 9]);
        for length in 0..whole.len() {
            assert_eq!(event(&whole[..length]), None);
        }
    }

    /// In the first namespaces of a machine it tells; elsewhere it refuses.
    #[test]
    fn the_kernel_tells_or_refuses_at_once() {
        let Ok(socket) = open() else { return };
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        child.wait().unwrap();
        let mut buffer = [0; DATAGRAM_LEN];
        let next =
            || recv(&socket, &mut buffer[..], RecvFlags::empty()).ok().map(|(length, _)| begun(&buffer[..length]));
        assert!(std::iter::from_fn(next).any(|begun| begun == Some(pid)));
    }
}
