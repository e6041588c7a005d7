//! A bounded queue with an eventfd that wakes its reader: how threads give each other work.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use linux::poll::Waker;

/// Time between two tries to hand a message to a full mailbox.
const RETRY: Duration = Duration::from_millis(1);

/// Makes a mailbox for at most `capacity` messages, and the handle that fills it.
///
/// # Errors
/// If the kernel gives no eventfd.
pub(crate) fn mailbox<T>(capacity: usize) -> io::Result<(Handle<T>, Mailbox<T>)> {
    let (sender, receiver) = mpsc::sync_channel(capacity);
    let waker = Waker::new()?;
    Ok((Handle { queue: sender, waker: waker.clone() }, Mailbox { queue: receiver, waker }))
}

/// The writers' end.
#[derive(Debug)]
pub(crate) struct Handle<T> {
    queue: mpsc::SyncSender<T>,
    waker: Waker,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), waker: self.waker.clone() }
    }
}

impl<T> Handle<T> {
    /// Hands a message over, waiting for room; not for the protocol thread. A reader that has ended needs none.
    pub(crate) fn send(&self, message: T) {
        if self.queue.send(message).is_ok() {
            self.waker.wake();
        }
    }

    /// Hands a message over if there is room, and never waits.
    ///
    /// # Errors
    /// The message, if the mailbox is full. A reader that has ended swallows it.
    pub(crate) fn try_send(&self, message: T) -> Result<(), T> {
        match self.queue.try_send(message) {
            Ok(()) => self.waker.wake(),
            Err(mpsc::TrySendError::Full(message)) => return Err(message),
            Err(mpsc::TrySendError::Disconnected(_)) => {}
        }
        Ok(())
    }

    /// Hands a message over, waiting for room for `patience` at most.
    ///
    /// # Errors
    /// The message, if there was no room in time.
    pub(crate) fn send_within(&self, patience: Duration, mut message: T) -> Result<(), T> {
        let start = Instant::now();
        loop {
            message = match self.try_send(message) {
                Ok(()) => return Ok(()),
                Err(message) if start.elapsed() >= patience => return Err(message),
                Err(message) => message,
            };
            thread::sleep(RETRY);
        }
    }

    /// Hands over as many of the waiting messages as there is room for, in order, without waiting.
    pub(crate) fn offer(&self, waiting: &mut VecDeque<T>) {
        while let Some(message) = waiting.pop_front() {
            match self.queue.try_send(message) {
                Ok(()) => {}
                Err(mpsc::TrySendError::Full(message)) => {
                    waiting.push_front(message);
                    break;
                }
                Err(mpsc::TrySendError::Disconnected(_)) => {}
            }
        }
        self.waker.wake();
    }
}

/// The reader's end. Readable while messages may wait.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    queue: mpsc::Receiver<T>,
    waker: Waker,
}

impl<T> Mailbox<T> {
    /// Makes the mailbox unreadable. To be called before [`Mailbox::next`], so that no message is missed.
    pub(crate) fn quiet(&self) {
        self.waker.drain();
    }

    /// The next message, if one waits.
    pub(crate) fn next(&self) -> Option<T> {
        self.queue.try_recv().ok()
    }
}

impl<T> AsFd for Mailbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.waker.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_gives_the_message_back_and_keeps_the_order() {
        let (handle, mailbox) = mailbox(2).unwrap();
        let mut waiting = VecDeque::from([1, 2, 3]);
        handle.offer(&mut waiting);
        assert_eq!((waiting.pop_front(), handle.try_send(4)), (Some(3), Err(4)));
        assert_eq!(handle.send_within(Duration::from_millis(3), 5), Err(5));
        assert_eq!([mailbox.next(), mailbox.next(), mailbox.next()], [Some(1), Some(2), None]);
    }

    #[test]
    fn a_reader_that_has_ended_holds_nobody_up() {
        let (handle, mailbox) = mailbox(1).unwrap();
        drop(mailbox);
        handle.send(1);
        let mut waiting = VecDeque::from([1, 2]);
        handle.offer(&mut waiting);
        assert_eq!((handle.try_send(3), waiting.len()), (Ok(()), 0));
    }
}
