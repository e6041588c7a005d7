//! Writing a dump so that nobody is harmed by it, and whoever waits for it sees it.
//!
//! Dumps lie in directories where everybody may make files: what stands at the name, a link above all, is replaced, never
//! written through. Readers see the old content or the new. Some wait for a file of that name to be closed after writing
//! (VyOS does), which a rename is not: so the file is opened and closed once more.

use std::io::{self, Write as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

/// Puts `bytes` at `path`, readable by the daemon's user only.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    // Mode 0600 whatever the umask, and a name that nobody can foresee.
    let mut file = tempfile::Builder::new().prefix(".keepalived.").tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    // A reader may have removed it already.
    open(path, OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use rustix::fs::inotify;

    use super::*;

    #[test]
    fn a_link_at_the_name_is_replaced_and_what_it_points_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, dump) = (folder.path().join("victim"), folder.path().join("dump"));
        fs::write(&victim, "theirs").unwrap();
        symlink(&victim, &dump).unwrap();
        write(&dump, b"ours").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
        let written = fs::symlink_metadata(&dump).unwrap();
        assert!(written.is_file());
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
    }

    #[test]
    fn whoever_waits_for_the_name_to_be_closed_after_writing_sees_that() {
        let folder = tempfile::tempdir().unwrap();
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC).unwrap();
        inotify::add_watch(&watch, folder.path(), inotify::WatchFlags::CLOSE_WRITE).unwrap();
        write(&folder.path().join("dump"), b"ours").unwrap();
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&watch, &mut buffer);
        let mut names = Vec::new();
        while let Ok(event) = reader.next() {
            names.extend(event.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
        assert_eq!(names.last().map(String::as_str), Some("dump"), "{names:?}");
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        assert!(write(Path::new("/no/such/dump"), b"").is_err());
    }
}
