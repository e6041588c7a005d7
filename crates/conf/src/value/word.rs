//! One word, as its kind asks for it.

use super::several::fits;
use super::{Arguments, Value, c_number, interface_problem, micros, plain_address, switch_word, whole_number};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Kind, Number, Outside, TimeRange, Unit, decimal};
use crate::lexer::Word;
use crate::say;
use crate::suggest;

/// Names of single permissions, as keepalived takes them behind `I`.
const MASK_BITS: &[&str] =
    &["IRUSR", "IWUSR", "IXUSR", "IRGRP", "IWGRP", "IXGRP", "IROTH", "IWOTH", "IXOTH", "IRWXU", "IRWXG", "IRWXO"];
/// All permissions.
const MASK_MAX: u64 = 0o777;

impl<'a> Arguments<'a> {
    /// A word of this kind. `None`: it cannot be one, which is reported.
    pub(super) fn word(&self, kind: Kind, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let left_out = || self.row.left_out();
        match kind {
            Kind::Word => {}
            Kind::Short(bytes) if word.text.len() > bytes => {
                out.push(say::text_too_long(word.span, word.text, bytes));
                return None;
            }
            Kind::Short(_) => {}
            Kind::Switch => match switch_word(word.text) {
                Some(switch) => return Some(Value::Switch(switch)),
                None => {
                    out.push(say::bad_word_switch(word.span, self.row.name, word.text, left_out()));
                    return None;
                }
            },
            Kind::Number(range) => return self.number(range, word, out),
            Kind::Time(unit, range) => return self.time(unit, range, word, out),
            Kind::Interface => return self.interface(word, out),
            Kind::Address => return plain_address(word, &left_out(), out).map(Value::Address),
            Kind::WordOrNumber(words, _) if words.iter().any(|known| known.eq_ignore_ascii_case(word.text)) => {}
            Kind::WordOrNumber(_, range) if fits(Kind::Number(range), word.text) => {
                return self.number(range, word, out);
            }
            Kind::OneOf(words) if words.contains(&word.text) => {}
            Kind::Signed(words) if words.contains(&word.text.trim_start_matches(['+', '-'])) => {}
            Kind::OneOf(words) | Kind::Signed(words) => return self.bad_word(words.join(" or "), words, word, out),
            Kind::WordOrNumber(words, _) => return self.bad_word(self.row.arguments(), words, word, out),
            Kind::Mask if is_mask(word.text) => {}
            Kind::Mask => {
                out.push(say::bad_word_mask(word.span, word.text, left_out()));
                return None;
            }
        }
        Some(Value::Text(word.text.to_owned()))
    }

    fn number(&self, range: Number, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let instead = match range.outside {
            Outside::Ignored => None,
            Outside::Replaced(number) => Some(number),
        };
        whole_number(self.row, word, range, out).or(instead).map(Value::Number)
    }

    fn time(&self, unit: Unit, range: TimeRange, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let (unit, scale) = unit.name_and_scale();
        let micros = micros(word.text).map(|micros| micros / scale);
        if let Some(micros) = micros.filter(|micros| (range.min_micros..=range.max_micros).contains(micros)) {
            return Some(Value::Micros(micros));
        }
        let (name, left_out) = (self.row.name, self.row.left_out());
        let (min, max) = (decimal(range.min_micros * scale), decimal(range.max_micros * scale));
        if micros.is_some() {
            out.push(say::out_of_range_time(word.span, word.text, name, min, max, unit, left_out));
            return None;
        }
        let diagnostic = say::bad_time(word.span, word.text, unit, name, min, max, left_out);
        out.push(match with_unit(word.text) {
            Some(micros) => diagnostic.replace(word.span, decimal(micros * scale), say::number_with_text_alone()),
            None => diagnostic,
        });
        None
    }

    fn interface(&self, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let problem = interface_problem(word.text).or_else(|| (word.text == "lo").then(say::bad_interface_loopback));
        let Some(problem) = problem else { return Some(Value::Text(word.text.to_owned())) };
        let diagnostic = say::bad_interface(word.span, problem).note(self.row.left_out());
        let alias = || word.text.split_once(':').filter(|(bare, _)| interface_problem(bare).is_none());
        out.push(if let Some(bare) = word.text.strip_suffix(';') {
            diagnostic.replace(word.span, bare, say::bad_interface_semicolon())
        } else if let Some((bare, _)) = alias() {
            diagnostic.replace(word.span, bare, say::bad_interface_alias())
        } else {
            diagnostic
        });
        None
    }

    /// Says that `word` is none of those that are `due`.
    pub(super) fn bad_word<T>(&self, due: String, words: &[&str], word: Word<'a>, out: &mut Diagnostics) -> Option<T> {
        let diagnostic = say::bad_word(word.span, self.row.name, due, word.text, self.row.left_out());
        let begins = |known: &&&str| word.text.to_ascii_uppercase().starts_with(**known);
        let near = suggest::nearest_of(words.iter().copied(), word.text);
        out.push(match near.or_else(|| words.iter().find(begins).copied()) {
            Some(near) => diagnostic.replace(word.span, near, say::bad_word_fix()),
            None => diagnostic,
        });
        None
    }
}

/// Microseconds of a time with a unit, which the language does not have.
fn with_unit(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("msec", 1000),
        ("ms", 1000),
        ("minutes", 60_000_000),
        ("min", 60_000_000),
        ("m", 60_000_000),
        ("seconds", 1_000_000),
        ("sec", 1_000_000),
        ("s", 1_000_000),
    ];
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    micros(number)?.checked_mul(unit)?.checked_div(1_000_000)
}

fn is_mask(text: &str) -> bool {
    c_number(text).is_some_and(|mask| mask <= MASK_MAX) || text.split('|').all(|bit| MASK_BITS.contains(&bit.trim()))
}
