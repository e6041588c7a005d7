//! Reads configuration files for `conf`, which does no I/O itself.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use conf::{Environment, FileKind, LoadError, Loaded, LoadedLan, SourceLoader};
use glob::{MatchOptions, Pattern};

/// Loads a configuration. `@ID` lines are compared with `config_id`, or with the host name up to its first dot.
pub(crate) fn load(path: &Path, config_id: Option<&str>) -> Loaded {
    conf::load_in(&environment(config_id), path, &mut FileLoader)
}

/// Loads the configurations of the members of one LAN: file and configuration id of each.
pub(crate) fn load_lan(members: &[(PathBuf, Option<String>)]) -> LoadedLan {
    let members: Vec<_> =
        members.iter().map(|(path, config_id)| (environment(config_id.as_deref()), path.clone())).collect();
    conf::load_lan(&members, &mut FileLoader)
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
struct FileLoader;

impl SourceLoader for FileLoader {
    fn kind(&mut self, path: &Path) -> FileKind {
        match fs::metadata(path) {
            Err(_) => FileKind::Plain,
            Ok(metadata) if metadata.is_dir() => FileKind::Directory,
            Ok(metadata) if !metadata.is_file() => FileKind::Special,
            Ok(metadata) if metadata.mode() & ANY_EXECUTE != 0 => FileKind::Executable,
            Ok(_) => FileKind::Plain,
        }
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(READ_BYTES).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| failed(path, &error))
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

/// A wildcard meets neither a leading dot nor a slash.
const AS_GLOB_3: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

const ANY_EXECUTE: u32 = 0o111;

/// What is read of a file: enough to pass the limit of the language.
const READ_BYTES: u64 = conf::model::limits::TOTAL_BYTES as u64 + 1;

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
    use std::os::unix::fs::PermissionsExt as _;

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
        assert_eq!(names(FileLoader.matching(&main, "*.conf")), ["a.conf", "b.conf"]);
        assert_eq!(names(FileLoader.matching(&main, "**.conf")), ["a.conf", "b.conf"]);
        assert_eq!(names(FileLoader.matching(&main, "c.txt")), ["c.txt"]);
        assert_eq!(names(FileLoader.matching(&main, "[^a].conf")), ["b.conf"]);
        assert_eq!(names(FileLoader.matching(&main, r"\c\.txt")), ["c.txt"]);
        assert!(FileLoader.matching(&main, r"\*.conf").is_empty());
        assert!(FileLoader.matching(&main, "none*").is_empty());
    }

    #[test]
    fn kinds_of_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "").unwrap();
        assert_eq!(FileLoader.kind(&path), FileKind::Plain);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o744)).unwrap();
        assert_eq!(FileLoader.kind(&path), FileKind::Executable);
        assert_eq!(FileLoader.kind(folder.path()), FileKind::Directory);
        assert_eq!(FileLoader.kind(Path::new("/dev/null")), FileKind::Special);
    }
}
