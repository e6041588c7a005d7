//! Words that are no keywords where they stand: what was meant, and text that is no configuration at all.

use super::Reader;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keyword::{self, Block, Form, KeywordDef, Status};
use crate::lexer::Word;
use crate::say;
use crate::source::Span;
use crate::suggest::{self, Foreign};
use crate::syntax::Node;
use crate::value;

/// Where in an unresolved merge conflict the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Conflict {
    #[default]
    None,
    /// On the side that counts.
    Ours,
    /// On the side that is skipped.
    Theirs,
}

impl Reader<'_> {
    /// Whether a line is part of an unresolved merge conflict that is not read.
    pub(super) fn is_of_conflict(&mut self, word: Word<'_>) -> bool {
        match (self.conflict, word.text) {
            (_, "<<<<<<<") => {
                self.out.push(say::merge_conflict(word.span));
                self.conflict = Conflict::Ours;
            }
            (Conflict::Ours, "=======") => self.conflict = Conflict::Theirs,
            (Conflict::Ours | Conflict::Theirs, ">>>>>>>") => self.conflict = Conflict::None,
            (Conflict::Theirs, _) => {}
            (Conflict::None | Conflict::Ours, _) => return false,
        }
        true
    }

    pub(super) fn unknown(&mut self, block: Block, node: &Node, word: Word<'_>) {
        if self.out.was_said(&[Code::UnknownKeyword, Code::UnknownBlock, Code::WrongBlock], word.span) {
            return;
        }
        let whole = node.body.as_ref().map_or(word.span, |body| word.span.to(body.span));
        if let Some(foreign) = suggest::foreign(&node.statement) {
            return self.foreign(foreign, word);
        }
        if self.foreign.contains(&Foreign::Script) && block == Block::Top {
            return;
        }
        if let Some((row, value)) = assigned(block, word) {
            let diagnostic = say::equals_sign(word.span, row.name);
            let with = format!("{} {value}", row.name);
            return self.out.push(diagnostic.replace(word.span, with, say::equals_sign_space()));
        }
        let elsewhere = suggest::other_block(block, word.text);
        let is_of_load_balancer =
            suggest::is_of_load_balancer(word.text) || elsewhere.is_some_and(|row| row.status == Status::LoadBalancer);
        if is_of_load_balancer && matches!(block, Block::Top | Block::Global) {
            return self.load_balancer.push((word.span, whole));
        }
        if block == Block::Top
            && let Some(row) = elsewhere
            && let Some(last) = self.raw.blocks.get_mut(&row.block).and_then(|blocks| blocks.list.last_mut())
        {
            last.settings.add_outside(row, word.span);
        }
        self.raw
            .misplaced
            .extend(node.body.iter().filter_map(|_| Some(node.statement.arguments().first()?.text.to_owned())));
        let wrong = || say::wrong_block(word.span, word.text, places(word.text));
        let mut diagnostic = match (elsewhere, &node.body) {
            (None, None) => say::unknown_keyword(word.span, word.text, block.place()),
            (None, Some(_)) => say::unknown_block(word.span, word.text, block.place(), self.lines(whole)),
            (Some(_), None) => wrong().note(say::wrong_block_line()),
            (Some(_), Some(_)) => wrong().note(say::wrong_block_block(self.lines(whole))),
        };
        if let Some(odd) = word.text.chars().find(|c| c.is_alphabetic() && !c.is_ascii()) {
            diagnostic = diagnostic.here(say::unknown_keyword_letter(odd, format!("{:04X}", u32::from(odd))));
        }
        self.out.push(match elsewhere {
            _ if self.out.is_full() => diagnostic,
            Some(row) => advise_elsewhere(diagnostic, block, row, node, word),
            None => advise(diagnostic, block, node, word),
        });
    }

    /// Says once what else stands in the file.
    fn foreign(&mut self, foreign: Foreign, word: Word<'_>) {
        if self.foreign.contains(&foreign) {
            return;
        }
        self.foreign.push(foreign);
        let said = match foreign {
            Foreign::Script => say::foreign_text_script(word.span),
            Foreign::Assignment => {
                let name = word.text.split('=').next().unwrap_or_default();
                say::foreign_text_assignment(word.span, name, Span { end: word.span.start, ..word.span }, "$")
            }
            Foreign::Table => say::foreign_text_table(word.span),
            Foreign::Fence => say::foreign_text_fence(word.span),
            Foreign::Command => say::foreign_text_command(word.span),
        };
        self.out.push(said);
    }
}

