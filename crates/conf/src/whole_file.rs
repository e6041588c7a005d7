//! Mistakes that a file has as a whole, so that one message says more than many: files that a program was to fill in first
//! (Jinja, ERB, envsubst, and placeholders of other tools), and lines that end with semicolons.

use std::ops::Range;

use crate::code::{Code, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{lines, outside_quotes, place_of};
use crate::say;
use crate::source::{FileId, Span, offset};

/// What a file is instead of a configuration, in words.
type What = fn() -> String;

/// Says what files are as a whole, and takes back what follows from it.
pub(crate) fn report(out: &mut Diagnostics) {
    report_templates(out);
    report_semicolons(out);
}

/// Of each file one message, as grave as what follows from the semicolons.
fn report_semicolons(out: &mut Diagnostics) {
    let ends_so = |said: &&Diagnostic| said.code == Code::Semicolon || out.sources().text(said.span()).ends_with(';');
    let lines: Vec<(Span, Severity)> = out.iter().filter(ends_so).map(|said| (said.span(), said.severity)).collect();
    for of_file in lines.chunk_by(|(one, _), (next, _)| one.file == next.file) {
        let (Some((first, _)), Some(severity)) = (of_file.first(), of_file.iter().map(|(_, it)| *it).max()) else {
            continue;
        };
        let word = out.sources().text(*first).trim_end_matches(';').to_owned();
        let mut diagnostic = say::semicolon(*first, *first, word);
        if of_file.len() > 1 {
            diagnostic = diagnostic.help(say::semicolon_more(of_file.len()));
        }
        out.take_back(|said| of_file.iter().any(|(span, _)| *span == said.span()));
        out.push(Diagnostic { severity, ..diagnostic });
    }
    out.sort();
}

/// Of each file that is a template one error says so.
fn report_templates(out: &mut Diagnostics) {
    let mut files: Vec<FileId> = out.iter().map(|diagnostic| diagnostic.span().file).collect();
    files.dedup();
    for file in files {
        let marks = marks(out.sources().file(file).text(), file);
        let Some((what, span)) = marks.or_else(|| undefined(file, out)) else { continue };
        let text = out.sources().text(span).to_owned();
        out.take_back(|said| said.span().file == file);
        out.push(say::template(span, text, what()));
    }
}

/// Whether a line is a definition.
fn defines(line: &str) -> bool {
    let name = line.trim_start().strip_prefix('$').and_then(|rest| rest.split_once('='));
    name.is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// The first name that is not defined, if there are several, and no file defines any.
fn undefined(file: FileId, out: &Diagnostics) -> Option<(What, Span)> {
    let is_undefined = |it: &&Diagnostic| {
        matches!(it.code, Code::UndefinedName | Code::UndefinedKept)
            && it.span().file == file
            && out.sources().text(it.span()).starts_with('$')
    };
    let mut all = out.iter().filter(is_undefined);
    let (first, _) = (all.next()?, all.next()?);
    let are_defined = out.sources().files().any(|file| file.text().lines().any(defines));
    (!are_defined).then_some((say::template_shell as What, first.span()))
}

/// What marks begin with: most files have none of it, and are not searched line by line.
const OPENINGS: [&str; 6] = ["{{", "{%", "<", "@", "%%", "__"];

/// The first mark of a template, outside comments and quotes.
fn marks(text: &str, file: FileId) -> Option<(What, Span)> {
    if !OPENINGS.iter().any(|opening| text.contains(opening)) {
        return None;
    }
    lines(text).find_map(|(start, line)| {
        let (what, range) = mark(&bare(line))?;
        Some((what, Span::new(file, offset(start + range.start), offset(start + range.end))))
    })
}

/// The line without its comment, with blanks for what stands in double quotes.
fn bare(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for (at, c) in outside_quotes(line).take_while(|(_, c)| !matches!(c, '#' | '!')) {
        out.extend(std::iter::repeat_n(' ', at - out.len()));
        out.push(c);
    }
    out
}

/// The first mark in a line, and of what it is one.
fn mark(line: &str) -> Option<(What, Range<usize>)> {
    let pairs: [(&str, &str, What); 3] =
        [("{{", "}}", say::template_jinja), ("{%", "%}", say::template_jinja), ("<%", "%>", say::template_erb)];
    for (open, close, what) in pairs {
        if let Some(start) = line.find(open)
            && let Some(len) = line[start..].find(close)
        {
            return Some((what, start..start + len + close.len()));
        }
    }
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    let is_upper = |text: &str| is_name(text) && !text.bytes().any(|byte| byte.is_ascii_lowercase());
    let inner = |word: &str, open: &str, close: &str| Some(word.strip_prefix(open)?.strip_suffix(close)?.to_owned());
    line.split_whitespace().find_map(|word| {
        let bare = word.split('/').next().unwrap_or(word);
        let is_mark = ["@", "%%", "__"].iter().any(|sign| inner(bare, sign, sign).is_some_and(|name| is_upper(&name)))
            || inner(bare, "<", ">").is_some_and(|name| is_name(&name));
        is_mark.then_some((say::template_placeholder as What, place_of(bare, line)))
    })
}
