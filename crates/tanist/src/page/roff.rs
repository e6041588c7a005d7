//! As a page of the manual.

use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::{Head, Part, Stretch, plain, stretches};

/// Stands where a page may have a date, which would change with every build.
pub(crate) const NO_DATE: &str = "\"\"";

/// A page of section 5.
pub(crate) fn man(head: Head, parts: &[Part]) -> String {
    let mut roff = Roff::new();
    let source = format!("tanist {}", env!("CARGO_PKG_VERSION"));
    roff.control("TH", [head.name, "5", NO_DATE, &source]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{} - {}", head.name, head.about.replace('`', "")))]);
    for part in parts {
        self::part(&mut roff, part);
    }
    roff.render()
}

fn part(roff: &mut Roff, part: &Part) {
    match part {
        Part::Chapter(heading) => {
            roff.control("SH", [plain(heading).as_str()]);
        }
        Part::Entry(heading) => {
            roff.control("SS", [plain(heading).as_str()]);
        }
        Part::Text(text) => {
            roff.text(spoken(text));
        }
        Part::Terms(terms) => {
            roff.control("PP", []).control("PD", ["0"]);
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

/// A paragraph; what is typed is bold.
pub(crate) fn spoken(text: &str) -> Vec<Inline> {
    let shown = stretches(text).map(|(stretch, text)| match stretch {
        Stretch::Typed => bold(text),
        Stretch::Said => roman(text),
    });
    shown.collect()
}
