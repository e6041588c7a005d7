//! Loops: `~SEQ`, `~SEQx` and `~LST` (keepalived-config §1.11).

use super::Expander;
use super::define::is_name;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::model::limits;

/// What a loop counts in, or runs through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Decimal,
    Hex,
    List,
}

const KINDS: [(&str, Kind); 3] = [("~SEQ(", Kind::Decimal), ("~SEQx(", Kind::Hex), ("~LST(", Kind::List)];

/// The names that a loop sets, and their values round by round.
type Rounds = (Vec<String>, Vec<Vec<String>>);

impl Expander<'_> {
    /// Reads the rest of the line once for each value. `false`: the line is no loop.
    pub(super) fn repeat(&mut self, line: &Line<'_>, start: usize, depth: usize) -> bool {
        let found = KINDS.into_iter().find(|(word, _)| line.text[start..].starts_with(word));
        let Some((word, kind)) = found else { return false };
        let open = start + word.len();
        let Some(close) = line.text[open..].find(')').map(|skip| open + skip) else {
            self.refuse(line, start..line.text.len(), "a loop needs a closing parenthesis");
            return true;
        };
        let Some(parameters) = self.inline(line, open..close, depth) else { return true };
        let parameters = parameters.text;
        let rounds = match kind {
            Kind::Decimal => sequence(&parameters, |number| Some(number.to_string())),
            Kind::Hex => sequence(&parameters, |number| (number >= 0).then(|| format!("{number:x}"))),
            Kind::List => list(&parameters),
        };
        match rounds {
            Ok(rounds) => self.rounds(line, start..close + 1, rounds, depth),
            Err(why) => self.refuse(line, start..close + 1, &why),
        }
        true
    }

    fn rounds(&mut self, line: &Line<'_>, head: std::ops::Range<usize>, (names, values): Rounds, depth: usize) {
        let body = line.slice(head.end..line.text.len()).trimmed();
        if body.text.is_empty() {
            return self.refuse(line, head, "there is nothing to repeat behind the loop");
        }
        for round in values {
            if self.rounds_left == 0 || depth >= limits::EXPANSION_DEPTH {
                let what = format!("loops take more than {} rounds, or stand in each other too deep", limits::ROUNDS);
                let diagnostic = Diagnostic::new(Code::TooLarge, line.span(head), what);
                return self.report(diagnostic.note("the rounds beyond are left out"));
            }
            self.rounds_left -= 1;
            for (name, value) in names.iter().zip(&round) {
                let span = line.span(head.clone());
                self.definitions.define(name, span, &Line::standing_for(span, value));
            }
            self.line(body.clone(), depth + 1);
        }
    }

    fn refuse(&mut self, line: &Line<'_>, range: std::ops::Range<usize>, why: &str) {
        let diagnostic = Diagnostic::new(Code::LoopMalformed, line.span(range), why).note("the line is left out");
        self.report(diagnostic.help("write `~SEQ(NAME, FIRST, LAST) text` or `~LST(NAME, A, B) text`"));
    }
}

/// `NAME, [START, [STEP,]] END`.
fn sequence(parameters: &str, written: impl Fn(i64) -> Option<String>) -> Result<Rounds, String> {
    let mut words = parameters.split(',').map(str::trim);
    let name = variable(words.next().unwrap_or_default())?;
    let numbers = words.map(number).collect::<Result<Vec<i64>, String>>()?;
    let (start, step, end) = match numbers.as_slice() {
        [end] => (if *end < 0 { -1 } else { 1 }, None, *end),
        [start, end] => (*start, None, *end),
        [start, step, end] => (*start, Some(*step), *end),
        _ => return Err("a sequence takes a name and one to three numbers".to_owned()),
    };
    let step = step.unwrap_or(if start <= end { 1 } else { -1 });
    if step == 0 || (start < end && step < 0) || (start > end && step > 0) {
        return Err(format!("steps of {step} never lead from {start} to {end}"));
    }
    let mut values = Vec::new();
    let mut at = start;
    while (if step > 0 { at <= end } else { at >= end }) && values.len() <= limits::ROUNDS {
        values.push(vec![written(at).ok_or("a hexadecimal sequence has no negative numbers")?]);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok((vec![name], values))
}

/// As C has it: decimal, octal behind 0, hexadecimal behind 0x. keepalived takes a missing number for 0.
fn number(text: &str) -> Result<i64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = if digits.is_empty() && !negative {
        Ok(0)
    } else if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    let magnitude = magnitude.map_err(|_| format!("`{text}` is no number"))?;
    Ok(if negative { -magnitude } else { magnitude })
}

