//! Blocks that were written in parentheses.

use crate::diagnostic::Diagnostics;
use crate::expand::Piece;
use crate::lexer::Statement;
use crate::{keyword, say};

/// The pieces with braces in place of parentheses around blocks. Once that is reported.
pub(super) fn replaced(pieces: Vec<Piece>, diagnostics: &mut Diagnostics) -> Vec<Piece> {
    let mut depth = 0usize;
    let mut is_reported = false;
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Words(mut statement) = piece else {
            out.push(piece);
            continue;
        };
        let is_alone = statement.words().nth(1).is_none();
        if let Some(word) = statement.keyword().filter(|word| depth > 0 && word.text == ")" && is_alone) {
            depth -= 1;
            out.push(Piece::Close(word.span));
            continue;
        }
        let Some(sign) = opening(&statement) else {
            out.push(Piece::Words(statement));
            continue;
        };
        if !std::mem::replace(&mut is_reported, true) {
            diagnostics.push(say::missing_brace_parentheses(sign));
        }
        depth += 1;
        statement.drop_last();
        out.push(Piece::Words(statement));
        out.push(Piece::Open(sign));
    }
    out
}

/// The parenthesis that opens the block of a keyword.
fn opening(statement: &Statement) -> Option<crate::source::Span> {
    let word = statement.keyword()?;
    let last = statement.words().skip(1).last().filter(|last| last.text == "(")?;
    keyword::all().any(|row| row.name == word.text && row.form.opens()).then_some(last.span)
}
