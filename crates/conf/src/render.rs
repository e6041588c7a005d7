//! Diagnostics for people and for programs.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};

use crate::code::Severity;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::source::{FileId, Position, Sources, Span};

/// How to render for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderStyle {
    /// Text only.
    Plain,
    /// With ANSI colours, for terminals.
    Colour,
}

/// Labels at most so many lines apart are shown in one excerpt.
const EXCERPT_LINES: usize = 12;

/// Longest excerpt. Of what is longer only the place is named: laying it out would take its square.
const EXCERPT_BYTES: usize = 4096;

impl Diagnostics {
    /// All of them, each with the lines it speaks of, in the layout of rustc.
    #[must_use]
    pub fn render(&self, style: RenderStyle) -> String {
        let renderer = match style {
            RenderStyle::Plain => Renderer::plain(),
            RenderStyle::Colour => Renderer::styled(),
        };
        let mut out = String::new();
        for diagnostic in self.iter() {
            out.push_str(&renderer.render(&report(&self.sources, diagnostic)));
            out.push_str("\n\n");
        }
        if let Some(omitted) = self.omission() {
            out.push_str(&format!("… and {omitted}\n\n"));
        }
        out
    }

    /// How many more there are than are kept, in words.
    #[must_use]
    pub fn omission(&self) -> Option<String> {
        (self.left_out() > 0).then(|| format!("{} more, none graver than these", self.left_out()))
    }
}

fn report<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::INFO.with_name(Some("advice")),
        Severity::Unsupported => Level::NOTE.with_name(Some("unsupported")),
    };
    let mut main = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.name()).elements(
        excerpts(sources, &diagnostic.labels).into_iter().map(|excerpt| element(sources, diagnostic, excerpt)),
    );
    if let Some(note) = &diagnostic.note {
        main = main.element(Level::NOTE.message(note.as_str()));
    }
    let Some(suggestion) = &diagnostic.suggestion else { return vec![main] };
    let patched = suggestion.replacement.as_ref().and_then(|(span, with)| patch(sources, *span, with));
    match patched {
        None => vec![main.element(Level::HELP.message(suggestion.text.as_str()))],
        Some(snippet) => vec![main, Level::HELP.secondary_title(suggestion.text.as_str()).element(snippet)],
    }
}

/// The line with its replacement, unless it is too long to be shown.
fn patch<'a>(sources: &'a Sources, span: Span, with: &'a str) -> Option<Snippet<'a, Patch<'a>>> {
    let line = line_of(sources, span);
    let (window, line) = window(sources, span.file, line..line + 1);
    let file = sources.file(span.file);
    (window.len() <= EXCERPT_BYTES).then(|| {
        let patch = Patch::new(within(span, &window), with);
        let text = sources.excerpt(span.file, &window);
        Snippet::source(text).line_start(line).path(file.path().to_string_lossy()).patch(patch)
    })
}

/// Labels that are shown together: indices into the diagnostic's labels, and the lines to show.
struct Excerpt {
    file: FileId,
    lines: Range<usize>,
    labels: Vec<usize>,
}

fn excerpts(sources: &Sources, labels: &[Label]) -> Vec<Excerpt> {
    let mut excerpts: Vec<Excerpt> = Vec::new();
    for (index, Label { span, .. }) in labels.iter().enumerate() {
        let first = line_of(sources, *span);
        let last = sources.file(span.file).line_index(span.end.saturating_sub(1).max(span.start)) + 1;
        let near = excerpts.iter_mut().find(|excerpt| {
            excerpt.file == span.file
                && first + EXCERPT_LINES >= excerpt.lines.start
                && first <= excerpt.lines.end + EXCERPT_LINES
        });
        if let Some(excerpt) = near {
            excerpt.lines = excerpt.lines.start.min(first)..excerpt.lines.end.max(last);
            excerpt.labels.push(index);
        } else {
            excerpts.push(Excerpt { file: span.file, lines: first..last, labels: vec![index] });
        }
    }
    excerpts
}

fn element<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic, excerpt: Excerpt) -> Element<'a> {
    let file = sources.file(excerpt.file);
    let path = file.path().to_string_lossy();
    let (window, line) = window(sources, excerpt.file, excerpt.lines);
    if file.text().is_empty() {
        return Origin::path(path).into();
    }
    if window.len() > EXCERPT_BYTES {
        let first = excerpt.labels.first().map(|&index| sources.start(diagnostic.labels[index].span));
        let (line, column) = first.map_or((line, 1), |Position { line, column, .. }| (line, column));
        return Origin::path(path).line(line).char_column(column).into();
    }
    let annotations = excerpt.labels.into_iter().map(|index| {
        let Label { span, text } = &diagnostic.labels[index];
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(within(*span, &window));
        if text.is_empty() { annotation } else { annotation.label(text.as_str()) }
    });
    let annotations: Vec<_> = annotations.collect();
    let text = sources.excerpt(excerpt.file, &window);
    Snippet::source(text).line_start(line).path(path).annotations(annotations).into()
}

/// The text of `lines` (from 0) and the number (from 1) of the first. Excerpts keep the cost of rendering apart from the
/// size of the file.
fn window(sources: &Sources, file: FileId, lines: Range<usize>) -> (Range<usize>, usize) {
    let file = sources.file(file);
    (file.line_range(lines.start).start..file.line_range(lines.end.saturating_sub(1)).end, lines.start + 1)
}

fn within(span: Span, window: &Range<usize>) -> Range<usize> {
    span.start as usize - window.start..(span.end as usize).min(window.end) - window.start
}

fn line_of(sources: &Sources, span: Span) -> usize {
    sources.file(span.file).line_index(span.start)
}
