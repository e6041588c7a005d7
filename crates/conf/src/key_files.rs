//! Files that hold a key of `auth_hmac`.

use std::collections::HashMap;
use std::path::Path;

use vrrp::config::Secret;

use crate::keyword::Block;
use crate::keywords::authentication::KEY;
use crate::loader::{Access, FileKind, SourceLoader};
use crate::read::Raw;
use crate::say;
use crate::value::Value;

/// What a key begins with that is in a file.
const PREFIX: &str = "file:";

/// The files that a configuration names, by the paths that are written.
pub(crate) type KeyFiles = HashMap<String, KeyFile>;

pub(crate) struct KeyFile {
    /// Without the end of its last line; or why it cannot be read.
    pub(crate) content: Result<Secret<Vec<u8>>, String>,
    pub(crate) access: Access,
}

/// Reads the files that a configuration names. Relative paths begin at the folder of the main file.
pub(crate) fn read(raw: &Raw, main: &Path, loader: &mut dyn SourceLoader) -> KeyFiles {
    let mut files = KeyFiles::new();
    let folder = main.parent().unwrap_or_else(|| Path::new(""));
    for setting in raw.blocks(Block::Instance).iter().flat_map(|block| block.settings.all(&KEY)) {
        let Value::Words(words) = &setting.value else { continue };
        if let Some(path) = words.get(1).and_then(|word| path(&word.value)) {
            files.entry(path.to_owned()).or_insert_with(|| KeyFile::read(&folder.join(path), loader));
        }
    }
    files
}

impl KeyFile {
    fn read(path: &Path, loader: &mut dyn SourceLoader) -> Self {
        let content = match loader.kind(path) {
            FileKind::Plain | FileKind::Executable => loader.read(path).map_err(|error| error.reason),
            FileKind::Directory | FileKind::Special => Err(say::hmac_key_irregular()),
        };
        let trimmed = |mut bytes: Vec<u8>| {
            let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
            bytes.truncate(end);
            Secret::new(bytes)
        };
        Self { content: content.map(trimmed), access: loader.access(path) }
    }
}

/// The path of a key that is in a file.
pub(crate) fn path(written: &str) -> Option<&str> {
    written.strip_prefix(PREFIX)
}
