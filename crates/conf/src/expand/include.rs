//! `include` and its stricter variants (keepalived-config §1.7).

use std::path::{Path, PathBuf};

use super::Expander;
use super::pattern::{alternatives, has_wildcard};
use super::strictness::{Check, variant};
use crate::code::{Code, Severity};
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::loader::{FileKind, LoadError};
use crate::model::limits;
use crate::source::Span;

const STRICT: &str = "the include is a strict one: keepalived does not start";

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
        if !text.starts_with("include") {
            return false;
        }
        let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let Some(checks) = variant(word) else { return false };
        let pattern = rest.trim();
        if pattern.is_empty() {
            let what = format!("`{word}` needs the name of a file");
            let note = "keepalived takes the word for an unknown keyword";
            let span = line.span(start..start + word.len());
            self.report(Diagnostic::new(Code::MissingArgument, span, what).note(note));
            return true;
        }
        let at = line.text.len() - rest.trim_start().len();
        let include = Include { pattern, span: line.span(at..at + pattern.len()), checks };
        let before = line.text[..start].split_whitespace().next_back();
        if before.is_some_and(|word| word.starts_with('@')) {
            let what = "this include depends on a condition";
            let note = "keepalived reads such a file twice and says of each of its blocks that there is another";
            let diagnostic = Diagnostic::new(Code::ConditionInclude, include.span, what).note(note);
            self.report(diagnostic.help("write the condition before the lines of the file"));
        }
        if self.may_include(include.span) {
            self.include_choices(&include);
        }
        true
    }

    fn include_choices(&mut self, include: &Include<'_>) {
        let Some(choices) = alternatives(include.pattern) else {
            let what = format!("the braces expand to more than {} names", limits::INCLUDE_CHOICES);
            return self.report(Diagnostic::new(Code::TooLarge, include.span, what).note("nothing is included"));
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
        let unmatched = match (choices.len(), found) {
            (1, _) => self.unmatched(&missing, include, Check::Match),
            (_, 0) => self.unmatched(&missing, include, Check::Brace),
            _ => {
                missing.retain(|choice| !has_wildcard(choice));
                self.unmatched(&missing, include, Check::Brace)
            }
        };
        if let Some(diagnostic) = unmatched {
            self.report(diagnostic);
        }
    }

    /// The definition whose name, without braces, is a part of a file name.
    fn glued<'p>(&self, pattern: &'p str) -> Option<&'p str> {
        let (_, rest) = pattern.split_once('$')?;
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        Some(&rest[..len]).filter(|name| self.definitions.get(name).is_some())
    }

    fn included_path(&mut self, path: PathBuf, include: &Include<'_>) {
        let skipped = |what: &str| format!("{} is {what}", path.display());
        let diagnostic = match self.loader.kind(&path) {
            FileKind::Plain => return self.included_file(path, include),
            FileKind::Executable => {
                Diagnostic::new(Code::IncludeExecutable, include.span, skipped("executable, so it is not included"))
                    .help(format!("chmod a-x {}", path.display()))
            }
            FileKind::Directory => {
                Diagnostic::new(Code::IncludeNotRegular, include.span, skipped("a directory, so it is not included"))
                    .help(format!("name the files in it: {}/*.conf", path.display()))
            }
            FileKind::Special => Diagnostic::new(
                Code::IncludeNotRegular,
                include.span,
                skipped("not a regular file, so it is not included"),
            ),
        };
        let note = self.unread(include);
        self.report(diagnostic.note(note));
    }

    fn included_file(&mut self, path: PathBuf, include: &Include<'_>) {
        if self.open_files.contains(&path) {
            let what = format!("{} includes itself", path.display());
            let note = "keepalived reads it again and again until it runs out of file descriptors";
            let diagnostic = Diagnostic::new(Code::IncludeLoop, include.span, what).note(note);
            return self.report(diagnostic.help("remove the line"));
        }
        if self.files >= limits::INCLUDE_FILES {
            let what = format!("more than {} files are included", limits::INCLUDE_FILES);
            return self.report(Diagnostic::new(Code::TooLarge, include.span, what).note("the rest is left out"));
        }
        match self.loader.read(&path) {
            Ok(bytes) => {
                self.file(path, bytes, Some(include.span));
            }
            Err(error) => self.unreadable(&error, include),
        }
    }

    fn unreadable(&mut self, error: &LoadError, include: &Include<'_>) {
        let what = format!("{} cannot be read: {}", error.path.display(), error.reason);
        let note = self.unread(include);
        self.report(Diagnostic::new(Code::IncludeUnreadable, include.span, what).note(note));
    }

    fn is_strict(&self, check: Check, include: &Include<'_>) -> bool {
        include.checks.contains(&check) || self.checks.contains(&check)
    }

    /// What keepalived makes of a file that it cannot read.
    fn unread(&self, include: &Include<'_>) -> &'static str {
        if self.is_strict(Check::Read, include) { STRICT } else { "keepalived skips it as well" }
    }

    fn may_include(&mut self, span: Span) -> bool {
        if self.open_files.len() < limits::INCLUDE_DEPTH {
            return true;
        }
        let what = format!("includes are nested more than {} deep", limits::INCLUDE_DEPTH);
        self.report(Diagnostic::new(Code::TooLarge, span, what).note("the file is not included"));
        false
    }

    /// What is to be said of names that match nothing; `plain` is what covers those without wildcards.
    fn unmatched(&self, missing: &[&str], include: &Include<'_>, plain: Check) -> Option<Diagnostic> {
        let first = missing.first()?;
        let check = if has_wildcard(first) { Check::Wildcard } else { plain };
        let folder = self.open_files.last().and_then(|path| path.parent()).unwrap_or_else(|| Path::new(""));
        let names: Vec<String> = missing.iter().take(3).map(|name| folder.join(name).display().to_string()).collect();
        let more = if missing.len() > names.len() { " and others" } else { "" };
        let code = if self.is_strict(check, include) { Code::IncludeMissing } else { Code::IncludeEmpty };
        let what = format!("no file matches {}{more}", names.join(" or "));
        let diagnostic = Diagnostic::new(code, include.span, what);
        // A pattern may match nothing yet.
        let is_usual = code == Code::IncludeEmpty && has_wildcard(first);
        let severity = if is_usual { Severity::Advice } else { diagnostic.severity };
        let diagnostic = Diagnostic { severity, ..diagnostic };
        if let Some(bare) = include.pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            let note = "quotes are part of the name here; spaces in names need none";
            return Some(diagnostic.note(note).replace(include.span, bare, "leave out the quotes"));
        }
        if let Some(name) = self.glued(include.pattern) {
            let what = format!("`${name}` stays as it is because of what follows");
            let meant = include.pattern.replace(&format!("${name}"), &format!("${{{name}}}"));
            let diagnostic = Diagnostic::new(Code::ReferenceGlued, include.span, what);
            let diagnostic =
                diagnostic.note("without braces a name ends only at a space, `,`, `)` or the end of the line");
            return Some(diagnostic.replace(include.span, meant, "put braces around the name"));
        }
        if include.pattern.contains([' ', '\t']) {
            let note = "spaces are part of the name: an include names one file or pattern";
            return Some(diagnostic.note(note));
        }
        Some(if self.is_strict(check, include) { diagnostic.note(STRICT) } else { diagnostic })
    }
}
