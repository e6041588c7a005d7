//! Reading the words of a route or rule from left to right: options and their values.

mod values;

use vrrp::types::Family;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::say;
use crate::source::Span;
use crate::suggest;

use super::Where;

pub(crate) use values::{Builtin, Facts};
pub(super) use values::{OUR_PROTOCOL, c_u32};

/// What is being read is left out; why was reported.
#[derive(Debug)]
pub(super) struct Dropped;

/// How much a mistake costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The line.
    Whole,
    /// One of several next hops.
    NextHop,
    /// The encapsulation.
    Encap,
}

pub(super) type Done = Result<(), Dropped>;

/// What a line is called, and which words it may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vocabulary {
    /// "route" or "rule".
    pub(super) noun: &'static str,
    /// Its options, for spelling advice.
    pub(super) options: fn() -> Vec<&'static str>,
    /// Other words that people write for them.
    pub(super) meant: &'static [(&'static str, &'static str)],
}

/// An option of a line, and what it does to the `T` that is being read.
pub(super) struct Row<T: 'static> {
    /// The first is the one by which [`Words::place`] finds it.
    pub(super) names: &'static [&'static str],
    repeats: Repeats,
    read: Read<T>,
}

/// Whether an option that is repeated overrides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeats {
    Override,
    /// It says the same again, or its reader looks after that.
    Harmless,
}

type Read<T> = for<'w, 'o> fn(&mut Words<'w, 'o>, Word<'w>, &mut T) -> Done;

/// An option of which the last counts.
pub(super) const fn once<T>(names: &'static [&'static str], read: Read<T>) -> Row<T> {
    Row { names, repeats: Repeats::Override, read }
}

/// An option whose repetition overrides nothing.
pub(super) const fn often<T>(names: &'static [&'static str], read: Read<T>) -> Row<T> {
    Row { names, repeats: Repeats::Harmless, read }
}

/// Keeps what was read.
pub(super) fn put<T>(slot: &mut Option<T>, value: Result<T, Dropped>) -> Done {
    *slot = Some(value?);
    Ok(())
}

/// Says what one word says.
pub(super) fn set<T>(slot: &mut T, value: T) -> Done {
    *slot = value;
    Ok(())
}

