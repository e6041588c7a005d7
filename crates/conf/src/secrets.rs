//! Passwords and keys in what is shown of a configuration.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

use vrrp::config::{Password, Secret};

use crate::key_files;
use crate::keywords::{authentication, instance};
use crate::lexer::lines;
use crate::source::{FileId, Sources, Span};

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

/// Secret words of a file. What is said of their lines is said without them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// By their beginnings.
    words: BTreeMap<usize, Vec<(Range<usize>, String)>>,
    /// Bytes of the longest.
    longest: usize,
}

impl Sources {
    /// The word at this place, with this text, is secret; so is the rest of a line that begins right behind it, for it was
    /// meant to belong to the word (`ab#cd`).
    pub(crate) fn hide(&mut self, place: Span, text: &str) {
        if is_reference(text) {
            return;
        }
        let file = self.file(place.file);
        let behind = file.text().get(place.end as usize..).unwrap_or_default();
        let line = behind.split('\n').next().filter(|line| !line.starts_with(char::is_whitespace)).unwrap_or_default();
        let bytes = place.start as usize..place.end as usize + line.len();
        let known = self.hidden.entry(file.first).or_default();
        known.longest = known.longest.max(bytes.len());
        // A mistaken `;` after it is taken for a part of it, and advice is to leave that out.
        let bare = text.trim_end_matches(';');
        let secrets = iter::once(text).chain((bare != text).then_some(bare));
        let words = secrets.map(|secret| (bytes.clone(), secret.to_owned()));
        known.words.entry(bytes.start).or_default().extend(words);
    }

    /// Some lines of a file, with an asterisk for each byte of a secret.
    pub(crate) fn excerpt(&self, file: FileId, part: &Range<usize>) -> Cow<'_, str> {
        let mut shown = Cow::Borrowed(&self.file(file).text()[part.clone()]);
        let known = self.overlapping(file, part.clone()).map(|(secret, _)| secret.clone());
        for secret in known.chain(self.unread(file, part)) {
            let inside = secret.start.max(part.start) - part.start..secret.end.min(part.end) - part.start;
            let stars = "*".repeat(inside.len());
            shown.to_mut().replace_range(inside, &stars);
        }
        shown
    }

    /// The secrets on the lines that hold a place, each as it may be quoted.
    pub(crate) fn secrets_beside(&self, place: Span) -> Vec<&str> {
        let file = self.file(place.file);
        let (first, last) = (file.line_index(place.start), file.line_index(place.end));
        let lines = file.line_range(first).start..file.line_range(last).end;
        let unread = self.unread(place.file, &lines).flat_map(|secret| parts(&file.text()[secret]));
        self.overlapping(place.file, lines.clone()).flat_map(|(_, secret)| parts(secret)).chain(unread).collect()
    }

    /// What is meant as a secret in a part of a file, and is in no statement, as its line is left out.
    fn unread(&self, id: FileId, part: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let file = self.file(id);
        let first = file.values.partition_point(|value| value.end <= part.start);
        let near = file.values[first..].iter().take_while(|value| value.start < part.end);
        near.filter_map(move |value| {
            let read = self.overlapping(id, value.clone()).map(|(secret, _)| secret.end).max();
            let rest = file.text().get(read.unwrap_or(value.start)..value.end)?.trim_start();
            // What may follow a statement. A password that begins with `#` makes no statement.
            // The brace in `p@ss}wo` is part of the password.
            let is_torn = read.is_some_and(|read| file.text()[read..].strip_prefix('}').is_some_and(begins_word));
            let is_other = rest == "{"
                || rest.starts_with('}') && !is_torn
                || read.is_some() && rest.starts_with(['#', '!'])
                || is_reference(rest);
            let secret = value.end - rest.len()..value.end;
            (!is_other && secret.start < part.end && !rest.is_empty()).then_some(secret)
        })
    }

    /// The secret words that reach into a part of a file.
    fn overlapping(&self, file: FileId, part: Range<usize>) -> impl Iterator<Item = &(Range<usize>, String)> {
        let Range { start, end } = part;
        // One that begins before may reach into it.
        let reach = move |known: &Hidden| start.saturating_sub(known.longest).min(end)..end;
        let near = self.hidden.get(&self.file(file).first).into_iter().flat_map(move |it| it.words.range(reach(it)));
        near.flat_map(|(_, words)| words).filter(move |(secret, _)| secret.end > start)
    }
}

fn begins_word(text: &str) -> bool {
    text.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '}' | '#' | '!'))
}

/// Whether a text is the use of a definition with a name in capitals, as in `auth_pass ${SECRET}`.
fn is_reference(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|name| name.strip_suffix('}')).or_else(|| text.strip_prefix('$'));
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(is_capital))
}

/// What somebody may call the secret in a text: all of it, its words, and these without signs around them.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace().flat_map(|word| [word, bare(word)]);
    iter::once(text).chain(words).filter(|part| !bare(part).is_empty())
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Fewer letters of a secret are found by chance in other words.
const TELLING: usize = 3;

