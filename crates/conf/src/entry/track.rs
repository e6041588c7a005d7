//! `INTERFACE [weight N [reverse]]` (keepalived-config §2.15).

use vrrp::config::{Effect, EffectKind};

use super::{Entry, Implied};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::model::{Sense, TrackInterface};
use crate::suggest;
use crate::value::interface_problem;

/// Largest weight either way.
const WEIGHT_MAX: i16 = 253;

/// Reads one line of `track_interface`. `None`: it is left out, and that was reported.
pub(crate) fn interface(statement: &Statement, out: &mut Diagnostics) -> Option<Entry<TrackInterface>> {
    let words: Vec<Word<'_>> = statement.words().collect();
    let (name, options) = words.split_first()?;
    if let Some(problem) = interface_problem(name.text) {
        out.push(Diagnostic::new(Code::BadInterface, name.span, problem).note("the entry is left out"));
        return None;
    }
    let effect = match options {
        [] => Effect::plain(EffectKind::Fault),
        [weight, number] if weight.text == "weight" => effect(*number, Sense::Plain, out),
        [weight, number, reverse] if weight.text == "weight" && reverse.text == "reverse" => {
            effect(*number, Sense::Reverse, out)
        }
        [first, ..] => {
            let what = "an entry is one interface, then perhaps `weight N` and `reverse`";
            let diagnostic = Diagnostic::new(Code::TrackEntry, first.span, what).note("the entry is left out");
            out.push(if let Some((odd, meant)) = misspelt(options) {
                diagnostic.replace(odd.span, meant, format!("did you mean `{meant}`?"))
            } else if options.len() == 1 && first.text != "weight" {
                diagnostic.help("write each interface on a line of its own")
            } else {
                diagnostic
            });
            return None;
        }
    };
    let value = TrackInterface { interface: name.text.to_owned(), effect };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// A tracker as written: what it does not say is said by the block that it names.
#[derive(Clone, Debug)]
pub(crate) struct WrittenTracker {
    pub(crate) name: String,
    pub(crate) number: Option<i16>,
    pub(crate) sense: Option<Sense>,
}

/// Reads `NAME [weight N [reverse|noreverse]]` with weights up to `max`. `None`: it is left out, and that was reported.
pub(crate) fn tracker(statement: &Statement, max: i16, out: &mut Diagnostics) -> Option<Entry<WrittenTracker>> {
    let words: Vec<Word<'_>> = statement.words().collect();
    let (name, options) = words.split_first()?;
    let (number, sense) = match options {
        [] => (None, None),
        [weight, number] if weight.text == "weight" => (weight_within(*number, max, out), None),
        [weight, number, sense] if weight.text == "weight" && matches!(sense.text, "reverse" | "noreverse") => {
            let sense = if sense.text == "reverse" { Sense::Reverse } else { Sense::Plain };
            (weight_within(*number, max, out), Some(sense))
        }
        [first, ..] => {
            let what = "an entry is one name, then perhaps `weight N` and `reverse` or `noreverse`";
            let diagnostic = Diagnostic::new(Code::TrackEntry, first.span, what).note("the entry is left out");
            out.push(if let Some((odd, meant)) = misspelt(options) {
                diagnostic.replace(odd.span, meant, format!("did you mean `{meant}`?"))
            } else if first.text.parse::<i16>().is_ok() {
                diagnostic.replace(first.span, format!("weight {}", first.text), "say that it is a weight")
            } else if first.text == "weight" {
                diagnostic.help("write `weight`, a number, and perhaps `reverse` or `noreverse`")
            } else {
                diagnostic.help("write each name on a line of its own")
            });
            return None;
        }
    };
    let value = WrittenTracker { name: name.text.to_owned(), number, sense };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// The option that is none, and the one that was meant.
fn misspelt<'w>(options: &[Word<'w>]) -> Option<(Word<'w>, &'static str)> {
    const OPTIONS: [&str; 3] = ["weight", "reverse", "noreverse"];
    let odd = options.iter().find(|word| !OPTIONS.contains(&word.text) && word.text.parse::<i16>().is_err())?;
    Some((*odd, suggest::nearest_of(OPTIONS.into_iter(), odd.text)?))
}

fn weight_within(word: Word<'_>, max: i16, out: &mut Diagnostics) -> Option<i16> {
    let weight = word.text.parse().ok().filter(|weight: &i16| (-max..=max).contains(weight));
    if weight.is_none() {
        let what = format!("a weight is a number from -{max} to {max}, not `{}`", word.text);
        let note = "the weight of the block that is named is used, as in keepalived";
        out.push(Diagnostic::new(Code::WeightRange, word.span, what).note(note));
    }
    weight
}

/// keepalived takes a bad weight for 0, which makes the interface stop the router.
fn effect(word: Word<'_>, sense: Sense, out: &mut Diagnostics) -> Effect {
    let written: i64 = word.text.parse().unwrap_or(i64::MAX);
    let weight = match i16::try_from(written) {
        Ok(weight) if weight.abs() <= WEIGHT_MAX => weight,
        Ok(weight) if weight.abs() == WEIGHT_MAX + 1 => {
            out.push(bad_weight(word).note(format!("{} is used", weight.signum() * WEIGHT_MAX)));
            weight.signum() * WEIGHT_MAX
        }
        Ok(_) | Err(_) => {
            let note = "0 is used, as in keepalived: the router stops while the interface is down";
            out.push(bad_weight(word).note(note));
            0
        }
    };
    let kind = match weight {
        0 => EffectKind::Fault,
        weight => EffectKind::Weight(weight),
    };
    Effect { sense, kind }
}

fn bad_weight(word: Word<'_>) -> Diagnostic {
    let what = format!("a weight is a number from -{WEIGHT_MAX} to {WEIGHT_MAX}, not `{}`", word.text);
    Diagnostic::new(Code::WeightRange, word.span, what)
}
