//! Reads configuration files for `conf`, which does no I/O itself.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use conf::{Access, Environment, FileKind, LoadError, Loaded, LoadedLan, SourceLoader};
use glob::{MatchOptions, Pattern};
use rustix::fs::{Mode, OFlags};

/// A file that was written less than this ago may not be complete: editors empty it first.
const SETTLING: Duration = Duration::from_millis(50);
/// How long the files of a configuration are waited for, all together.
const PATIENCE: Duration = Duration::from_millis(200);

/// Loads a configuration to be looked at. `@ID` lines are compared with `config_id`, or with the host name up to its first
/// dot.
pub(crate) fn load(path: &Path, config_id: Option<&str>) -> Loaded {
    conf::load_in(&environment(config_id), path, &mut FileLoader::default())
}

/// As [`load`], for a daemon, which must never wait for whoever has the files: they are regular ones, and those that are
/// being written are waited for, for at most 200 ms.
pub(crate) fn load_to_run(path: &Path, config_id: Option<&str>) -> Loaded {
    conf::load_in(
        &environment(config_id),
        path,
        &mut FileLoader { files: Files::Settled { patience: PATIENCE }, given: None },
    )
}

/// As [`load`], of files that are the caller's business.
pub(crate) fn load_from(path: &Path, files: &mut dyn SourceLoader) -> Loaded {
    conf::load_in(&environment(None), path, files)
}

/// A file that is not read: its bytes are given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) name: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// Loads the configurations of the members of one LAN: file and configuration id of each. One may be given.
pub(crate) fn load_lan(members: &[(PathBuf, Option<String>)], given: Option<Given>) -> LoadedLan {
    let members: Vec<_> =
        members.iter().map(|(path, config_id)| (environment(config_id.as_deref()), path.clone())).collect();
    conf::load_lan(&members, &mut FileLoader { files: Files::Any, given })
}

fn environment(config_id: Option<&str>) -> Environment {
    Environment {
        config_id: config_id.map(str::to_owned).or_else(short_host_name),
        directory: std::env::current_dir().ok(),
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        seed: std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    }
}

fn short_host_name() -> Option<String> {
    let system = rustix::system::uname();
    system.nodename().to_str().ok()?.split('.').next().map(str::to_owned)
}

/// Files of the machine.
#[derive(Default)]
pub(crate) struct FileLoader {
    files: Files,
    given: Option<Given>,
}

impl FileLoader {
    /// Never waits: for no pipe, and for nobody who writes.
    pub(crate) fn of_regular_files() -> Self {
        Self { files: Files::Settled { patience: Duration::ZERO }, given: None }
    }
}

/// What is read.
#[derive(Default)]
enum Files {
    /// Whatever can be read, also a pipe.
    #[default]
    Any,
    /// Regular files that are complete.
    Settled {
        /// How long may still be waited for them.
        patience: Duration,
    },
}

impl SourceLoader for FileLoader {
    fn kind(&mut self, path: &Path) -> FileKind {
        if self.given.as_ref().is_some_and(|given| given.name == path) {
            return FileKind::Plain;
        }
        match fs::metadata(path) {
            Err(_) => FileKind::Plain,
            Ok(metadata) if metadata.is_dir() => FileKind::Directory,
            Ok(metadata) if !metadata.is_file() => FileKind::Special,
            Ok(metadata) if metadata.mode() & ANY_EXECUTE != 0 => FileKind::Executable,
            Ok(_) => FileKind::Plain,
        }
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if let Some(given) = self.given.as_ref().filter(|given| given.name == path) {
            return Ok(given.bytes.clone());
        }
        let read = match &mut self.files {
            Files::Any => File::open(path).and_then(|mut file| content(&mut file)),
            Files::Settled { patience } => read_settled(path, patience),
        };
        read.map_err(|error| failed(path, &error))
    }

    fn access(&mut self, path: &Path) -> Access {
        let others = fs::metadata(path).is_ok_and(|metadata| metadata.mode() & ANY_OTHER != 0);
        if others { Access::Others } else { Access::Owner }
    }