/// The names of options.
pub(super) fn names<T>(rows: &'static [Row<T>]) -> impl Iterator<Item = &'static str> {
    rows.iter().flat_map(|row| row.names).copied()
}

/// The words of one line.
pub(super) struct Words<'w, 'o> {
    vocabulary: Vocabulary,
    pub(super) list: Where,
    words: Vec<Word<'w>>,
    next: usize,
    /// Options that were read, and where.
    seen: Vec<(&'static str, Span)>,
    /// The family, and what made it so.
    family: Option<(Family, Span)>,
    pub(super) part: Part,
    pub(super) out: &'o mut Diagnostics,
}

impl<'w, 'o> Words<'w, 'o> {
    /// `None`: there is no word.
    pub(super) fn new(
        vocabulary: Vocabulary,
        statement: &'w Statement,
        list: Where,
        out: &'o mut Diagnostics,
    ) -> Option<Self> {
        let words: Vec<_> = statement.words().collect();
        words.first()?;
        Some(Self { vocabulary, list, words, next: 0, seen: Vec::new(), family: None, part: Part::Whole, out })
    }

    /// Reads `word` if it is one of these options.
    pub(super) fn option<T>(&mut self, rows: &'static [Row<T>], word: Word<'w>, value: &mut T) -> Option<Done> {
        let row = rows.iter().find(|row| row.names.contains(&word.text))?;
        if row.repeats == Repeats::Override {
            self.once(row.names[0], word);
        }
        Some((row.read)(self, word, value))
    }

    /// The place of the first word.
    pub(super) fn first(&self) -> Span {
        self.words[0].span
    }

    pub(super) fn next(&mut self) -> Option<Word<'w>> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    pub(super) fn peek(&self) -> Option<Word<'w>> {
        self.words.get(self.next).copied()
    }

    pub(super) const fn step_back(&mut self) {
        self.next -= 1;
    }

    /// Steps over the next word if it is `text`.
    pub(super) fn skip(&mut self, text: &str) -> Option<Word<'w>> {
        self.peek().filter(|word| word.text == text)?;
        self.next()
    }

    /// Steps over what cannot belong to anything, up to the next option.
    pub(super) fn skip_to_option(&mut self) {
        while self.peek().is_some_and(|word| !self.is_option(word.text)) {
            self.next += 1;
        }
    }

    /// Steps over everything up to `text`.
    pub(super) fn skip_to(&mut self, text: &str) {
        while self.peek().is_some_and(|word| word.text != text) {
            self.next += 1;
        }
    }

    pub(super) fn is_option(&self, text: &str) -> bool {
        (self.vocabulary.options)().contains(&text)
    }

    /// The word behind an option.
    pub(super) fn argument(&mut self, option: Word<'_>) -> Result<Word<'w>, Dropped> {
        match self.next() {
            Some(word) => Ok(word),
            None => self.missing(option),
        }
    }

    fn missing<T>(&mut self, option: Word<'_>) -> Result<T, Dropped> {
        let note = match self.part {
            Part::Whole => say::missing_argument_option_line(self.noun()),
            Part::NextHop | Part::Encap => self.loss(),
        };
        self.out.push(say::missing_argument_option(option.span, option.text).note(note));
        Err(Dropped)
    }

    /// Notes that an option stands here. keepalived takes the last of several.
    pub(super) fn once(&mut self, name: &'static str, word: Word<'_>) {
        let Some(seen) = self.seen.iter_mut().find(|(seen, _)| *seen == name) else {
            return self.seen.push((name, word.span));
        };
        let first = std::mem::replace(&mut seen.1, word.span);
        self.out.push(say::repeated_keyword_word(word.span, first, word.text));
    }

    /// Where the last of an option stands.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.seen.iter().find(|(seen, _)| *seen == name).map(|&(_, span)| span)
    }

    /// Reads what has options of its own.
    pub(super) fn within<T>(&mut self, part: Part, read: impl FnOnce(&mut Self) -> T) -> T {
        let seen = std::mem::take(&mut self.seen);
        let outer = std::mem::replace(&mut self.part, part);
        let value = read(self);
        self.seen = seen;
        self.part = outer;
        value
    }

    /// Reports a mistake that costs what is being read.
    pub(super) fn drop_for<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Dropped> {
        let loss = self.loss();
        let code = match self.part {
            Part::Whole => diagnostic.code,
            Part::NextHop | Part::Encap => Code::RoutePart,
        };
        let note = diagnostic.note.as_ref().map_or_else(|| loss.clone(), |why| format!("{why}; {loss}"));
        self.out.push(Diagnostic { code, severity: code.severity(), ..diagnostic }.note(note));
        Err(Dropped)
    }

    fn loss(&self) -> String {
        match self.part {
            Part::Whole => say::route_word_lost(self.noun()),
            Part::NextHop => say::route_part_hop_lost(),
            Part::Encap => say::route_part_encap_lost(),
        }
    }

    pub(super) const fn noun(&self) -> &'static str {
        self.vocabulary.noun
    }

    pub(super) fn family(&self) -> Option<Family> {
        self.family.map(|(family, _)| family)
    }

    /// Everything in a line is of one family.
    pub(super) fn of_family(&mut self, family: Family, span: Span) -> Done {
        let (known, first) = *self.family.get_or_insert((family, span));
        if known == family {
            return Ok(());
        }
        self.drop_for(say::route_family(span, first, family, self.noun(), known))
    }

    /// `inet`, `inet6`.
    pub(super) fn family_word(&mut self, word: Word<'_>, family: Family) -> Done {
        self.of_family(family, word.span)?;
        if self.peek().is_some() {
            self.out.push(say::family_word(word.span, word.text));
        }
        Ok(())
    }

    /// Reports an older way to write `now`.
    pub(super) fn deprecated(&mut self, word: Word<'_>, now: &str) {
        self.out.push(say::deprecated_option(word.span, word.text, word.span, now));
    }

    /// Reports a word that is neither option nor anything else.
    pub(super) fn unknown<T>(&mut self, word: Word<'_>) -> Result<T, Dropped> {
        let unknown = say::route_word_unknown(word.span, word.text, self.noun());
        self.drop_for(unknown.did_you_mean(word.span, self.meant(word.text)))
    }

    /// The option that `word` is a mistake for.
    pub(super) fn meant(&self, word: &str) -> Option<&'static str> {
        if self.is_option(word) || self.out.is_full() {
            return None;
        }
        let meant = self.vocabulary.meant.iter().find(|(other, _)| *other == word).map(|&(_, option)| option);
        meant.or_else(|| suggest::nearest_of((self.vocabulary.options)().into_iter(), word))
    }
}
