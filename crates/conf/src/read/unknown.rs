//! Words that are no keywords where they stand: what was meant, and text that is no configuration at all.

use super::Reader;
use super::blocks::Blocks;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keyword::{self, Block, Form, KeywordDef, Status};
use crate::lexer::Word;
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
                let diagnostic = Diagnostic::new(Code::MergeConflict, word.span, "a merge conflict is not resolved");
                self.out.push(diagnostic.note("the first side is read, the second is skipped").help("choose a side"));
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
            let what = format!("unexpected `=` after `{}`", row.name);
            let diagnostic = Diagnostic::new(Code::EqualsSign, word.span, what).note("the line is ignored");
            return self.out.push(diagnostic.replace(word.span, format!("{} {value}", row.name), "write a space"));
        }
        let elsewhere = suggest::other_block(block, word.text);
        if suggest::is_of_load_balancer(word.text) || elsewhere.is_some_and(|row| row.status == Status::LoadBalancer) {
            return self.load_balancer.push((word.span, whole));
        }
        if block == Block::Top
            && let Some(row) = elsewhere
            && let Some(last) = self.raw.blocks.get_mut(&row.block).and_then(Blocks::last_mut)
        {
            last.settings.add_outside(row, word.span);
        }
        let (code, kind, note) = match (elsewhere, &node.body) {
            (None, None) => (Code::UnknownKeyword, "keyword", "the line is ignored".to_owned()),
            (None, Some(_)) => (Code::UnknownBlock, "block", self.skipped(whole)),
            (Some(_), None) => (Code::WrongBlock, "", "the line is ignored".to_owned()),
            (Some(_), Some(_)) => (Code::WrongBlock, "", self.skipped(whole)),
        };
        let what = match elsewhere {
            Some(_) => format!("`{}` belongs {}", word.text, places(word.text)),
            None => format!("unknown {kind} `{}` {}", word.text, block.place()),
        };
        let mut diagnostic = Diagnostic::new(code, word.span, what).note(note);
        if let Some(odd) = word.text.chars().find(|c| c.is_alphabetic() && !c.is_ascii()) {
            diagnostic = diagnostic.here(format!("`{odd}` is U+{:04X}", u32::from(odd)));
        }
        self.out.push(match elsewhere {
            _ if self.out.is_full() => diagnostic,
            Some(row) => advise_elsewhere(diagnostic, block, row, word),
            None => advise(diagnostic, block, node, word),
        });
    }

    fn skipped(&self, whole: Span) -> String {
        format!("it is skipped as a whole: lines {}", self.lines(whole))
    }

    /// Says once what else stands in the file.
    fn foreign(&mut self, foreign: Foreign, word: Word<'_>) {
        if self.foreign.contains(&foreign) {
            return;
        }
        self.foreign.push(foreign);
        let (what, note, help) = match foreign {
            Foreign::Script => (
                "this looks like a shell script",
                "from here on unknown words are not reported",
                "put it into a file of its own",
            ),
            Foreign::Table => (
                "the file was copied from a table with its rules",
                "such lines are ignored; further ones are not reported",
                "remove the `|` from all lines",
            ),
            Foreign::Fence => (
                "the file was copied together with the fence around it",
                "such lines are ignored; further ones are not reported",
                "remove the lines of backquotes",
            ),
            Foreign::Command => (
                "this looks like a command or a file name that was copied along",
                "the line is ignored",
                "remove the line",
            ),
        };
        self.out.push(Diagnostic::new(Code::ForeignText, word.span, what).note(note).help(help));
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
fn advise_elsewhere(diagnostic: Diagnostic, block: Block, row: &KeywordDef, word: Word<'_>) -> Diagnostic {
    match (suggest::hint(word.text), suggest::for_all(block, word.text)) {
        (Some(hint), _) => diagnostic.help(hint),
        (None, Some(row)) => {
            diagnostic.replace(word.span, row.name, format!("for all routers there is `{}`", row.name))
        }
        (None, None) if row.block == Block::Authentication && block == Block::Instance => {
            diagnostic.help("write it in `authentication { }`")
        }
        (None, None) if row.block == Block::Top => diagnostic.help(format!("move it out of {}", block.name())),
        (None, None) => diagnostic,
    }
}

/// Adds what was probably meant.
fn advise(diagnostic: Diagnostic, block: Block, node: &Node, word: Word<'_>) -> Diagnostic {
    if let Some(hint) = suggest::hint(word.text) {
        return diagnostic.help(hint);
    }
    if let Some((keyword, name)) = suggest::glued(word.text).filter(|_| block == Block::Top) {
        return diagnostic.replace(word.span, format!("{keyword} {name}"), "a space is missing");
    }
    if let Some(include) = suggest::include(word.text).filter(|_| node.body.is_none()) {
        return diagnostic.did_you_mean(word.span, Some(include));
    }
    if let Some(row) = suggest::nearest_row(block, word.text) {
        let (span, with) = rewritten(row, node, word);
        return diagnostic.replace(span, with, format!("did you mean `{}`?", row.name));
    }
    match suggest::meant_elsewhere(word.text) {
        Some(row) => diagnostic.help(format!("did you mean `{}` {}?", row.name, row.block.place())),
        None => diagnostic,
    }
}

/// The statement with the keyword of `row`: what to write instead of what.
fn rewritten(row: &KeywordDef, node: &Node, word: Word<'_>) -> (Span, String) {
    let arguments = node.statement.arguments();
    let Some(last) = arguments.last().filter(|_| node.body.is_none()) else {
        return (word.span, row.name.to_owned());
    };
    let whole = word.span.to(last.span);
    let are_switches = || arguments.iter().all(|word| value::switch_word(word.text).is_some());
    if row.form == Form::Flag || row.form == Form::Switch && !are_switches() {
        return (whole, row.name.to_owned());
    }
    if !row.form.opens() {
        return (word.span, row.name.to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(|argument| argument.text).collect();
    (whole, format!("{} {{ {} }}", row.name, arguments.join(" ")))
}

/// `KEYWORD=VALUE`.
pub(super) fn assigned<'w>(block: Block, word: Word<'w>) -> Option<(&'static KeywordDef, &'w str)> {
    let (name, value) = word.text.split_once('=')?;
    Some((keyword::find(block, name)?, value))
}