/// `NAME, A, B` or `{NAME, NAME}, {A, B}, {C, D}`.
fn list(parameters: &str) -> Result<Rounds, String> {
    let mut tuples = tuples(parameters)?.into_iter();
    let names = tuples.next().unwrap_or_default();
    let names = names.iter().map(|name| variable(name)).collect::<Result<Vec<String>, String>>()?;
    let values: Vec<Vec<String>> = tuples
        .map(|mut tuple| {
            tuple.resize(names.len().max(tuple.len()), String::new());
            tuple
        })
        .collect();
    if values.iter().any(|tuple| tuple.len() > names.len()) {
        return Err("there are more values than names".to_owned());
    }
    if values.is_empty() {
        return Err("a list takes a name and at least one value".to_owned());
    }
    Ok((names, values))
}

/// Words, or words in braces, with commas between.
fn tuples(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (tuple, behind) = match rest.strip_prefix('{') {
            Some(inner) => {
                let (inside, behind) = inner.split_once('}').ok_or("a brace is not closed in the loop")?;
                (inside.split(',').map(|word| word.trim().to_owned()).collect(), behind)
            }
            None => {
                let (word, behind) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (vec![word.trim().to_owned()], behind)
            }
        };
        out.push(tuple);
        let behind = behind.trim_start();
        rest = match behind.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if behind.is_empty() => "",
            None => return Err("values need commas between them".to_owned()),
        };
    }
    Ok(out)
}

fn variable(name: &str) -> Result<String, String> {
    if is_name(name) { Ok(name.to_owned()) } else { Err(format!("`{name}` cannot be the name of a definition")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(parameters: &str) -> Vec<String> {
        let (_, values) = sequence(parameters, |number| Some(number.to_string())).unwrap();
        values.into_iter().flatten().collect()
    }

    /// keepalived-config §1.11, corpus §5.
    #[test]
    fn sequences_run_up_and_down_in_steps() {
        assert_eq!(one("N, 3"), ["1", "2", "3"]);
        assert_eq!(one("N, -2"), ["-1", "-2"]);
        assert_eq!(one("N,3,1"), ["3", "2", "1"]);
        assert_eq!(one("AD,144,16,192"), ["144", "160", "176", "192"]);
        assert_eq!(one("N,0x90,-0x10,0x6f"), ["144", "128", "112"]);
        assert_eq!(one("N,010"), ["1", "2", "3", "4", "5", "6", "7", "8"]);
        assert_eq!(one("A,1,"), ["1", "0"]);
    }

    #[test]
    fn sequences_that_never_end_are_refused() {
        for wrong in ["", "N", "N,1,0,5", "N,1,-1,5", "1N,3", "N,x", "N,1,2,3,4", "A 1 3"] {
            assert!(sequence(wrong, |number| Some(number.to_string())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_run_through_words_and_tuples() {
        let word = |text: &str| text.to_owned();
        assert_eq!(list("A, x, y"), Ok((vec![word("A")], vec![vec![word("x")], vec![word("y")]])));
        let (names, values) = list("{IP,IP1},{10,1},{20}").unwrap();
        assert_eq!(
            (names, values),
            (vec![word("IP"), word("IP1")], vec![vec![word("10"), word("1")], vec![word("20"), word("")]])
        );
        for wrong in ["", "A", "{A,B", "{A},{1,2}", "1A,x", "A {x}"] {
            assert!(list(wrong).is_err(), "{wrong}");
        }
    }
}
