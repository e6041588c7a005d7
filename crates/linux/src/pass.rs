//! Descriptors on their way to another process.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// Most descriptors of one message.
const MOST: usize = 8;

/// Hands descriptors over, by a socket of the Unix family. The other process has copies of them then.
///
/// # Errors
/// If the other end is closed, or there are more than eight.
pub fn send(socket: impl AsFd, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    if descriptors.len() > MOST || !message.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    sendmsg(socket, &[IoSlice::new(&[0])], &mut message, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Waits for descriptors, and takes them.
///
/// # Errors
/// If the other end is closed.
pub fn receive(socket: impl AsFd) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut [0])], &mut message, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let rights = |message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        RecvAncillaryMessage::ScmCredentials(_) | _ => None,
    };
    Ok(message.drain().filter_map(rights).flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn descriptors_arrive_in_order_and_work() {
        let (near, far) = UnixStream::pair().unwrap();
        let (one, two) = UnixStream::pair().unwrap();
        send(&near, &[one.as_fd(), two.as_fd()]).unwrap();
        let arrived: Vec<UnixStream> = receive(&far).unwrap().into_iter().map(UnixStream::from).collect();
        drop((one, two, near));
        let [mut one, mut two] = <[UnixStream; 2]>::try_from(arrived).unwrap();
        io::Write::write_all(&mut one, b"7").unwrap();
        let mut byte = [0];
        io::Read::read_exact(&mut two, &mut byte).unwrap();
        assert_eq!(byte, *b"7");
        assert!(receive(&far).is_err(), "nobody sends any more");
    }
}
