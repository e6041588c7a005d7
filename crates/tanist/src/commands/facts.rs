//! What is known of a keyword or a code, as parts of a page.

use conf::Code;
use conf::keyword::{KeywordDef, Repeat, Status};

use super::page::Part;

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
        Status::NotYet(consequence, _) => format!("not supported yet: {consequence}"),
        Status::LoadBalancer => "belongs to the load balancer, which tanist is not".to_owned(),
    }
}
