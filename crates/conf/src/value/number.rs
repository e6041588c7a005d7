//! Numbers and times.

use crate::diagnostic::Diagnostics;
use crate::keyword::{KeywordDef, Number, Outside, Trailing};
use crate::lexer::Word;
use crate::say;

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
    let instead = match range.outside {
        Outside::Ignored => row.left_out(),
        Outside::Replaced(number) => say::out_of_range_used(number),
    };
    let Some(number) = number else {
        let Number { min, max, .. } = range;
        out.push(if len == signed {
            say::bad_number(word.span, text, row.name, min, max, instead)
        } else {
            say::out_of_range(word.span, row.name, text, min, max, instead)
        });
        return None;
    };
    let (taken, note) = match range.trailing {
        Trailing::Cut => (Some(number), say::out_of_range_used(number)),
        Trailing::Refused => (None, say::number_with_text_refused(instead)),
    };
    let is_decimal = text[len..].strip_prefix('.').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let help = if is_decimal { say::number_with_text_whole() } else { say::number_with_text_alone() };
    out.push(say::number_with_text(word.span, text).note(note).replace(word.span, number, help));
    taken
}

/// Seconds with at most six decimals, in microseconds; further decimals are rounded half up (§1.15).
pub(crate) fn micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let seconds: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let kept = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let kept = kept.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let round = u64::from(fraction.as_bytes().get(6).is_some_and(|&byte| byte >= b'5'));
    seconds.checked_mul(1_000_000)?.checked_add(kept + round)
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
