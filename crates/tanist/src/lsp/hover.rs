//! What `tanist explain` knows of the word under the cursor, and of what is wrong with it.

use conf::{Content, Spot, language};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::project::Asked;
use crate::commands::{explain, facts};
use crate::page::{self, Part};

pub(super) fn hover(asked: Asked<'_>) -> Option<Hover> {
    let Asked { project, file, at, .. } = asked;
    let spot = project.outline.spot(file, at);
    let word = spot.and_then(|spot| spot.word().filter(|word| asked.is_in(word.span)));
    let found = project.loaded.diagnostics.iter().filter(|diagnostic| asked.is_in(diagnostic.span()));
    let mut codes: Vec<conf::Code> = found.map(|diagnostic| diagnostic.code).collect();
    codes.dedup();
    let mut parts = spot.map_or_else(Vec::new, about);
    parts.extend(codes.into_iter().flat_map(explain::of_code));
    let value = page::markdown_of(&parts);
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
    (!parts.is_empty()).then(|| Hover { contents, range: word.map(|word| project.range(word.span)) })
}

/// What is known of the word at a place.
fn about(spot: Spot<'_>) -> Vec<Part> {
    let Some(word) = spot.word().map(|word| word.text.as_str()) else { return Vec::new() };
    match (spot.content, spot.index) {
        (Content::Keywords(_), 0) => match spot.keyword() {
            Some(row) => explain::of_keyword(row),
            None => explain::about(word),
        },
        (Content::Entries(_), 1..) => {
            language::phrases().filter(|phrase| phrase.words.contains(&word)).flat_map(facts::phrase).collect()
        }
        // An `include`, or a block that is not read.
        (Content::Skipped, 0) => explain::about(word),
        (Content::Keywords(_) | Content::Entries(_) | Content::Skipped, _) => Vec::new(),
    }
}
