//! As a page of the manual.

use std::borrow::Cow;

use roff::{Inline, Roff, bold, roman};

use super::{Head, Part, Stretch, plain, stretches};

/// Of the pages, not of a build, so that builds are alike.
const DATE: &str = "2026-11-28";
/// Longest line of a page's source, as mandoc likes it.
const COLUMNS: usize = 80;

/// A page of section 5.
pub(crate) fn man(head: Head, parts: &[Part]) -> String {
    page(head.name, head.about, "5", |roff| parts.iter().for_each(|part| self::part(roff, part)))
}

/// A page whose body is written by `body`.
pub(crate) fn page(name: &str, about: &str, section: &str, body: impl FnOnce(&mut Roff)) -> String {
    let mut roff = Roff::new();
    let source = format!("tanist {}", env!("CARGO_PKG_VERSION"));
    roff.control("TH", [name.to_uppercase().as_str(), section, DATE, &source]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {}", plain(about)))]);
    body(&mut roff);
    source_of(&roff.render())
}

fn part(roff: &mut Roff, part: &Part) {
    match part {
        Part::Chapter(heading) => {
            roff.control("SH", [title(heading).as_str()]);
        }
        Part::Entry(heading) => {
            roff.control("SS", [title(heading).as_str()]);
        }
        Part::Text(text) => {
            roff.text(spoken(text));
        }
        Part::Terms(terms) => {
            roff.control("PD", ["0"]);
            for (term, text) in terms {
                roff.control("TP", ["12"]).text([bold(plain(term))]).text(spoken(text));
            }
            roff.control("PD", []);
        }
        Part::Example(text) | Part::Instead(text) => {
            roff.control("PP", []).control("RS", ["4"]).control("nf", []);
            for line in text.lines() {
                roff.text([roman(line)]);
            }
            roff.control("fi", []).control("RE", []);
        }
    }
}

/// A heading as an argument of a request, in which a quote would end it.
pub(crate) fn title(text: &str) -> String {
    plain(text).replace('\\', r"\e").replace('"', r"\(dq").replace('-', r"\-")
}

/// A paragraph; what is typed is bold.
pub(crate) fn spoken(text: &str) -> Vec<Inline> {
    let shown = stretches(text).map(|(stretch, text)| match stretch {
        Stretch::Typed => bold(text),
        Stretch::Said => roman(text),
    });
    shown.collect()
}

/// The source of a page fit for every reader of pages: in ASCII, with short lines.
fn source_of(page: &str) -> String {
    let mut out = String::new();
    let mut fills = true;
    for line in page.lines() {
        match line {
            ".nf" => fills = false,
            ".fi" => fills = true,
            _ => {}
        }
        let is_request = line.starts_with('.');
        let line = ascii(line);
        if is_request || !fills {
            out.push_str(line.trim_end());
        } else {
            out.push_str(&folded(&line));
        }
        out.push('\n');
    }
    out
}

/// A line of text in several.
fn folded(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        // What would begin a request at the beginning of a line.
        let is_request = word.starts_with(['.', '\'']);
        if column > 0 && column + 1 + word.len() <= COLUMNS {
            out.push(' ');
            column += 1;
        } else if column > 0 {
            out.push_str(if is_request { "\n\\&" } else { "\n" });
            column = 0;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// Characters beyond ASCII as roff names them.
fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let named = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    Cow::Owned(text.chars().map(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_plain_and_short_and_says_what_was_said() {
        let long = format!("{} .end … `a\"b`", "word ".repeat(30));
        let parts =
            [Part::Entry("quote: \"WORDS\" -x".to_owned()), Part::Text(long), Part::Example(" a…\n .b".to_owned())];
        let page = man(Head { name: "x.conf", about: "an example" }, &parts);
        assert!(page.contains(".TH X.CONF 5 2026"), "{page}");
        assert!(page.contains(r#".SS "quote: \(dqWORDS\(dq \-x""#), "{page}");
        assert!(page.contains(r" a\[u2026]") && page.is_ascii(), "{page}");
        assert!(page.lines().all(|line| line.len() <= COLUMNS && !line.ends_with(' ')), "{page}");
        assert!(!page.lines().any(|line| line.starts_with(".end")), "{page}");
    }
}
