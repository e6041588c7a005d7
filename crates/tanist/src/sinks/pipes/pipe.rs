//! One named pipe: found or made, written to without ever waiting, taken away.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, chownat, fstat, lstat, mknodat, open, openat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::geteuid;

use super::record::Record;
use crate::runner::user::Identity;

/// Bytes that wait for readers: as many as the kernel lets a user ask for. Where it gives less, that is.
const CAPACITY: usize = 1 << 20;
/// The longest line that is written whole or not at all (PIPE_BUF).
const LONGEST: usize = 4096;
/// Of a pipe that is made: its owner's alone. keepalived takes its `umask` off 0644.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A pipe that is open for reading as well, so that it is open whether or not somebody reads it.
#[derive(Debug)]
pub(super) struct Pipe {
    path: PathBuf,
    place: Place,
    fd: OwnedFd,
    origin: Origin,
}

/// Where a pipe is: its directory is opened once, so that nobody who changes the path meanwhile leads us elsewhere.
#[derive(Debug)]
struct Place {
    directory: OwnedFd,
    name: OsString,
}

/// Whether a pipe is taken away at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It was there.
    Found,
    /// We made it.
    Made,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// There is no room: readers do not keep up, or there are none.
    NoRoom,
}

impl Pipe {
    /// Opens the pipe at `path`, or makes it, for `owner` to read; `None`: the daemon's user.
    ///
    /// # Errors
    /// If something else is there, or it belongs to somebody else, in words for the user. Nothing was changed.
    pub(super) fn open(path: &Path, owner: Option<&Identity>, record: &mut Record) -> Result<Self, String> {
        let goes_on = record.has(path) && record.goes_on(path);
        if record.has(path) && !goes_on {
            // Of a daemon that was killed: whose it is may have changed.
            take_leftover_away(path);
            record.forget(path);
        }
        let place = Place::of(path).map_err(|errno| format!("its directory cannot be opened: {errno}"))?;
        let (found, origin) = match place.look() {
            Ok(found) if goes_on => (found, Origin::Made),
            Ok(found) => (found, Origin::Found),
            Err(Errno::NOENT) => {
                // On record first, so that a later start takes it away if this process is killed.
                record.add(path).map_err(|error| format!("it is not made, for it cannot be put on record: {error}"))?;
                (place.make(owner).inspect_err(|_| record.forget(path))?, Origin::Made)
            }
            Err(errno) => return Err(errno.to_string()),
        };
        let opened = check(&found, owner).and_then(|()| reopen(&found).map_err(|errno| errno.to_string()));
        let fd = match (opened, origin) {
            (Ok(fd), _) => fd,
            (Err(why), Origin::Found) => return Err(why),
            (Err(why), Origin::Made) => {
                place.take_away(&found);
                record.forget(path);
                return Err(why);
            }
        };
        // The kernel's own size does as well.
        fcntl_setpipe_size(&fd, CAPACITY).ok();
        Ok(Self { path: path.to_owned(), place, fd, origin })
    }

    /// One more descriptor of it.
    pub(super) fn kept(&self) -> io::Result<OwnedFd> {
        self.fd.try_clone()
    }

    /// Whether the path still leads to it.
    pub(super) fn is_in_place(&self) -> bool {
        lstat(&self.path).is_ok_and(|there| fstat(&self.fd).is_ok_and(|ours| is_same(&there, &ours)))
    }

    /// Writes a line, whole or not at all. Never waits.
    pub(super) fn write(&self, line: &str) -> Written {
        if line.len() > LONGEST {
            return Written::NoRoom;
        }
        match rustix::io::retry_on_intr(|| rustix::io::write(&self.fd, line.as_bytes())) {
            Ok(_) => Written::Yes,
            Err(_) => Written::NoRoom,
        }
    }

    /// Closes it, upon which readers see its end, and takes it away if it was made.
    pub(super) fn close(self, record: &mut Record) {
        match self.origin {
            Origin::Found => {}
            Origin::Made => {
                self.place.take_away(self.fd.as_fd());
                record.forget(&self.path);
            }
        }
    }
}

/// Takes away what a daemon that was killed made, if it is a pipe.
pub(super) fn take_leftover_away(path: &Path) {
    if let Ok(place) = Place::of(path)
        && let Ok(found) = place.look()
        && is_pipe(&found).is_ok_and(|it| it)
    {
        place.take_away(&found);
    }
}

impl Place {
    fn of(path: &Path) -> Result<Self, Errno> {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = path.file_name().ok_or(Errno::INVAL)?.to_owned();
        Ok(Self { directory: open(directory, flags, Mode::empty())?, name })
    }

    /// What is there, not what a link there leads to, without opening it.
    fn look(&self) -> Result<OwnedFd, Errno> {
        openat(&self.directory, &self.name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
    }

    fn make(&self, owner: Option<&Identity>) -> Result<OwnedFd, String> {
        let made = mknodat(&self.directory, &self.name, FileType::Fifo, MODE, 0).and_then(|()| self.look());
        let made = made.map_err(|errno| format!("it cannot be made: {errno}"))?;
        if !is_new(&made).map_err(|errno| errno.to_string())? {
            return Err("somebody put something else in its place".to_owned());
        }
        let Some(owner) = owner else { return Ok(made) };
        let (user, group) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
        if let Err(errno) = chownat(&made, "", Some(user), Some(group), AtFlags::EMPTY_PATH) {
            self.take_away(&made);
            return Err(format!("it cannot be given to user {}: {errno}", owner.uid));
        }
        Ok(made)
    }

    /// Removes a pipe, unless something else has taken its place.
    fn take_away(&self, pipe: impl AsFd) {
        let there = statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let is_it = there.is_ok_and(|there| fstat(pipe).is_ok_and(|ours| is_same(&there, &ours)));
        if is_it && let Err(errno) = unlinkat(&self.directory, &self.name, AtFlags::empty()) {
            tracing::warn!("the pipe {} cannot be removed: {errno}", self.name.display());
        }
    }
}

/// Whether it is a pipe such as we have just made: whoever may write in its directory may have put something else there.
fn is_new(made: &OwnedFd) -> Result<bool, Errno> {
    let status = fstat(made)?;
    Ok(is_pipe(made)? && status.st_uid == geteuid().as_raw() && status.st_nlink == 1)
}

/// Whether it is a pipe that nobody but those who may read it can have put there.
fn check(found: &OwnedFd, owner: Option<&Identity>) -> Result<(), String> {
    let status = fstat(found).map_err(|errno| errno.to_string())?;
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Fifo => {}
        FileType::Symlink => return Err("a symbolic link is there: name the pipe itself".to_owned()),
        FileType::RegularFile
        | FileType::Directory
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => return Err("what is there is no named pipe".to_owned()),
    }
    let trusted = [0, geteuid().as_raw()].into_iter().chain(owner.map(|owner| owner.uid));
    if trusted.into_iter().any(|user| user == status.st_uid) {
        return Ok(());
    }
    Err(format!("the pipe there belongs to user {}: name that user in the line, or remove it", status.st_uid))
}

fn is_pipe(found: &OwnedFd) -> Result<bool, Errno> {
    Ok(FileType::from_raw_mode(fstat(found)?.st_mode) == FileType::Fifo)
}

/// Opens what was looked at, whatever is at its path now. A pipe that is opened for reading and writing does not wait.
fn reopen(found: &OwnedFd) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
}

fn is_same(there: &Stat, ours: &Stat) -> bool {
    (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
}

#[cfg(test)]
mod tests;
