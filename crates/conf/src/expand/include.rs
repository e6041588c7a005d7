//! `include` and its stricter variants (keepalived-config §1.7).

use std::path::{Path, PathBuf};

use super::Expander;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::model::limits;
use crate::source::Span;

/// What a variant makes of a pattern without any match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unmatched {
    /// keepalived goes on and says so in its log.
    Tolerated,
    /// keepalived refuses the configuration if the pattern has no wildcard.
    RefusedName,
    /// … if it has one.
    RefusedWildcard,
    /// … in both cases.
    Refused,
}

const VARIANTS: [(&str, Unmatched); 6] = [
    ("include", Unmatched::Tolerated),
    ("includer", Unmatched::Tolerated),
    ("includem", Unmatched::RefusedName),
    ("includew", Unmatched::RefusedWildcard),
    ("includeb", Unmatched::Refused),
    ("includea", Unmatched::Refused),
];

impl Expander<'_> {
    /// Reads what the line includes. `false`: it is no include.
    pub(super) fn include(&mut self, line: &Line<'_>, start: usize) -> bool {
        let text = &line.text[start..];
        if !text.starts_with("include") {
            return false;
        }
        let Some((word, rest)) = text.split_once([' ', '\t']) else { return false };
        let Some(&(_, unmatched)) = VARIANTS.iter().find(|(name, _)| *name == word) else { return false };
        let pattern = rest.trim();
        let start = line.text.len() - rest.trim_start().len();
        let span = line.span(start..start + pattern.len());
        if self.may_include(span) {
            self.include_pattern(pattern, span, unmatched);
        }
        true
    }

    fn include_pattern(&mut self, pattern: &str, span: Span, unmatched: Unmatched) {
        let including = self.open_files.last().cloned().unwrap_or_default();
        match self.loader.include(&including, pattern) {
            Err(error) => {
                let what = format!("{} cannot be read: {}", error.path.display(), error.reason);
                self.report(Diagnostic::new(Code::IncludeUnreadable, span, what).note("keepalived skips such a file"));
            }
            Ok(files) if files.is_empty() => self.nothing_matched(pattern, span, unmatched),
            Ok(files) => {
                for (path, bytes) in files {
                    self.included_file(path, bytes, span);
                }
            }
        }
    }

    fn included_file(&mut self, path: PathBuf, bytes: Vec<u8>, span: Span) {
        if self.open_files.contains(&path) {
            let what = format!("{} includes itself", path.display());
            let note = "keepalived reads it again and again until it runs out of file descriptors";
            self.report(Diagnostic::new(Code::IncludeLoop, span, what).note(note));
        } else if self.files < limits::INCLUDE_FILES {
            self.file(path, bytes, Some(span));
        } else {
            let what = format!("more than {} files are included", limits::INCLUDE_FILES);
            self.report(Diagnostic::new(Code::TooLarge, span, what));
        }
    }

    fn may_include(&mut self, span: Span) -> bool {
        if self.open_files.len() < limits::INCLUDE_DEPTH {
            return true;
        }
        let what = format!("includes are nested more than {} deep", limits::INCLUDE_DEPTH);
        self.report(Diagnostic::new(Code::TooLarge, span, what));
        false
    }

    fn nothing_matched(&mut self, pattern: &str, span: Span, unmatched: Unmatched) {
        let wildcard = pattern.contains(['*', '?', '[', '{']);
        let refused = match unmatched {
            Unmatched::Tolerated => false,
            Unmatched::RefusedName => !wildcard,
            Unmatched::RefusedWildcard => wildcard,
            Unmatched::Refused => true,
        };
        let folder = self.open_files.last().and_then(|path| path.parent()).unwrap_or_else(|| Path::new(""));
        let what = format!("no file matches {}", folder.join(pattern).display());
        let code = if refused { Code::IncludeMissing } else { Code::IncludeEmpty };
        let mut diagnostic = Diagnostic::new(code, span, what);
        if let Some(bare) = pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            let note = "quotes are part of the name here; blanks in names need none";
            diagnostic = diagnostic.note(note).replace(span, bare, "leave out the quotes");
        }
        self.report(diagnostic);
    }
}
