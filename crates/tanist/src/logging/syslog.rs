//! The machine's syslog, for a daemon that has no standard error.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use jiff::ZonedDateTime;

/// Where syslog listens.
const SOCKET: &str = "/dev/log";
/// What messages are found by: filters of keepalived's name look for it.
const IDENT: &str = "Keepalived_vrrp";

/// What stands between priority and text (RFC 3164), in local time.
pub(super) fn head() -> String {
    head_at(&ZonedDateTime::now())
}

fn head_at(now: &ZonedDateTime) -> String {
    format!("{} {IDENT}[{}]: ", now.strftime("%b %e %H:%M:%S"), std::process::id())
}

/// Each write is a message.
pub(super) struct Syslog {
    path: PathBuf,
    /// There while somebody listens, as far as is known.
    socket: Option<UnixDatagram>,
}

impl Default for Syslog {
    fn default() -> Self {
        Self::at(Path::new(SOCKET))
    }
}

impl Syslog {
    fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), socket: None }
    }

    /// Connects anew: whoever listened may have been started again.
    fn connect(&mut self) -> io::Result<&UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.path)?;
        Ok(self.socket.insert(socket))
    }
}

impl Write for Syslog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let message = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let sent = self.socket.as_ref().is_some_and(|socket| socket.send(message).is_ok());
        if !sent {
            self.socket = None;
            self.connect()?.send(message)?;
        }
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
    fn a_syslog_that_starts_again_gets_the_next_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Syslog::at(&path);
        assert!(log.write(b"lost\n").is_err());
        for text in ["one", "two"] {
            let listener = UnixDatagram::bind(&path).unwrap();
            assert_eq!(log.write(format!("{text}\n").as_bytes()).unwrap(), 4);
            assert_eq!(heard(&listener), text);
            drop(listener);
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_message_begins_as_rfc_3164_says() {
        let now: ZonedDateTime = "2026-11-05T03:04:05[UTC]".parse().unwrap();
        assert_eq!(head_at(&now), format!("Nov  5 03:04:05 Keepalived_vrrp[{}]: ", std::process::id()));
    }
}
