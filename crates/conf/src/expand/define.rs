//! `$NAME=value` (keepalived-config §1.9), and names that need no definition (§1.10).

use std::path::Path;

use super::Expander;
use crate::keyword::{self, Block, Status};
use crate::lexer::Line;
use crate::source::Span;
use crate::{say, suggest};

/// A definition whose further lines are being collected.
pub(super) struct Collecting {
    name: String,
    /// `$NAME` where it is defined.
    span: Span,
    /// The last line, if it is a comment that does not end in `\`.
    comment: Option<Span>,
    /// The empty line that ends it for keepalived. Whether it was meant to, the next line will tell.
    gap: Option<Span>,
}

/// How much of the line stands before the `\` that says that another follows, and whether there is one.
fn continued(text: &str) -> (usize, bool) {
    match text.strip_suffix('\\') {
        Some(text) => (text.trim_end().len(), true),
        None => (text.len(), false),
    }
}

impl Expander<'_> {
    /// Takes one more line of a multi-line definition: the first without `\` at its end is the last. `false`: the line
    /// is none of it. `written` has its comment, `line` has not.
    pub(super) fn collect(&mut self, written: &Line<'_>, line: &Line<'_>) -> bool {
        let Some(mut collecting) = self.collecting.take() else { return false };
        let (len, more) = continued(&line.text);
        if written.text.is_empty() {
            collecting.gap = collecting.gap.or_else(|| Some(written.span(0..0)));
        } else if line.text.is_empty() {
            collecting.comment = (!written.text.ends_with('\\')).then(|| written.span(0..written.text.len()));
        } else {
            if let Some(gap) = collecting.gap.take() {
                if definition(&line.text).is_some() || !(more || self.is_out_of_place(line)) {
                    return false;
                }
                self.report(say::definition_gap(gap, collecting.span, &collecting.name));
            }
            if let (false, Some(comment)) = (more, collecting.comment.take()) {
                self.report(say::definition_comment(line.span(0..line.text.len()), comment, &collecting.name));
            }
            if len > 0 {
                let value = self.definitions.entry(collecting.name.clone()).or_default();
                value.push(line.slice(0..len).into_owned());
            }
            if !more {
                return true;
            }
        }
        self.collecting = Some(collecting);
        true
    }

    /// Whether the line stands outside all blocks and cannot.
    fn is_out_of_place(&self, line: &Line<'_>) -> bool {
        let statement = line.statement();
        let Some(word) = statement.keyword().filter(|_| self.depth == 0) else { return false };
        let is_keyword =
            || suggest::other_block(Block::Top, word.text).is_some_and(|row| row.status != Status::LoadBalancer);
        keyword::find(Block::Top, word.text).is_none()
            && (word.text.starts_with(|c: char| c.is_ascii_digit()) || is_keyword())
    }

    /// No definition goes on behind the end of a file.
    pub(super) fn end_definition(&mut self) {
        if let Some(Collecting { name, span, gap: None, .. }) = self.collecting.take() {
            self.report(say::definition_open(span, name));
        }
    }

    /// Stores `$NAME=value`. `false`: the line is no definition.
    pub(super) fn define(&mut self, line: &Line<'_>, start: usize) -> bool {
        let text = &line.text[start..];
        let Some(Head { name, blanks, value }) = definition(text) else { return false };
        let end = start + 1 + name.len();
        let span = line.span(start..end);
        if !is_name(name) {
            self.report(match name {
                "" => say::definition_name_none(span),
                _ => say::definition_name(span, name),
            });
            return true;
        }
        if blanks > 0 {
            self.report(say::definition_blank(span, line.span(end..end + blanks), ""));
        }
        if PREDEFINED.contains(&name) {
            self.report(say::definition_predefined(span, name));
        }
        let value = line.slice(start + value..line.text.len()).trimmed();
        self.set(name, span, &value);
        true
    }

    /// Gives a name its value. `span`: where the name stands.
    pub(super) fn set(&mut self, name: &str, span: Span, value: &Line<'_>) {
        let (len, more) = continued(&value.text);
        let lines = if len == 0 && more { Vec::new() } else { vec![value.slice(0..len).into_owned()] };
        self.definitions.insert(name.to_owned(), lines);
        self.endless.remove(name);
        self.collecting = more.then(|| Collecting { name: name.to_owned(), span, comment: None, gap: None });
    }
}

