//! `authentication`, `auth_hmac` (keepalived-config §2.14, §3.6).

use std::collections::HashMap;
use std::time::Duration;

use vrrp::config::{Authentication, HmacMode, Password, Secret};
use vrrp::types::{Interval, Version};

use super::Draft;
use crate::diagnostic::Diagnostic;
use crate::key_files::{self, KeyFiles};
use crate::keywords::authentication::{self, AUTH_PASS, AUTH_TYPE};
use crate::keywords::instance;
use crate::loader::Access;
use crate::model::hmac::{AntiReplay, Hmac, HmacKey};
use crate::say;
use crate::source::{Span, Spanned};
use crate::value::Value;

impl Draft<'_> {
    /// What authenticates its advertisements.
    pub(super) fn authentication(&mut self, version: Version) -> Authentication {
        let password = self.settings.get(&AUTH_PASS);
        if let Some(span) = self.settings.refused(&AUTH_TYPE) {
            self.out.add_consequence(span, &say::auth_no_type_lost());
        }
        let Some(kind) = self.settings.get(&AUTH_TYPE) else {
            self.check_empty_block();
            return Authentication::None;
        };
        if version == Version::V3 || self.is_strict() || self.settings.keyword(&instance::AUTH_HMAC).is_some() {
            return Authentication::None;
        }
        let Some(Spanned { value, span: password }) = password.filter(|password| !password.value.is_empty()) else {
            self.report_no_password(password.map(|empty| empty.span), kind.span);
            return Authentication::None;
        };
        self.check_password(value, password);
        let secret = Password::from_text(value);
        if kind.value == "AH" { Authentication::Ah(secret) } else { Authentication::Password(secret) }
    }

    /// At an empty password, at the word that was meant to be `auth_pass`, or at `auth_type`.
    fn report_no_password(&mut self, empty: Option<Span>, kind: Span) {
        if self.settings.refused(&AUTH_PASS).is_some() {
            return;
        }
        let diagnostic = match empty {
            Some(empty) => say::auth_no_password_empty(empty),
            None => self.where_meant(&AUTH_PASS, say::auth_no_password(kind)),
        };
        self.report(diagnostic);
    }

    /// A block that asks for nothing.
    fn check_empty_block(&mut self) {
        let Some(block) = self.settings.keyword(&instance::AUTHENTICATION) else { return };
        let is_empty = self.settings.is_absent(&AUTH_TYPE) && self.settings.is_absent(&AUTH_PASS);
        if is_empty && !self.settings.has_unknown() {
            self.report(say::auth_no_type(block));
        }
    }

    fn check_password(&mut self, password: &str, span: Span) {
        let behind = self.out.sources().file(span.file).text().get(span.end as usize..).unwrap_or_default();
        if let Some(sign) = behind.chars().next().filter(|sign| matches!(sign, '#' | '!')) {
            self.report(say::password_comment(span, sign));
        }
        let is_bare = (span.end - span.start) as usize == password.len();
        if is_bare && password.len() > 1 && password.starts_with('\'') && password.ends_with('\'') {
            self.report(say::password_comment_single(span));
        }
        if password.len() > PASSWORD_BYTES {
            self.report(say::password_cut(span, PASSWORD_BYTES, password.len()));
        }
        if password == SAMPLE_PASSWORD {
            self.report(say::sample_password(span));
        }
    }

    /// Without keys if the block cannot be read: that the router asks for it stands all the same.
    pub(super) fn hmac(&mut self, interval: Interval) -> Option<Hmac> {
        let row = &instance::AUTH_HMAC;
        let Some(block) = self.settings.keyword(row) else {
            return self.settings.refused(row).is_some().then(|| Hmac::unread(default_window(interval)));
        };
        let (keys, refused) = self.keys();
        let active = self.settings.value(&authentication::ACTIVE_KEY);
        let spoken_of = active.is_some_and(|active| refused.contains(&active));
        if !spoken_of && !keys.iter().any(|key| Some(key.id) == active) {
            self.report(match self.settings.get(&authentication::ACTIVE_KEY) {
                Some(active) => say::hmac_no_key_unknown(active.span, active.value),
                None => say::hmac_no_key(block),
            });
        }
        let window = self.settings.value(&authentication::TIME_WINDOW).map(|secs| Duration::from_secs(secs.into()));
        Some(Hmac {
            keys,
            active,
            anti_replay: match self.settings.value(&authentication::ANTI_REPLAY) {
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
        self.settings.keyword(&instance::AUTH_HMAC).is_some()
            && !self.settings.get(&authentication::MODE).is_some_and(is_silent)
    }

    fn hmac_mode(&self) -> HmacMode {
        let Some(mode) = self.settings.get(&authentication::MODE) else { return HmacMode::Enforce };
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
        for setting in self.settings.all(&authentication::KEY) {
            let Value::Words(words) = &setting.value else { continue };
            match key(words, setting.keyword, &seen, self.key_files) {
                Ok((key, id)) => {
                    seen.insert(key.id, id);
                    keys.push(key);
                    self.check_access(words);
                }
                Err(problem) => {
                    refused.extend(words.first().and_then(|id| id.value.parse::<u8>().ok()));
                    self.out.push(problem.note(say::hmac_key_lost()));
                }
            }
        }
        (keys, refused)
    }

    fn check_access(&mut self, words: &[Spanned<String>]) {
        let Some(written) = words.get(1) else { return };
        let file = key_files::path(&written.value).and_then(|path| self.key_files.get(path));
        match file.map(|file| file.access) {
            Some(Access::Others) => self.report(say::hmac_key_shared(written.span)),
            Some(Access::Owner) | None => {}
        }
    }
}

/// Bytes of a password on the wire (RFC 2338 §5.3.10).
const PASSWORD_BYTES: usize = 8;

/// The password of keepalived's sample configuration.
const SAMPLE_PASSWORD: &str = "1111";

/// Bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

fn key(
    words: &[Spanned<String>],
    keyword: Span,
    seen: &HashMap<u8, Span>,
    files: &KeyFiles,
) -> Result<(HmacKey, Span), Box<Diagnostic>> {
    let [id, written, rest @ ..] = words else {
        return Err(say::hmac_key_missing(keyword).into());
    };
    if let Some(more) = rest.first() {
        return Err(say::hmac_key_words(more.span).into());
    }
    let Some(number) = id.value.parse().ok().filter(|&number| number > 0) else {
        return Err(say::hmac_key_number(id.span, &id.value).into());
    };
    if let Some(&first) = seen.get(&number) {
        return Err(say::hmac_key_twice(id.span, first, number).into());
    }
    let bytes = bytes_of(&written.value, files).map_err(|problem| say::hmac_key_bytes(written.span, problem))?;
    Ok((HmacKey { id: number, written: Secret::new(written.value.clone()), bytes }, id.span))
}

/// What a key stands for, or why it stands for nothing.
fn bytes_of(written: &str, files: &KeyFiles) -> Result<Secret<Vec<u8>>, String> {
    let Some(path) = key_files::path(written) else { return decoded(written.as_bytes()) };
    match files.get(path).map(|file| &file.content) {
        Some(Ok(content)) => decoded(content.expose()).map_err(say::hmac_key_file),
        Some(Err(reason)) => Err(say::hmac_key_unread(reason)),
        None => Err(say::hmac_key_unreadable()),
    }
}

/// A text, or bytes in hexadecimal digits.
fn decoded(written: &[u8]) -> Result<Secret<Vec<u8>>, String> {
    let bytes = match written.strip_prefix(b"hex:") {
        Some(hex) => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digits: Option<Vec<u8>> = hex.iter().filter(|byte| !byte.is_ascii_whitespace()).map(digit).collect();
            let digits = digits.filter(|digits| digits.len() % 2 == 0).map(Secret::new);
            let digits = digits.ok_or_else(say::hmac_key_hex)?;
            digits.expose().chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
        }
        None => written.to_vec(),
    };
    let length = bytes.len();
    let bytes = Secret::new(bytes);
    if KEY_BYTES.contains(&length) {
        return Ok(bytes);
    }
    Err(say::hmac_key_length(KEY_BYTES.start(), KEY_BYTES.end(), length))
}

/// Three intervals in whole seconds, from 5 s to 300 s.
fn default_window(interval: Interval) -> Duration {
    let secs = (interval.duration() * 3).as_secs_f64().ceil();
    Duration::from_secs_f64(secs.clamp(5.0, 300.0))
}
