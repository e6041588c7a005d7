//! Bytes and letters that are not what they look like (keepalived-config §1.2, §1.4).

use std::ops::Range;

use super::{Characters, Expander};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keyword;
use crate::lexer::Line;
use crate::model::limits;
use crate::source::Span;

/// Letters that look like others.
const LOOK_ALIKES: &[(char, char)] = &[
    ('а', 'a'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('ѕ', 's'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ո', 'n'),
    ('о', 'o'),
    ('ο', 'o'),
    ('р', 'p'),
    ('ρ', 'p'),
    ('г', 'r'),
    ('т', 't'),
    ('υ', 'u'),
    ('ν', 'v'),
    ('ѵ', 'v'),
    ('х', 'x'),
    ('у', 'y'),
    ('ı', 'i'),
    ('α', 'a'),
    ('ι', 'i'),
    ('‐', '_'),
    ('‑', '_'),
    ('–', '_'),
    ('—', '_'),
    ('＿', '_'),
];

/// Quotes as text processors write them.
const QUOTES: [char; 11] = ['“', '”', '„', '‟', '«', '»', '＂', '‘', '’', '‚', '‛'];

/// Looks like a blank, or like nothing.
const fn is_odd_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{2060}' | '\u{3000}' | '\u{feff}')
}

impl Expander<'_> {
    /// Bytes that keepalived stumbles over.
    pub(super) fn check_bytes(&mut self, line: &Line<'_>) -> Characters {
        if let Some(at) = line.text.find('\0') {
            let diagnostic = Diagnostic::new(Code::NulByte, line.span(at..at + 1), "this line holds a NUL byte");
            self.report(diagnostic.note("the line is left out").help("remove the byte"));
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

    /// `line` is without its comment, in which any byte may stand.
    pub(super) fn check_encoding(&mut self, line: &Line<'_>) {
        if let Some(at) = line.text.find('\u{fffd}') {
            let span = line.span(at..at + '\u{fffd}'.len_utf8());
            let diagnostic = Diagnostic::new(Code::NotUtf8, span, "these bytes are not UTF-8");
            self.report(diagnostic.note("they are read as a replacement character").help("save the file as UTF-8"));
        }
    }

    /// The mark with which some editors begin a file.
    pub(super) fn report_mark(&mut self, span: Span) {
        let diagnostic = Diagnostic::new(Code::ByteOrderMark, span, "the file begins with a byte-order mark");
        let note = "keepalived takes it for a part of the first word, which it then does not know; here it is skipped";
        self.report(diagnostic.note(note).help("save the file as UTF-8 without the mark"));
    }

    /// Letters of a statement that are not what they look like.
    pub(super) fn check_look_alikes(&mut self, line: &Line<'_>) {
        if line.text.is_ascii() {
            return;
        }
        let plain = outside_quotes(&line.text);
        if let Some((at, c)) = plain.clone().find(|&(_, c)| is_odd_blank(c)) {
            return self.report_blank(line, at, c);
        }
        let mut quotes = plain.filter(|(_, c)| QUOTES.contains(c));
        if let Some((first, c)) = quotes.next() {
            let (last, end) = quotes.last().unwrap_or((first, c));
            return self.report_quotes(line, first..last + end.len_utf8(), c);
        }
        self.check_keyword(line);
    }

    fn report_blank(&mut self, line: &Line<'_>, at: usize, c: char) {
        let range = at..at + c.len_utf8();
        let span = line.span(range.clone());
        let what = format!("invisible or unusual space U+{:04X}", u32::from(c));
        let note = "keepalived takes it for a letter of the word";
        let with = if ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}' { "" } else { " " };
        let diagnostic = Diagnostic::new(Code::OddBlank, span, what).note(note);
        self.report(diagnostic.replace(span, with, if with.is_empty() { "remove it" } else { "write a space" }));
        self.silence_word(line, &range);
    }

    fn report_quotes(&mut self, line: &Line<'_>, range: Range<usize>, c: char) {
        let span = line.span(range.clone());
        let what = format!("`{c}` (U+{:04X}) is not a quote character", u32::from(c));
        let text = line.text[range.clone()].trim_matches(QUOTES);
        let diagnostic = Diagnostic::new(Code::OddQuotes, span, what).note("only `\"` keeps words together");
        self.report(diagnostic.replace(span, format!("\"{text}\""), "write plain quotes"));
        self.silence_word(line, &range);
    }

    /// A keyword but for letters from other alphabets.
    fn check_keyword(&mut self, line: &Line<'_>) {
        let len = line.text.find([' ', '\t', '"']).unwrap_or(line.text.len());
        let word = &line.text[..len];
        let meant: String = word.chars().map(plain_letter).collect();
        if word.is_ascii() || !keyword::all().any(|row| row.name == meant) {
            return;
        }
        let Some((at, c)) = word.char_indices().find(|(_, c)| !c.is_ascii()) else { return };
        let what = format!("`{c}` in this word is U+{:04X}, not `{}`", u32::from(c), plain_letter(c));
        let diagnostic = Diagnostic::new(Code::LookAlike, line.span(at..at + c.len_utf8()), what);
        let note = format!("so keepalived does not know the word as `{meant}`");
        self.report(diagnostic.note(note).replace(line.span(0..len), meant, "retype the word"));
        self.silence_word(line, &(0..len));
    }
}

fn plain_letter(c: char) -> char {
    match u32::from(c) {
        // Full-width letters follow ASCII in order.
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => LOOK_ALIKES.iter().find(|(odd, _)| *odd == c).map_or(c, |&(_, plain)| plain),
    }
}

/// Characters outside double quotes, with their places.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> + Clone {
    let mut quoted = false;
    text.char_indices().filter(move |&(_, c)| {
        quoted ^= c == '"';
        !quoted
    })
}