    fn matching(&mut self, including: &Path, pattern: &str) -> Vec<Result<PathBuf, LoadError>> {
        let folder = including.parent().unwrap_or_else(|| Path::new(""));
        let literal = Pattern::escape(&folder.to_string_lossy());
        let pattern = Path::new(&literal).join(as_glob(pattern));
        match glob::glob_with(&pattern.to_string_lossy(), AS_GLOB_3) {
            Err(error) => vec![Err(failed(&pattern, error.msg))],
            Ok(paths) => paths.map(|path| path.map_err(|error| failed(error.path(), error.error()))).collect(),
        }
    }
}

fn content(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file until nobody has written it for a while. When `patience` is over, what did not change while it was
/// read is taken as it is.
fn read_settled(path: &Path, patience: &mut Duration) -> io::Result<Vec<u8>> {
    loop {
        let mut file = open_regular(path)?;
        let before = file.metadata()?;
        let bytes = content(&mut file)?;
        let after = file.metadata()?;
        let changed = stamp(&before) != stamp(&after);
        let settles_in = SETTLING.saturating_sub(age(&after));
        if !changed && (settles_in.is_zero() || patience.is_zero()) {
            return Ok(bytes);
        }
        if patience.is_zero() {
            return Err(io::Error::other("it changes while it is read"));
        }
        let pause = if changed { SETTLING } else { settles_in }.min(*patience);
        *patience -= pause;
        sleep(pause);
    }
}

/// Opens a regular file, and nothing else: to open a pipe can wait, and to open a device can do anything.
fn open_regular(path: &Path) -> io::Result<File> {
    require_regular(&fs::metadata(path)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    // It may be another one by now.
    require_regular(&file.metadata()?)?;
    Ok(file)
}

fn require_regular(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() { Ok(()) } else { Err(io::Error::other(format!("it is {}, not a regular file", word(kind)))) }
}

fn word(kind: FileType) -> &'static str {
    let words = [
        (kind.is_dir(), "a directory"),
        (kind.is_fifo(), "a FIFO"),
        (kind.is_socket(), "a socket"),
        (kind.is_block_device() || kind.is_char_device(), "a device"),
    ];
    words.into_iter().find_map(|(is, word)| is.then_some(word)).unwrap_or("something else")
}

/// What changes when a file is written.
fn stamp(metadata: &Metadata) -> (u64, i64, i64) {
    (metadata.size(), metadata.mtime(), metadata.mtime_nsec())
}

/// How long ago a file was written; long ago if the clock says that it has not happened yet.
fn age(metadata: &Metadata) -> Duration {
    let written = metadata.modified().ok();
    written.and_then(|written| SystemTime::now().duration_since(written).ok()).unwrap_or(Duration::MAX)
}

/// A wildcard meets neither a leading dot nor a slash.
const AS_GLOB_3: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

const ANY_EXECUTE: u32 = 0o111;
const ANY_OTHER: u32 = 0o077;

/// What is read of a file: enough to pass the limit of the language.
pub(crate) const READ_BYTES: u64 = conf::model::limits::TOTAL_BYTES as u64 + 1;

/// What glob(3) means by `pattern`: `\` makes the next character a letter, `^` negates a class as `!` does, and `**` is
/// no more than `*`.
fn as_glob(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|letter| Pattern::escape(letter.encode_utf8(&mut [0; 4])))),
            '*' if out.ends_with('*') => {}
            '^' if out.ends_with('[') => out.push('!'),
            c => out.push(c),
        }
    }
    out
}

