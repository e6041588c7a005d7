//! `tanist explain`: what a keyword or a code means.

use std::io::{self, Write as _};
use std::process::ExitCode;

use conf::keyword::{self, KeywordDef};
use conf::language;
use conf::{Code, Explanation};

use super::facts;
use crate::cli::ExplainArgs;
use crate::page::{self, Part};
use crate::vocabulary;

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

fn explain(word: &str) -> Option<String> {
    let parts = about(word);
    (!parts.is_empty()).then(|| page::text(&parts))
}

/// All that is known of a word: a keyword may stand in several blocks.
pub(crate) fn about(word: &str) -> Vec<Part> {
    let rows = keyword::all().filter(|row| row.name == word || row.also.contains(&word)).flat_map(of_keyword);
    let codes = Code::ALL.iter().filter(|code| code.name() == word).flat_map(|code| of_code(*code));
    let phrases = language::phrases().filter(|phrase| phrase.words.contains(&word)).flat_map(facts::phrase);
    rows.chain(phrases).chain(codes).collect()
}

pub(crate) fn of_keyword(row: &KeywordDef) -> Vec<Part> {
    let heading = format!("{} (in {})", row.name, page::plain(row.block.name()));
    std::iter::once(Part::Entry(heading)).chain(facts::keyword(row)).collect()
}

pub(crate) fn of_code(code: Code) -> Vec<Part> {
    let Explanation { why, wrong, right } = code.explanation();
    let texts = [code.meaning(), why].map(|text| Part::Text(text.to_owned()));
    let wrong = wrong.map(|example| Part::Example(example.lines.to_owned()));
    let right = right.map(|example| Part::Instead(example.lines.to_owned()));
    std::iter::once(Part::Entry(facts::code_name(code))).chain(texts).chain(wrong).chain(right).collect()
}

fn unknown(word: &str) -> String {
    let shown = conf::printable(word);
    match conf::nearest_word(vocabulary::all().into_keys(), word) {
        Some(near) => format!("nothing is known of `{shown}`; did you mean `{near}`?"),
        None => format!("nothing is known of `{shown}`: it is no keyword, no part of the language and no code"),
    }
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
        let text = explain("no-prefix-length").unwrap();
        assert!(text.starts_with("advice[no-prefix-length]"), "{text}");
        for part in ["/32 or /128", "Example:\n        10.0.0.7\n", "Write instead:\n        10.0.0.7/24\n"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn what_is_no_keyword_is_explained_too() {
        for (word, part) in [
            ("include", "sorted by name"),
            ("~SEQ", "once for each number"),
            ("dev", "holds the address"),
            ("dev", "it leaves by"),
            ("sup_pl", "the next rule is asked"),
            ("mtu", "keeps for connections"),
        ] {
            let text = explain(word).unwrap();
            assert!(text.contains(part), "{part} is not in {text}");
        }
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
