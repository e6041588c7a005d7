//! Statements and blocks, from a flat list of words and braces.
//!
//! Braces are mended so that one missing brace costs one message (keepalived-config §1.5, §1.18: there it swallows the
//! rest of the file). What a block means is not known here but for what the keyword rows say: whether it opens a block.

mod braces;
mod report;

use crate::diagnostic::Diagnostics;
use crate::expand::Piece;
use crate::keyword::{Block, Content, KeywordDef, Status};
use crate::lexer::Statement;
use crate::model::limits;
use crate::say;
use crate::source::Span;
use crate::suggest;

/// A statement and, if it opens one, its block.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) statement: Statement,
    pub(crate) body: Option<Box<Body>>,
}

/// A block.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
    /// From the opening to the closing brace.
    pub(crate) span: Span,
    /// Whether the text ends in it.
    pub(crate) is_cut: bool,
}

/// What stands outside all blocks.
const TOP: Content = Content::Keywords(Block::Top);

/// A block whose end was not seen yet.
struct OpenBlock {
    /// `None`: the brace has no statement.
    statement: Option<Statement>,
    open: Span,
    content: Content,
    nodes: Vec<Node>,
}

struct Builder<'a> {
    diagnostics: &'a mut Diagnostics,
    top: Vec<Node>,
    open: Vec<OpenBlock>,
    /// Words that may still turn out to open a block.
    pending: Option<Statement>,
    /// Closing braces that the text lacks; one is spent on each block that is closed where another begins.
    missing_closes: usize,
    /// Opening braces that it lacks.
    missing_opens: usize,
    /// Opening braces that were left out, and whose partner is still to come.
    doubled: usize,
    /// Blocks inside blocks beyond the limit.
    too_deep: usize,
    /// Whether the block that is being skipped is the middle of a word, and then where it ends.
    torn_word: bool,
    torn_at: Option<u32>,
}

/// The tree of `pieces`: what stands outside all blocks.
pub(crate) fn tree(pieces: Vec<Piece>, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let pieces = braces::repaired(braces::without_parentheses(pieces, diagnostics), diagnostics);
    let opens = pieces.iter().filter(|piece| matches!(piece, Piece::Open(_) | Piece::Skip(_))).count();
    let closes = pieces.iter().filter(|piece| matches!(piece, Piece::Close(_))).count();
    let mut builder = Builder {
        diagnostics,
        top: Vec::new(),
        open: Vec::new(),
        pending: None,
        missing_closes: opens.saturating_sub(closes),
        missing_opens: closes.saturating_sub(opens),
        doubled: 0,
        too_deep: 0,
        torn_word: false,
        torn_at: None,
    };
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Words(statement) => builder.words(statement),
            Piece::Open(span) => builder.open(span),
            Piece::Close(span) => builder.close(span, pieces.peek()),
            Piece::Skip(span) => builder.skip(span),
            Piece::Dropped { .. } => {}
        }
    }
    builder.end()
}