/// A sentence with asterisks where it quotes a secret, or a word that is a keyword with its password.
pub(crate) fn without(sentence: &str, secrets: &[&str]) -> String {
    let telling = || secrets.iter().filter(|secret| secret.len() >= TELLING);
    let hidden = |(at, part): (usize, &str)| match at % 2 {
        0 => part.to_owned(),
        _ if secrets.contains(&part) => HIDDEN.to_owned(),
        _ => telling().fold(part.split(' ').map(without_value).collect::<Vec<_>>().join(" "), without_word),
    };
    sentence.split('`').enumerate().map(hidden).collect::<Vec<_>>().join("`")
}

/// `auth_pass=VALUE`, however it is written as one word.
fn without_value(word: &str) -> String {
    match word.get(..PASSWORD.len()).filter(|start| start.eq_ignore_ascii_case(PASSWORD)) {
        Some(keyword) if !bare(&word[keyword.len()..]).is_empty() => format!("{keyword}{HIDDEN}"),
        Some(_) | None => word.to_owned(),
    }
}

/// A text with asterisks where `word` is a word of it.
fn without_word(text: String, word: &&str) -> String {
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find(*word) {
        let (before, behind) = (&rest[..at], &rest[at + word.len()..]);
        let is_whole = !before.ends_with(is_part) && !behind.starts_with(is_part);
        out = out + before + if is_whole { HIDDEN } else { word };
        rest = behind;
    }
    out + rest
}

/// Whether what is to be written shows a secret.
pub(crate) fn shows(written: &str, secrets: &[&str]) -> bool {
    secrets.iter().any(|secret| secret.len() >= TELLING && written.contains(secret))
        || behind_keyword(written).is_some_and(|value| !bare(written[value..].trim()).is_empty())
}

const PASSWORD: &str = authentication::AUTH_PASS.def.name;

/// What is behind keywords of passwords and keys in a text, each to the end of its line.
pub(crate) fn values(text: &str) -> Vec<Range<usize>> {
    // Few lines can have one, and the text is searched once for them all.
    let mut words = text.match_indices("auth_").map(|(at, _)| at).peekable();
    let value = |(start, line): (usize, &str)| {
        let end = start + line.len();
        let has_word = words.next_if(|word| *word < end).is_some();
        while words.next_if(|word| *word < end).is_some() {}
        if !has_word && !line.trim_start().starts_with(['k', '$']) {
            return None;
        }
        behind_keyword(line).map(|value| start + value..start + line.trim_end().len().max(value))
    };
    lines(text).filter_map(value).collect()
}

/// Where the value of a password or a key begins on a line that has one, whatever is wrong with the line.
fn behind_keyword(line: &str) -> Option<usize> {
    const KEYS: &str = instance::AUTH_HMAC.def.name;
    const KEY: &str = authentication::KEY.def.name;
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    // Also with the last letter missing, or more letters.
    let stem = &PASSWORD[..PASSWORD.len() - 1];
    let value_of = |stem: &str| {
        let (at, _) = line.match_indices(stem).find(|(at, _)| !line[..*at].ends_with(is_part))?;
        let word = at + line[at..].bytes().zip(PASSWORD.bytes()).take_while(|(a, b)| a == b).count().max(stem.len());
        Some(word + line[word..].chars().next().filter(|c| !is_part(*c)).map_or(0, char::len_utf8))
    };
    if let Some(value) = value_of(stem).or_else(|| value_of(KEYS)).or_else(|| behind_definition(line)) {
        return Some(value);
    }
    let (_, rest) = line.trim_start().split_once([' ', '\t', '=']).filter(|(first, _)| *first == KEY)?;
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

/// Where the text of a definition begins whose name says that it is a secret.
fn behind_definition(line: &str) -> Option<usize> {
    const NAMES: [&str; 4] = ["PASS", "PW", "SECRET", "KEY"];
    let rest = line.trim_start().strip_prefix('$')?;
    let (name, text) = rest.split_at(rest.find(|c: char| c != '_' && !c.is_alphanumeric())?);
    let name = name.to_ascii_uppercase();
    let text = text.trim_start().strip_prefix(['=', ':']).unwrap_or(text);
    NAMES.iter().any(|known| name.contains(known)).then(|| line.len() - text.len())
}

/// What eight bytes on the wire were written as. The cut may have fallen inside a character: any that starts alike will
/// do.
fn written(padded: [u8; 8]) -> String {
    let bytes: Vec<u8> = padded.into_iter().take_while(|&byte| byte != 0).collect();
    let continued = |missing| (0x80..=0xbf).map(move |byte| [byte; 3][..missing].to_vec());
    let mut whole = (0..=3).flat_map(continued).map(|missing| [bytes.as_slice(), &missing].concat());
    let whole = whole.find_map(|bytes| String::from_utf8(bytes).ok());
    whole.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned())
}
