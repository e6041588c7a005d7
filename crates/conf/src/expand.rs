//! Lines of all files in the order in which they count: conditions, definitions and `include` happen here.
//!
//! The steps of a line are keepalived's (keepalived-config §1.1): comment, condition `@id`, definition `$NAME=`,
//! substitution, comment again, `include`, brace. What follows a brace is a line of its own.

mod condition;
mod define;
mod include;
mod pattern;
mod predefined;
mod reference;
mod repeat;
mod strictness;
mod substitute;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use condition::Begins;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Line, Quotes, Statement};
use crate::loader::{FileKind, SourceLoader};
use crate::model::limits;
use crate::source::{FileId, Span};

/// The text after expansion, as a flat list.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Words up to a brace or the end of the line.
    Words(Statement),
    /// `{`
    Open(Span),
    /// `}`
    Close(Span),
    /// A brace of a line whose condition is not met.
    Dropped { brace: Span, opens: bool, condition: Span },
    /// As `{`, but what follows up to its partner is not read.
    Skip(Span),
}

/// Whether a line can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Characters {
    Accepted,
    Refused,
}

/// What a text may ask about the machine it is read on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// What `@id` is compared with: `--config-id`, else the host name up to its first dot. `None`: not known, lines with
    /// a condition are errors.
    pub config_id: Option<String>,
    /// Where relative names start; `None`: they stay relative.
    pub directory: Option<PathBuf>,
    /// What `${_ENV NAME}` may ask for.
    pub variables: BTreeMap<String, String>,
    /// Where the numbers of `${_RANDOM}` start.
    pub seed: u64,
}

/// Reads `path` and what it includes.
pub(crate) fn pieces(
    path: &Path,
    environment: &Environment,
    loader: &mut dyn SourceLoader,
    diagnostics: &mut Diagnostics,
) -> Vec<Piece> {
    let mut expander = Expander {
        environment,
        loader,
        diagnostics,
        definitions: define::Definitions::default(),
        pieces: Vec::new(),
        open_files: Vec::new(),
        checks: Vec::new(),
        files: 0,
        bytes: 0,
        expanded_bytes: 0,
        rounds_left: limits::ROUNDS,
        random: environment.seed,
    };
    expander.main(path);
    expander.pieces
}

struct Expander<'a> {
    environment: &'a Environment,
    loader: &'a mut dyn SourceLoader,
    diagnostics: &'a mut Diagnostics,
    definitions: define::Definitions,
    pieces: Vec<Piece>,
    /// The files being read, outermost first.
    open_files: Vec<PathBuf>,
    /// What no include tolerates.
    checks: Vec<strictness::Check>,
    files: usize,
    bytes: usize,
    expanded_bytes: usize,
    /// Rounds that loops may still take.
    rounds_left: usize,
    /// State of `${_RANDOM}`.
    random: u64,
}

