//! Where files come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Gives files by name. Globs, directories and permissions are the implementation's business; what is made of them is
/// not.
pub trait SourceLoader {
    /// What kind of file it is. What cannot be told is [`FileKind::Plain`]: reading it will say why.
    fn kind(&mut self, path: &Path) -> FileKind;

    /// The bytes of a file.
    ///
    /// # Errors
    /// The file cannot be read; the caller reports it and goes on without it.
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError>;

    /// Who may read a file besides its owner. What cannot be told is [`Access::Owner`].
    fn access(&mut self, path: &Path) -> Access;

    /// Names that match `pattern`, sorted; what cannot be looked into stands among them as an error. `pattern` is a
    /// glob(7) without braces; a relative one starts at the directory of `including`. Nothing matched: an empty list.
    fn matching(&mut self, including: &Path, pattern: &str) -> Vec<Result<PathBuf, LoadError>>;
}

/// Kinds of files. keepalived reads none but plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file without any execute bit.
    Plain,
    /// A regular file with an execute bit.
    Executable,
    /// A directory.
    Directory,
    /// A device, pipe or socket.
    Special,
}

/// Who may read or write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner alone.
    Owner,
    /// Others too.
    Others,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// Why, as a half sentence: "No such file or directory".
    pub reason: String,
}

/// Files in memory, for tests. Patterns know `*` only.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<PathBuf, Vec<u8>>,
    executable: BTreeSet<PathBuf>,
    locked: BTreeSet<PathBuf>,
    shared: BTreeSet<PathBuf>,
}

impl MemoryLoader {
    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// Gives a file an execute bit.
    #[must_use]
    pub fn executable(mut self, path: impl Into<PathBuf>) -> Self {
        self.executable.insert(path.into());
        self
    }

    /// Lets nobody read a file.
    #[must_use]
    pub fn locked(mut self, path: impl Into<PathBuf>) -> Self {
        self.locked.insert(path.into());
        self
    }

    /// Lets others than its owner read a file.
    #[must_use]
    pub fn shared(mut self, path: impl Into<PathBuf>) -> Self {
        self.shared.insert(path.into());
        self
    }

    /// Directories are what files are in.
    fn names(&self) -> BTreeSet<&Path> {
        self.files.keys().flat_map(|path| path.ancestors()).filter(|path| !path.as_os_str().is_empty()).collect()
    }
}

impl SourceLoader for MemoryLoader {
    fn kind(&mut self, path: &Path) -> FileKind {
        if self.executable.contains(path) {
            FileKind::Executable
        } else if !self.files.contains_key(path) && self.names().contains(path) {
            FileKind::Directory
        } else {
            FileKind::Plain
        }
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let failed = |reason: &str| LoadError { path: path.to_owned(), reason: reason.to_owned() };
        if self.locked.contains(path) {
            return Err(failed("Permission denied"));
        }
        self.files.get(path).cloned().ok_or_else(|| failed("No such file or directory"))
    }

    fn access(&mut self, path: &Path) -> Access {
        if self.shared.contains(path) { Access::Others } else { Access::Owner }
    }

    fn matching(&mut self, including: &Path, pattern: &str) -> Vec<Result<PathBuf, LoadError>> {
        let pattern = including.parent().unwrap_or_else(|| Path::new("")).join(pattern);
        let pattern = pattern.to_string_lossy();
        let found = self.names().into_iter().filter(|path| matches(&pattern, &path.to_string_lossy()));
        found.map(|path| Ok(path.to_owned())).collect()
    }
}

/// Whether `name` is `pattern` with every `*` replaced by some text without `/`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    let within = rest.find('/').unwrap_or(rest.len());
    (0..=within).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
}
