//! Text in parts, and the forms in which it can be written.
//!
//! Words in backticks are what is typed; each form shows them in its way.

mod markdown;
mod roff;
mod text;

pub(crate) use self::markdown::{markdown, markdown_of};
pub(crate) use self::roff::{man, page, spoken, title};
pub(crate) use self::text::text;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Heading of a chapter.
    Chapter(String),
    /// Heading of an entry in a chapter.
    Entry(String),
    /// A paragraph.
    Text(String),
    /// What is said, and what is said of it.
    Terms(Vec<(String, String)>),
    /// Lines of a configuration.
    Example(String),
    /// What to write in place of an example.
    Instead(String),
}

/// What stands at the head of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Its name in the manual.
    pub(crate) name: &'static str,
    /// What it is about, in half a sentence.
    pub(crate) about: &'static str,
}

/// The stretches of a text that are typed, and those between them.
fn stretches(text: &str) -> impl Iterator<Item = (Stretch, &str)> {
    let kinds = [Stretch::Said, Stretch::Typed].into_iter().cycle();
    kinds.zip(text.split('`')).filter(|(_, text)| !text.is_empty())
}

/// A text without marks.
pub(crate) fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    Said,
    Typed,
}
