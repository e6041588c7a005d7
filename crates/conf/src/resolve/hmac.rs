//! `auth_hmac` (keepalived-config §2.14, §3.6).

use std::collections::HashMap;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keyword::Block;
use crate::keywords::groups::{ACTIVE_KEY, KEY, MODE};
use crate::read::Setting;
use crate::source::{Span, Spanned};
use crate::value::Value;

/// Bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

impl Draft<'_> {
    /// Where the block begins to say something, if there is one.
    pub(super) fn hmac(&self) -> Option<Span> {
        let first = self.settings.iter().find(|setting| setting.row.block == Block::Hmac);
        first.map(|first| first.keyword)
    }

    /// §3.6 rules 8 and 9.
    pub(super) fn check_hmac(&mut self) {
        let Some(first) = self.hmac() else { return };
        let keys = self.hmac_keys();
        let fails_open = "keepalived then sends and takes what is not signed";
        match self.settings.number(&ACTIVE_KEY) {
            None if !self.settings.was_refused(&ACTIVE_KEY) => {
                let diagnostic = Diagnostic::new(Code::HmacNoKey, first, "`auth_hmac` has no `active_key`");
                self.report(diagnostic.note(fails_open).help("add `active_key` with the number of a key"));
            }
            Some(active) if !keys.contains_key(&active.value) => {
                let diagnostic =
                    Diagnostic::new(Code::HmacNoKey, active.span, format!("there is no key {}", active.value));
                self.report(diagnostic.note(fails_open).help("name a key that `key` defines"));
            }
            None | Some(_) => {}
        }
        if let Some(mode) = self.settings.text(&MODE).filter(|mode| self.is_strict() && mode.value != "enforce") {
            let what = format!("`mode {}` does not go with strict mode", mode.value);
            let diagnostic = self.also_strict(Diagnostic::new(Code::StrictOverrides, mode.span, what));
            self.report(diagnostic.note("`enforce` is used").replace(mode.span, "enforce", "write what is used"));
        }
    }

    /// The numbers of all keys. A key that cannot be used counts: that was reported.
    fn hmac_keys(&mut self) -> HashMap<i64, Span> {
        let mut keys = HashMap::new();
        for setting in self.settings.all(&KEY) {
            let Some((number, value)) = number_and_value(setting) else { continue };
            let diagnostic = if let Some(&first) = keys.get(&number.value) {
                let what = format!("there is a key {} already", number.value);
                Some(
                    Diagnostic::new(Code::HmacKey, number.span, what).also(first, "the first").note("the first counts"),
                )
            } else {
                keys.insert(number.value, number.span);
                value.and_then(|value| problem(&value.value).map(|what| unusable(&value, &what)))
            };
            if let Some(diagnostic) = diagnostic {
                self.out.push(diagnostic);
            }
        }
        keys
    }
}

/// `ID VALUE`; a value may have blanks if it is quoted.
fn number_and_value(setting: &Setting) -> Option<(Spanned<i64>, Option<Spanned<String>>)> {
    let Value::Words(words) = &setting.value else { return None };
    let (number, rest) = words.split_first()?;
    let value = rest.first().zip(rest.last()).map(|(first, last)| {
        let text: Vec<&str> = rest.iter().map(|word| word.value.as_str()).collect();
        Spanned { value: text.join(" "), span: first.span.to(last.span) }
    });
    Some((Spanned { value: number.value.parse().ok()?, span: number.span }, value))
}

/// Why it is no key. Files are not looked into.
fn problem(value: &str) -> Option<String> {
    if value.starts_with("file:") {
        return None;
    }
    let bytes = match value.strip_prefix("hex:") {
        None => value.len(),
        Some(hex) => {
            let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
            if let Some(odd) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
                return Some(format!("`{odd}` is no hex digit"));
            }
            if digits.len() % 2 == 1 {
                return Some("the last hex digit has no partner".to_owned());
            }
            digits.len() / 2
        }
    };
    if KEY_BYTES.contains(&bytes) { None } else { Some(format!("a key has 32 to 64 bytes, not {bytes}")) }
}

fn unusable(value: &Spanned<String>, what: &str) -> Diagnostic {
    let note = "keepalived leaves the key out, and signs nothing if it is the active one";
    Diagnostic::new(Code::HmacKey, value.span, what).note(note)
}
