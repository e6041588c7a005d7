//! `include` and its stricter variants (keepalived-config §1.7).

use std::path::{Path, PathBuf};

use super::Expander;
use super::define::is_name_char;
use super::pattern::{alternatives, has_wildcard};
use super::strictness::{Check, variant};
use crate::code::Severity;
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::loader::{FileKind, LoadError};
use crate::model::limits;
use crate::say;
use crate::source::Span;

/// Names that a message lists.
const NAMED: usize = 3;

/// An `include` of a line.
struct Include<'a> {
    pattern: &'a str,
    span: Span,
    /// What its variant does not tolerate.
    checks: &'static [Check],
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
        let Some(checks) = variant(word) else { return false };
        let pattern = rest.trim();
        if pattern.is_empty() {
            self.report(say::missing_argument_file(line.span(start..start + word.len()), word));
            return true;
        }
        let at = line.text.len() - rest.trim_start().len();
        let include = Include { pattern, span: line.span(at..at + pattern.len()), checks };
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
                    Ok(path) => self.included_path(path, include),
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
        rest.split(|c: char| !is_name_char(c)).next().filter(|name| self.definitions.get(name).is_some())
    }

    fn included_path(&mut self, path: PathBuf, include: &Include<'_>) {
        let (span, name, outcome) = (include.span, path.display(), self.unread(include));
        let diagnostic = match self.loader.kind(&path) {
            FileKind::Plain => return self.included_file(path, include),
            FileKind::Executable => say::include_executable(span, name, outcome),
            FileKind::Directory => say::include_not_regular_directory(span, name, outcome),
            FileKind::Special => say::include_not_regular(span, name, outcome),
        };
        self.report(diagnostic);
    }

    fn included_file(&mut self, path: PathBuf, include: &Include<'_>) {
        if self.open_files.contains(&path) {
            return self.report(say::include_loop(include.span, path.display()));
        }
        if self.files >= limits::INCLUDE_FILES {
            return self.report(say::too_large_files(include.span, limits::INCLUDE_FILES));
        }
        match self.loader.read(&path) {
            Ok(bytes) => {
                self.file(path, bytes, Some(include.span));
            }
            Err(error) => self.unreadable(&error, include),
        }
    }

    fn unreadable(&mut self, error: &LoadError, include: &Include<'_>) {
        let outcome = self.unread(include);
        self.report(say::include_unreadable(include.span, error.path.display(), &error.reason, outcome));
    }

    fn is_strict(&self, check: Check, include: &Include<'_>) -> bool {
        include.checks.contains(&check) || self.checks.contains(&check)
    }

    /// What keepalived makes of a file that it cannot read.
    fn unread(&self, include: &Include<'_>) -> String {
        if self.is_strict(Check::Read, include) {
            say::include_unreadable_strict()
        } else {
            say::include_unreadable_skipped()
        }
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
        let is_strict = self.is_strict(check, include);
        let mut diagnostic =
            if is_strict { say::include_missing(span, names) } else { say::include_empty(span, names) };
        // A pattern may match nothing yet.
        if !is_strict && has_wildcard(first) {
            diagnostic.severity = Severity::Advice;
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
}
