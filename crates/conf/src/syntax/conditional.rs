//! Braces that a condition takes away from partners that it leaves (keepalived-config §1.8).

use crate::diagnostic::Diagnostics;
use crate::expand::Piece;
use crate::say;

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
