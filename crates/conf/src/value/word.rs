//! Words, each as its kind asks for it: numbers, times, names and words to choose from.

use super::{Arguments, Value, interface_problem, plain_address, switch_word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Argument, KeywordDef, Kind, Number, TimeRange, Trailing, Unit, decimal};
use crate::lexer::Word;
use crate::say;
use crate::source::Spanned;
use crate::suggest;

/// Names of single permissions, as keepalived takes them behind `I`.
const MASK_BITS: &[&str] =
    &["IRUSR", "IWUSR", "IXUSR", "IRGRP", "IWGRP", "IXGRP", "IROTH", "IWOTH", "IXOTH", "IRWXU", "IRWXG", "IRWXO"];
/// All permissions.
const MASK_MAX: u64 = 0o777;

impl<'a> Arguments<'a> {
    /// The words, each of them what its argument asks for.
    pub(super) fn several(&self, arguments: &[Argument], out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let mut rest = self.words;
        for (index, argument) in arguments.iter().enumerate() {
            let is_last = index + 1 == arguments.len();
            let Argument { kind, least, most, .. } = *argument;
            let mut taken = 0;
            while let Some((&word, after)) = rest.split_first().filter(|_| taken < most) {
                if taken >= least && !is_last && !fits(kind, word.text) {
                    break;
                }
                self.word(kind, word, out)?;
                (rest, taken) = (after, taken + 1);
            }
            if taken < least {
                return out.refuse(self.missing());
            }
        }
        self.surplus(self.words.len() - rest.len(), out);
        Some(self.all())
    }

