//! What is open in the editor, and configuration files as it shows them.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use conf::{Access, FileKind, LoadError, SourceLoader};
use lsp_types::{TextDocumentItem, Uri};

use crate::loader::FileLoader;
use crate::uri;

/// An open file, perhaps changed since it was saved, perhaps never saved.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// Its name for the language; what is no file of this machine is called by its URI.
    pub(super) path: PathBuf,
    /// The same without links.
    real: PathBuf,
    pub(super) version: i32,
    text: String,
}

impl Document {
    pub(super) fn is(&self, path: &Path) -> bool {
        self.path == path || fs::canonicalize(path).is_ok_and(|real| real == self.real)
    }
}

/// All that is open, in the order in which it was opened.
#[derive(Debug)]
pub(super) struct Documents(Vec<Document>);

impl Documents {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn open(&mut self, item: TextDocumentItem) {
        self.close(&item.uri);
        let path = uri::path(item.uri.as_str()).unwrap_or_else(|| PathBuf::from(item.uri.as_str()));
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        self.0.push(Document { uri: item.uri, path, real, version: item.version, text: item.text });
    }

    pub(super) fn change(&mut self, uri: &Uri, version: i32, text: String) {
        if let Some(document) = self.0.iter_mut().find(|document| document.uri == *uri) {
            document.version = version;
            document.text = text;
        }
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        self.0.retain(|document| document.uri != *uri);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.iter()
    }

    pub(super) fn named(&self, uri: &Uri) -> Option<&Document> {
        self.iter().find(|document| document.uri == *uri)
    }

    fn at(&self, path: &Path) -> Option<&Document> {
        self.iter().find(|document| document.path == path).or_else(|| self.iter().find(|document| document.is(path)))
    }

    /// How the client calls a file. `None`: it has no name there.
    pub(super) fn uri(&self, path: &Path) -> Option<Uri> {
        match self.at(path) {
            Some(document) => Some(document.uri.clone()),
            None => Uri::from_str(&uri::of_path(path)).ok(),
        }
    }
}

/// Files of the machine, but for those that are open.
pub(super) struct Buffers<'a> {
    documents: &'a Documents,
    files: FileLoader,
}

impl<'a> Buffers<'a> {
    pub(super) fn over(documents: &'a Documents) -> Self {
        Self { documents, files: FileLoader::of_regular_files() }
    }
}

impl SourceLoader for Buffers<'_> {
    fn kind(&mut self, path: &Path) -> FileKind {
        self.files.kind(path)
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        match self.documents.at(path) {
            Some(document) => Ok(document.text.clone().into_bytes()),
            None => self.files.read(path),
        }
    }

    fn access(&mut self, path: &Path) -> Access {
        self.files.access(path)
    }

    fn matching(&mut self, including: &Path, pattern: &str) -> Vec<Result<PathBuf, LoadError>> {
        self.files.matching(including, pattern)
    }
}
