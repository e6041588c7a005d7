//! What is known of a keyword or a code, as parts of a page.

use conf::Code;
use conf::keyword::{KeywordDef, Repeat, Status};
use conf::language::Phrase;

use crate::page::Part;

/// All about a keyword but its name and its block.
pub(crate) fn keyword(row: &KeywordDef) -> [Part; 3] {
    let since = if row.since.is_empty() { String::new() } else { format!("keepalived {}", row.since) };
    let facts = [
        ("takes", row.arguments()),
        ("default", row.default.to_owned()),
        ("repeated", repeated(row.repeat).to_owned()),
        ("since", since),
        ("status", status(row.status)),
        ("differs", row.differs.to_owned()),
    ];
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    [
        Part::Text(row.help.to_owned()),
        Part::Terms(facts.map(|(name, text)| (name.to_owned(), text)).collect()),
        Part::Example(row.example()),
    ]
}

/// All about a form of the language or an option.
pub(crate) fn phrase(phrase: &Phrase) -> Vec<Part> {
    let heading = match phrase.words.first() {
        Some(name) if !phrase.usage.contains(name) => format!("{name}: {}", phrase.usage),
        Some(_) | None => phrase.usage.to_owned(),
    };
    let mut parts = vec![Part::Entry(heading), Part::Text(phrase.help.to_owned())];
    if !phrase.differs.is_empty() {
        parts.push(Part::Terms(vec![("note".to_owned(), phrase.differs.to_owned())]));
    }
    if !phrase.example.is_empty() {
        parts.push(Part::Example(phrase.example.to_owned()));
    }
    parts
}

/// A code as it stands at the head of a message.
pub(crate) fn code_name(code: Code) -> String {
    format!("{}[{}]", code.severity().name(), code.name())
}

fn repeated(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Last => "the last counts",
        Repeat::First => "the first counts",
        Repeat::All => "all count",
    }
}

fn status(status: Status) -> String {
    match status {
        Status::Works => "works".to_owned(),
        Status::NoEffect(reason) => format!("accepted, no effect here: {reason}"),
        Status::Refused(reason) => format!("accepted, deliberately not carried out: {reason}"),
        Status::LoadBalancer => "belongs to the load balancer, which tanist is not".to_owned(),
    }
}
