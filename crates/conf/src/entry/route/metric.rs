//! Numbers that the kernel keeps for a route's connections: `[lock] VALUE`.

use super::Draft;
use crate::entry::words::{Done, Dropped, Words, put};
use crate::lexer::Word;
use crate::model::route::{Lock, Lockable, Metric, Route};
use crate::say;
use crate::value::{decimal_number, scaled};

/// Times that keepalived takes, in ms; others become the nearer of the two.
const SHORTEST_MS: u64 = 200;
const LONGEST_MS: u64 = 120_000;

/// What may stand before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// `lock`, or nothing.
    Lock,
    Nothing,
}

/// The largest value of each that is not a time.
const fn bounds(metric: Metric) -> (Before, u64) {
    match metric {
        Metric::Mtu
        | Metric::AdvMss
        | Metric::Reordering
        | Metric::Cwnd
        | Metric::SsThresh
        | Metric::Rtt
        | Metric::RttVar
        | Metric::RtoMin => (Before::Lock, u32::MAX as u64),
        Metric::Window | Metric::InitCwnd | Metric::InitRwnd => (Before::Nothing, u32::MAX as u64),
        Metric::HopLimit => (Before::Nothing, 255),
        Metric::QuickAck | Metric::FastOpenNoCookie => (Before::Nothing, 1),
    }
}

/// `None`: it is none of these.
pub(super) fn metric<'w>(words: &mut Words<'w, '_>, word: Word<'w>, route: &mut Route) -> Option<Done> {
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == word.text)?;
    words.once(metric.name(), word);
    let (before, largest) = bounds(metric);
    let lock = if before == Before::Lock { lock(words) } else { Lock::Open };
    let value = match metric.per_millisecond() {
        Some(per) => time(words, word, u64::from(per)),
        None => words.number(word, largest),
    };
    Some(value.map(|value| {
        route.metrics.insert(metric, Lockable { value, lock });
    }))
}

pub(super) fn congestion<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let lock = lock(words);
    put(&mut draft.route.congestion, words.name(word).map(|value| Lockable { value, lock }))
}

fn lock(words: &mut Words<'_, '_>) -> Lock {
    words.skip("lock").map_or(Lock::Open, |_| Lock::Locked)
}

/// A time in units of which `per` are a millisecond.
fn time<'w>(words: &mut Words<'w, '_>, option: Word<'w>, per: u64) -> Result<u32, Dropped> {
    let argument = words.argument(option)?;
    let Some(written) = units(argument.text, per) else {
        return words.bad(option, argument, say::route_value_time);
    };
    let taken = written.clamp(SHORTEST_MS * per, LONGEST_MS * per);
    if taken != written {
        let outside = say::route_option_time(argument.span, option.text, taken / per);
        let is_bare = per > 1 && decimal_number(argument.text).is_some();
        words.out.push(if is_bare { outside.help(say::route_option_time_unit(per)) } else { outside });
    }
    // Not above LONGEST_MS in eighths of a millisecond.
    Ok(u32::try_from(taken).unwrap_or(u32::MAX))
}

/// `NUMBER` in units; `NUMBERms`, `NUMBERs` rounded to milliseconds, as keepalived does.
fn units(text: &str, per: u64) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let with = |suffixes: [&str; 3]| suffixes.iter().find_map(|suffix| lower.strip_suffix(suffix));
    if let Some(number) = with(["msecs", "msec", "ms"]) {
        return thousandths(number)?.checked_add(500)?.checked_div(1000)?.checked_mul(per);
    }
    if let Some(number) = with(["secs", "sec", "s"]) {
        return thousandths(number)?.checked_mul(per);
    }
    thousandths(&lower)?.checked_add(500)?.checked_div(1000)
}

/// A decimal number, perhaps behind a plus, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let unsigned = text.strip_prefix('+').filter(|unsigned| unsigned.starts_with(|c: char| c.is_ascii_digit()));
    scaled(unsigned.unwrap_or(text), 3)
}
