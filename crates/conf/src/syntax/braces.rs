//! Braces that are put right before there are blocks: those that a condition takes away from partners that it leaves
//! (keepalived-config §1.8), and parentheses in their place.

use crate::diagnostic::Diagnostics;
use crate::expand::Piece;
use crate::lexer::{Statement, Word};
use crate::source::Span;
use crate::{keyword, say};

/// The pieces without dropped braces. If the braces balance but for those, the ones that were dropped without their
/// partner are put back, each with a message of its own.
pub(super) fn repaired(mut pieces: Vec<Piece>, diagnostics: &mut Diagnostics) -> Vec<Piece> {
    for index in torn(&pieces) {
        let Piece::Dropped { brace, opens, condition } = pieces[index] else { continue };
        let (piece, said) = if opens {
            (Piece::Skip(brace), say::condition_brace_head(condition, brace))
        } else {
            (Piece::Close(brace), say::condition_brace_end(condition, brace))
        };
        pieces[index] = piece;
        diagnostics.push(said);
    }
    pieces.retain(|piece| !matches!(piece, Piece::Dropped { .. }));
    pieces
}

/// Where braces are dropped without a partner among the dropped ones, if that is all that is wrong with the braces.
fn torn(pieces: &[Piece]) -> Vec<usize> {
    let is_opening = |&index: &usize| matches!(pieces[index], Piece::Dropped { opens: true, .. });
    let (mut surplus, mut torn) = (0isize, Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        match *piece {
            Piece::Open(_) => surplus += 1,
            Piece::Close(_) => surplus -= 1,
            Piece::Dropped { opens, .. } => {
                surplus += if opens { 1 } else { -1 };
                if !opens && torn.last().is_some_and(is_opening) {
                    torn.pop();
                } else {
                    torn.push(index);
                }
            }
            Piece::Words(_) | Piece::Skip(_) => {}
        }
    }
    if surplus == 0 { torn } else { Vec::new() }
}

/// The pieces with braces in place of parentheses around blocks. Once that is reported.
pub(super) fn without_parentheses(pieces: Vec<Piece>, diagnostics: &mut Diagnostics) -> Vec<Piece> {
    let mut depth = 0usize;
    let mut is_reported = false;
    // Beside braces that are there as well.
    let mut needless = 0usize;
    let mut out = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        let Piece::Words(mut statement) = piece else {
            out.push(piece);
            continue;
        };
        let is_alone = statement.words().nth(1).is_none();
        let closes = |word: &Word<'_>| matches!(word.text, ")" | "]") && is_alone;
        if needless > 0 && statement.keyword().is_some_and(|word| closes(&word)) {
            needless -= 1;
            continue;
        }
        if let Some(word) = statement.keyword().filter(|word| depth > 0 && closes(word)) {
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
        statement.drop_last();
        out.push(Piece::Words(statement));
        if matches!(pieces.peek(), Some(Piece::Open(_))) {
            needless += 1;
        } else {
            depth += 1;
            out.push(Piece::Open(sign));
        }
    }
    out
}

/// The parenthesis that opens the block of a keyword.
fn opening(statement: &Statement) -> Option<Span> {
    let word = statement.keyword()?;
    let last = statement.words().skip(1).last().filter(|last| matches!(last.text, "(" | "["))?;
    keyword::all().any(|row| row.name == word.text && row.form.opens()).then_some(last.span)
}
