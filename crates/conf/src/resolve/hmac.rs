//! `auth_hmac` (keepalived-config §2.14, §3.6).

use std::collections::HashMap;
use std::time::Duration;

use vrrp::types::Interval;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::groups as rows;
use crate::keywords::instance_inert;
use crate::model::hmac::{Freshness, Hmac, HmacKey, HmacMode};
use crate::source::{Span, Spanned};
use crate::value::Value;

/// Bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

impl Draft<'_> {
    /// Without keys if the block cannot be read: that the router asks for it stands all the same.
    pub(super) fn hmac(&mut self, interval: Interval) -> Option<Hmac> {
        let row = &instance_inert::AUTH_HMAC;
        let Some(block) = self.settings.keyword(row) else {
            return self.settings.was_refused(row).then(|| Hmac::unread(default_window(interval)));
        };
        let (keys, refused) = self.keys();
        let active = self.settings.count(&rows::ACTIVE_KEY).and_then(|id| u8::try_from(id).ok());
        let spoken_of = active.is_some_and(|active| refused.contains(&active));
        if !spoken_of && !keys.iter().any(|key| Some(key.id) == active) {
            let (span, what, help) = match self.settings.number(&rows::ACTIVE_KEY) {
                Some(active) => {
                    (active.span, format!("there is no key {}", active.value), "name a key that `key` defines")
                }
                None => {
                    (block, "`auth_hmac` has no `active_key`".to_owned(), "add `active_key` with the number of a key")
                }
            };
            let note = "keepalived then sends and takes what is not signed";
            self.report(Diagnostic::new(Code::HmacNoKey, span, what).note(note).help(help));
        }
        let window = self.settings.count(&rows::TIME_WINDOW).map(|secs| Duration::from_secs(secs.into()));
        Some(Hmac {
            keys,
            active,
            anti_replay: match self.settings.text(&rows::ANTI_REPLAY).map(|word| word.value) {
                Some("monotonic") => Freshness::Monotonic,
                Some(_) | None => Freshness::Time,
            },
            window: window.unwrap_or_else(|| default_window(interval)),
            mode: self.hmac_mode(),
        })
    }

    fn hmac_mode(&mut self) -> HmacMode {
        let Some(mode) = self.settings.text(&rows::MODE) else { return HmacMode::Enforce };
        let written = match mode.value {
            "permissive" => HmacMode::Permissive,
            "receive-only" => HmacMode::ReceiveOnly,
            _ => HmacMode::Enforce,
        };
        if self.is_strict() && written != HmacMode::Enforce {
            let what = format!("`mode {}` does not go with strict mode", mode.value);
            let diagnostic = self.also_strict(Diagnostic::new(Code::StrictOverrides, mode.span, what));
            self.report(diagnostic.note("`enforce` is used").replace(mode.span, "enforce", "write what is used"));
            return HmacMode::Enforce;
        }
        written
    }

    /// The keys that can be used, and the numbers of those that cannot.
    fn keys(&mut self) -> (Vec<HmacKey>, Vec<u8>) {
        let (mut keys, mut refused) = (Vec::new(), Vec::new());
        let mut seen: HashMap<u8, Span> = HashMap::new();
        for setting in self.settings.all(&rows::KEY) {
            let Value::Words(words) = &setting.value else { continue };
            match key(words, setting.keyword, &seen) {
                Ok((key, span)) => {
                    seen.insert(key.id, span);
                    keys.push(key);
                }
                Err(problem) => {
                    refused.extend(words.first().and_then(|id| id.value.parse::<u8>().ok()));
                    self.out
                        .push(problem.note("the key is left out; keepalived signs nothing if it is the active one"));
                }
            }
        }
        (keys, refused)
    }
}

fn key(words: &[Spanned<String>], keyword: Span, seen: &HashMap<u8, Span>) -> Result<(HmacKey, Span), Box<Diagnostic>> {
    let wrong = |span, what: String| Diagnostic::new(Code::HmacKey, span, what);
    let [id, value, rest @ ..] = words else {
        return Err(wrong(keyword, "`key` takes a number and a key".to_owned()).into());
    };
    if let Some(more) = rest.first() {
        let diagnostic = wrong(more.span, "a key is one word".to_owned());
        return Err(diagnostic.help("put quotes around a key with blanks").into());
    }
    let Some(number) = id.value.parse().ok().filter(|&number| number > 0) else {
        return Err(wrong(id.span, format!("a key has a number from 1 to 255, not `{}`", id.value)).into());
    };
    if let Some(&first) = seen.get(&number) {
        return Err(wrong(id.span, format!("there is a key {number} already")).also(first, "the first").into());
    }
    if let Some(what) = key_problem(&value.value) {
        return Err(wrong(value.span, what).into());
    }
    Ok((HmacKey { id: number, value: value.value.clone() }, id.span))
}

/// What is wrong with a key that stands in the text. Files are looked into when the daemon starts.
fn key_problem(value: &str) -> Option<String> {
    if value.starts_with("file:") {
        return None;
    }
    let bytes = match value.strip_prefix("hex:") {
        Some(hex) => {
            let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
            if digits.len() % 2 == 1 || !digits.iter().all(char::is_ascii_hexdigit) {
                return Some("a key of `hex:` is made of pairs of hexadecimal digits".to_owned());
            }
            digits.len() / 2
        }
        None => value.len(),
    };
    let fits = KEY_BYTES.contains(&bytes);
    (!fits).then(|| format!("a key has {} to {} bytes; this one has {bytes}", KEY_BYTES.start(), KEY_BYTES.end()))
}

/// Three intervals in whole seconds, from 5 s to 300 s.
fn default_window(interval: Interval) -> Duration {
    let secs = (interval.duration() * 3).as_secs_f64().ceil();
    Duration::from_secs_f64(secs.clamp(5.0, 300.0))
}