fn failed(path: &Path, reason: impl std::fmt::Display) -> LoadError {
    LoadError { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Instant;

    use super::*;

    fn names(found: Vec<Result<PathBuf, LoadError>>) -> Vec<String> {
        found.into_iter().map(|path| path.unwrap().file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn patterns_are_those_of_glob_3() {
        let folder = tempfile::Builder::new().prefix("[x]").tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".hidden.conf", "c.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let main = folder.path().join("main");
        assert_eq!(names(FileLoader::default().matching(&main, "*.conf")), ["a.conf", "b.conf"]);
        assert_eq!(names(FileLoader::default().matching(&main, "**.conf")), ["a.conf", "b.conf"]);
        assert_eq!(names(FileLoader::default().matching(&main, "c.txt")), ["c.txt"]);
        assert_eq!(names(FileLoader::default().matching(&main, "[^a].conf")), ["b.conf"]);
        assert_eq!(names(FileLoader::default().matching(&main, r"\c\.txt")), ["c.txt"]);
        assert!(FileLoader::default().matching(&main, r"\*.conf").is_empty());
        assert!(FileLoader::default().matching(&main, "none*").is_empty());
    }

    #[test]
    fn kinds_of_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "").unwrap();
        assert_eq!(FileLoader::default().kind(&path), FileKind::Plain);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o744)).unwrap();
        assert_eq!(FileLoader::default().kind(&path), FileKind::Executable);
        assert_eq!(FileLoader::default().kind(folder.path()), FileKind::Directory);
        assert_eq!(FileLoader::default().kind(Path::new("/dev/null")), FileKind::Special);
    }

    /// What a daemon is told of `path`, and how long it took.
    fn settled(path: &Path) -> (Result<String, String>, Duration) {
        let start = Instant::now();
        let read = FileLoader { files: Files::Settled { patience: PATIENCE }, given: None }.read(path);
        let text = read.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.reason);
        (text, start.elapsed())
    }

    /// As if it had been written long ago.
    fn write_long_ago(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        File::open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }

    #[test]
    fn a_daemon_reads_regular_files_and_links_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        write_long_ago(&path, "text");
        symlink(&path, &link).unwrap();
        assert_eq!(settled(&path).0.unwrap(), "text");
        assert_eq!(settled(&link).0.unwrap(), "text");
        assert!(settled(&folder.path().join("none")).0.is_err());
    }

    #[test]
    fn a_daemon_does_not_wait_for_what_is_no_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, socket) = (folder.path().join("fifo"), folder.path().join("socket"));
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let places = [
            (fifo.as_path(), "a FIFO"),
            (&socket, "a socket"),
            (folder.path(), "a directory"),
            (Path::new("/dev/tty"), "a device"),
            (Path::new("/dev/zero"), "a device"),
        ];
        for (path, word) in places {
            let path = path.to_owned();
            let (done, ended) = mpsc::channel();
            thread::spawn(move || done.send(settled(&path).0).unwrap());
            let said = ended.recv_timeout(Duration::from_secs(5)).expect("nobody waits");
            assert_eq!(said.unwrap_err(), format!("it is {word}, not a regular file"));
        }
    }

    #[test]
    fn a_file_that_was_emptied_just_now_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        // On a busy machine the editor may come too late.
        let is_waited_for = (0..10).any(|_| {
            fs::write(&path, "").unwrap();
            let writer = path.clone();
            let editor = thread::spawn(move || {
                sleep(SETTLING / 2);
                fs::write(&writer, "whole").unwrap();
            });
            let (text, _) = settled(&path);
            editor.join().unwrap();
            text.is_ok_and(|text| text == "whole")
        });
        assert!(is_waited_for);
    }

    #[test]
    fn a_file_that_is_written_all_the_time_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_long_ago(&path, "");
        // A clock that was set back makes the last change one of tomorrow.
        for tomorrow in [None, Some(SystemTime::now() + Duration::from_secs(86400))] {
            let (stop, writer) = (Arc::new(AtomicBool::new(false)), path.clone());
            let stopped = Arc::clone(&stop);
            let editor = thread::spawn(move || {
                let mut file = File::options().append(true).open(&writer).unwrap();
                while !stopped.load(Ordering::Relaxed) {
                    file.write_all(b"x").unwrap();
                    tomorrow.map_or(Ok(()), |time| file.set_modified(time)).unwrap();
                }
            });
            sleep(SETTLING);
            let (text, took) = settled(&path);
            stop.store(true, Ordering::Relaxed);
            editor.join().unwrap();
            // Whether the last look met a change is a matter of moments.
            assert!(text.is_ok_and(|text| !text.is_empty()) || took >= PATIENCE);
            assert!(took < 50 * PATIENCE, "{took:?}");
        }
    }
}
