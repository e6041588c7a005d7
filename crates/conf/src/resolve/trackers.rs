//! One thing that trackers watch: `vrrp_script`, `vrrp_track_process`, `track_file`, `bfd_instance` (keepalived-config §2.8
//! to §2.11).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::types::Family;

use super::check;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::KeywordDef;
use crate::keywords::trackers as rows;
use crate::model::watch::{
    BfdSession, InitFile, ParamMatch, TrackFile, TrackProcess, TrackScript,
};
use crate::model::{Switch, Weight};
use crate::read::{RawBlock, Settings};
use crate::source::Span;

pub(super) fn script(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackScript> {
    let settings = &raw.settings;
    let check = check::resolve(raw, out)?;
    let interval = time(settings, &rows::INTERVAL, 1_000_000);
    Some(TrackScript {
        name: raw.name.clone(),
        check,
        interval,
        timeout: settings.micros(&rows::TIMEOUT).map_or(interval, |time| Duration::from_micros(time.value)),
        weight: settings.weight(&rows::SCRIPT_WEIGHT).unwrap_or_default(),
        rise: settings.count(&rows::RISE).unwrap_or(1),
        fall: settings.count(&rows::FALL).unwrap_or(1),
        init_fail: flag(settings, &rows::INIT_FAIL),
    })
}

pub(super) fn process(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackProcess> {
    let settings = &raw.settings;
    let command: Vec<String> = settings.words(&rows::PROCESS).map(|word| word.value.clone()).collect();
    if command.is_empty() {
        nothing(raw, &rows::PROCESS, out);
        return None;
    }
    let both = time(settings, &rows::DELAY_BOTH, 0);
    let delay = |row| settings.micros(row).map_or(both, |time| Duration::from_micros(time.value));
    let (quorum, quorum_max) = quorum(settings, out);
    Some(TrackProcess {
        name: raw.name.clone(),
        command,
        param_match: param_match(settings),
        weight: settings.weight(&rows::PROCESS_WEIGHT).unwrap_or_default(),
        quorum,
        quorum_max,
        terminate_delay: delay(&rows::TERMINATE_DELAY),
        fork_delay: delay(&rows::FORK_DELAY),
        full_command: flag(settings, &rows::FULL_COMMAND),
    })
}

/// Fewest and most processes. Of two that leave no number between them the later has no effect.
fn quorum(settings: &Settings, out: &mut Diagnostics) -> (u32, Option<u32>) {
    let (least, most) = (settings.number(&rows::QUORUM), settings.number(&rows::QUORUM_MAX));
    let count = |row| settings.count(row);
    match (count(&rows::QUORUM), count(&rows::QUORUM_MAX)) {
        (None, Some(0)) => (0, Some(0)),
        (Some(1), Some(0)) if settings.position(&rows::QUORUM_MAX) > settings.position(&rows::QUORUM) => (0, Some(0)),
        (Some(fewest), Some(highest)) if fewest > highest => {
            let most_is_last = settings.position(&rows::QUORUM_MAX) > settings.position(&rows::QUORUM);
            let (last, first) = if most_is_last { (most, least) } else { (least, most) };
            if let (Some(last), Some(first)) = (last, first) {
                let what = format!("no number of processes is at least {fewest} and at most {highest}");
                let diagnostic = Diagnostic::new(Code::QuorumRange, last.span, what).also(first.span, "the first");
                out.push(diagnostic.note("the first counts, as in keepalived"));
            }
            if most_is_last { (fewest, None) } else { (u32::from(highest > 0), Some(highest)) }
        }
        (fewest, highest) => (fewest.unwrap_or(1), highest),
    }
}

fn param_match(settings: &Settings) -> ParamMatch {
    if settings.keyword(&rows::PARAM_MATCH).is_none() {
        return ParamMatch::None;
    }
    match settings.words(&rows::PARAM_MATCH).next().map(|word| word.value.as_str()) {
        Some("initial") => ParamMatch::Initial,
        Some("partial") => ParamMatch::Partial,
        Some(_) => ParamMatch::None,
        None => ParamMatch::Exact,
    }
}

pub(super) fn file(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackFile> {
    let Some(file) = raw.settings.text(&rows::FILE) else {
        nothing(raw, &rows::FILE, out);
        return None;
    };
    let weight = raw.settings.weight(&rows::FILE_WEIGHT).unwrap_or_else(|| Weight { number: 1, ..Weight::default() });
    let init = init_file(&raw.settings, out);
    Some(TrackFile { name: raw.name.clone(), file: file.value.to_owned(), weight, init })
}

/// Largest number that moves a priority, either way.
const LEVEL_MAX: i32 = 254;

fn init_file(settings: &Settings, out: &mut Diagnostics) -> Option<InitFile> {
    settings.keyword(&rows::INIT_FILE)?;
    let mut init = InitFile { value: 0, overwrite: Switch::Off };
    for word in settings.words(&rows::INIT_FILE) {
        if word.value == "overwrite" {
            init.overwrite = Switch::On;
        } else if let Ok(value) = word.value.parse::<i32>() {
            init.value = value;
            if value.abs() > LEVEL_MAX {
                let what = format!("{value} is more than the {LEVEL_MAX} that can move a priority");
                out.push(Diagnostic::new(Code::OutOfRange, word.span, what).note("it is written all the same"));
            }
        } else {
            let what = format!("`{}` is neither a number of 32 bits nor `overwrite`", word.value);
            out.push(Diagnostic::new(Code::BadWord, word.span, what).note("it is ignored"));
        }
    }
    Some(init)
}

/// Longest name of a session.
const SESSION_BYTES: usize = 31;

/// Sessions by their two ends.
pub(super) type Ends = HashMap<(IpAddr, Option<IpAddr>), Span>;

pub(super) fn session(raw: &RawBlock, ends: &mut Ends, out: &mut Diagnostics) -> Option<BfdSession> {
    let settings = &raw.settings;
    let neighbor = settings.address(&rows::NEIGHBOR_IP).or_else(|| settings.address(&rows::NEIGHBOUR_IP));
    let Some(neighbor) = neighbor.map(|neighbor| neighbor.value) else {
        nothing(raw, &rows::NEIGHBOR_IP, out);
        return None;
    };
    let source = settings.address(&rows::SOURCE_IP).map(|source| source.value);
    if let Some(problem) = session_problem(raw, neighbor, ends) {
        out.push(problem.note("the session is left out, as in keepalived"));
        return None;
    }
    ends.insert((neighbor, source), raw.span);
    let small = |row| settings.count(row).and_then(|count| u8::try_from(count).ok());
    let ttl = small(&rows::TTL).or_else(|| small(&rows::HOPLIMIT));
    let ttl = ttl.unwrap_or_else(|| if neighbor.is_ipv4() { 255 } else { 64 });
    Some(BfdSession {
        name: raw.name.clone(),
        neighbor,
        source,
        min_rx: time(settings, &rows::MIN_RX, 10_000),
        min_tx: time(settings, &rows::MIN_TX, 10_000),
        idle_tx: time(settings, &rows::IDLE_TX, 1_000_000),
        multiplier: small(&rows::MULTIPLIER).unwrap_or(5),
        passive: flag(settings, &rows::PASSIVE),
        ttl,
        max_hops: max_hops(settings, ttl, out),
        multihop: settings.switch(&rows::MULTIHOP).map_or(Switch::Off, |switch| switch.value),
        weight: settings.weight(&rows::BFD_WEIGHT).unwrap_or_default(),
    })
}

/// Why there is no such session.
fn session_problem(raw: &RawBlock, neighbor: IpAddr, ends: &Ends) -> Option<Diagnostic> {
    if raw.name.len() > SESSION_BYTES {
        let what = format!("the name of a session has at most {SESSION_BYTES} bytes");
        return Some(Diagnostic::new(Code::BfdSession, raw.span, what));
    }
    let source = raw.settings.address(&rows::SOURCE_IP);
    if let Some(source) = source
        && Family::of(&source.value) != Family::of(&neighbor)
    {
        let what = format!("{} cannot be the source of a session with {neighbor}", source.value);
        return Some(Diagnostic::new(Code::OtherFamily, source.span, what));
    }
    let first = *ends.get(&(neighbor, source.map(|source| source.value)))?;
    let what = format!("there is a session with {neighbor} already");
    Some(Diagnostic::new(Code::BfdSession, raw.span, what).also(first, "the first"))
}

fn max_hops(settings: &Settings, ttl: u8, out: &mut Diagnostics) -> i16 {
    let Some(written) = settings.number(&rows::MAX_HOPS) else { return 0 };
    let hops = i16::try_from(written.value).unwrap_or(0);
    if hops <= i16::from(ttl) {
        return hops;
    }
    let diagnostic = Diagnostic::new(Code::BfdHops, written.span, format!("{hops} hops are more than the TTL allows"));
    out.push(diagnostic.note(format!("{ttl} is used, as in keepalived")).replace(
        written.span,
        ttl,
        "write what is used",
    ));
    i16::from(ttl)
}

fn time(settings: &Settings, row: &KeywordDef, default_micros: u64) -> Duration {
    Duration::from_micros(settings.micros(row).map_or(default_micros, |time| time.value))
}

fn flag(settings: &Settings, row: &KeywordDef) -> Switch {
    if settings.keyword(row).is_some() { Switch::On } else { Switch::Off }
}

pub(super) fn nothing(raw: &RawBlock, row: &KeywordDef, out: &mut Diagnostics) {
    if !raw.settings.is_meant(row) {
        let what = format!("`{}` has no `{}`", raw.name, row.name);
        let diagnostic = Diagnostic::new(Code::NothingWatched, raw.span, what);
        out.push(diagnostic.note("the block is left out, as in keepalived").help(format!("add `{}`", row.name)));
    }
}
