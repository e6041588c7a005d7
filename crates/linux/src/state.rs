//! The directory in which a daemon keeps what it must know after a crash.
//!
//! What stands there is obeyed by a privileged process, so nobody else may have written it. The directory is opened once
//! and everything is opened below that descriptor: a path that someone re-points changes nothing, and no link is followed.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, fchmod, flock, fstat, open, openat, renameat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Name of the lock file.
const LOCK: &str = "lock";
/// What is written beside a file before it takes its place.
const NEW_SUFFIX: &str = "new";
/// What a file that could not be used is kept under.
const ASIDE_SUFFIX: &str = "unreadable";
/// The largest file that is read: the record of a hundred thousand addresses has less.
const LARGEST: u64 = 64 << 20;

/// A directory that nobody but us, or root, may write to.
#[derive(Debug)]
pub struct StateDir {
    fd: OwnedFd,
    user: u32,
}

/// Why a directory or a file in it is not used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Whoever owns it could have written anything there.
    #[error("{what} belongs to user {owner}: it must be root's or our own")]
    Owner {
        /// The directory, or a file in it.
        what: What,
        /// Whose it is.
        owner: u32,
    },
    /// Others could have written anything there.
    #[error("{what} may be written by others (mode {mode:04o}): run chmod go-w, and look at what stands there")]
    Mode {
        /// The directory, or a file in it.
        what: What,
        /// Its permission bits.
        mode: u32,
    },
    /// A link, a pipe, a device, a directory: none of it was put there by us.
    #[error("{0} is no ordinary file")]
    Kind(What),
    /// No record has this size.
    #[error("{0} is larger than {LARGEST} bytes")]
    Size(What),
    /// It cannot be used at all.
    #[error("{what}: {source}")]
    Io {
        /// The directory, or a file in it.
        what: What,
        /// What the file system says.
        source: io::Error,
    },
}

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The directory itself.
    Directory,
    /// The file of this name in it.
    File(&'static str),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory => f.write_str("the state directory"),
            Self::File(name) => write!(f, "the file `{name}` in the state directory"),
        }
    }
}

