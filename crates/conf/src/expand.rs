//! Lines of all files in the order in which they count: conditions, definitions and `include` happen here.
//!
//! The steps of a line are keepalived's (keepalived-config §1.1): comment, condition `@id`, definition `$NAME=`,
//! substitution, comment again, `include`, brace. What follows a brace is a line of its own.

mod characters;
mod condition;
mod define;
mod include;
mod reference;
mod repeat;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

pub(crate) use condition::condition_id;
pub(crate) use define::{PREDEFINED, defined};
pub(crate) use include::include_words;
use reference::{Known, Substituted};
pub(crate) use reference::{end_of_words, used_at};
pub(crate) use repeat::behind_head;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{self, Line, Statement, Word};
use crate::loader::{FileKind, SourceLoader};
use crate::model::limits;
use crate::source::{FileId, Span, offset};
use crate::{keyword, say};

/// How some editors begin a file.
pub(crate) const MARK: char = '\u{feff}';

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
        definitions: HashMap::new(),
        collecting: None,
        endless: HashSet::new(),
        pieces: Vec::new(),
        open_files: Vec::new(),
        checks: Vec::new(),
        files: 0,
        bytes: 0,
        expanded_bytes: 0,
        is_full: false,
        rounds_left: Some(limits::ROUNDS),
        goes_on: false,
        depth: 0,
        random: environment.seed,
        asked_ids: BTreeMap::new(),
    };
    expander.main(path);
    expander.check_ids();
    expander.pieces
}

struct Expander<'a> {
    environment: &'a Environment,
    loader: &'a mut dyn SourceLoader,
    diagnostics: &'a mut Diagnostics,
    /// Definitions in force. Not scoped: from where it is read, a definition counts for all files.
    definitions: HashMap<String, Vec<Line<'static>>>,
    collecting: Option<define::Collecting>,
    /// Names that were found to refer to themselves.
    endless: HashSet<String>,
    pieces: Vec<Piece>,
    /// The files being read, outermost first.
    open_files: Vec<PathBuf>,
    /// What no include tolerates.
    checks: Vec<include::Check>,
    files: usize,
    bytes: usize,
    expanded_bytes: usize,
    /// Whether no more is taken.
    is_full: bool,
    /// Rounds that loops may still take. `None`: too many were asked for.
    rounds_left: Option<usize>,
    /// Blocks that are open.
    depth: usize,
    /// Whether the last words ended in a backslash that continues no line.
    goes_on: bool,
    /// State of `${_RANDOM}`.
    random: u64,
    /// Ids that conditions name, and the first of them.
    asked_ids: BTreeMap<String, Span>,
}

