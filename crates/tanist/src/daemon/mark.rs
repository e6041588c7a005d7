//! `reload_file`: there, and empty, while a configuration is read, so that whoever changes it can wait.

use std::fs::{self, File};
use std::io;

use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate};

/// Removes the file when the configuration was read.
#[derive(Debug)]
pub(super) struct Mark<'a>(Option<&'a str>);

impl<'a> Mark<'a> {
    /// Makes or empties the file. If that fails the configuration is read all the same.
    pub(super) fn set(path: Option<&'a str>) -> Self {
        if let Some(path) = path
            && let Err(error) = make(path)
        {
            tracing::warn!("reload_file {path} cannot be made: {error}");
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
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("reload_file {path} cannot be removed: {error}"),
        }
    }
}

/// Nothing but a regular file is emptied, and no link is followed.
fn make(path: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))?);
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(ftruncate(&file, 0)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_file_is_there_and_empty_until_all_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        fs::write(&path, "waits").unwrap();
        let mark = Mark::set(path.to_str());
        assert_eq!(fs::read(&path).unwrap(), b"");
        drop(mark);
        assert!(!path.exists());
        drop(Mark::found(path.to_str()));
    }

    #[test]
    fn nothing_of_others_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("other"), folder.path().join("link"));
        fs::write(&other, "precious").unwrap();
        symlink(&other, &link).unwrap();
        drop(Mark::set(link.to_str()));
        assert_eq!(fs::read(&other).unwrap(), b"precious");
    }
}
