//! The file of the control socket: made so that only its owner may ever use it, and removed only if it is still ours.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Mode, fchmod, flock};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 128;
/// How long another daemon that starts or stops beside us may hold the directory. Others can hold it for ever (they need
/// no more than to read it), so this one goes on without.
const LOCK_LIMIT: Duration = Duration::from_millis(500);

/// The file of a socket that this process listens on. Dropping it removes the file, unless it is another's by then.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// Device, inode, and when it was made, where the file system knows: the number of a removed file is soon given to another.
type Identity = (u64, u64, Option<SystemTime>);

impl SocketFile {
    /// Makes the socket, which only its owner may use from the first moment. A socket that a dead daemon left is
    /// replaced; one where somebody listens, or a file of another kind, is not. Waits for nobody who listens there.
    ///
    /// # Errors
    /// If the path cannot be used.
    pub(crate) fn bind(path: &Path) -> io::Result<(UnixListener, Self)> {
        let directory = directory_of(path);
        fs::create_dir_all(directory)?;
        let _lock = lock(directory);
        remove_dead(path)?;
        let socket = stream_socket()?;
        // The kernel gives the file the mode of the socket.
        fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        listen(&socket, BACKLOG)?;
        let file = Self { path: path.to_owned(), identity: identity(path)? };
        Ok((socket.into(), file))
    }

    fn remove(&self) -> io::Result<()> {
        let _lock = lock(directory_of(&self.path));
        if identity(&self.path)? == self.identity { fs::remove_file(&self.path) } else { Ok(()) }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        match self.remove() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("control socket {}: {error}", self.path.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}

fn stream_socket() -> rustix::io::Result<rustix::fd::OwnedFd> {
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}

/// Removes a socket on which nobody listens.
fn remove_dead(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        // There is nothing, or `bind` will say what is wrong with it.
        Ok(_) | Err(_) => return Ok(()),
    }
    match connect(&stream_socket()?, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        // A full backlog: nobody accepts, but somebody listens.
        Ok(()) | Err(Errno::AGAIN) => {
            Err(io::Error::other("another daemon listens there; give this one another --control"))
        }
        Err(errno) => Err(errno.into()),
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino(), found.created().ok()))
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Keeps other daemons from the files of a directory while it lives. `None`: another holds it, or it cannot be locked; then
/// two that start at the same moment with the same path may take it from each other.
fn lock(directory: &Path) -> Option<File> {
    let file = File::open(directory).ok()?;
    let start = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Some(file),
            Err(Errno::WOULDBLOCK) if start.elapsed() < LOCK_LIMIT => sleep(LOCK_LIMIT / 50),
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        (directory, path)
    }

    #[test]
    fn a_dead_socket_is_replaced_but_nothing_else() {
        let (directory, path) = place();
        let (listener, kept) = SocketFile::bind(&path).unwrap();
        assert!(SocketFile::bind(&path).unwrap_err().to_string().contains("another daemon"));
        drop(listener);
        let _second = SocketFile::bind(&path).unwrap();
        drop(kept);
        assert!(UnixStream::connect(&path).is_ok());
        let file = directory.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(SocketFile::bind(&file).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        let link = directory.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(SocketFile::bind(&link).is_err());
    }

    #[test]
    fn directories_are_made_and_may_be_links() {
        let (directory, _path) = place();
        let link = directory.path().join("link");
        symlink(directory.path(), &link).unwrap();
        let path = link.join("a/b/control.sock");
        let _bound = SocketFile::bind(&path).unwrap();
        assert!(UnixStream::connect(directory.path().join("a/b/control.sock")).is_ok());
    }

    #[test]
    fn a_file_is_removed_by_whoever_made_it() {
        let (_directory, path) = place();
        let first = SocketFile::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let second = SocketFile::bind(&path).unwrap();
        drop(first);
        assert!(UnixStream::connect(&path).is_ok(), "the second daemon can still be asked");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn an_owner_that_accepts_nothing_holds_nobody_up() {
        let (_directory, path) = place();
        let frozen = stream_socket().unwrap();
        bind(&frozen, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        listen(&frozen, 0).unwrap();
        let _waiting = UnixStream::connect(&path).unwrap();
        let (done, ended) = mpsc::channel();
        let ours = path.clone();
        thread::spawn(move || done.send(SocketFile::bind(&ours).unwrap_err().to_string()).unwrap());
        let said = ended.recv_timeout(Duration::from_secs(5)).expect("binding does not wait");
        assert!(said.contains("another daemon"), "{said}");
    }

    #[test]
    fn nobody_else_may_use_it_at_any_moment() {
        let (_directory, path) = place();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut modes = std::collections::BTreeSet::new();
                while !stop.load(Ordering::Relaxed) {
                    modes.extend(fs::symlink_metadata(&path).map(|found| found.permissions().mode() & 0o777));
                }
                modes
            });
            for _ in 0..500 {
                drop(SocketFile::bind(&path).unwrap());
            }
            stop.store(true, Ordering::Relaxed);
            assert!(watcher.join().unwrap().into_iter().all(|mode| mode == 0o600));
        });
    }

    #[test]
    fn those_that_start_at_once_do_not_take_it_from_each_other() {
        for _ in 0..20 {
            let (_directory, path) = place();
            drop(SocketFile::bind(&path).map(|(listener, file)| {
                drop(listener);
                // A dead socket is what all of them find.
                std::mem::forget(file);
            }));
            let bound: Vec<_> = thread::scope(|scope| {
                let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| SocketFile::bind(&path).ok())).collect();
                starts.into_iter().filter_map(|start| start.join().unwrap()).collect()
            });
            assert_eq!(bound.len(), 1);
        }
    }

    #[test]
    fn a_directory_that_somebody_keeps_locked_refuses_nobody() {
        let (directory, path) = place();
        let _held = lock(directory.path()).unwrap();
        drop(SocketFile::bind(&path).unwrap());
        assert!(!path.exists());
    }
}