impl StateDir {
    /// Opens it; makes it, readable by us only, if it is not there. One that is there keeps its permissions (it may be
    /// anybody's, `/run` for example), as the files in it are readable by us only.
    ///
    /// # Errors
    /// If the last part of the path is a link, if it belongs to somebody else, or if others may write to it.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Self::open_as(geteuid().as_raw(), path)
    }

    fn open_as(user: u32, path: &Path) -> Result<Self, StateError> {
        let failed = |source: io::Error| StateError::Io { what: What::Directory, source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = open(path, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let directory = Self { fd, user };
        let found = fstat(&directory.fd).map_err(|errno| failed(errno.into()))?;
        directory.require_safe(What::Directory, &found)?;
        Ok(directory)
    }

    /// The directory behind a descriptor that was handed over by who had opened it.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self { fd, user: geteuid().as_raw() }
    }

    /// Takes the lock and writes into its file who has it.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process has it: do not start.
    pub fn lock(&self, role: LockRole) -> Result<StateLock, LockError> {
        let mut file = self.open_file(LOCK, OFlags::RDWR | OFlags::CREATE)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held(LockHolder::read(&mut file))),
            Err(errno) => return Err(failed(LOCK)(errno.into()).into()),
        }
        // An older version made it readable, and whoever may read it may lock it.
        fchmod(&file, Mode::RUSR | Mode::WUSR).map_err(|errno| failed(LOCK)(errno.into()))?;
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}{}", std::process::id(), role.word()));
        match written {
            // On a full disk nobody sees whose the lock is, and it holds.
            Err(error) if !matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                Err(failed(LOCK)(error).into())
            }
            Ok(()) | Err(_) => Ok(StateLock { file }),
        }
    }

    /// The content of a file. `None` if there is none.
    ///
    /// # Errors
    /// If somebody else may have written it, or it cannot be read.
    pub fn read(&self, name: &'static str) -> Result<Option<Vec<u8>>, StateError> {
        let file = match self.open_file(name, OFlags::RDONLY) {
            Ok(file) => file,
            Err(StateError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed(name))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
            return Err(StateError::Size(What::File(name)));
        }
        Ok(Some(bytes))
    }

    /// Puts `bytes` in the place of a file's content: all of them or, if that fails, none.
    ///
    /// # Errors
    /// If the file system is full or read-only. The old content stays.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = suffixed(name, NEW_SUFFIX);
        let written = self.write_new(&new, bytes).and_then(|()| Ok(renameat(&self.fd, &new, &self.fd, name)?));
        if written.is_err() {
            self.remove(&new).ok();
        }
        written
    }

    /// Makes sure that a file of `room` bytes can be written: a daemon that could not write down what it does must not
    /// begin. What the file takes up now counts, for it is to be replaced.
    ///
    /// # Errors
    /// If there is less room, or nothing can be written.
    pub fn reserve(&self, name: &str, room: usize) -> io::Result<()> {
        let present = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW);
        let present = present.ok().and_then(|found| usize::try_from(found.st_size).ok()).unwrap_or(0);
        let new = suffixed(name, NEW_SUFFIX);
        let written = self.write_new(&new, &vec![b' '; room.saturating_sub(present)]);
        self.remove(&new).ok();
        written
    }

    /// Keeps a file that cannot be used, under another name, which is returned. One that was kept before is given up.
    ///
    /// # Errors
    /// If nothing can be renamed there.
    pub fn set_aside(&self, name: &str) -> io::Result<String> {
        let aside = suffixed(name, ASIDE_SUFFIX);
        renameat(&self.fd, name, &self.fd, &aside)?;
        Ok(aside)
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Writes a file that was not there; one that was, or a link, is removed first.
    fn write_new(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.remove(name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(bytes)
    }

    /// Opens a file that nobody else may have written.
    fn open_file(&self, name: &'static str, flags: OFlags) -> Result<File, StateError> {
        // NONBLOCK: to open a pipe without it waits for a writer.
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Err(StateError::Kind(What::File(name))),
            Err(errno) => return Err(failed(name)(errno.into())),
        };
        let found = fstat(file.as_fd()).map_err(|errno| failed(name)(errno.into()))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(StateError::Kind(What::File(name)));
        }
        self.require_safe(What::File(name), &found)?;
        Ok(file)
    }

    fn require_safe(&self, what: What, found: &Stat) -> Result<(), StateError> {
        const ROOT: u32 = 0;
        const OTHERS_MAY_WRITE: u32 = 0o022;
        let mode = Mode::from_raw_mode(found.st_mode).as_raw_mode();
        if found.st_uid != ROOT && found.st_uid != self.user {
            return Err(StateError::Owner { what, owner: found.st_uid });
        }
        if mode & OTHERS_MAY_WRITE != 0 {
            return Err(StateError::Mode { what, mode });
        }
        Ok(())
    }
}

/// Why a [`StateLock`] was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("held by {0}")]
    Held(LockHolder),
    /// The file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What a process has the lock for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockRole {
    /// It runs routers.
    Daemon,
    /// It undoes what a daemon has left that ended: that takes a few seconds.
    Guardian,
}

impl LockRole {
    /// How the file names it, behind the process id.
    const fn word(self) -> &'static str {
        match self {
            Self::Daemon => "",
            Self::Guardian => " guardian",
        }
    }
}

/// Who has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process id, if it has written itself down already.
    pub pid: Option<u32>,
    /// What for.
    pub role: LockRole,
}

impl LockHolder {
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        file.read_to_string(&mut text).ok();
        let role = if text.contains(LockRole::Guardian.word()) { LockRole::Guardian } else { LockRole::Daemon };
        Self { pid: text.split_whitespace().next().and_then(|pid| pid.parse().ok()), role }
    }
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pid = self.pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
        match self.role {
            LockRole::Daemon => write!(f, "process {pid}"),
            LockRole::Guardian => write!(f, "process {pid}, the guardian of a daemon that has ended"),
        }
    }
}

impl AsFd for StateDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A lock on a directory. Held until dropped or until the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    /// The lock belongs to the open file.
    file: File,
}

impl StateLock {
    /// The lock that the program before had, which this one was executed in the place of: it was held all the time.
    #[must_use]
    pub fn inherited(descriptor: OwnedFd) -> Self {
        Self { file: descriptor.into() }
    }
}

impl AsFd for StateLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn suffixed(name: &str, suffix: &str) -> String {
    format!("{name}.{suffix}")
}

fn failed(name: &'static str) -> impl Fn(io::Error) -> StateError {
    move |source| StateError::Io { what: What::File(name), source }
}

#[cfg(test)]
mod tests;
