//! Where files come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Gives files by name. Globs, directories and permissions are the implementation's business.
pub trait SourceLoader {
    /// The bytes of the main file.
    ///
    /// # Errors
    /// The file cannot be read; the caller reports it and goes on without any router.
    fn main(&mut self, path: &Path) -> Result<Vec<u8>, LoadError>;

    /// Names and bytes of the files that match `pattern`, sorted by name. `pattern` is a glob(7) with `{a,b}`; a
    /// relative one starts at the directory of `including`. Nothing matched: an empty list.
    ///
    /// # Errors
    /// A match cannot be read; the caller reports it and goes on behind the include.
    fn include(&mut self, including: &Path, pattern: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, LoadError>;
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// Why, as a half sentence: "is a directory", "No such file or directory".
    pub reason: String,
}

/// Files in memory, for tests. Patterns know `*` only.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryLoader {
    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }
}

impl SourceLoader for MemoryLoader {
    fn main(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let missing = || LoadError { path: path.to_owned(), reason: "No such file or directory".to_owned() };
        self.files.get(path).cloned().ok_or_else(missing)
    }

    fn include(&mut self, including: &Path, pattern: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, LoadError> {
        let pattern = including.parent().unwrap_or_else(|| Path::new("")).join(pattern);
        let pattern = pattern.to_string_lossy();
        let found = self.files.iter().filter(|(path, _)| matches(&pattern, &path.to_string_lossy()));
        Ok(found.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())
    }
}

/// Whether `name` is `pattern` with every `*` replaced by some text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
}
