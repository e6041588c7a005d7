//! A bounded queue with an eventfd that wakes its reader: how threads give each other work.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use linux::poll::Waker;

/// Time between two tries to hand a message to a full mailbox.
const RETRY: Duration = Duration::from_millis(1);

/// Makes a mailbox for at most `capacity` messages, and the handle that fills it. It takes memory for messages that wait, not
/// for those that may (as a `sync_channel` would, of which every page is touched at once).
///
/// # Errors
/// If the kernel gives no eventfd.
pub(crate) fn mailbox<T>(capacity: usize) -> io::Result<(Handle<T>, Mailbox<T>)> {
    let (sender, receiver) = mpsc::channel();
    let (room, waker) = (Room(Arc::new(AtomicUsize::new(capacity))), Waker::new()?);
    let handle = Handle { queue: sender, room: room.clone(), waker: waker.clone() };
    Ok((handle, Mailbox { queue: receiver, room, waker }))
}

/// The writers' end.
#[derive(Debug)]
pub(crate) struct Handle<T> {
    queue: mpsc::Sender<T>,
    room: Room,
    waker: Waker,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), room: self.room.clone(), waker: self.waker.clone() }
    }
}

impl<T> Handle<T> {
    /// Hands a message over, waiting for room; not for the protocol thread. A reader that has ended needs none.
    pub(crate) fn send(&self, mut message: T) {
        while let Err(refused) = self.try_send(message) {
            message = refused;
            thread::sleep(RETRY);
        }
    }

    /// Hands a message over if there is room, and never waits.
    ///
    /// # Errors
    /// The message, if the mailbox is full. A reader that has ended swallows it.
    pub(crate) fn try_send(&self, message: T) -> Result<(), T> {
        self.put(message)?;
        self.waker.wake();
        Ok(())
    }

    /// As [`Handle::try_send`], but the reader sleeps on.
    fn put(&self, message: T) -> Result<(), T> {
        if !self.room.take() {
            return Err(message);
        }
        if self.queue.send(message).is_err() {
            self.room.give();
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
            if let Err(message) = self.put(message) {
                waiting.push_front(message);
                break;
            }
        }
        self.waker.wake();
    }
}

/// The reader's end. Readable while messages may wait.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    queue: mpsc::Receiver<T>,
    room: Room,
    waker: Waker,
}

impl<T> Mailbox<T> {
    /// Makes the mailbox unreadable. To be called before [`Mailbox::next`], so that no message is missed.
    pub(crate) fn quiet(&self) {
        self.waker.drain();
    }

    /// The next message, if one waits.
    pub(crate) fn next(&self) -> Option<T> {
        let message = self.queue.try_recv().ok()?;
        self.room.give();
        Some(message)
    }
}

/// How many messages more there is room for.
#[derive(Clone, Debug)]
struct Room(Arc<AtomicUsize>);

impl Room {
    /// Takes the place of one message, if there is one.
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(1)).is_ok()
    }

    fn give(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Has room for ever.
    fn open(&self) {
        self.0.store(usize::MAX / 2, Ordering::Release);
    }
}

impl<T> Drop for Mailbox<T> {
    /// What still waits takes no place any more.
    fn drop(&mut self) {
        self.room.open();
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
        handle.send(0);
        drop(mailbox);
        handle.send(1);
        let mut waiting = VecDeque::from([1, 2]);
        handle.offer(&mut waiting);
        assert_eq!((handle.try_send(3), waiting.len()), (Ok(()), 0));
    }
}
