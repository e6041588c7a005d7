//! `reload_file`: there, and empty, while a configuration is read, so that whoever changes it can wait.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate};

/// Removes the file when the configuration was read.
#[derive(Debug)]
pub(super) struct Mark<'a>(Option<&'a str>);

impl<'a> Mark<'a> {
    /// Makes or empties the file. If that fails the configuration, which is in `config`, is read all the same.
    pub(super) fn set(path: Option<&'a str>, config: &Path) -> Self {
        let mark = Self::found(path, config);
        if let Some(path) = mark.0
            && let Err(error) = make(path)
        {
            tracing::warn!("reload_file {path} cannot be made: {error}");
            return Self(None);
        }
        mark
    }

    /// Which file it is was not known before the configuration was read.
    pub(super) fn found(path: Option<&'a str>, config: &Path) -> Self {
        Self(path.filter(|path| {
            let is_config = is_same(path, config);
            if is_config {
                tracing::error!("reload_file {path} is the configuration itself: it stays");
            }
            !is_config
        }))
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        let Some(path) = self.0 else { return };
        let removed = match fs::symlink_metadata(path) {
            Ok(there) if there.is_file() => fs::remove_file(path),
            Ok(_) => Err(io::Error::other(NO_FILE)),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("reload_file {path} cannot be removed: {error}"),
        }
    }
}

/// What is there is none of the daemon's.
const NO_FILE: &str = "it is no regular file";

/// Whether both paths lead to one file.
fn is_same(path: &str, config: &Path) -> bool {
    let identity = |there: fs::Metadata| (there.dev(), there.ino());
    fs::metadata(path).ok().map(identity).is_some_and(|mark| fs::metadata(config).is_ok_and(|it| identity(it) == mark))
}

/// Nothing but a regular file is emptied, and no link is followed.
fn make(path: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))?);
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other(NO_FILE));
    }
    Ok(ftruncate(&file, 0)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const CONFIG: &str = "/nowhere/keepalived.conf";

    #[test]
    fn the_file_is_there_and_empty_until_all_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        fs::write(&path, "waits").unwrap();
        let mark = Mark::set(path.to_str(), CONFIG.as_ref());
        assert_eq!(fs::read(&path).unwrap(), b"");
        drop(mark);
        assert!(!path.exists());
        drop(Mark::found(path.to_str(), CONFIG.as_ref()));
    }

    #[test]
    fn nothing_of_others_is_emptied_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("other"), folder.path().join("link"));
        fs::write(&other, "precious").unwrap();
        symlink(&other, &link).unwrap();
        for (path, config) in [(&link, Path::new(CONFIG)), (&other, other.as_path()), (&other, link.as_path())] {
            drop(Mark::set(path.to_str(), config));
            drop(Mark::found(path.to_str(), config));
            assert_eq!(fs::read(path).unwrap(), b"precious");
        }
    }
}
