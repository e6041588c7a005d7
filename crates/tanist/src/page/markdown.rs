//! As Markdown.

use super::{Head, Part, Stretch, stretches};

/// A page.
pub(crate) fn markdown(head: Head, parts: &[Part]) -> String {
    format!("# {}\n\n{}", said(head.about), markdown_of(parts))
}

/// A part of a page.
pub(crate) fn markdown_of(parts: &[Part]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn part(part: &Part) -> String {
    match part {
        Part::Chapter(heading) => format!("## {}\n", said(heading)),
        Part::Entry(heading) => format!("### {}\n", said(heading)),
        Part::Text(text) => format!("{}\n", said(text)),
        Part::Terms(terms) => {
            let lines = terms.iter().map(|(term, text)| format!("* **{}**: {}\n", said(term), said(text)));
            lines.collect()
        }
        Part::Example(lines) => format!("```\n{lines}\n```\n"),
        Part::Instead(lines) => format!("Write instead:\n\n```\n{lines}\n```\n"),
    }
}

/// Signs that mean something to Markdown get a backslash, but for what is typed.
fn said(text: &str) -> String {
    let shown = stretches(text).map(|(stretch, text)| match stretch {
        Stretch::Typed => format!("`{text}`"),
        Stretch::Said => text.chars().flat_map(escaped).collect(),
    });
    shown.collect()
}

fn escaped(sign: char) -> impl Iterator<Item = char> {
    matches!(sign, '\\' | '*' | '<' | '[' | ']' | '#').then_some('\\').into_iter().chain([sign])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_markdown_are_kept_from_meaning_something() {
        assert_eq!(said("[a_b] `c*_d` *"), r"\[a_b\] `c*_d` \*");
    }
}