impl Expander<'_> {
    fn main(&mut self, path: &Path) {
        let kind = self.loader.kind(path);
        match self.loader.read(path) {
            Ok(bytes) => {
                let nowhere = None;
                let file = self.file(path.to_owned(), bytes, nowhere);
                self.check_kind(path, kind, file);
            }
            Err(error) => {
                let file = self.diagnostics.sources.add(path.to_owned(), String::new(), None);
                let what = format!("{} cannot be read: {}", error.path.display(), error.reason);
                self.report(Diagnostic::new(Code::FileUnreadable, Span::new(file, 0, 0), what));
            }
        }
    }

    /// Reads the lines of one file; `included` is where it was asked for.
    fn file(&mut self, path: PathBuf, bytes: Vec<u8>, included: Option<Span>) -> FileId {
        self.files += 1;
        self.bytes += bytes.len();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        let file = self.diagnostics.sources.add(path.clone(), text.clone(), included);
        let mut start = 0;
        if self.bytes > limits::TOTAL_BYTES {
            let span = included.unwrap_or_else(|| Span::new(file, 0, 0));
            self.report(Diagnostic::new(Code::TooLarge, span, "the configuration is too large to be read"));
            return file;
        }
        let checks = self.checks.clone();
        self.open_files.push(path);
        for line in text.split_inclusive('\n') {
            let content = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
            let skip = if start == 0 && content.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            self.physical_line(&Line::written(file, start + skip, &content[skip..]));
            start += line.len();
        }
        self.end_definition();
        self.open_files.pop();
        self.checks = checks;
        file
    }

    /// keepalived refuses a main file that is not a plain one.
    fn check_kind(&mut self, path: &Path, kind: FileKind, file: FileId) {
        let (what, help) = match kind {
            FileKind::Plain | FileKind::Directory => return,
            FileKind::Executable => ("executable", format!("chmod a-x {}", path.display())),
            FileKind::Special => ("no regular file", "copy it into a regular file".to_owned()),
        };
        let what = format!("{} is {what}", path.display());
        let diagnostic = Diagnostic::new(Code::MainNotPlain, Span::new(file, 0, 0), what);
        self.report(diagnostic.note("keepalived does not start from such a file; here it is read").help(help));
    }

    fn physical_line(&mut self, line: &Line<'_>) {
        if self.check_characters(line) == Characters::Refused {
            return;
        }
        let written = line.trimmed();
        let (line, quotes) = written.without_comment();
        if !self.definitions.is_collecting() && self.is_negated_by_bang(&written) {
            return;
        }
        if self.collect(&written, &line) {
            return;
        }
        if written.text.starts_with("\\!") {
            let what = "a line cannot start with an escaped `!`";
            let span = written.span(0..2);
            let diagnostic = Diagnostic::new(Code::EscapeAtStart, span, what);
            return self.report(diagnostic.note("keepalived crashes on it; here the line is left out"));
        }
        if let Quotes::Mended(open) = quotes {
            let what = "this double quote is not closed";
            let diagnostic = Diagnostic::new(Code::UnterminatedQuote, open, what)
                .note("keepalived drops the rest of the line; here the quote ends with the line")
                .help("close the quote");
            self.report(diagnostic);
        }
        self.line(line, 0);
    }

    /// Steps 4 to 9. `depth` counts definitions inside definitions.
    fn line(&mut self, line: Line<'_>, depth: usize) {
        let Some(start) = self.conditions(&line, 0) else { return };
        if self.define(&line, start) || self.repeat(&line, start, depth) {
            return;
        }
        match self.substitute(&line, start, depth) {
            substitute::Substituted::Unchanged => self.statements(&line, start, depth),
            substitute::Substituted::Lines(lines) => {
                let mut begins = Begins::Expanded;
                for line in lines {
                    self.check_begin(&line, begins);
                    begins = Begins::AsWritten;
                    self.line(line, depth + 1);
                }
            }
            substitute::Substituted::Refused => {}
        }
    }

    /// Steps 8 and 9: falls apart at braces. Substitution is done, so the rest of the line cannot bring in more.
    fn statements(&mut self, line: &Line<'_>, start: usize, depth: usize) {
        let mut at = start;
        while !self.include(line, at) {
            let (end, words) = self.known(line, at);
            if let Some(words) = words {
                self.words(&words);
            }
            let Some(&brace) = line.text.as_bytes().get(end) else { return };
            let span = line.span(end..end + 1);
            self.pieces.push(if brace == b'{' { Piece::Open(span) } else { Piece::Close(span) });
            let Some(next) = self.conditions(line, end + 1) else { return };
            if self.define(line, next) || self.repeat(line, next, depth) {
                return;
            }
            at = next;
        }
    }

    fn words(&mut self, line: &Line<'_>) {
        let statement = line.statement();
        let Some(keyword) = statement.keyword() else { return };
        if keyword.text == "include_check" {
            self.include_check(&statement);
        }
        self.pieces.push(Piece::Words(statement));
    }

    /// Bytes that keepalived stumbles over (§1.2).
    fn check_characters(&mut self, line: &Line<'_>) -> Characters {
        if let Some(at) = line.text.find('\u{fffd}') {
            let span = line.span(at..at + '\u{fffd}'.len_utf8());
            let diagnostic = Diagnostic::new(Code::NotUtf8, span, "these bytes are not UTF-8");
            self.report(diagnostic.note("they are read as a replacement character"));
        }
        if let Some(at) = line.text.find('\0') {
            let diagnostic = Diagnostic::new(Code::NulByte, line.span(at..at + 1), "this line holds a NUL byte");
            self.report(diagnostic.note("the line is left out"));
            return Characters::Refused;
        }
        if line.text.len() > limits::KEEPALIVED_LINE_BYTES {
            let cut = (0..=limits::KEEPALIVED_LINE_BYTES).rev().find(|&at| line.text.is_char_boundary(at)).unwrap_or(0);
            let span = line.span(cut..line.text.len());
            let what = format!("this line is longer than {} bytes", limits::KEEPALIVED_LINE_BYTES);
            let note = "keepalived cuts it there and reads the rest as a line of its own; here it is read whole";
            self.report(Diagnostic::new(Code::LineTooLong, span, what).note(note));
        }
        Characters::Accepted
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
