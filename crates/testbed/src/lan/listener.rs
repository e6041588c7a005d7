//! A datagram socket in the place of a service of the machine, and what is told there.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

/// Takes whatever is sent to its path.
#[derive(Debug)]
pub struct Listener(UnixDatagram);

impl Listener {
    /// # Panics
    /// If there is something at `path`, or it cannot be made.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(UnixDatagram::bind(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// The next message; `None`: there is none for so long.
    ///
    /// # Panics
    /// If the socket fails.
    #[must_use]
    pub fn next(&self, limit: Duration) -> Option<String> {
        let end = Instant::now() + limit;
        let mut bytes = [0; 8192];
        loop {
            // None at all would be for ever.
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let taken = self.0.set_read_timeout(Some(left)).and_then(|()| self.0.recv(&mut bytes));
            match taken {
                Ok(length) => return Some(String::from_utf8_lossy(&bytes[..length]).into_owned()),
                // The kernel does not go on with a wait that has an end after it was interrupted.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) => panic!("what is told cannot be taken: {error}"),
            }
        }
    }
}