impl Builder<'_> {
    fn words(&mut self, statement: Statement) {
        self.flush();
        if statement.is_lost {
            return self.leaf(statement);
        }
        if let (Some(end), Some(word)) = (self.torn_at.take(), statement.keyword())
            && word.span.start == end
        {
            self.diagnostics.silence(word.span);
        }
        if self.missing_closes > 0
            && self.content() != Content::Skipped
            && let Some(word) = statement.keyword()
            && !knows(self.content(), &statement)
            && self.outer_content().is_some_and(|outer| knows(outer, &statement))
        {
            self.close_unclosed(word.span);
        }
        self.pending = Some(statement);
    }

    fn open(&mut self, span: Span) {
        if self.open.len() >= limits::BLOCK_DEPTH {
            if self.too_deep == 0 {
                self.diagnostics.push(say::too_large_blocks(span, limits::BLOCK_DEPTH));
            }
            self.too_deep += 1;
            self.pending = None;
            return;
        }
        let statement = self.pending.take();
        let row = statement.as_ref().and_then(|statement| self.close_before(statement));
        let Some(statement) = statement else {
            if self.is_doubled(span) {
                let Some(left) = self.missing_closes.checked_sub(1) else {
                    self.doubled += 1;
                    return self.diagnostics.push(say::extra_brace_pair(span));
                };
                self.missing_closes = left;
                return self.diagnostics.push(say::extra_brace_again(span, span, ""));
            }
            if self.content() != Content::Skipped {
                self.diagnostics.push(say::unexpected_brace_alone(span));
            }
            return self.push(None, span, Content::Skipped);
        };
        if self.content() != Content::Skipped && !self.content().may_open(row) {
            self.report_no_block(&statement, row, span);
            if let (Some(word), true) = (statement.keyword(), statement.arguments().is_empty()) {
                self.diagnostics.silence(word.span);
            }
            self.leaf(statement);
            return self.push(None, span, Content::Skipped);
        }
        self.push(Some(statement), span, Content::of(row));
    }

    /// Whether a brace without words only opens again what was opened just before.
    fn is_doubled(&self, again: Span) -> bool {
        let last = self.open.last().filter(|block| block.nodes.is_empty() && block.content != Content::Skipped);
        last.is_some_and(|block| self.missing_closes > 0 || block.open.end == again.start)
    }

    /// Opens a block that is not read.
    fn skip(&mut self, span: Span) {
        self.flush();
        if self.open.len() < limits::BLOCK_DEPTH {
            self.push(None, span, Content::Skipped);
        } else {
            self.too_deep += 1;
        }
    }

    fn close(&mut self, span: Span, next: Option<&Piece>) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            self.pending = None;
            return;
        }
        if self.missing_opens > 0 && self.tears_word(span, next) {
            self.missing_opens -= 1;
            self.torn_at = Some(span.end);
            return self.diagnostics.push(say::unexpected_brace_torn(span));
        }
        self.flush();
        if self.doubled > 0 && (self.open.is_empty() || self.goes_on(next)) {
            self.doubled -= 1;
            return;
        }
        if self.missing_opens > 0 && self.goes_on(next) {
            self.missing_opens -= 1;
            return self.diagnostics.push(say::extra_brace_early(span, span, ""));
        }
        while self.is_indented_less(span, next) {
            self.close_unclosed(span);
        }
        match self.open.pop() {
            Some(block) => {
                self.torn_at = std::mem::take(&mut self.torn_word).then_some(span.end);
                self.finish(block, span, false);
            }
            None => self.diagnostics.push(say::extra_brace(span, span, "")),
        }
    }

    /// Whether the next statement belongs in the block that is about to close and not in the one around it.
    fn goes_on(&self, next: Option<&Piece>) -> bool {
        let Some(Piece::Words(statement)) = next else { return false };
        knows(self.content(), statement) && !knows(self.outer_content().unwrap_or(TOP), statement)
    }

    /// Whether a closing brace is missing, and this one stands below the block around the innermost one.
    fn is_indented_less(&self, close: Span, next: Option<&Piece>) -> bool {
        let [.., outer, inner] = self.open.as_slice() else { return false };
        if self.missing_closes == 0 {
            return false;
        }
        let column = |span: Span| self.diagnostics.sources().bytes_into_line(span);
        let begins = |block: &OpenBlock| Some(column(block.statement.as_ref()?.keyword()?.span));
        let at = Some(column(close));
        let is_less = begins(outer) == at && begins(inner) > at;
        is_less
            && match next {
                Some(Piece::Words(statement)) => !knows(outer.content, statement),
                next => next.is_none(),
            }
    }

    fn end(mut self) -> Vec<Node> {
        self.flush();
        while let Some(block) = self.open.pop() {
            self.report_unclosed(&block, None);
            let end = block.open;
            self.finish(block, end, true);
        }
        self.top
    }

    /// The pending words open no block after all.
    fn flush(&mut self) {
        let Some(statement) = self.pending.take() else { return };
        let row = self.row(&statement).filter(|row| row.form.opens() && row.status != Status::LoadBalancer);
        let (Some(row), Some(word)) = (row, statement.keyword()) else { return self.leaf(statement) };
        let end = statement.words().last().map_or(word.span, |last| last.span).after();
        self.report_not_open(row, word, end, &statement);
        if self.missing_opens == 0 {
            return self.leaf(statement);
        }
        self.missing_opens -= 1;
        self.push(Some(statement), end, Content::of(Some(row)));
    }

    /// If a closing brace is missing and `statement` cannot stand in this block but further out, closes up to there.
    /// Returns the row of `statement`.
    fn close_before(&mut self, statement: &Statement) -> Option<&'static KeywordDef> {
        let word = statement.keyword()?;
        // What is skipped may hold whatever the load balancer knows.
        let is_skipped = self.content() == Content::Skipped;
        let closes = |row: &KeywordDef| row.form.opens() && !(is_skipped && row.status == Status::LoadBalancer);
        let opens = |content: Content| content.row(word.text).is_some_and(closes);
        let surplus = self.open.iter().rev().map(|block| block.content).chain([TOP]).position(opens).unwrap_or(0);
        if surplus <= self.missing_closes {
            (0..surplus).for_each(|_| self.close_unclosed(word.span));
        }
        self.row(statement)
    }

    fn close_unclosed(&mut self, next: Span) {
        let Some(block) = self.open.pop() else { return };
        self.missing_closes -= 1;
        self.report_unclosed(&block, Some(next));
        self.finish(block, next, false);
    }

    fn content(&self) -> Content {
        self.open.last().map_or(TOP, |block| block.content)
    }

    /// What the block around the innermost one holds, if it stands in one.
    fn outer_content(&self) -> Option<Content> {
        self.open.iter().rev().nth(1).map(|block| block.content)
    }

    fn row(&self, statement: &Statement) -> Option<&'static KeywordDef> {
        self.content().row(statement.keyword()?.text)
    }

    fn push(&mut self, statement: Option<Statement>, open: Span, content: Content) {
        self.open.push(OpenBlock { statement, open, content, nodes: Vec::new() });
    }

    fn finish(&mut self, block: OpenBlock, close: Span, is_cut: bool) {
        if let Some(statement) = block.statement {
            let body = Body { nodes: block.nodes, span: block.open.to(close), is_cut };
            self.add(Node { statement, body: Some(Box::new(body)) });
        }
    }

    fn leaf(&mut self, statement: Statement) {
        if let Some((sign, comment)) = suggest::comment(&statement).filter(|_| self.content() != Content::Skipped) {
            return self.diagnostics.push(say::unknown_keyword_comment(comment, sign));
        }
        self.add(Node { statement, body: None });
    }

    /// Adds to the innermost block, if it is read.
    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.top.push(node),
            Some(block) if block.content == Content::Skipped => {}
            Some(block) => block.nodes.push(node),
        }
    }
}

/// Whether a statement begins with a keyword of such a block.
fn knows(content: Content, statement: &Statement) -> bool {
    statement.keyword().is_some_and(|word| content.row(word.text).is_some())
}
