//! `auth_hmac` (keepalived-config §2.14, §3.6).

use std::collections::HashMap;
use std::time::Duration;

use vrrp::config::{HmacMode, Secret};
use vrrp::types::Interval;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::key_files::{self, KeyFiles};
use crate::keywords::{authentication as rows, instance};
use crate::loader::Access;
use crate::model::hmac::{AntiReplay, Hmac, HmacKey};
use crate::source::{Span, Spanned};
use crate::value::Value;

/// Bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

impl Draft<'_> {
    /// Without keys if the block cannot be read: that the router asks for it stands all the same.
    pub(super) fn hmac(&mut self, interval: Interval) -> Option<Hmac> {
        let row = &instance::AUTH_HMAC;
        let Some(block) = self.settings.keyword(row) else {
            return self.settings.refused(row).is_some().then(|| Hmac::unread(default_window(interval)));
        };
        let (keys, refused) = self.keys();
        let active = self.settings.value(&rows::ACTIVE_KEY);
        let spoken_of = active.is_some_and(|active| refused.contains(&active));
        if !spoken_of && !keys.iter().any(|key| Some(key.id) == active) {
            let (span, what, help) = match self.settings.get(&rows::ACTIVE_KEY) {
                Some(active) => {
                    (active.span, format!("there is no key {}", active.value), "name a key that `key` defines")
                }
                None => {
                    (block, "`auth_hmac` has no `active_key`".to_owned(), "add `active_key` with the number of a key")
                }
            };
            let note = "the router is left out; keepalived sends and takes what is not signed";
            self.report(Diagnostic::new(Code::HmacNoKey, span, what).note(note).help(help));
        }
        let window = self.settings.value(&rows::TIME_WINDOW).map(|secs| Duration::from_secs(secs.into()));
        Some(Hmac {
            keys,
            active,
            anti_replay: match self.settings.value(&rows::ANTI_REPLAY) {
                Some("monotonic") => AntiReplay::Monotonic,
                Some(_) | None => AntiReplay::Time,
            },
            window: window.unwrap_or_else(|| default_window(interval)),
            mode: self.hmac_mode(),
        })
    }

    /// Whether signatures take room in its advertisements.
    pub(super) fn signs(&self) -> bool {
        let is_silent = |mode: Spanned<&str>| mode.value == HmacMode::ReceiveOnly.name() && !self.is_strict();
        self.settings.keyword(&instance::AUTH_HMAC).is_some() && !self.settings.get(&rows::MODE).is_some_and(is_silent)
    }

    fn hmac_mode(&self) -> HmacMode {
        let Some(mode) = self.settings.get(&rows::MODE) else { return HmacMode::Enforce };
        let written = match mode.value {
            "permissive" => HmacMode::Permissive,
            "receive-only" => HmacMode::ReceiveOnly,
            _ => HmacMode::Enforce,
        };
        if self.is_strict() { HmacMode::Enforce } else { written }
    }

    /// The keys that can be used, and the numbers of those that cannot.
    fn keys(&mut self) -> (Vec<HmacKey>, Vec<u8>) {
        let (mut keys, mut refused) = (Vec::new(), Vec::new());
        let mut seen: HashMap<u8, Span> = HashMap::new();
        for setting in self.settings.all(&rows::KEY) {
            let Value::Words(words) = &setting.value else { continue };
            match key(words, setting.keyword, &seen, self.key_files) {
                Ok((key, id)) => {
                    seen.insert(key.id, id);
                    keys.push(key);
                    self.check_access(words);
                }
                Err(problem) => {
                    refused.extend(words.first().and_then(|id| id.value.parse::<u8>().ok()));
                    self.out.push(problem.note("the key is left out, and so is the router if this key is to sign"));
                }
            }
        }
        (keys, refused)
    }

    fn check_access(&mut self, words: &[Spanned<String>]) {
        let Some(written) = words.get(1) else { return };
        let file = key_files::path(&written.value).and_then(|path| self.key_files.get(path));
        match file.map(|file| file.access) {
            Some(Access::Others) => {
                let what = "others than its owner may read or write the file";
                let diagnostic = Diagnostic::new(Code::HmacKeyShared, written.span, what);
                self.report(diagnostic.note("whoever has the key can speak for the router").help("`chmod 600` it"));
            }
            Some(Access::Owner) | None => {}
        }
    }
}

fn key(
    words: &[Spanned<String>],
    keyword: Span,
    seen: &HashMap<u8, Span>,
    files: &KeyFiles,
) -> Result<(HmacKey, Span), Box<Diagnostic>> {
    let wrong = |span, what: String| Diagnostic::new(Code::HmacKey, span, what);
    let [id, written, rest @ ..] = words else {
        return Err(wrong(keyword, "`key` takes a number and a key".to_owned()).into());
    };
    if let Some(more) = rest.first() {
        let diagnostic = wrong(more.span, "a key is one word".to_owned());
        return Err(diagnostic.help("put quotes around a key with spaces").into());
    }
    let Some(number) = id.value.parse().ok().filter(|&number| number > 0) else {
        return Err(wrong(id.span, format!("a key has a number from 1 to 255, not `{}`", id.value)).into());
    };
    if let Some(&first) = seen.get(&number) {
        return Err(wrong(id.span, format!("there is a key {number} already")).also(first, "the first").into());
    }
    let bytes = bytes_of(&written.value, files).map_err(|what| wrong(written.span, what))?;
    Ok((HmacKey { id: number, written: Secret::new(written.value.clone()), bytes }, id.span))
}

/// What a key stands for, or why it stands for nothing.
fn bytes_of(written: &str, files: &KeyFiles) -> Result<Secret<Vec<u8>>, String> {
    let Some(path) = key_files::path(written) else { return decoded(written.as_bytes()) };
    match files.get(path).map(|file| &file.content) {
        Some(Ok(content)) => decoded(content.expose()).map_err(|what| format!("the file: {what}")),
        Some(Err(reason)) => Err(format!("the file cannot be read: {reason}")),
        None => Err("the file cannot be read".to_owned()),
    }
}

/// A text, or bytes in hexadecimal digits.
fn decoded(written: &[u8]) -> Result<Secret<Vec<u8>>, String> {
    let bytes = match written.strip_prefix(b"hex:") {
        Some(hex) => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digits: Option<Vec<u8>> = hex.iter().filter(|byte| !byte.is_ascii_whitespace()).map(digit).collect();
            let digits = digits.filter(|digits| digits.len() % 2 == 0).map(Secret::new);
            let digits = digits.ok_or("a key of `hex:` is made of pairs of hexadecimal digits")?;
            digits.expose().chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
        }
        None => written.to_vec(),
    };
    let length = bytes.len();
    let bytes = Secret::new(bytes);
    if KEY_BYTES.contains(&length) {
        return Ok(bytes);
    }
    Err(format!("a key has {} to {} bytes; this one has {length}", KEY_BYTES.start(), KEY_BYTES.end()))
}

/// Three intervals in whole seconds, from 5 s to 300 s.
fn default_window(interval: Interval) -> Duration {
    let secs = (interval.duration() * 3).as_secs_f64().ceil();
    Duration::from_secs_f64(secs.clamp(5.0, 300.0))
}
