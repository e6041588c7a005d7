//! Passwords and keys in what is shown of a configuration.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use vrrp::config::{Password, Secret};

use crate::key_files;
use crate::keywords::authentication;
use crate::source::{FileId, Span};

/// Whether passwords and keys are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As asterisks.
    Hidden,
    /// As they are: whoever reads this can speak for the routers.
    Shown,
}

/// As in keepalived's dumps.
const HIDDEN: &str = "********";

impl Secrets {
    /// A word that stands for a password.
    pub(crate) fn password(self, password: &Password) -> String {
        match self {
            Self::Hidden => HIDDEN.to_owned(),
            Self::Shown => written(*password.expose()),
        }
    }

    /// A word that stands for a key of `auth_hmac`, as long as one must be. Where a key is found is no secret.
    pub(crate) fn key(self, written: &Secret<String>) -> String {
        match self {
            Self::Hidden if key_files::path(written.expose()).is_none() => HIDDEN.repeat(4),
            Self::Hidden | Self::Shown => written.expose().clone(),
        }
    }
}

/// Words of the configuration that are secret. What is said of their lines is said without them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(HashMap<FileId, Vec<(Range<usize>, String)>>);

impl Hidden {
    /// The word at this place, with this text, is secret.
    pub(crate) fn add(&mut self, place: Span, text: &str) {
        let bytes = place.start as usize..place.end as usize;
        self.0.entry(place.file).or_default().push((bytes, text.to_owned()));
    }

    /// Some lines of a file, with an asterisk for each byte of a secret.
    pub(crate) fn excerpt<'a>(&self, file: FileId, text: &'a str, part: &Range<usize>) -> Cow<'a, str> {
        let mut shown = Cow::Borrowed(&text[part.clone()]);
        let known = self.overlapping(file, part.clone()).map(|(secret, _)| secret.clone());
        for secret in known.chain(self.unread(file, text, part)) {
            let inside = secret.start.max(part.start) - part.start..secret.end.min(part.end) - part.start;
            let stars = "*".repeat(inside.len());
            shown.to_mut().replace_range(inside, &stars);
        }
        shown
    }

    /// What is meant as a secret on some lines, and is in no statement, as its line is left out.
    fn unread(&self, file: FileId, text: &str, lines: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut start = lines.start;
        text[lines.clone()].split_inclusive('\n').filter_map(move |line| {
            let (at, end) = (start, start + line.len());
            start = end;
            let value = at + behind_keyword(line)?;
            let read = self.overlapping(file, value..end).map(|(secret, _)| secret.end).max().unwrap_or(value);
            let rest = text.get(read..end)?.trim_end();
            let begins = rest.trim_start();
            // What may follow a statement, and the use of a definition.
            let is_definition = begins.starts_with('$') && !begins.contains([' ', '\t']);
            let is_other = begins.is_empty() || begins.starts_with(['}', '#', '!']) || is_definition;
            (!is_other).then(|| read + rest.len() - begins.len()..read + rest.len())
        })
    }

    /// The secrets in a part of a file.
    pub(crate) fn within(&self, file: FileId, part: Range<usize>) -> impl Iterator<Item = &str> {
        self.overlapping(file, part).map(|(_, secret)| secret.as_str())
    }

    fn overlapping(&self, file: FileId, part: Range<usize>) -> impl Iterator<Item = &(Range<usize>, String)> {
        let all = self.0.get(&file).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |(secret, _)| secret.start < part.end && secret.end > part.start)
    }
}

/// A sentence with asterisks where it quotes a secret.
pub(crate) fn without(sentence: &str, secret: &str) -> String {
    sentence.replace(&format!("`{secret}`"), &format!("`{HIDDEN}`"))
}

/// Where the value of a password or a key begins on a line that has one.
fn behind_keyword(line: &str) -> Option<usize> {
    const PASSWORD: &str = authentication::AUTH_PASS.def.name;
    const KEY: &str = authentication::KEY.def.name;
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    let is_whole = |(at, _): &(usize, &str)| {
        let behind = &line[at + PASSWORD.len()..];
        !line[..*at].ends_with(is_part) && behind.starts_with([' ', '\t', '='])
    };
    if let Some((at, _)) = line.match_indices(PASSWORD).find(is_whole) {
        return Some(at + PASSWORD.len() + 1);
    }
    let (_, rest) = line.trim_start().split_once([' ', '\t']).filter(|(first, _)| *first == KEY)?;
    let is_number = |word: &str| word.trim_end().parse::<u8>().is_ok();
    let value = match rest.split_once([' ', '\t']) {
        Some((number, value)) if is_number(number) => value,
        Some(_) => rest,
        None if is_number(rest) => "",
        None => rest,
    };
    let is_path = value.split_whitespace().next().is_some_and(|word| key_files::path(word).is_some());
    (!is_path).then(|| line.len() - value.len())
}

/// What eight bytes on the wire were written as. The cut may have fallen inside a character: any that starts alike will
/// do.
fn written(padded: [u8; 8]) -> String {
    let bytes: Vec<u8> = padded.into_iter().take_while(|&byte| byte != 0).collect();
    let Err(error) = std::str::from_utf8(&bytes) else { return String::from_utf8_lossy(&bytes).into_owned() };
    let (whole, part) = bytes.split_at(error.valid_up_to());
    let continued = (1..=3).find_map(|missing| {
        (0x80..=0xbf).find_map(|byte| {
            let mut whole = part.to_vec();
            whole.extend(std::iter::repeat_n(byte, missing));
            String::from_utf8(whole).ok()
        })
    });
    String::from_utf8_lossy(whole).into_owned() + &continued.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_was_cut_inside_a_character_is_written_so_that_it_is_cut_alike() {
        for text in ["abcdefgé", "abcdefg€", "abcdef€", "abcdefg\u{10ffff}", "abcdefg\u{e000}"] {
            let mut cut = [0; 8];
            cut.copy_from_slice(&text.as_bytes()[..8]);
            assert_eq!(&written(cut).as_bytes()[..8], &cut);
        }
    }
}
