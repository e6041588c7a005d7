//! Lines about interfaces and trackers: `track_interface`, `track_script` and their like (keepalived-config §2.15),
//! `linkbeat_interfaces` and `interface_up_down_delays` (§2.4, §2.5).

use std::time::Duration;

use vrrp::config::{Effect, EffectKind};

use super::{Entry, Implied};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::model::machine::LinkDelay;
use crate::model::{Sense, TrackInterface};
use crate::say;
use crate::suggest;
use crate::value::{interface_problem, micros};

/// Largest weight either way.
const WEIGHT_MAX: i16 = 253;

/// Ways to ask a driver for its link state.
const METHODS: [&str; 3] = ["MII", "ETHTOOL", "IOCTL"];

/// Longest delay.
const DELAY_MAX: Duration = Duration::from_secs(255);

/// Reads one line of `track_interface`. `None`: it is left out, and that was reported.
pub(crate) fn interface(statement: &Statement, out: &mut Diagnostics) -> Option<Entry<TrackInterface>> {
    let name = statement.keyword()?;
    let interface = interface_name(name, out)?;
    let (number, sense) = weight(name, &statement.arguments(), Kind::Interface, out)?;
    let sense = sense.unwrap_or(Sense::Plain);
    let effect = number.map_or(Effect::plain(EffectKind::Fault), |number| effect(number, sense, out));
    let value = TrackInterface { interface, effect };
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
    let name = statement.keyword()?;
    let (number, sense) = weight(name, &statement.arguments(), Kind::Name, out)?;
    let number = number.and_then(|number| weight_within(number, max, out));
    let value = WrittenTracker { name: name.text.to_owned(), number, sense };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// Checks `INTERFACE [MII|ETHTOOL|IOCTL]`.
pub(crate) fn check_polled(statement: &Statement, out: &mut Diagnostics) {
    let Some(name) = statement.keyword() else { return };
    if interface_name(name, out).is_none() {
        return;
    }
    let options = statement.arguments();
    let wrong = options.iter().enumerate().find(|(index, word)| *index > 0 || !METHODS.contains(&word.text));
    let Some((_, word)) = wrong else { return };
    let near = suggest::nearest_of(METHODS.into_iter(), word.text).filter(|_| options.len() == 1);
    out.push(say::surplus_words_polled(word.span).did_you_mean(word.span, near));
}

/// Reads `INTERFACE DOWN [UP]`. `None`: it is left out, and that was reported.
pub(crate) fn delay(statement: &Statement, out: &mut Diagnostics) -> Option<Entry<LinkDelay>> {
    let (name, options) = (statement.keyword()?, statement.arguments());
    let interface = interface_name(name, out)?;
    let (down, up) = match options.as_slice() {
        [down] => (seconds(*down, out)?, Duration::ZERO),
        [down, up] => (seconds(*down, out)?, seconds(*up, out)?),
        _ => return out.refuse(say::link_delay_entry(name.span, name.text)),
    };
    if options.len() == 1 {
        out.push(say::link_delay_up(name.span));
    }
    let value = LinkDelay { interface, down, up };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// What an entry begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Interface,
    Name,
}

impl Kind {
    /// The words that may follow its weight.
    const fn senses(self) -> &'static [&'static str] {
        match self {
            Self::Interface => &["reverse"],
            Self::Name => &["reverse", "noreverse"],
        }
    }
}

/// `[weight N [reverse|noreverse]]`: the number and the sense. `None`: the entry is left out, and that was reported.
fn weight<'w>(
    name: Word<'_>,
    options: &[Word<'w>],
    kind: Kind,
    out: &mut Diagnostics,
) -> Option<(Option<Word<'w>>, Option<Sense>)> {
    match options {
        [] => Some((None, None)),
        [weight, number] if weight.text == "weight" => Some((Some(*number), None)),
        [weight, number, sense] if weight.text == "weight" && kind.senses().contains(&sense.text) => {
            Some((Some(*number), Some(if sense.text == "reverse" { Sense::Reverse } else { Sense::Plain })))
        }
        [first, ..] => out.refuse(unreadable(name, *first, options, kind)),
    }
}