impl Expander<'_> {
    fn main(&mut self, path: &Path) {
        let kind = self.loader.kind(path);
        match self.loader.read(path) {
            Ok(bytes) => {
                let span = Span::new(self.file(path.to_owned(), bytes, None), 0, 0);
                // keepalived refuses a main file that is not a plain one.
                match kind {
                    FileKind::Plain | FileKind::Directory => {}
                    FileKind::Executable => self.report(say::main_not_plain_executable(span, path.display())),
                    FileKind::Special => self.report(say::main_not_plain_special(span, path.display())),
                }
            }
            Err(error) => {
                let file = self.diagnostics.sources.add(path.to_owned(), String::new(), None);
                let span = Span::new(file, 0, 0);
                self.report(say::file_unreadable(span, error.path.display(), error.reason));
            }
        }
    }

    /// Reads the lines of one file; `included` is where it was asked for.
    pub(super) fn file(&mut self, path: PathBuf, bytes: Vec<u8>, included: Option<Span>) -> FileId {
        self.files += 1;
        self.bytes += bytes.len();
        let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = self.diagnostics.sources.add(path.clone(), text.clone(), included);
        let start_of_file = Span::new(file, 0, 0);
        if self.bytes > limits::TOTAL_BYTES {
            self.report(say::too_large(included.unwrap_or(start_of_file)));
            return file;
        }
        if is_utf_16 {
            self.report(say::utf_16(start_of_file));
            return file;
        }
        let checks = self.checks.clone();
        self.open_files.push(path);
        for (start, line) in lexer::lines(&text) {
            let skip = if start == 0 && line.starts_with(MARK) { MARK.len_utf8() } else { 0 };
            if skip > 0 {
                self.report(say::byte_order_mark(Span { end: offset(skip), ..start_of_file }));
            }
            self.physical_line(&Line::written(file, start + skip, &line[skip..]));
        }
        self.end_definition();
        self.open_files.pop();
        self.checks = checks;
        file
    }

    fn physical_line(&mut self, line: &Line<'_>) {
        if self.is_full || !self.is_readable(line) {
            return;
        }
        let written = line.trimmed();
        let (line, open_quote) = written.without_comment();
        if self.collecting.is_none() && self.is_negated_by_bang(&written) {
            return;
        }
        self.check_encoding(&line);
        if self.collect(&written, &line) {
            return;
        }
        if written.text.starts_with("\\!") || written.text.starts_with("\\#") {
            let span = written.span(0..2);
            return self.report(say::escape_at_start(span, span, &written.text[1..2]));
        }
        if let Some(open) = open_quote {
            self.report(say::unterminated_quote(open));
        }
        let line = if line.text == written.text { line } else { self.without_second_comment(line) };
        self.line(line, 0);
    }

    /// keepalived removes comments a second time behind substitution, and no longer knows what was escaped (§1.3).
    fn without_second_comment<'l>(&mut self, line: Line<'l>) -> Line<'l> {
        let Some(sign) = line.comment_sign() else { return line };
        let start = line.skip_blanks(0);
        let definition = define::definition(&line.text[start..]);
        let is_definition = definition.is_some();
        if !definition.is_some_and(|head| matches!(line.text[start + head.value..].trim(), "#" | "!")) {
            let span = line.span(sign..sign + 1);
            let span = Span { start: span.start.saturating_sub(1), ..span };
            let place = if is_definition { say::escaped_comment_definition() } else { say::escaped_comment_here() };
            self.report(say::escaped_comment(span, place));
        }
        if line.text[sign..].contains('{') {
            self.silence_word(&line, &(start..start));
        }
        if is_definition { line } else { line.slice(0..sign).trimmed() }
    }

    /// Steps 4 to 9. `depth` counts definitions inside definitions.
    fn line(&mut self, line: Line<'_>, depth: usize) {
        let Some(start) = self.conditions(&line, 0) else { return };
        if self.define(&line, start) || self.repeat(&line, start, depth) {
            return;
        }
        match self.substitute(&line, start, depth) {
            Substituted::Unchanged => self.statements(&line, start, depth),
            Substituted::Lines(lines) => {
                self.check_begin(&lines);
                lines.into_iter().for_each(|line| self.line(line, depth + 1));
            }
            Substituted::Refused => self.skip_blocks(&line, start),
        }
    }

    /// The blocks that a line opens or closes which is not read.
    fn skip_blocks(&mut self, line: &Line<'_>, start: usize) {
        let mut at = start;
        while let Some(brace) = line.first_brace(at) {
            at = brace + 1;
            let span = line.span(brace..at);
            match line.text.as_bytes().get(brace) {
                _ if line.text[..brace].ends_with('$') => at = line.first_brace(at).map_or(at, |close| close + 1),
                Some(b'{') => self.push(Piece::Skip(span), span),
                _ => self.push(Piece::Close(span), span),
            }
        }
    }

    /// Steps 8 and 9: falls apart at braces. Substitution is done, so the rest of the line cannot bring in more.
    fn statements(&mut self, line: &Line<'_>, start: usize, depth: usize) {
        let mut at = start;
        while !self.include(line, at) {
            let (end, words) = self.known(line, at);
            // Single quotes shelter no brace.
            if end < line.text.len() && line.is_single_quoted(at, end) {
                self.report(say::single_quotes(line.span(end..end + 1)));
                return self.words(&line.slice(at..line.text.len()));
            }
            match words {
                Known::Read(words) => self.words(&words),
                Known::Lost(words) => {
                    let mut statement = words.statement();
                    statement.is_lost = true;
                    let is_row = |word: Word<'_>| keyword::all().any(|row| row.name == word.text);
                    if statement.keyword().is_some_and(is_row) {
                        self.push(Piece::Words(statement), words.span(0..words.text.len()));
                    }
                }
            }
            let Some(&brace) = line.text.as_bytes().get(end) else { return };
            let span = line.span(end..end + 1);
            self.push(if brace == b'{' { Piece::Open(span) } else { Piece::Close(span) }, span);
            let Some(next) = self.conditions(line, end + 1) else { return };
            if self.define(line, next) || self.repeat(line, next, depth) {
                return;
            }
            at = next;
        }
    }

    /// Adds a piece that stands at `span`, unless there are too many.
    fn push(&mut self, piece: Piece, span: Span) {
        match piece {
            Piece::Open(_) | Piece::Skip(_) => self.depth += 1,
            Piece::Close(_) => self.depth = self.depth.saturating_sub(1),
            Piece::Words(_) | Piece::Dropped { .. } => {}
        }
        if self.pieces.len() < limits::STATEMENTS {
            return self.pieces.push(piece);
        }
        if !std::mem::replace(&mut self.is_full, true) {
            self.report(say::too_large_statements(span, limits::STATEMENTS));
        }
    }

    /// A backslash continues definitions and nothing else.
    fn without_backslash<'l>(&mut self, line: &Line<'l>) -> Line<'l> {
        let len = line.text.len();
        if !line.text.ends_with('\\') || line.is_quoted(len) {
            return line.clone();
        }
        let span = line.span(len - 1..len);
        self.report(say::stray_backslash(span, span, ""));
        line.slice(0..len - 1).trimmed()
    }

    fn words(&mut self, line: &Line<'_>) {
        let written = line.trimmed();
        if written.text.is_empty() {
            return;
        }
        let line = self.without_backslash(&written);
        let is_stray = line.text.len() < written.text.len();
        let line = self.without_loop(line);
        let statement = line.statement();
        let Some(keyword) = statement.keyword() else { return };
        if std::mem::replace(&mut self.goes_on, is_stray) && !keyword::all().any(|row| row.name == keyword.text) {
            self.diagnostics.silence(keyword.span);
        }
        if is_stray && statement.arguments().is_empty() {
            self.diagnostics.silence(keyword.span);
        }
        self.check_look_alikes(&line);
        if keyword.text == "include_check" {
            self.include_check(&statement);
        }
        self.check_semicolon(&statement);
        let span = keyword.span;
        self.push(Piece::Words(statement), span);
    }

    /// Said at the end if the word draws nothing else.
    fn check_semicolon(&mut self, statement: &Statement) {
        let last = statement.words().last().filter(|word| word.is_plain && word.text.ends_with(';'));
        let Some(Word { text, span, .. }) = last else { return };
        self.diagnostics.push_last(say::semicolon(span, span, text.trim_end_matches(';')));
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
