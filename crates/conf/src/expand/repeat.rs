//! Loops: `~SEQ`, `~SEQx` and `~LST` (keepalived-config §1.11).

use std::ops::Range;

use super::Expander;
use super::rounds::{Rounds, Wrong, list, sequence};
use crate::lexer::Line;
use crate::model::limits;
use crate::say;

/// What a loop counts in, or runs through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Decimal,
    Hex,
    List,
}

const KINDS: [(&str, Kind); 3] = [("SEQ", Kind::Decimal), ("SEQx", Kind::Hex), ("LST", Kind::List)];

impl Kind {
    fn usage(self) -> String {
        match self {
            Self::Decimal => say::loop_malformed_seq(),
            Self::Hex => say::loop_malformed_hex(),
            Self::List => say::loop_malformed_list(),
        }
    }
}

/// Where the text goes on behind the head of a loop. `None`: none begins there.
pub(crate) fn behind_head(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    begun(rest)?;
    Some(rest.find(')').map_or(text.len(), |close| start + close + 1))
}

/// The loop that a text begins with, and where its parameters begin.
fn begun(text: &str) -> Option<(usize, Kind)> {
    let (word, _) = text.strip_prefix('~')?.split_once('(')?;
    KINDS.into_iter().find(|(name, _)| *name == word).map(|(name, kind)| (1 + name.len() + 1, kind))
}

impl Expander<'_> {
    /// Reads the rest of the line once for each value. `false`: the line is no loop.
    pub(super) fn repeat(&mut self, line: &Line<'_>, start: usize, depth: usize) -> bool {
        let Some((len, kind)) = begun(&line.text[start..]) else { return self.refuse_almost(line, start) };
        let open = start + len;
        let Some(close) = line.text[open..].find(')').map(|skip| open + skip) else {
            self.refuse(line, start..line.text.len(), say::loop_malformed_open(), kind);
            return true;
        };
        let head = start..close + 1;
        let Some(parameters) = self.inline(line, open..close, depth) else { return true };
        let rounds = match kind {
            Kind::Decimal => sequence(&parameters.text, |number| Some(number.to_string())),
            Kind::Hex => sequence(&parameters.text, |number| (number >= 0).then(|| format!("{number:x}"))),
            Kind::List => list(&parameters.text),
        };
        match rounds {
            Ok(rounds) => {
                self.report_missing(&parameters, &rounds, kind);
                self.rounds(line, head, rounds, depth, kind);
            }
            Err(Wrong { why, place }) if place.is_empty() => self.refuse(line, head, why, kind),
            Err(Wrong { why, place }) => self.refuse(&parameters, place, why, kind),
        }
        true
    }

    fn rounds(&mut self, line: &Line<'_>, head: Range<usize>, rounds: Rounds, depth: usize, kind: Kind) {
        let body = line.slice(head.end..line.text.len()).trimmed();
        if body.text.is_empty() {
            return self.refuse(line, head, say::loop_malformed_empty(), kind);
        }
        let span = line.span(head);
        if depth >= limits::EXPANSION_DEPTH {
            return self.report(say::too_large_loops(span, limits::EXPANSION_DEPTH));
        }
        for round in rounds.values {
            let Some(left) = self.rounds_left.filter(|_| !self.is_full) else { return };
            self.rounds_left = left.checked_sub(1);
            if self.rounds_left.is_none() {
                return self.report(say::too_large_rounds(span, limits::ROUNDS));
            }
            for (name, value) in rounds.names.iter().zip(&round) {
                self.definitions.define(name, span, &Line::standing_for(span, value));
            }
            self.line(body.clone(), depth + 1);
        }
    }

    fn report_missing(&mut self, parameters: &Line<'_>, rounds: &Rounds, kind: Kind) {
        for place in &rounds.missing {
            let span = parameters.span(place.clone());
            self.report(match kind {
                Kind::Decimal | Kind::Hex => say::loop_value_number(span, kind.usage()),
                Kind::List => say::loop_value_list(span, kind.usage()),
            });
        }
    }

    fn refuse(&mut self, line: &Line<'_>, range: Range<usize>, why: String, kind: Kind) {
        self.report(say::loop_malformed(line.span(range), why, kind.usage()));
    }

    /// What is meant as a loop. keepalived takes some such words for keywords.
    fn refuse_almost(&mut self, line: &Line<'_>, start: usize) -> bool {
        let Some(rest) = line.text[start..].strip_prefix('~') else { return false };
        let word = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        let near = KINDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        let Some((name, kind)) = near else { return false };
        let why = if word == name { say::loop_malformed_gap(word) } else { say::loop_malformed_case(word) };
        self.refuse(line, start..start + 1 + word.len(), why, kind);
        true
    }

    /// The text before a loop that does not begin its line.
    pub(super) fn without_loop<'l>(&mut self, line: Line<'l>) -> Line<'l> {
        // As a word of its own.
        let begins = |at: &usize| line.text[..*at].ends_with([' ', '\t']) && begun(&line.text[*at..]).is_some();
        let first = line.text.match_indices('~').map(|(at, _)| at).find(begins);
        let Some(at) = first.filter(|&at| !line.is_quoted(0, at)) else { return line };
        let end = line.text[at..].find(')').map_or(line.text.len(), |skip| at + skip + 1);
        self.report(say::loop_inside(line.span(at..end)));
        line.slice(0..at).trimmed()
    }
}
