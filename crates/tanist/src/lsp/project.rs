//! Configurations: an open file that no other open file includes, with all that it includes.

use conf::{FileId, Loaded, Outline, Sources, Span};
use lsp_types::{Location, Position, Range, Uri};

use super::documents::{Buffers, Document, Documents};
use crate::loader;

/// One configuration.
pub(super) struct Project {
    pub(super) loaded: Loaded,
    pub(super) outline: Outline,
}

/// A place that a client asks about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) project: &'a Project,
    pub(super) documents: &'a Documents,
    pub(super) file: FileId,
    /// The byte in it.
    pub(super) at: usize,
}

/// The configurations that are open. A file that an open one includes is checked as a part of that, so that it is known in
/// which block its lines stand.
pub(super) fn all(documents: &Documents) -> Vec<Project> {
    let read = |document: &Document| Project::load(document, documents);
    let mut projects: Vec<(&Document, Option<Project>)> =
        documents.iter().map(|document| (document, Some(read(document)))).collect();
    for index in 0..projects.len() {
        let document = projects[index].0;
        let includes = |(other, project): &(&Document, Option<Project>)| {
            other.uri != document.uri && project.as_ref().is_some_and(|project| project.file(document).is_some())
        };
        if projects.iter().any(includes) {
            projects[index].1 = None;
        }
    }
    projects.into_iter().filter_map(|(_, project)| project).collect()
}

impl Project {
    fn load(document: &Document, documents: &Documents) -> Self {
        let loaded = loader::load_from(&document.path, &mut Buffers::over(documents));
        let outline = Outline::of(loaded.diagnostics.sources());
        Self { loaded, outline }
    }

    pub(super) fn sources(&self) -> &Sources {
        self.loaded.diagnostics.sources()
    }

    /// An open file, if this configuration has it.
    pub(super) fn file(&self, document: &Document) -> Option<FileId> {
        let by_link = || self.sources().files().find(|file| document.is(file.path()));
        self.sources().find(&document.path).or_else(|| self.sources().find(by_link()?.path()))
    }

    pub(super) fn range(&self, span: Span) -> Range {
        let position = |at: conf::Position| Position::new(index(at.line), index(at.column_utf16));
        Range::new(position(self.sources().start(span)), position(self.sources().end(span)))
    }

    pub(super) fn uri(&self, file: FileId, documents: &Documents) -> Option<Uri> {
        documents.uri(self.sources().file(file).path())
    }

    /// `None`: the file has no name that the client could use.
    pub(super) fn location(&self, span: Span, documents: &Documents) -> Option<Location> {
        Some(Location { uri: self.uri(span.file, documents)?, range: self.range(span) })
    }
}

impl<'a> Asked<'a> {
    /// `None`: the file is not open.
    pub(super) fn of(projects: &'a [Project], documents: &'a Documents, uri: &Uri, position: Position) -> Option<Self> {
        let document = documents.named(uri)?;
        let (project, file) = projects.iter().find_map(|project| Some((project, project.file(document)?)))?;
        let at = project.sources().file(file).byte_at(position.line as usize, position.character as usize);
        Some(Self { project, documents, file, at })
    }

    pub(super) fn text(&self) -> &'a str {
        self.project.sources().file(self.file).text()
    }

    /// Whether a place of the language is there.
    pub(super) fn is_in(&self, span: Span) -> bool {
        span.file == self.file && span.start as usize <= self.at && self.at <= span.end as usize
    }
}

/// From a count from 1 to one from 0.
fn index(from_one: usize) -> u32 {
    u32::try_from(from_one.saturating_sub(1)).unwrap_or(u32::MAX)
}
