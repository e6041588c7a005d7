//! `tanist explain`: what a keyword or a code means.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use conf::Code;
use conf::keyword::{self, KeywordDef, Repeat, Status};

use crate::cli::ExplainArgs;

/// Exit status 0 explained, 1 nothing of that name is known.
pub(crate) fn run(options: &ExplainArgs) -> ExitCode {
    let word = options.word.as_str();
    let text = explain(word);
    let written = match &text {
        Some(text) => write!(io::stdout(), "{text}"),
        None => writeln!(io::stderr(), "tanist: {}", unknown(word)),
    };
    match (text, written) {
        (Some(_), Ok(())) => ExitCode::SUCCESS,
        (Some(_) | None, Ok(()) | Err(_)) => ExitCode::FAILURE,
    }
}

/// All that is known of a word: a keyword may stand in several blocks.
fn explain(word: &str) -> Option<String> {
    let rows = keyword::all().filter(|row| row.name == word).map(describe);
    let codes = Code::ALL
        .iter()
        .filter(|code| code.name() == word)
        .map(|code| format!("{}[{}]\n\n    {}\n", code.severity().name(), code.name(), code.meaning()));
    let parts: Vec<String> = rows.chain(codes).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn unknown(word: &str) -> String {
    let names = keyword::all().map(|row| row.name).chain(Code::ALL.iter().map(|code| code.name()));
    match conf::nearest_word(names, word) {
        Some(near) => format!("nothing is known of `{word}`; did you mean `{near}`?"),
        None => format!("nothing is known of `{word}`: it is no keyword and no code"),
    }
}

fn describe(row: &KeywordDef) -> String {
    let mut out = format!("{} (in {})\n\n    {}\n\n", row.name, row.block.name().replace('`', ""), row.help);
    let repeat = match row.repeat {
        Repeat::Last => "the last counts",
        Repeat::First => "the first counts",
        Repeat::All => "all count",
    };
    let status = match row.status {
        Status::Works => "works".to_owned(),
        Status::NoEffect(reason) => format!("accepted, no effect here: {reason}"),
        Status::Refused(reason) => format!("accepted, deliberately not carried out: {reason}"),
        Status::NotYet(consequence, _) => format!("not supported yet: {consequence}"),
        Status::LoadBalancer => "belongs to the load balancer, which tanist is not".to_owned(),
    };
    let arguments = row.arguments();
    let facts = [
        ("takes", arguments.as_str()),
        ("default", row.default),
        ("repeated", repeat),
        ("since", if row.since.is_empty() { "" } else { row.since }),
        ("status", status.as_str()),
        ("differs", row.differs),
    ];
    for (name, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
        let since = if name == "since" { "keepalived " } else { "" };
        // Writing to a String cannot fail.
        writeln!(out, "    {name:<10}{since}{fact}").ok();
    }
    out.push_str("\n    Example:\n");
    for line in row.example().lines() {
        writeln!(out, "        {line}").ok();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_codes_are_explained() {
        let text = explain("advert_int").unwrap();
        for part in ["vrrp_instance", "0.01 to 255", "default   1", "works", "Example"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(explain("no-prefix-length").unwrap().starts_with("advice[no-prefix-length]"));
    }

    /// `weight` and the like are explained for each block.
    #[test]
    fn a_keyword_of_several_blocks_is_explained_for_each() {
        let text = explain("weight").unwrap();
        for block in ["vrrp_script", "vrrp_track_process", "track_file", "bfd_instance"] {
            assert!(text.contains(block), "{block} is not in {text}");
        }
    }

    #[test]
    fn a_misspelt_word_finds_its_neighbour() {
        assert!(explain("advert_in").is_none());
        assert!(unknown("advert_in").ends_with("did you mean `advert_int`?"));
        assert!(unknown("qqqqqqqqqqqq").ends_with("no code"));
    }
}
