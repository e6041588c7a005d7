//! `include` and its stricter variants (keepalived-config §1.7). In the name behind it braces stand for each of their
//! choices, as in a shell.

use std::path::{Path, PathBuf};

use super::Expander;
use super::define::is_name_char;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Line, Statement, Word, place_of};
use crate::loader::{FileKind, LoadError};
use crate::model::limits;
use crate::say;
use crate::source::Span;

/// Something that can go wrong with an `include`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// A match cannot be read or is not a plain file.
    Read,
    /// A name without wildcards matches nothing.
    Match,
    /// A wildcard matches nothing.
    Wildcard,
    /// A choice in braces matches nothing.
    Brace,
}

const ALL: [Check; 4] = [Check::Read, Check::Match, Check::Wildcard, Check::Brace];

/// The words of `include_check`.
const WORDS: [(&str, Check); 4] = [
    ("read", Check::Read),
    ("match", Check::Match),
    ("wildcard_match", Check::Wildcard),
    ("brace_match", Check::Brace),
];

/// The words that include files, and what each does not tolerate.
const VARIANTS: [(&str, &[Check]); 6] = [
    ("include", &[]),
    ("includer", &[Check::Read]),
    ("includem", &[Check::Read, Check::Match]),
    ("includew", &[Check::Read, Check::Match, Check::Wildcard]),
    ("includeb", &[Check::Read, Check::Brace]),
    ("includea", &ALL),
];

/// The words that include files.
pub(crate) fn include_words() -> impl Iterator<Item = &'static str> {
    VARIANTS.iter().map(|&(word, _)| word)
}

/// Names that a message lists.
const NAMED: usize = 3;

/// An `include` of a line.
struct Include<'a> {
    pattern: &'a str,
    span: Span,
    /// What is not tolerated, by its variant or by `include_check`.
    checks: Vec<Check>,
    /// What keepalived makes of a file that it cannot read.
    unread: String,
}

