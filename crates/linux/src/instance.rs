//! Who we are on this machine: which boot, which network namespace, and that we are the only one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Name of this boot: what was noted under another name has been undone by the reboot.
///
/// # Errors
/// If /proc is not mounted.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim_end().to_owned())
}

/// Inode number of the calling thread's network namespace: names it among those that exist.
///
/// # Errors
/// If /proc is not mounted.
pub fn netns_inode() -> io::Result<u64> {
    Ok(rustix::fs::stat("/proc/thread-self/ns/net")?.st_ino)
}

/// Why a [`StateLock`] was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("held by process {}", .holder.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()))]
    Held {
        /// The process, if it has written itself down already.
        holder: Option<u32>,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A lock on a file. Held until dropped or until the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    /// The lock belongs to the open file.
    _file: File,
}

impl StateLock {
    /// Takes the lock and writes our process id into the file.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process has it: do not start.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held { holder: holder(&mut file) }),
            Err(errno) => return Err(io::Error::from(errno).into()),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

/// The process id in the file.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_its_holder_and_ends_with_it() {
        let path = std::env::temp_dir().join(format!("tanist-lock-{}", std::process::id()));
        let first = StateLock::take(&path).unwrap();
        let refused = StateLock::take(&path).unwrap_err();
        assert_eq!(refused.to_string(), format!("held by process {}", std::process::id()));
        drop(first);
        drop(StateLock::take(&path).unwrap());
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn boots_and_namespaces_have_names() {
        assert_eq!(boot_id().unwrap().len(), 36);
        assert_eq!(netns_inode().unwrap(), netns_inode().unwrap());
    }
}