/// `$NAME=` at the start of a text.
pub(super) struct Head<'a> {
    /// Whatever stands there.
    name: &'a str,
    /// Blanks before the `=`.
    blanks: usize,
    /// Where the value begins.
    pub(super) value: usize,
}

/// The name that a text defines. `None`: the text is no definition.
pub(crate) fn defined(text: &str) -> Option<&str> {
    definition(text).map(|head| head.name).filter(|name| is_name(name))
}

/// Whether the text is, or is meant as, a definition.
pub(super) fn definition(text: &str) -> Option<Head<'_>> {
    let rest = text.strip_prefix('$').filter(|rest| !rest.starts_with('{'))?;
    let name = &rest[..rest.find(['=', ' ', '\t', '"', '$'])?];
    let behind = &rest[name.len()..];
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let is_head = behind[blanks..].starts_with('=') && (blanks == 0 || is_name(name));
    is_head.then_some(Head { name, blanks, value: 1 + name.len() + blanks + 1 })
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_name_char)
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Largest number of `${_RANDOM}` if none is given.
const RANDOM_MAX: u64 = 32_767;

/// The names.
pub(crate) const PREDEFINED: [&str; 6] = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"];

impl Expander<'_> {
    /// What a predefined name stands for; `parameters` are the words behind it. `None`: the name is not one, or its
    /// parameters are wrong, and the reference stays as it is written.
    pub(super) fn predefined(&self, name: &str, parameters: &str) -> Option<String> {
        match name {
            "_PWD" => Some(self.directory()),
            "_INSTANCE" => self.environment.config_id.clone(),
            "_RANDOM" => self.random(parameters),
            "_ENV" => {
                let variable = Some(parameters.trim()).filter(|variable| is_name(variable))?;
                Some(self.environment.variables.get(variable).cloned().unwrap_or_default())
            }
            "_HASH" => Some("#".to_owned()),
            "_BANG" => Some("!".to_owned()),
            _ => None,
        }
    }

    /// Draws the number of a use of `${_RANDOM}` in `line`, and says what is odd about it.
    pub(super) fn draw_random(&mut self, parameters: &str, line: &Line<'_>, span: Span) {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        if random_range(parameters).is_some_and(|(min, max)| min > max) {
            self.report(say::reference_parameters_range(span));
        }
        if line.text.split_whitespace().any(|word| word == "virtual_router_id") {
            self.report(say::random_vrid(span));
        }
    }

    /// The directory of the file that is read.
    fn directory(&self) -> String {
        let parent = self.open_files.last().and_then(|file| file.parent()).unwrap_or_else(|| Path::new(""));
        let base = self.environment.directory.as_deref().unwrap_or_else(|| Path::new(""));
        base.join(parent).to_string_lossy().trim_end_matches('/').to_owned()
    }

    /// The number that was drawn last. SplitMix64: any seed gives well mixed numbers, and nothing here is a secret.
    fn random(&self, parameters: &str) -> Option<String> {
        let (min, max) = random_range(parameters)?;
        let span = max.saturating_sub(min).saturating_add(1);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(min.saturating_add((mixed ^ (mixed >> 31)) % span).to_string())
    }
}

/// `[MIN [MAX]]`; a range the wrong way round is MIN alone.
fn random_range(parameters: &str) -> Option<(u64, u64)> {
    let numbers: Result<Vec<u64>, _> = parameters.split_ascii_whitespace().map(str::parse).collect();
    match numbers.ok()?.as_slice() {
        [] => Some((0, RANDOM_MAX)),
        [min] => Some((*min, RANDOM_MAX)),
        [min, max] => Some((*min, *max)),
        _ => None,
    }
}
