//! Lines of `linkbeat_interfaces` and `interface_up_down_delays` (keepalived-config §2.4, §2.5).

use std::time::Duration;

use super::{Entry, Implied};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::machine::LinkDelay;
use crate::say;
use crate::suggest;
use crate::value::{interface_problem, micros};

/// Ways to ask a driver for its link state.
const METHODS: [&str; 3] = ["MII", "ETHTOOL", "IOCTL"];

/// Longest delay.
const DELAY_MAX: Duration = Duration::from_secs(255);

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
        _ => {
            out.push(say::link_delay_entry(name.span, name.text));
            return None;
        }
    };
    if options.len() == 1 {
        out.push(say::link_delay_up(name.span));
    }
    let value = LinkDelay { interface, down, up };
    Some(Entry { value, span: name.span, implied: Implied::Nothing })
}

/// The interface that an entry begins with. `None`: it is left out, and that was reported.
pub(super) fn interface_name(name: Word<'_>, out: &mut Diagnostics) -> Option<String> {
    let Some(problem) = interface_problem(name.text) else { return Some(name.text.to_owned()) };
    out.push(say::bad_interface_entry(name.span, problem));
    None
}

fn seconds(word: Word<'_>, out: &mut Diagnostics) -> Option<Duration> {
    let time = micros(word.text).map(Duration::from_micros).filter(|time| *time <= DELAY_MAX);
    if time.is_none() {
        out.push(say::link_delay_time(word.span, DELAY_MAX.as_secs(), word.text));
    }
    time
}
