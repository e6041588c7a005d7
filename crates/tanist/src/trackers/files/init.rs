//! `init_file`: files that are made when the daemon starts, before they are watched.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use conf::model::Switch;
use conf::model::watch::{InitFile, TrackFile};
use rustix::fs::OFlags;

/// Writes the number into a file that is not there, or with `overwrite` into any regular file.
///
/// # Errors
/// If it cannot be made or written. A link is not followed.
pub(crate) fn make(file: &TrackFile) -> io::Result<()> {
    let Some(InitFile { value, overwrite }) = file.init else { return Ok(()) };
    match write(file.file.as_ref(), value, OpenOptions::new().write(true).create_new(true)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match overwrite {
            Switch::On => write(file.file.as_ref(), value, OpenOptions::new().write(true)),
            Switch::Off => Ok(()),
        },
        result => result,
    }
}

fn write(path: &Path, value: i32, options: &mut OpenOptions) -> io::Result<()> {
    // Opening a pipe would wait for a reader.
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let mut file = options.mode(0o644).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    file.set_len(0)?;
    writeln!(file, "{value}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use conf::model::Weight;

    use super::*;

    #[test]
    fn a_file_is_made_once_or_written_anew_and_no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("number");
        let file = |name: &str, value, overwrite| TrackFile {
            name: "f".into(),
            file: place.path().join(name).display().to_string(),
            weight: Weight::default(),
            init: Some(InitFile { value, overwrite }),
        };
        make(&file("number", 5, Switch::Off)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "5\n");
        make(&file("number", 6, Switch::Off)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "5\n");
        make(&file("number", -254, Switch::On)).unwrap();
        make(&file("number", 7, Switch::On)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "7\n", "nothing is left of what was longer");
        std::os::unix::fs::symlink(&path, place.path().join("link")).unwrap();
        make(&file("link", 8, Switch::On)).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "7\n");
        make(&file("no/such", 8, Switch::On)).unwrap_err();
        make(&TrackFile { init: None, ..file("other", 8, Switch::On) }).unwrap();
        assert!(!place.path().join("other").exists());
    }
}
