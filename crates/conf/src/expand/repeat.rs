//! Loops: `~SEQ`, `~SEQx` and `~LST` (keepalived-config §1.11).

use std::iter;
use std::ops::Range;

use super::Expander;
use super::define::is_name;
use crate::lexer::{Line, place_of};
use crate::model::limits;
use crate::say;
use crate::value::c_number;

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
            Err(Wrong { why, part: "" }) => self.refuse(line, head, why, kind),
            Err(Wrong { why, part }) => self.refuse(&parameters, place_of(part, &parameters.text), why, kind),
        }
        true
    }

    fn rounds(&mut self, line: &Line<'_>, head: Range<usize>, rounds: Rounds<'_>, depth: usize, kind: Kind) {
        let body = line.slice(head.end..line.text.len()).trimmed();
        if body.text.is_empty() {
            return self.refuse(line, head, say::loop_malformed_empty(), kind);
        }
        let span = line.span(head);
        if depth >= limits::EXPANSION_DEPTH {
            return self.report(say::too_large_loops(span, limits::EXPANSION_DEPTH));
        }
        let mut count = rounds.values.len();
        if count > 1 && body.text.ends_with('{') {
            self.report(say::loop_block(span));
            count = 1;
        }
        for round in rounds.values.into_iter().take(count) {
            let Some(left) = self.rounds_left.filter(|_| !self.is_full) else { return };
            self.rounds_left = left.checked_sub(1);
            if self.rounds_left.is_none() {
                return self.report(say::too_large_rounds(span, limits::ROUNDS));
            }
            for (name, value) in rounds.names.iter().zip(&round) {
                self.set(name, span, &Line::standing_for(span, value));
            }
            self.line(body.clone(), depth + 1);
        }
    }

    fn report_missing(&mut self, parameters: &Line<'_>, rounds: &Rounds<'_>, kind: Kind) {
        for part in &rounds.missing {
            let span = parameters.span(place_of(part, &parameters.text));
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
        let (why, kind) = match near {
            Some((name, kind)) if word == name => (say::loop_malformed_gap(word), kind),
            Some((_, kind)) => (say::loop_malformed_case(word), kind),
            None if rest[word.len()..].starts_with('(') => (say::loop_malformed_unknown(word), Kind::Decimal),
            None => return false,
        };
        self.refuse(line, start..start + 1 + word.len(), why, kind);
        true
    }

    /// The text before a loop that does not begin its line.
    pub(super) fn without_loop<'l>(&mut self, line: Line<'l>) -> Line<'l> {
        // As a word of its own.
        let begins = |at: &usize| line.text[..*at].ends_with([' ', '\t']) && begun(&line.text[*at..]).is_some();
        let first = line.text.match_indices('~').map(|(at, _)| at).find(begins);
        let Some(at) = first.filter(|&at| !line.is_quoted(at)) else { return line };
        let end = line.text[at..].find(')').map_or(line.text.len(), |skip| at + skip + 1);
        self.report(say::loop_inside(line.span(at..end)));
        line.slice(0..at).trimmed()
    }
}

/// The names that a loop sets, and their values round by round.
#[derive(Debug, PartialEq, Eq)]
struct Rounds<'a> {
    names: Vec<&'a str>,
    values: Vec<Vec<String>>,
    /// Where a value is missing, which keepalived does not say.
    missing: Vec<&'a str>,
}

/// Why a loop cannot be read, and which part of its parameters.
#[derive(Debug, PartialEq, Eq)]
struct Wrong<'a> {
    why: String,
    part: &'a str,
}

fn wrong<T>(part: &str, why: String) -> Result<T, Wrong<'_>> {
    Err(Wrong { why, part })
}

/// Without blanks around it; what is nothing but blanks is missing where it ends.
fn trimmed(text: &str) -> &str {
    text.trim_start().trim_end()
}