    /// A word of this kind. `None`: it cannot be one, which is reported.
    pub(super) fn word(&self, kind: Kind, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let left_out = || self.row.left_out();
        match kind {
            Kind::Short(bytes) if word.text.len() > bytes => {
                return out.refuse(say::text_too_long(word.span, word.text, bytes));
            }
            Kind::Word | Kind::Short(_) => {}
            Kind::Switch => match switch_word(word.text) {
                Some(switch) => return Some(Value::Switch(switch)),
                None => return out.refuse(say::bad_word_switch(word.span, self.row.name, word.text, left_out())),
            },
            Kind::Number(range) => {
                return whole_number(self.row, word, range, out).or(range.instead).map(Value::Number);
            }
            Kind::Time(unit, range) => return self.time(unit, range, word, out),
            Kind::Interface => return self.interface(word, out),
            Kind::Address => return plain_address(word, &left_out(), out).map(Value::Address),
            Kind::WordOrNumber(words, _) if words.iter().any(|known| known.eq_ignore_ascii_case(word.text)) => {}
            Kind::WordOrNumber(_, range) if fits(Kind::Number(range), word.text) => {
                return self.word(Kind::Number(range), word, out);
            }
            Kind::OneOf(words) if words.contains(&word.text) => {}
            Kind::Signed(words) if words.contains(&word.text.trim_start_matches(['+', '-'])) => {}
            Kind::OneOf(words) | Kind::Signed(words) => return self.bad_word(words.join(" or "), words, word, out),
            Kind::WordOrNumber(words, _) => return self.bad_word(self.row.arguments(), words, word, out),
            Kind::Mask if is_mask(word.text) => {}
            Kind::Mask => return out.refuse(say::bad_word_mask(word.span, word.text, left_out())),
        }
        Some(Value::Text(word.text.to_owned()))
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
            let outside = say::out_of_range_time(word.span, word.text, name, min, max, unit, left_out);
            return out.refuse(if word.text == self.row.default { outside.mild() } else { outside });
        }
        if let Some(point) = Some(word.text.replace(',', ".")).filter(|point| crate::value::micros(point).is_some()) {
            return out.refuse(say::bad_time_comma(word.span, word.text, left_out, word.span, point));
        }
        let diagnostic = say::bad_time(word.span, word.text, unit, name, min, max, left_out);
        out.refuse(match with_unit(word.text) {
            Some(micros) => diagnostic.replace(word.span, decimal(micros * scale), say::number_with_text_alone()),
            None => diagnostic,
        })
    }

    fn interface(&self, word: Word<'a>, out: &mut Diagnostics) -> Option<Value> {
        let problem = interface_problem(word.text).or_else(|| (word.text == "lo").then(say::bad_interface_loopback));
        let Some(problem) = problem else { return Some(Value::Text(word.text.to_owned())) };
        let diagnostic = say::bad_interface(word.span, problem).note(self.row.left_out());
        let alias = || word.text.split_once(':').filter(|(bare, _)| interface_problem(bare).is_none());
        out.refuse(if let Some(bare) = word.text.strip_suffix(';') {
            diagnostic.replace(word.span, bare, say::bad_interface_semicolon())
        } else if let Some((bare, _)) = alias() {
            diagnostic.replace(word.span, bare, say::bad_interface_alias())
        } else {
            diagnostic
        })
    }

    /// Says that `word` is none of those that are `due`.
    fn bad_word<T>(&self, due: String, words: &[&str], word: Word<'a>, out: &mut Diagnostics) -> Option<T> {
        let diagnostic = say::bad_word(word.span, self.row.name, due, word.text, self.row.left_out());
        let begins = |known: &&&str| word.text.to_ascii_uppercase().starts_with(**known);
        let near = suggest::nearest_of(words.iter().copied(), word.text);
        out.refuse(match near.or_else(|| words.iter().find(begins).copied()) {
            Some(near) => diagnostic.replace(word.span, near, say::bad_word_fix()),
            None => diagnostic,
        })
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

/// Whether `word` looks like an argument of this kind rather than like the next one.
fn fits(kind: Kind, word: &str) -> bool {
    match kind {
        Kind::Word | Kind::Short(_) | Kind::Switch | Kind::Interface | Kind::Address | Kind::Signed(_) | Kind::Mask => {
            true
        }
        Kind::Number(_) | Kind::Time(..) => word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+'),
        Kind::OneOf(words) | Kind::WordOrNumber(words, _) => words.contains(&word),
    }
}

/// A whole number in `range`, written as its rules ask. `None`: reported.
pub(super) fn whole_number(row: &KeywordDef, word: Word<'_>, range: Number, out: &mut Diagnostics) -> Option<i64> {
    // Quotes may hold blanks before the digits (§1.14).
    let text = word.text.trim_start_matches([' ', '\t']);
    let signed = usize::from(text.starts_with(['-', '+']));
    let len = text[signed..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |len| signed + len);
    let number = text[..len].parse::<i64>().ok().filter(|number| (range.min..=range.max).contains(number));
    if number.is_some() && len == text.len() {
        return number;
    }
    let instead = range.instead.map_or_else(|| row.left_out(), say::out_of_range_used);
    let hexadecimal = text.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
    let Some(number) = number else {
        return out.refuse(if let Some(number) = hexadecimal {
            let diagnostic = say::bad_number(word.span, text, row.name, range.limits(), instead);
            diagnostic.replace(word.span, number, say::number_with_text_decimal())
        } else if len == signed {
            say::bad_number(word.span, text, row.name, range.limits(), instead)
        } else {
            say::out_of_range(word.span, row.name, text, range.limits(), instead)
        });
    };
    let (taken, note) = match range.trailing {
        Trailing::Cut => (Some(number), say::out_of_range_used(number)),
        Trailing::Refused => (None, say::number_with_text_refused(instead)),
    };
    let diagnostic = say::number_with_text(word.span, text).note(note);
    out.push(match hexadecimal {
        Some(number) => diagnostic.replace(word.span, number, say::number_with_text_decimal()),
        None => alone(diagnostic, word, &text[len..], number, range.unit),
    });
    taken
}

/// Adds what to write instead of a number with text behind it, if nothing of it gets lost.
fn alone(diagnostic: Diagnostic, word: Word<'_>, rest: &str, number: i64, unit: &str) -> Diagnostic {
    let seconds = with_unit(word.text).filter(|_| unit == "seconds").map(|micros| (micros / SECOND, micros % SECOND));
    let span = word.span;
    let digits = rest.strip_prefix('.').unwrap_or(rest);
    match seconds {
        Some((seconds, 0)) => diagnostic.replace(span, seconds, say::number_with_text_alone()),
        Some((seconds, _)) => diagnostic.help(say::number_with_text_seconds(seconds, seconds + 1)),
        None if digits.len() < rest.len() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            diagnostic.replace(span, number, say::number_with_text_whole())
        }
        None if !rest.contains(|c: char| c.is_ascii_digit()) => {
            diagnostic.replace(span, number, say::number_with_text_alone())
        }
        None => diagnostic,
    }
}

/// Microseconds.
const SECOND: u64 = 1_000_000;

/// Seconds with at most six decimals, in microseconds; further decimals are rounded half up (§1.15).
pub(crate) fn micros(text: &str) -> Option<u64> {
    scaled(text, 6)
}

/// A decimal number in units of its last of `places` decimals; further ones are rounded half up.
pub(crate) fn scaled(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut kept = fraction.bytes().chain(std::iter::repeat(b'0')).take(places);
    let kept = kept.try_fold(whole, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    kept.checked_add(u64::from(fraction.as_bytes().get(places).is_some_and(|&byte| byte >= b'5')))
}

/// Digits, perhaps behind a plus.
pub(crate) fn decimal_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// As C writes numbers: 0x for hexadecimal, 0 for octal.
pub(crate) fn c_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let radix =
        |digits: &str, radix| (!digits.starts_with(['+', '-'])).then(|| u64::from_str_radix(digits, radix).ok());
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return radix(hex, 16).flatten();
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => radix(octal, 8).flatten(),
        Some(_) | None => decimal_number(digits),
    }
}