/// Options that cannot be read, and what was probably meant.
fn unreadable(name: Word<'_>, first: Word<'_>, options: &[Word<'_>], kind: Kind) -> Diagnostic {
    const OPTIONS: [&str; 3] = ["weight", "reverse", "noreverse"];
    let (diagnostic, one_a_line) = match kind {
        Kind::Interface => (say::track_entry_interface(first.span), say::track_entry_interfaces()),
        Kind::Name => (say::track_entry_name(first.span), say::track_entry_names()),
    };
    let is_number = |text: &str| text.parse::<i16>().is_ok();
    let odd = options.iter().find(|word| !OPTIONS.contains(&word.text) && !is_number(word.text));
    if let Some((odd, (option, value))) = odd.and_then(|odd| Some((odd, odd.text.split_once('=')?))) {
        let option = suggest::nearest_of(OPTIONS.into_iter(), option).unwrap_or(option);
        return diagnostic.replace(odd.span, format!("{option} {value}"), say::equals_sign_not_equals());
    }
    if let Some((odd, meant)) = odd.and_then(|odd| Some((odd, suggest::nearest_of(OPTIONS.into_iter(), odd.text)?))) {
        return diagnostic.did_you_mean(odd.span, Some(meant));
    }
    if is_kind(name.text) {
        return diagnostic.replace(name.span.to(first.span), first.text, say::track_entry_alone());
    }
    if let ("decrement", Some(number)) = (first.text, options.get(1).filter(|word| is_number(word.text))) {
        let written = format!("weight -{}", number.text.trim_start_matches('-'));
        return diagnostic.replace(first.span.to(number.span), written, say::track_entry_sign());
    }
    match first.text {
        text if is_number(text) => diagnostic.replace(first.span, format!("weight {text}"), say::track_entry_weight()),
        "weight" | "reverse" | "noreverse" => diagnostic.help(say::track_entry_number()),
        _ if options.last().is_some_and(|last| is_number(last.text)) => diagnostic,
        _ => diagnostic.help(one_a_line),
    }
}

/// Whether a word says what an entry is, which is not said in its list.
pub(crate) fn is_kind(word: &str) -> bool {
    ["script", "interface", "process", "name", "track", "-"].contains(&word)
}

fn weight_within(word: Word<'_>, max: i16, out: &mut Diagnostics) -> Option<i16> {
    let weight = word.text.parse().ok().filter(|weight: &i16| (-max..=max).contains(weight));
    weight.or_else(|| out.refuse(say::weight_range_block(word.span, max, word.text)))
}

/// keepalived takes a bad weight for 0, which makes the interface stop the router.
fn effect(word: Word<'_>, sense: Sense, out: &mut Diagnostics) -> Effect {
    let written: i64 = word.text.parse().unwrap_or(i64::MAX);
    let weight = match i16::try_from(written) {
        Ok(weight) if weight.unsigned_abs() <= WEIGHT_MAX.unsigned_abs() => weight,
        Ok(weight) if weight.unsigned_abs() == WEIGHT_MAX.unsigned_abs() + 1 => {
            let nearest = weight.signum() * WEIGHT_MAX;
            out.push(say::weight_range_nearest(word.span, WEIGHT_MAX, word.text, nearest));
            nearest
        }
        Ok(_) | Err(_) => {
            out.push(say::weight_range_zero(word.span, WEIGHT_MAX, word.text));
            0
        }
    };
    let kind = match weight {
        0 => EffectKind::Fault,
        weight => EffectKind::Weight(weight),
    };
    Effect { sense, kind }
}

/// The interface that an entry begins with. `None`: it is left out, and that was reported.
fn interface_name(name: Word<'_>, out: &mut Diagnostics) -> Option<String> {
    let Some(problem) = interface_problem(name.text) else { return Some(name.text.to_owned()) };
    out.refuse(say::bad_interface_entry(name.span, problem))
}

fn seconds(word: Word<'_>, out: &mut Diagnostics) -> Option<Duration> {
    let time = micros(word.text).map(Duration::from_micros).filter(|time| *time <= DELAY_MAX);
    time.or_else(|| out.refuse(say::link_delay_time(word.span, DELAY_MAX.as_secs(), word.text)))
}
