//! Bytes and letters that are not what they look like (keepalived-config §1.2, §1.4).

use std::ops::Range;

use super::Expander;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Line, outside_quotes};
use crate::model::limits;
use crate::{keyword, say};

/// Letters, each with those that look like it.
const LOOK_ALIKES: [&str; 17] =
    ["aаα", "cс", "dԁ", "eе", "sѕ", "iіıι", "jј", "nո", "oоο", "pрρ", "rг", "tт", "uυ", "vνѵ", "xх", "yу", "_‐‑–—＿"];

/// Quotes as text processors write them.
const QUOTES: [char; 11] = ['“', '”', '„', '‟', '«', '»', '＂', '‘', '’', '‚', '‛'];

/// Looks like a blank, or like nothing.
const fn is_odd_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{2060}' | '\u{3000}' | '\u{feff}')
}

impl Expander<'_> {
    /// Whether the line can be read. Reports bytes that keepalived stumbles over.
    pub(super) fn is_readable(&mut self, line: &Line<'_>) -> bool {
        if let Some(at) = line.text.find('\0') {
            self.report(say::nul_byte(line.span(at..at + 1)));
            return false;
        }
        if line.text.len() > limits::KEEPALIVED_LINE_BYTES {
            let cut = (0..=limits::KEEPALIVED_LINE_BYTES).rev().find(|&at| line.text.is_char_boundary(at)).unwrap_or(0);
            let span = line.span(cut..line.text.len());
            self.report(say::line_too_long(span, limits::KEEPALIVED_LINE_BYTES));
        }
        true
    }

    /// `line` is without its comment, in which any byte may stand.
    pub(super) fn check_encoding(&mut self, line: &Line<'_>) {
        if let Some(at) = line.text.find('\u{fffd}') {
            self.report(say::not_utf8(line.span(at..at + '\u{fffd}'.len_utf8())));
        }
    }

    /// Letters of a statement that are not what they look like.
    pub(super) fn check_look_alikes(&mut self, line: &Line<'_>) {
        if line.text.is_ascii() {
            return;
        }
        let odd = odd_blank(line).or_else(|| odd_quotes(line)).or_else(|| odd_keyword(line));
        if let Some((diagnostic, part)) = odd {
            self.report(diagnostic);
            self.silence_word(line, &part);
        }
    }
}

fn odd_blank(line: &Line<'_>) -> Option<(Diagnostic, Range<usize>)> {
    let (at, c) = outside_quotes(&line.text).find(|&(_, c)| is_odd_blank(c))?;
    let range = at..at + c.len_utf8();
    let span = line.span(range.clone());
    let is_invisible = ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}';
    let diagnostic = if is_invisible {
        say::odd_blank_invisible(span, number(c), span, "")
    } else {
        say::odd_blank(span, number(c), span, " ")
    };
    Some((diagnostic, range))
}

/// From the first to the last of a line.
fn odd_quotes(line: &Line<'_>) -> Option<(Diagnostic, Range<usize>)> {
    let mut quotes = outside_quotes(&line.text).filter(|(_, c)| QUOTES.contains(c));
    let (first, c) = quotes.next()?;
    let (last, end) = quotes.last().unwrap_or((first, c));
    let range = first..last + end.len_utf8();
    let (span, text) = (line.span(range.clone()), line.text[range.clone()].trim_matches(QUOTES));
    Some((say::odd_quotes(span, c, number(c), span, format!("\"{text}\"")), range))
}

/// A keyword but for letters from other alphabets.
fn odd_keyword(line: &Line<'_>) -> Option<(Diagnostic, Range<usize>)> {
    let word = line.text.split([' ', '\t', '"']).next()?;
    let (at, c) = word.char_indices().find(|(_, c)| !c.is_ascii())?;
    let meant: String = word.chars().map(plain_letter).collect();
    let row = keyword::all().find(|row| row.name == meant)?;
    let (span, whole) = (line.span(at..at + c.len_utf8()), line.span(0..word.len()));
    let diagnostic = say::look_alike(span, c, number(c), plain_letter(c), row.name, whole, row.name);
    Some((diagnostic, 0..word.len()))
}

/// As Unicode names it.
fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn plain_letter(c: char) -> char {
    match u32::from(c) {
        // Full-width letters follow ASCII in order.
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => LOOK_ALIKES.iter().find(|alike| alike.contains(c)).and_then(|alike| alike.chars().next()).unwrap_or(c),
    }
}