/// The blocks that know a keyword.
fn places(name: &str) -> String {
    let mut blocks: Vec<Block> = keyword::all().filter(|row| row.name == name).map(|row| row.block).collect();
    blocks.sort_unstable();
    match blocks.as_slice() {
        [block] => block.place(),
        blocks => format!("in {}", blocks.iter().map(|block| block.name()).collect::<Vec<_>>().join(" or ")),
    }
}

/// Adds what does here what a keyword of another block does there.
fn advise_elsewhere(diagnostic: Diagnostic, block: Block, row: &KeywordDef, node: &Node, word: Word<'_>) -> Diagnostic {
    // A list with a name is meant to define what such lists name.
    if let Some(defined) = row.names().filter(|_| block == Block::Top && !node.statement.arguments().is_empty()) {
        return diagnostic.did_you_mean(word.span, Some(defined.header()));
    }
    match (suggest::hint(word.text), suggest::for_all(block, word.text)) {
        (Some(hint), _) => diagnostic.help(hint),
        (None, Some(row)) => diagnostic.replace(word.span, row.name, say::unknown_keyword_for_all(row.name)),
        (None, None) if row.block == Block::Authentication && block == Block::Instance => {
            diagnostic.help(say::unknown_keyword_authentication())
        }
        (None, None) if row.block == Block::Top => diagnostic.help(say::unknown_keyword_move(block.name())),
        (None, None) => diagnostic,
    }
}

/// Adds what was probably meant.
fn advise(diagnostic: Diagnostic, block: Block, node: &Node, word: Word<'_>) -> Diagnostic {
    if let Some(hint) = suggest::hint(word.text) {
        return diagnostic.help(hint);
    }
    if let Some((keyword, name)) = suggest::glued(&node.statement).filter(|_| block == Block::Top) {
        return diagnostic.replace(word.span, format!("{keyword} {name}"), say::unknown_keyword_space());
    }
    let parted = suggest::parted(block, &node.statement).map(|(row, second)| (row, word.span.to(second), 2));
    if let Some(include) = suggest::include(word.text).filter(|_| node.body.is_none()) {
        return diagnostic.did_you_mean(word.span, Some(include));
    }
    let nearest = || Some((suggest::nearest_row(block, word.text)?, word.span, 1));
    if let Some((row, keyword, words)) = parted.or_else(nearest) {
        let (row, span, with) = rewritten(row, node, keyword, words);
        return diagnostic.replace(span, with, say::unknown_keyword_meant(row.name));
    }
    match suggest::meant_elsewhere(word.text) {
        Some(row) => diagnostic.help(say::unknown_keyword_meant_elsewhere(row.name, row.block.place())),
        None => diagnostic,
    }
}

/// The statement with the keyword of `row`, or with that of a flag's opposite: what to write instead of what. `words`: how
/// many stand at `keyword`.
fn rewritten(
    row: &'static KeywordDef,
    node: &Node,
    keyword: Span,
    words: usize,
) -> (&'static KeywordDef, Span, String) {
    let arguments: Vec<Word<'_>> = node.statement.words().skip(words).collect();
    let Some(last) = arguments.last().filter(|_| node.body.is_none()) else {
        return (row, keyword, row.name.to_owned());
    };
    let whole = keyword.to(last.span);
    if let Some(off) = row.opposite().filter(|_| value::is_off(last.text)) {
        return (off, whole, off.name.to_owned());
    }
    if row.form == Form::Flag && !value::is_off(last.text) {
        return (row, whole, row.name.to_owned());
    }
    if !matches!(row.form, Form::Entries(_)) {
        return (row, keyword, row.name.to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(|argument| argument.text).collect();
    (row, whole, format!("{} {{ {} }}", row.name, arguments.join(" ")))
}

/// `KEYWORD=VALUE`.
pub(super) fn assigned<'w>(block: Block, word: Word<'w>) -> Option<(&'static KeywordDef, &'w str)> {
    let (name, value) = word.text.split_once('=')?;
    Some((keyword::find(block, name)?, value))
}
