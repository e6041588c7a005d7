//! Braces that a condition takes away from partners that it leaves (keepalived-config §1.8).

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expand::Piece;
use crate::source::Span;

/// A brace of a line that does not count here.
struct Dropped {
    /// Its place among the pieces.
    index: usize,
    opens: bool,
}

/// The pieces without dropped braces. If the braces balance but for those, the ones that were dropped without their
/// partner are put back, each with a message of its own.
pub(super) fn repaired(mut pieces: Vec<Piece>, diagnostics: &mut Diagnostics) -> Vec<Piece> {
    for Dropped { index, opens } in torn(&pieces) {
        let Piece::Dropped { brace, condition, .. } = pieces[index] else { continue };
        pieces[index] = if opens { Piece::Skip(brace) } else { Piece::Close(brace) };
        diagnostics.push(report(condition, brace, opens));
    }
    pieces.retain(|piece| !matches!(piece, Piece::Dropped { .. }));
    pieces
}

fn report(condition: Span, brace: Span, opens: bool) -> Diagnostic {
    let (what, note) = if opens {
        ("this condition takes away the head of a block but not its body", "the body is skipped")
    } else {
        ("this condition takes away the end of a block", "the block ends here all the same")
    };
    Diagnostic::new(Code::ConditionBrace, condition, what)
        .also(brace, "with this brace")
        .note(format!("a condition governs the rest of its line, braces included; {note}"))
        .help(if opens {
            "write the condition on every line of the block"
        } else {
            "write the brace on a line of its own"
        })
}

/// Dropped braces without a partner among the dropped ones, if they are all that is wrong with the braces.
fn torn(pieces: &[Piece]) -> Vec<Dropped> {
    let (mut surplus, mut torn) = (0isize, Vec::<Dropped>::new());
    for (index, piece) in pieces.iter().enumerate() {
        match *piece {
            Piece::Open(_) => surplus += 1,
            Piece::Close(_) => surplus -= 1,
            Piece::Dropped { opens, .. } => {
                surplus += if opens { 1 } else { -1 };
                if !opens && torn.last().is_some_and(|last| last.opens) {
                    torn.pop();
                } else {
                    torn.push(Dropped { index, opens });
                }
            }
            Piece::Words(_) | Piece::Skip(_) => {}
        }
    }
    if surplus == 0 { torn } else { Vec::new() }
}
