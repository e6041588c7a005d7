//! One look at a tracked file: what is in it, and which directories show that it changes. It may wait for a disk or a network
//! file system, so it never happens on the services thread itself.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::fs::inotify::{self, WatchFlags};

use crate::ports::tracking::FileContent;

/// How much of a file is read.
const BYTES: u64 = 128;

/// What makes somebody look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trigger {
    /// Time has passed, or something else in its directory changed. A file that is the same as before is not read.
    Time,
    /// It was written, or another took its place, whole.
    Written,
}

/// Which file it is, and in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    file: (u64, u64),
    changed: (i64, i64),
    size: u64,
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
            size: metadata.size(),
        }
    }
}

/// What a look found.
#[derive(Debug)]
pub(super) struct Look {
    /// Watches on the directories of the file; none if those cannot be watched.
    pub(super) watches: BTreeSet<i32>,
    /// `None` if there is no such file.
    pub(super) identity: Option<Identity>,
    /// `None`: it is the file that is known.
    pub(super) content: Option<FileContent>,
}

/// Looks at a file, of which `known` is known. Watches come first, so that what happens after the look is not missed.
pub(super) fn look(inotify: Option<&OwnedFd>, path: &Path, trigger: Trigger, known: Option<Identity>) -> Look {
    let watches = inotify.map(|inotify| watches(inotify, path)).unwrap_or_default();
    let identity = fs::metadata(path).ok().map(|metadata| Identity::of(&metadata));
    let is_same = trigger == Trigger::Time && identity.is_some() && identity == known;
    Look { watches, identity, content: (!is_same).then(|| read(path)) }
}

/// Watches the directory in which the path ends, and if that is a link, the one in which the file is.
fn watches(inotify: &OwnedFd, path: &Path) -> BTreeSet<i32> {
    let flags = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR;
    let real = fs::canonicalize(path).ok();
    let directories = [path.parent(), real.as_deref().and_then(Path::parent)];
    directories.into_iter().flatten().filter_map(|it| inotify::add_watch(inotify, it, flags).ok()).collect()
}

fn read(path: &Path) -> FileContent {
    match first_bytes(path) {
        Ok(bytes) => content(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => FileContent::Missing,
        Err(error) => FileContent::Unreadable(error.to_string()),
    }
}

fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe waits for a writer otherwise.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file: File = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A whole number in front, as keepalived reads it; what stands behind it means nothing.
fn content(bytes: &[u8]) -> FileContent {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
    if text.is_empty() {
        return FileContent::Empty;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let sign = text.len() - digits.len();
    let number = &text[..sign + length];
    if length == 0 {
        FileContent::NoNumber(text.lines().next().unwrap_or_default().trim_end().to_owned())
    } else {
        number.parse().map_or_else(|_| FileContent::OutOfRange(number.to_owned()), FileContent::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_in_front() {
        for (text, expected) in [
            ("5", FileContent::Number(5)),
            ("5\n", FileContent::Number(5)),
            ("  -7 \n", FileContent::Number(-7)),
            ("\t+12", FileContent::Number(12)),
            ("7x", FileContent::Number(7)),
            ("3.5", FileContent::Number(3)),
            ("6\n9\n", FileContent::Number(6)),
            ("010", FileContent::Number(10)),
            ("0x10", FileContent::Number(0)),
            ("2147483647", FileContent::Number(i32::MAX)),
            ("-2147483648", FileContent::Number(i32::MIN)),
            ("2147483648", FileContent::OutOfRange("2147483648".into())),
            ("-99999999999 ", FileContent::OutOfRange("-99999999999".into())),
            ("", FileContent::Empty),
            (" \n\n", FileContent::Empty),
            ("-", FileContent::NoNumber("-".into())),
            ("on fire \nnow", FileContent::NoNumber("on fire".into())),
            ("\u{661}", FileContent::NoNumber("\u{661}".into())),
        ] {
            assert_eq!(content(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(content(b"\xff1"), FileContent::NoNumber("\u{fffd}1".into()));
    }

    #[test]
    fn what_is_no_file_is_told_from_what_is_not_there() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("number");
        assert_eq!(read(&path), FileContent::Missing);
        assert_eq!(read(&path.join("below")), FileContent::Missing);
        fs::create_dir(&path).unwrap();
        assert_eq!(read(&path), FileContent::Unreadable("it is no regular file".into()));
        fs::write(path.join("below"), "4").unwrap();
        assert_eq!(read(&path.join("below")), FileContent::Number(4));
        assert!(matches!(read(&path.join("below").join("that")), FileContent::Unreadable(_)));
    }

    #[test]
    fn a_file_that_is_the_same_is_read_again_only_if_it_was_written() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("number");
        fs::write(&path, "4").unwrap();
        let first = look(None, &path, Trigger::Time, None);
        assert_eq!(first.content, Some(FileContent::Number(4)));
        assert_eq!(look(None, &path, Trigger::Time, first.identity).content, None);
        assert_eq!(look(None, &path, Trigger::Written, first.identity).content, Some(FileContent::Number(4)));
        fs::write(place.path().join("other"), "567").unwrap();
        fs::rename(place.path().join("other"), &path).unwrap();
        assert_eq!(look(None, &path, Trigger::Time, first.identity).content, Some(FileContent::Number(567)));
        fs::remove_file(&path).unwrap();
        assert_eq!(look(None, &path, Trigger::Time, first.identity).content, Some(FileContent::Missing));
    }
}
