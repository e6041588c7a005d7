//! Mistakes that a file has as a whole, so that one message says more than many: files of other programs, files that a
//! program was to fill in first (Jinja, ERB, envsubst, and placeholders of other tools), and lines that end with semicolons.

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
    let mut files: Vec<FileId> = out.iter().map(|diagnostic| diagnostic.span().file).collect();
    files.dedup();
    for file in files {
        if let Some(said) = of_other_program(file, out).or_else(|| template(file, out)) {
            out.take_back(|said| said.span().file == file);
            out.push(said);
        }
    }
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

/// Files of other programs, and what their lines begin with; `0` is any digit, and a line ends with a blank.
const FOREIGN: [(What, &[&str]); 7] = [
    (say::foreign_text_diff, &["diff --git ", "--- ", "+++ ", "@@ -0"]),
    (say::foreign_text_unit, &["[Unit]", "[Service]", "[Install]", "Description=", "After=", "ExecStart="]),
    (say::foreign_text_haproxy, &["global ", "defaults ", "frontend ", "backend ", "listen ", "bind ", "server "]),
    (say::foreign_text_xml, &["<"]),
    (say::foreign_text_yaml, &["apiVersion:", "kind:", "metadata:", "data:", "network:", "ethernets:", "- "]),
    (
        say::foreign_text_router,
        &[
            "frr ",
            "vrrp 0",
            "standby 0",
            "ip address ",
            "ipv6 address ",
            "version 0",
            "service ",
            "Building ",
            "line vty",
            "hostname ",
            "interface G",
            "set interfaces ",
            "set high-availability ",
        ],
    ),
    (say::foreign_text_binary, &["\0"]),
];

/// Of a line so much is looked at.
const FOREIGN_CHARS: usize = 80;

fn of_other_program(file: FileId, out: &Diagnostics) -> Option<Diagnostic> {
    let text = out.sources().file(file).text();
    if text.contains('\r') && !text.contains('\n') {
        return Some(say::foreign_text_line_ends(Span::new(file, 0, offset(text.find('\r')?))));
    }
    let (what, span) = FOREIGN.iter().find_map(|row| foreign(file, row, out))?;
    Some(say::foreign_text_whole(span, what()))
}

/// The first of several lines that are not understood because they are of that program. What comes before it is understood.
fn foreign(file: FileId, (what, begin): &(What, &[&str]), out: &Diagnostics) -> Option<(What, Span)> {
    let source = out.sources().file(file);
    let is_of_it = |said: &&Diagnostic| {
        let line = &source.text()[source.line_range(source.line_index(said.span().start))];
        let line: String = line.chars().take(FOREIGN_CHARS).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let line = format!("{} ", line.trim());
        begin.iter().any(|begin| line.starts_with(begin)) || said.code == Code::NulByte && begin.contains(&"\0")
    };
    let is_odd = |said: &&Diagnostic| {
        said.span().file == file
            && matches!(
                said.code,
                Code::UnknownKeyword | Code::WrongBlock | Code::ForeignText | Code::ConditionEmpty | Code::NulByte
            )
    };
    let mut lines = out.iter().filter(is_odd);
    let (first, _) = (lines.next().filter(is_of_it)?, lines.find(is_of_it)?);
    Some((*what, first.span()))
}

fn template(file: FileId, out: &Diagnostics) -> Option<Diagnostic> {
    let (what, span) = marks(out.sources().file(file).text(), file).or_else(|| undefined(file, out))?;
    Some(say::template(span, out.sources().text(span), what()))
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
