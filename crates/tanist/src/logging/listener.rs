//! Whoever listens for datagrams at a path.

use std::borrow::Cow;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// Syslog, or the journal. It may be started again.
pub(super) struct Listener {
    path: PathBuf,
    /// There while somebody listens, as far as is known.
    socket: Option<UnixDatagram>,
}

impl Listener {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), socket: None }
    }

    /// Connects anew.
    ///
    /// # Errors
    /// If nobody listens.
    pub(super) fn connect(&mut self) -> io::Result<&UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.path)?;
        Ok(self.socket.insert(socket))
    }

    /// Sends a message; waits for room.
    ///
    /// # Errors
    /// If nobody listens, now or again.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let sent = self.socket.as_ref().is_some_and(|socket| socket.send(message).is_ok());
        if !sent {
            self.socket = None;
            self.connect()?.send(message)?;
        }
        Ok(())
    }
}

/// A log in which each write is a datagram.
pub(super) struct Datagrams {
    listener: Listener,
    /// What is sent of what was written.
    form: fn(&[u8]) -> Cow<'_, [u8]>,
}

impl Datagrams {
    pub(super) fn to(path: &str, form: fn(&[u8]) -> Cow<'_, [u8]>) -> Self {
        Self { listener: Listener::at(Path::new(path)), form }
    }
}

impl Write for Datagrams {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.listener.send(&(self.form)(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(listener: &UnixDatagram) -> String {
        let mut bytes = [0; 100];
        let length = listener.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn one_that_starts_again_gets_the_next_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut listener = Listener::at(&path);
        assert!(listener.send(b"lost").is_err());
        for text in ["one", "two"] {
            let socket = UnixDatagram::bind(&path).unwrap();
            listener.send(text.as_bytes()).unwrap();
            assert_eq!(heard(&socket), text);
            drop(socket);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
