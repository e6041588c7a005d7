//! What is said of blocks that do not begin or end as they should.

use super::{Builder, Content, OpenBlock, TOP};
use crate::expand::Piece;
use crate::keyword::{self, Form, KeywordDef};
use crate::lexer::{Statement, Word};
use crate::say;
use crate::source::Span;

impl Builder<'_> {
    /// A keyword opens a block and has no brace. One that is to be added must have a partner.
    pub(super) fn report_not_open(&mut self, row: &KeywordDef, word: Word<'_>, end: Span, statement: &Statement) {
        let has_more = statement.words().nth(1).is_some();
        let (is_list, is_named) = (matches!(row.form, Form::Entries(_)), matches!(row.form, Form::Named(_)));
        self.diagnostics.push(if self.missing_opens > 0 && (!has_more || is_named) {
            say::missing_brace(word.span, row.name, end, " {")
        } else if is_list {
            say::missing_brace_entries(word.span, row.name)
        } else {
            say::missing_brace_keywords(word.span, row.name, if is_named { " NAME" } else { "" })
        });
    }

    pub(super) fn report_unclosed(&mut self, block: &OpenBlock, next: Option<Span>) {
        let diagnostic = match block.statement.as_ref().and_then(Statement::keyword) {
            Some(word) => say::unclosed_block(word.span.to(block.open), word.text),
            None => say::unclosed_block_unnamed(block.open),
        };
        self.diagnostics.push(match next {
            Some(next) if self.diagnostics.sources().text(next) == "}" => {
                diagnostic.also(next, say::unclosed_block_indented())
            }
            Some(next) => diagnostic.also(next, say::unclosed_block_next()),
            None => diagnostic.help(say::unclosed_block_end()),
        });
    }

    /// A brace follows a statement that takes none. If its last word does, two statements are on one line, which is reported
    /// when the first is read.
    pub(super) fn report_no_block(&mut self, statement: &Statement, row: Option<&KeywordDef>, span: Span) {
        let Some(row) = row else {
            let outer = self.outer_content().unwrap_or(TOP);
            let stray = statement.keyword().and_then(|word| Some((word, outer.row(word.text)?)));
            let Some((word, row)) = stray else { return self.diagnostics.push(say::unexpected_brace_entry(span)) };
            let belongs = say::wrong_block(word.span, word.text, row.block.place());
            self.diagnostics.push(belongs.note(say::unexpected_brace_skipped()));
            return statement.words().for_each(|word| self.diagnostics.silence(word.span));
        };
        let (Some(last), Some(keyword)) = (statement.words().last(), statement.keyword()) else { return };
        let opens = |it: &KeywordDef| it.form.opens();
        if last.span != keyword.span && keyword::find(row.block, last.text).is_some_and(opens) {
            return;
        }
        if last.span == keyword.span || last.span.end != span.start {
            return self.diagnostics.push(say::unexpected_brace(span, row.name));
        }
        self.torn_word = true;
        self.diagnostics.push(say::unexpected_brace_word(span, row.name));
    }

    /// Whether a closing brace is the middle of a word: `p@ss}wo`.
    pub(super) fn tears_word(&self, brace: Span, next: Option<&Piece>) -> bool {
        let before = self.pending.as_ref().and_then(|pending| pending.words().last());
        let Some(Piece::Words(next)) = next else { return false };
        before.is_some_and(|word| word.span.end == brace.start)
            && next.keyword().is_some_and(|word| word.span.start == brace.end)
            && self.content() != Content::Skipped
    }
}