impl Expander<'_> {
    /// Reads what the line includes. `false`: it is no include.
    pub(super) fn include(&mut self, line: &Line<'_>, start: usize) -> bool {
        let text = &line.text[start..];
        // Of a line with many statements the rest is not looked through for each.
        if !text.starts_with("include") {
            return false;
        }
        let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let Some((_, checks)) = VARIANTS.into_iter().find(|(name, _)| *name == word) else { return false };
        let pattern = rest.trim();
        if pattern.is_empty() {
            self.report(say::missing_argument_file(line.span(start..start + word.len()), word));
            return true;
        }
        let checks = [checks, &self.checks].concat();
        let is_strict = checks.contains(&Check::Read);
        let unread = if is_strict { say::include_unreadable_strict() } else { say::include_unreadable_skipped() };
        let include = Include { pattern, span: line.span(place_of(pattern, &line.text)), checks, unread };
        let before = line.text[..start].split_whitespace().next_back();
        if before.is_some_and(|word| word.starts_with('@')) {
            self.report(say::condition_include(include.span));
        }
        if self.open_files.len() < limits::INCLUDE_DEPTH {
            self.include_choices(&include);
        } else {
            self.report(say::too_large_includes(include.span, limits::INCLUDE_DEPTH));
        }
        true
    }

    fn include_choices(&mut self, include: &Include<'_>) {
        let Some(choices) = alternatives(include.pattern) else {
            return self.report(say::too_large_choices(include.span, limits::INCLUDE_CHOICES));
        };
        let including = self.open_files.last().cloned().unwrap_or_default();
        let (mut missing, mut found) = (Vec::new(), 0usize);
        for choice in &choices {
            let matches = self.loader.matching(&including, choice);
            if matches.is_empty() {
                missing.push(choice.as_str());
            }
            found += matches.len();
            for path in matches {
                match path {
                    Ok(path) => self.included(path, include),
                    Err(error) => self.unreadable(&error, include),
                }
            }
        }
        let is_one = choices.len() == 1;
        if !is_one && found > 0 {
            missing.retain(|choice| !has_wildcard(choice));
        }
        let plain = if is_one { Check::Match } else { Check::Brace };
        if let Some(diagnostic) = self.unmatched(&missing, include, plain) {
            self.report(diagnostic);
        }
    }

    /// The definition whose name, without braces, is a part of a file name.
    fn glued<'p>(&self, pattern: &'p str) -> Option<&'p str> {
        let (_, rest) = pattern.split_once('$')?;
        rest.split(|c: char| !is_name_char(c)).next().filter(|name| self.definitions.contains_key(*name))
    }

    fn included(&mut self, path: PathBuf, include: &Include<'_>) {
        let (span, name) = (include.span, path.display());
        let diagnostic = match self.loader.kind(&path) {
            FileKind::Plain if self.open_files.contains(&path) => say::include_loop(span, name),
            FileKind::Plain if self.files >= limits::INCLUDE_FILES => say::too_large_files(span, limits::INCLUDE_FILES),
            FileKind::Plain => match self.loader.read(&path) {
                Ok(bytes) => {
                    self.file(path, bytes, Some(span));
                    return;
                }
                Err(error) => return self.unreadable(&error, include),
            },
            FileKind::Executable => say::include_executable(span, name, &include.unread),
            FileKind::Directory => say::include_not_regular_directory(span, name, &include.unread),
            FileKind::Special => say::include_not_regular(span, name, &include.unread),
        };
        self.report(diagnostic);
    }

    fn unreadable(&mut self, error: &LoadError, include: &Include<'_>) {
        let Include { span, unread, .. } = include;
        self.report(say::include_unreadable(*span, error.path.display(), &error.reason, unread));
    }

    /// What is to be said of names that match nothing; `plain` is what covers those without wildcards.
    fn unmatched(&self, missing: &[&str], include: &Include<'_>, plain: Check) -> Option<Diagnostic> {
        let first = missing.first()?;
        let check = if has_wildcard(first) { Check::Wildcard } else { plain };
        let Include { pattern, span, .. } = *include;
        let folder = self.open_files.last().and_then(|path| path.parent()).unwrap_or_else(|| Path::new(""));
        let named = missing.iter().take(NAMED).map(|name| folder.join(name).display().to_string());
        let named = named.reduce(say::include_missing_or)?;
        let names = if missing.len() > NAMED { say::include_missing_others(named) } else { named };
        let is_strict = include.checks.contains(&check);
        let mut diagnostic =
            if is_strict { say::include_missing(span, names) } else { say::include_empty(span, names) };
        // A pattern may match nothing yet.
        if !is_strict && has_wildcard(first) && !pattern.starts_with('"') && !pattern.ends_with(';') {
            diagnostic = diagnostic.mild();
        }
        Some(if let Some(bare) = pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            diagnostic.note(say::include_empty_quotes()).replace(span, bare, say::include_empty_unquoted())
        } else if let Some(name) = self.glued(pattern) {
            let meant = pattern.replace(&format!("${name}"), &format!("${{{name}}}"));
            say::reference_glued_include(span, name, span, meant)
        } else if pattern.contains([' ', '\t']) {
            diagnostic.note(say::include_empty_spaces())
        } else {
            diagnostic
        })
    }

    /// `include_check [[+|-]WORD …]`: what no include tolerates from here to the end of the file. No word: anything. A
    /// word without sign begins anew; only the first may be one.
    pub(super) fn include_check(&mut self, statement: &Statement) {
        let words = statement.arguments();
        if words.is_empty() {
            self.checks = ALL.to_vec();
        }
        let mut begun = None;
        for word in words {
            let (sign, name) = match word.text.strip_prefix(['+', '-']) {
                Some(name) => (word.text.chars().next(), name),
                None => (None, word.text),
            };
            let Some(&(_, check)) = WORDS.iter().find(|(known, _)| *known == name) else {
                self.refuse_check(word, name);
                begun = begun.or_else(|| sign.is_none().then_some(word));
                continue;
            };
            match (sign, begun) {
                (Some('-'), _) => self.checks.retain(|other| *other != check),
                (Some(_), _) => self.checks.push(check),
                (None, None) => {
                    self.checks = vec![Check::Read, check];
                    begun = Some(word);
                }
                (None, Some(first)) => {
                    self.report(say::bad_word_late(word.span, first.span, name, word.span, format!("+{name}")));
                }
            }
        }
    }

    fn refuse_check(&mut self, word: Word<'_>, name: &str) {
        let mut diagnostic = say::bad_word_check(word.span, name);
        if name == "readable" {
            let meant = word.text.replace("readable", "read");
            diagnostic = diagnostic.replace(word.span, meant, say::bad_word_readable());
        }
        self.report(diagnostic);
    }
}

/// The patterns without braces that `pattern` stands for. `None`: more than [`limits::INCLUDE_CHOICES`].
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![(String::new(), pattern.to_owned())];
    while let Some((head, rest)) = open.pop() {
        let Some((before, choices, behind)) = first_group(&rest) else {
            done.push(format!("{head}{rest}"));
            continue;
        };
        if done.len() + open.len() + choices.len() > limits::INCLUDE_CHOICES {
            return None;
        }
        let head = format!("{head}{before}");
        open.extend(choices.iter().rev().map(|choice| (head.clone(), format!("{choice}{behind}"))));
    }
    Some(done)
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// What stands before the first `{a,b}`, its choices, and what stands behind. A brace without its partner is a letter.
fn first_group(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = text.find('{')?;
    let (mut depth, mut from, mut choices) = (0usize, open + 1, Vec::new());
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                choices.push(&text[from..at]);
                from = at + 1;
            }
            b'}' if depth == 1 => {
                choices.push(&text[from..at]);
                return Some((&text[..open], choices, &text[at + 1..]));
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}
