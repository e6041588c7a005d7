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
    let Options { number, sense } = Options::read(options, "interface", &["reverse"], out)?;
    let sense = sense.unwrap_or(Sense::Plain);
    let effect = number.map_or(Effect::plain(EffectKind::Fault), |number| effect(number, sense, out));
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
    let Options { number, sense } = Options::read(options, "name", &["reverse", "noreverse"], out)?;
    let number = number.and_then(|number| weight_within(number, max, out));
    let value = WrittenTracker { name: name.text.to_owned(), number, sense };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// `[weight N [reverse|noreverse]]`.
struct Options<'w> {
    number: Option<Word<'w>>,
    sense: Option<Sense>,
}

impl<'w> Options<'w> {
    /// What follows a `noun`. `None`: the entry is left out, and that was reported.
    fn read(options: &[Word<'w>], noun: &str, senses: &[&'static str], out: &mut Diagnostics) -> Option<Self> {
        let (number, sense) = match options {
            [] => return Some(Self { number: None, sense: None }),
            [weight, number] if weight.text == "weight" => (number, None),
            [weight, number, sense] if weight.text == "weight" && senses.contains(&sense.text) => {
                (number, Some(if sense.text == "reverse" { Sense::Reverse } else { Sense::Plain }))
            }
            [first, ..] => {
                let senses = senses.iter().map(|sense| format!("`{sense}`")).collect::<Vec<_>>().join(" or ");
                let what = format!("an entry is one {noun}, then perhaps `weight N` and {senses}");
                let diagnostic = Diagnostic::new(Code::TrackEntry, first.span, what).note("the entry is left out");
                out.push(advise(diagnostic, options, noun));
                return None;
            }
        };
        Some(Self { number: Some(*number), sense })
    }
}

/// What was probably meant by options that cannot be read.
fn advise(diagnostic: Diagnostic, options: &[Word<'_>], noun: &str) -> Diagnostic {
    const OPTIONS: [&str; 3] = ["weight", "reverse", "noreverse"];
    let is_number = |text: &str| text.parse::<i16>().is_ok();
    let odd = options.iter().find(|word| !OPTIONS.contains(&word.text) && !is_number(word.text));
    if let Some((odd, (option, value))) = odd.and_then(|odd| Some((odd, odd.text.split_once('=')?))) {
        let option = suggest::nearest_of(OPTIONS.into_iter(), option).unwrap_or(option);
        return diagnostic.replace(odd.span, format!("{option} {value}"), "write a space, not `=`");
    }
    if let Some((odd, meant)) = odd.and_then(|odd| Some((odd, suggest::nearest_of(OPTIONS.into_iter(), odd.text)?))) {
        return diagnostic.did_you_mean(odd.span, Some(meant));
    }
    match options {
        [first, ..] if is_number(first.text) => {
            diagnostic.replace(first.span, format!("weight {}", first.text), "say that it is a weight")
        }
        [first, ..] if first.text == "weight" => diagnostic.help("write `weight`, a number, and perhaps `reverse`"),
        _ => diagnostic.help(format!("write each {noun} on a line of its own")),
    }
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
