//! A program that was executed in the daemon's place relieves the guardian of the one before. What they say does not depend on
//! what is in the memory that the two shared: the programs may be of two versions.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::ports::handover::Meanwhile;

/// How long the guardian may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What becomes of the routers of the program before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relief {
    /// They go on.
    GoesOn,
    /// Their addresses are taken away: the guardian says priority 0 first.
    BeginsAnew,
}

impl Relief {
    const fn byte(self) -> u8 {
        match self {
            Self::GoesOn => b'g',
            Self::BeginsAnew => b'b',
        }
    }
}

const SAID_NOTHING: u8 = b'n';
const SAID_RELEASE: u8 = b'r';

/// Ends the guardian at the other end of `socket`, and hears what it has said. One that has died has said nothing, and so has one
/// that does not answer.
pub(crate) fn relieve(socket: OwnedFd, relief: Relief) -> Meanwhile {
    let mut socket = UnixStream::from(socket);
    let mut answer = [0];
    let asked = socket.set_read_timeout(Some(PATIENCE)).and_then(|()| socket.write_all(&[relief.byte()]));
    match asked.and_then(|()| socket.read_exact(&mut answer)) {
        Ok(()) if answer == [SAID_RELEASE] => Meanwhile::Release,
        Ok(()) => Meanwhile::Nothing,
        Err(error) => {
            tracing::warn!("the guardian of the program before does not answer: {error}");
            Meanwhile::Nothing
        }
    }
}

/// What was said to the guardian; `None`: the other end is closed.
pub(super) fn heard(mut socket: &UnixStream) -> Option<Relief> {
    let mut said = [0];
    socket.read_exact(&mut said).ok()?;
    [Relief::GoesOn, Relief::BeginsAnew].into_iter().find(|relief| [relief.byte()] == said)
}

pub(super) fn answer(mut socket: &UnixStream, meanwhile: Meanwhile) {
    let byte = match meanwhile {
        Meanwhile::Nothing => SAID_NOTHING,
        Meanwhile::Release => SAID_RELEASE,
    };
    // Whoever asks may have ended.
    socket.write_all(&[byte]).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_understand_each_other_and_one_that_is_gone_has_said_nothing() {
        for (relief, meanwhile) in [
            (Relief::GoesOn, Meanwhile::Release),
            (Relief::GoesOn, Meanwhile::Nothing),
            (Relief::BeginsAnew, Meanwhile::Release),
        ] {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let guardian = std::thread::spawn(move || {
                let heard = heard(&theirs);
                answer(&theirs, meanwhile);
                heard
            });
            assert_eq!(relieve(ours.into(), relief), meanwhile);
            assert_eq!(guardian.join().unwrap(), Some(relief));
        }
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        assert_eq!(relieve(ours.into(), Relief::GoesOn), Meanwhile::Nothing);
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(ours);
        assert_eq!(heard(&theirs), None);
    }
}
