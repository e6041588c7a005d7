//! What the parentheses of a loop say (keepalived-config §1.11).

use std::ops::Range;

use super::define::is_name;
use crate::model::limits;
use crate::say;
use crate::value::c_number;

/// The names that a loop sets, and their values round by round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rounds {
    pub(super) names: Vec<String>,
    pub(super) values: Vec<Vec<String>>,
    /// Places where a value is missing, which keepalived does not say.
    pub(super) missing: Vec<Range<usize>>,
}

/// Why a loop cannot be read, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) why: String,
    pub(super) place: Range<usize>,
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
pub(super) fn sequence(parameters: &str, written: impl Fn(i64) -> Option<String>) -> Result<Rounds, Wrong> {
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
    let mut values = Vec::new();
    let mut at = start;
    while (if step > 0 { at <= end } else { at >= end }) && values.len() <= limits::ROUNDS {
        let Some(value) = written(at) else {
            let negative = parts.iter().find(|part| part.text.starts_with('-')).unwrap_or(name);
            return negative.wrong(say::loop_malformed_negative());
        };
        values.push(vec![value]);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
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
pub(super) fn list(parameters: &str) -> Result<Rounds, Wrong> {
    let mut tuples = tuples(parameters)?.into_iter();
    let whole = || Part::of(parameters, 0..parameters.len());
    let names = tuples.next().map_or_else(|| vec![whole()], |tuple| tuple.parts);
    let names = names.iter().map(variable).collect::<Result<Vec<String>, Wrong>>()?;
    let (mut values, mut missing) = (Vec::new(), Vec::new());
    for Tuple { parts, in_braces } in tuples {
        if let Some(surplus) = parts.get(names.len()) {
            return surplus.wrong(say::loop_malformed_surplus());
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
