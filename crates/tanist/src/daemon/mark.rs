//! `reload_file`: there, and empty, while a configuration is read, so that whoever changes it can wait.

use std::fs;
use std::io;

use rustix::fs::{FileType, Mode, OFlags, fstat};

/// Removes the file when the configuration was read.
#[derive(Debug)]
pub(super) struct Mark<'a>(Option<&'a str>);

impl<'a> Mark<'a> {
    /// Makes the file. If that fails the configuration is read all the same, and what is there stays.
    pub(super) fn set(path: Option<&'a str>) -> Self {
        if let Some(path) = path
            && let Err(error) = make(path)
        {
            tracing::warn!("reload_file {path} cannot be made: {error}");
            return Self(None);
        }
        Self(path)
    }

    /// Which file it is was not known before the configuration was read.
    pub(super) const fn found(path: Option<&'a str>) -> Self {
        Self(path)
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        let Some(path) = self.0 else { return };
        let removed = match fs::symlink_metadata(path) {
            // What holds something is not the mark of a daemon.
            Ok(there) if there.is_file() && there.len() == 0 => fs::remove_file(path),
            Ok(_) => Err(io::Error::other(NO_MARK)),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("reload_file {path} cannot be removed: {error}"),
        }
    }
}

/// What is there is no mark.
const NO_MARK: &str = "what is there is no empty file";

/// Makes it, unless it is there. No link is followed, and nothing else is touched.
fn make(path: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let status = fstat(rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))?)?;
    let is_mark = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile && status.st_size == 0;
    if is_mark { Ok(()) } else { Err(io::Error::other(NO_MARK)) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_file_is_there_until_all_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        for is_left in [false, true] {
            // A daemon that was killed may have left one.
            is_left.then(|| fs::write(&path, "").unwrap());
            let mark = Mark::set(path.to_str());
            assert_eq!(fs::read(&path).unwrap(), b"");
            drop(mark);
            assert!(!path.exists());
            drop(Mark::found(path.to_str()));
        }
    }

    #[test]
    fn what_is_no_mark_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("other"), folder.path().join("link"));
        fs::write(&other, "precious").unwrap();
        symlink(&other, &link).unwrap();
        for path in [&other, &link] {
            drop(Mark::set(path.to_str()));
            drop(Mark::found(path.to_str()));
            assert_eq!(fs::read(path).unwrap(), b"precious");
        }
    }
}
