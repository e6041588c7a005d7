//! Where what is named under the cursor is defined.

use conf::Span;
use lsp_types::Location;

use super::project::Asked;

/// The definition behind `$NAME`, the block of that name, or the files that a line includes.
pub(super) fn definitions(asked: Asked<'_>) -> Vec<Location> {
    let Asked { project, documents, file, at } = asked;
    let outline = &project.outline;
    let Some(spot) = outline.spot(file, at) else { return Vec::new() };
    let mut places: Vec<Location> = Vec::new();
    let mut add = |span: Span| match project.location(span, documents) {
        Some(place) if !places.contains(&place) => places.push(place),
        Some(_) | None => {}
    };
    if let Some(name) = outline.definition(project.sources(), file, at) {
        add(name.span);
    } else if let (Some(block), Some(word)) = (spot.refers_to(), spot.word()) {
        outline.names(block).filter(|name| name.text == word.text).for_each(|name| add(name.span));
    } else {
        let start = |file| project.sources().stretch(file, 0..0);
        outline.included(file, at).for_each(|file| add(start(file)));
    }
    places
}
