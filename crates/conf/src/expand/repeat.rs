//! Loops: `~SEQ`, `~SEQx` and `~LST` (keepalived-config §1.11).

use std::iter;
use std::ops::Range;

use super::Expander;
use super::define::is_name;
use crate::lexer::Line;
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
#[derive(Debug, Default, PartialEq, Eq)]
struct Rounds {
    names: Vec<String>,
    values: Vec<Vec<String>>,
    /// Places where a value is missing, which keepalived does not say.
    missing: Vec<Range<usize>>,
}

/// Why a loop cannot be read, and where.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    why: String,
    place: Range<usize>,
}

/// Text between commas.
#[derive(Clone)]
struct Part<'a> {
    text: &'a str,
    place: Range<usize>,
}

impl<'a> Part<'a> {
    /// A stretch of `all`, without blanks around it.
    fn of(all: &'a str, range: Range<usize>) -> Self {
        let text = &all[range.clone()];
        let start = range.start + text.len() - text.trim_start().len();
        let text = text.trim();
        Self { text, place: start..start + text.len() }
    }

    fn wrong<T>(&self, why: String) -> Result<T, Wrong> {
        Err(Wrong { why, place: self.place.clone() })
    }
}

/// The parts of `range` between commas.
fn parts(all: &str, range: Range<usize>) -> Vec<Part<'_>> {
    let mut at = range.start;
    all[range]
        .split(',')
        .map(|text| {
            let part = Part::of(all, at..at + text.len());
            at += text.len() + 1;
            part
        })
        .collect()
}

/// `NAME, [START, [STEP,]] END`.
fn sequence(parameters: &str, written: impl Fn(i64) -> Option<String>) -> Result<Rounds, Wrong> {
    let parts = parts(parameters, 0..parameters.len());
    let Some((name, parts)) = parts.split_first() else { return Ok(Rounds::default()) };
    let names = vec![variable(name)?];
    let numbers = parts.iter().map(number).collect::<Result<Vec<i64>, Wrong>>()?;
    let (start, step, end) = match (numbers.as_slice(), parts) {
        ([end], _) => (if *end < 0 { -1 } else { 1 }, None, *end),
        ([start, end], _) => (*start, None, *end),
        ([start, step, end], [_, place, _]) => (*start, Some((*step, place)), *end),
        _ => return Err(Wrong { why: say::loop_malformed_numbers(), place: 0..parameters.len() }),
    };
    if let Some((step, place)) = step
        && (step == 0 || (start < end && step < 0) || (start > end && step > 0))
    {
        return place.wrong(say::loop_malformed_steps(step, start, end));
    }
    let step = step.map_or(if start <= end { 1 } else { -1 }, |(step, _)| step);
    let is_inside = |number: &i64| if step > 0 { *number <= end } else { *number >= end };
    let numbers = iter::successors(Some(start), |number| number.checked_add(step)).take_while(is_inside);
    let Some(values) = numbers.take(limits::ROUNDS + 1).map(|number| Some(vec![written(number)?])).collect() else {
        let negative = parts.iter().find(|part| part.text.starts_with('-')).unwrap_or(name);
        return negative.wrong(say::loop_malformed_negative());
    };
    let missing = parts.iter().filter(|part| part.text.is_empty()).map(|part| part.place.clone()).collect();
    Ok(Rounds { names, values, missing })
}

/// As C has it: decimal, octal behind 0, hexadecimal behind 0x. keepalived takes a missing number for 0.
fn number(part: &Part<'_>) -> Result<i64, Wrong> {
    let (negative, digits) = match part.text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, part.text.strip_prefix('+').unwrap_or(part.text)),
    };
    let magnitude = if digits.is_empty() && !negative { Some(0) } else { c_number(digits) };
    match magnitude.and_then(|magnitude| i64::try_from(magnitude).ok()) {
        Some(magnitude) => Ok(if negative { -magnitude } else { magnitude }),
        None => part.wrong(say::loop_malformed_number(part.text)),
    }
}

/// `NAME, A, B` or `{NAME, NAME}, {A, B}, {C, D}`.
fn list(parameters: &str) -> Result<Rounds, Wrong> {
    let mut tuples = tuples(parameters)?.into_iter();
    let whole = || Part::of(parameters, 0..parameters.len());
    let names = tuples.next().map_or_else(|| vec![whole()], |tuple| tuple.parts);
    let names = names.iter().map(variable).collect::<Result<Vec<String>, Wrong>>()?;
    let (mut values, mut missing) = (Vec::new(), Vec::new());
    for Tuple { parts, in_braces } in tuples {
        if let Some(surplus) = parts.get(names.len()) {
            return surplus.wrong(say::loop_malformed_surplus());
        }
        if let Some(several) = parts.iter().find(|part| part.text.contains(char::is_whitespace)) {
            return several.wrong(say::loop_malformed_commas());
        }
        if let Some(quoted) = parts.iter().find(|part| part.text.contains('"')) {
            return quoted.wrong(say::loop_malformed_quotes());
        }
        if parts.len() < names.len() && !in_braces {
            missing.extend(parts.first().map(|part| part.place.clone()));
        }
        let mut tuple: Vec<String> = parts.iter().map(|part| part.text.to_owned()).collect();
        tuple.resize(names.len(), String::new());
        values.push(tuple);
    }
    if values.is_empty() {
        return whole().wrong(say::loop_malformed_values());
    }
    Ok(Rounds { names, values, missing })
}

/// A word, or words in braces.
struct Tuple<'a> {
    parts: Vec<Part<'a>>,
    in_braces: bool,
}

/// Tuples with commas between.
fn tuples(text: &str) -> Result<Vec<Tuple<'_>>, Wrong> {
    let mut out = Vec::new();
    let mut at = text.len() - text.trim_start().len();
    while at < text.len() {
        let rest = &text[at..];
        let end = if rest.starts_with('{') {
            let Some(len) = rest.find('}') else {
                return Part::of(text, at..text.len()).wrong(say::loop_malformed_brace());
            };
            out.push(Tuple { parts: parts(text, at + 1..at + len), in_braces: true });
            at + len + 1
        } else {
            let end = rest.find(',').map_or(text.len(), |len| at + len);
            out.push(Tuple { parts: vec![Part::of(text, at..end)], in_braces: false });
            end
        };
        let behind = Part::of(text, end..text.len());
        at = match behind.text.strip_prefix(',') {
            Some(rest) => behind.place.start + 1 + rest.len() - rest.trim_start().len(),
            None if behind.text.is_empty() => text.len(),
            None => return behind.wrong(say::loop_malformed_commas()),
        };
    }
    Ok(out)
}

fn variable(name: &Part<'_>) -> Result<String, Wrong> {
    match name.text {
        "" => name.wrong(say::loop_malformed_unnamed()),
        text if is_name(text) => Ok(text.to_owned()),
        text => name.wrong(say::loop_malformed_name(text)),
    }
}
