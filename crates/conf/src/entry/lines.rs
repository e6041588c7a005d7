//! Lines for the tests of routes and rules.

use std::fmt;
use std::path::PathBuf;

use super::Entry;
use crate::code::{Code, Severity};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Line, Statement};

/// What became of a line.
#[derive(Debug)]
pub(super) struct Outcome<T> {
    pub(super) value: Option<T>,
    /// Codes and the text of their first place.
    pub(super) said: Vec<(Code, String)>,
    pub(super) worst: Option<Severity>,
}

/// Reads `text` by `read`, and checks that every place is a stretch of it.
pub(super) fn read<T>(
    text: &str,
    read: impl FnOnce(&Statement, &mut Diagnostics) -> Option<Entry<T>>,
) -> Option<Outcome<T>> {
    let mut out = Diagnostics::default();
    let file = out.sources.add(PathBuf::from("t"), text.to_owned(), None);
    let (line, _) = Line::written(file, 0, text).without_comment();
    let statement = line.statement();
    statement.keyword()?;
    let value = read(&statement, &mut out).map(|entry| entry.value);
    for diagnostic in out.iter() {
        let replaced = diagnostic.suggestion.iter().filter_map(|suggestion| suggestion.replacement.as_ref());
        for span in diagnostic.labels.iter().map(|label| label.span).chain(replaced.map(|(span, _)| *span)) {
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}: {diagnostic:?}");
        }
    }
    let said = out.iter().map(|said| (said.code, out.sources.text(said.span()).to_owned())).collect();
    Some(Outcome { value, said, worst: out.worst() })
}

/// A value's text is read without error and means the value.
pub(super) fn assert_round_trip<T: PartialEq + fmt::Debug + fmt::Display>(
    value: &T,
    again: impl FnOnce(&str) -> Option<Outcome<T>>,
) {
    let text = value.to_string();
    let outcome = again(&text).expect("a text of words");
    assert_eq!(outcome.value.as_ref(), Some(value), "{text}: {:?}", outcome.said);
    let quiet = outcome.said.iter().all(|(code, _)| *code == Code::NoPreference);
    assert!(quiet, "{text}: {:?}", outcome.said);
}

/// Lines of any words: what is read is what its text means, and what is left out is an error.
pub(super) fn assert_any_words<T: PartialEq + fmt::Debug + fmt::Display>(
    start: &str,
    words: &[&str],
    pairs: &[(&str, &str)],
    of: impl Fn(&str) -> Option<Outcome<T>>,
) {
    let (words, pairs) = (words.join(" "), pairs.iter().map(|(option, value)| format!("{option} {value}")));
    let pairs = pairs.collect::<Vec<_>>().join(" ");
    for text in [format!("{start} {pairs}"), format!("{start} {pairs} {words}")] {
        let Some(outcome) = of(&text) else { continue };
        match &outcome.value {
            Some(value) => assert_round_trip(value, &of),
            None => assert_eq!(outcome.worst, Some(Severity::Error), "{text}"),
        }
    }
}

/// Each line is fine, and its value has this text.
pub(super) fn assert_good<T: PartialEq + fmt::Debug + fmt::Display>(
    lines: &[(&str, &str)],
    of: impl Fn(&str) -> Option<Outcome<T>>,
) {
    for &(line, text) in lines {
        assert_codes(&[(line, &[], text)], &of);
    }
}

/// Each line draws these codes, and its value has this text.
pub(super) fn assert_codes<T: PartialEq + fmt::Debug + fmt::Display>(
    lines: &[(&str, &[Code], &str)],
    of: impl Fn(&str) -> Option<Outcome<T>>,
) {
    for &(line, codes, text) in lines {
        let outcome = of(line).expect("words");
        assert_eq!(outcome.said.iter().map(|(code, _)| *code).collect::<Vec<_>>(), codes, "{line}");
        let value = outcome.value.expect(line);
        assert_eq!(value.to_string(), text, "{line}");
        assert_round_trip(&value, &of);
    }
}

/// Each line draws one code at one word. Its value has this text; a line without value draws an error.
pub(super) fn assert_said<T: PartialEq + fmt::Debug + fmt::Display>(
    lines: &[(&str, Code, &str, &str)],
    of: impl Fn(&str) -> Option<Outcome<T>>,
) {
    for &(line, code, place, text) in lines {
        let outcome = of(line).expect("words");
        assert_eq!(outcome.said, [(code, place.to_owned())], "{line}");
        assert_eq!(outcome.value.as_ref().map(T::to_string).unwrap_or_default(), text, "{line}");
        match &outcome.value {
            Some(value) => assert_round_trip(value, &of),
            None => assert_eq!(outcome.worst, Some(Severity::Error), "{line}"),
        }
    }
}