/// `NAME, [START, [STEP,]] END`.
fn sequence(parameters: &str, written: impl Fn(i64) -> Option<String>) -> Result<Rounds<'_>, Wrong<'_>> {
    let mut parts = parameters.split(',').map(trimmed);
    let name = variable(parts.next().unwrap_or(parameters))?;
    let parts: Vec<&str> = parts.collect();
    let numbers = parts.iter().map(|part| number(part)).collect::<Result<Vec<i64>, Wrong<'_>>>()?;
    let (start, step, end) = match *numbers.as_slice() {
        [end] => (if end < 0 { -1 } else { 1 }, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return wrong(parameters, say::loop_malformed_numbers()),
    };
    if let Some(step) = step
        && (step == 0 || (start < end && step < 0) || (start > end && step > 0))
    {
        return wrong(parts[1], say::loop_malformed_steps(step, start, end));
    }
    let step = step.unwrap_or(if start <= end { 1 } else { -1 });
    let is_inside = |number: &i64| if step > 0 { *number <= end } else { *number >= end };
    let numbers = iter::successors(Some(start), |number| number.checked_add(step)).take_while(is_inside);
    let Some(values) = numbers.take(limits::ROUNDS + 1).map(|number| Some(vec![written(number)?])).collect() else {
        let negative = parts.iter().find(|part| part.starts_with('-')).unwrap_or(&name);
        return wrong(negative, say::loop_malformed_negative());
    };
    let missing = parts.into_iter().filter(|part| part.is_empty()).collect();
    Ok(Rounds { names: vec![name], values, missing })
}

/// As C has it: decimal, octal behind 0, hexadecimal behind 0x. keepalived takes a missing number for 0.
fn number(part: &str) -> Result<i64, Wrong<'_>> {
    let (negative, digits) = match part.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, part.strip_prefix('+').unwrap_or(part)),
    };
    let magnitude = if digits.is_empty() && !negative { Some(0) } else { c_number(digits) };
    match magnitude.and_then(|magnitude| i64::try_from(magnitude).ok()) {
        Some(magnitude) => Ok(if negative { -magnitude } else { magnitude }),
        None => wrong(part, say::loop_malformed_number(part)),
    }
}

/// `NAME, A, B` or `{NAME, NAME}, {A, B}, {C, D}`.
fn list(parameters: &str) -> Result<Rounds<'_>, Wrong<'_>> {
    let mut tuples = tuples(parameters)?.into_iter();
    let names = tuples.next().map_or_else(|| vec![trimmed(parameters)], |tuple| tuple.parts);
    let names = names.into_iter().map(variable).collect::<Result<Vec<&str>, Wrong<'_>>>()?;
    let (mut values, mut missing) = (Vec::new(), Vec::new());
    for Tuple { parts, in_braces } in tuples {
        if let Some(surplus) = parts.get(names.len()) {
            return wrong(surplus, say::loop_malformed_surplus());
        }
        if let Some(several) = parts.iter().find(|part| part.contains(char::is_whitespace)) {
            return wrong(several, say::loop_malformed_commas());
        }
        if let Some(quoted) = parts.iter().find(|part| part.contains('"')) {
            return wrong(quoted, say::loop_malformed_quotes());
        }
        if parts.len() < names.len() && !in_braces {
            missing.extend(parts.first());
        }
        let mut tuple: Vec<String> = parts.into_iter().map(str::to_owned).collect();
        tuple.resize(names.len(), String::new());
        values.push(tuple);
    }
    if values.is_empty() {
        return wrong(trimmed(parameters), say::loop_malformed_values());
    }
    Ok(Rounds { names, values, missing })
}

/// A word, or words in braces.
struct Tuple<'a> {
    parts: Vec<&'a str>,
    in_braces: bool,
}

/// Tuples with commas between.
fn tuples(text: &str) -> Result<Vec<Tuple<'_>>, Wrong<'_>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let behind = if let Some(inner) = rest.strip_prefix('{') {
            let Some((inner, behind)) = inner.split_once('}') else {
                return wrong(rest.trim_end(), say::loop_malformed_brace());
            };
            out.push(Tuple { parts: inner.split(',').map(trimmed).collect(), in_braces: true });
            behind
        } else {
            let (word, behind) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            out.push(Tuple { parts: vec![trimmed(word)], in_braces: false });
            behind
        };
        let behind = trimmed(behind);
        rest = match behind.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if behind.is_empty() => behind,
            None => return wrong(behind, say::loop_malformed_commas()),
        };
    }
    Ok(out)
}

fn variable(name: &str) -> Result<&str, Wrong<'_>> {
    match name {
        "" => wrong(name, say::loop_malformed_unnamed()),
        name if is_name(name) => Ok(name),
        name => wrong(name, say::loop_malformed_name(name)),
    }
}
