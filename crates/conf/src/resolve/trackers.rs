//! What trackers watch: `vrrp_script`, `vrrp_track_process`, `track_file`, `bfd_instance` (keepalived-config §2.8 to
//! §2.11).

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;
use vrrp::types::Family;

use super::or_say;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, Row};
use crate::keywords::trackers;
use crate::model::check::{self, Check, Endpoint, Host, Page, UnitName};
use crate::model::watch::{BfdSession, InitFile, ParamMatch, TrackFile, TrackProcess, TrackScript};
use crate::model::{Script, Switch, Weight, limits};
use crate::read::{Raw, RawBlock, Settings};
use crate::say;
use crate::source::{Span, Spanned};
use crate::value::Typed;

pub(super) fn script(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackScript> {
    let settings = &raw.settings;
    let check = what_is_done(raw, out)?;
    let interval = settings.time(&trackers::INTERVAL).unwrap_or(Duration::from_secs(1));
    Some(TrackScript {
        name: raw.name.clone(),
        check,
        interval,
        timeout: settings.time(&trackers::TIMEOUT).unwrap_or(interval),
        weight: settings.value(&trackers::SCRIPT_WEIGHT).unwrap_or_default(),
        rise: settings.value(&trackers::RISE).unwrap_or(1),
        fall: settings.value(&trackers::FALL).unwrap_or(1),
        init_fail: settings.flag(&trackers::INIT_FAIL),
    })
}

pub(super) fn process(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackProcess> {
    let settings = &raw.settings;
    let command = watched(raw, &trackers::PROCESS, out)?;
    if let Some(name) = command.value.first().filter(|name| name.value.contains(" -") || name.value.contains(" /")) {
        out.push(say::nothing_watched_quoted(name.span, &name.value, name.span, &name.value));
    }
    let both = settings.time(&trackers::DELAY_BOTH).unwrap_or_default();
    let (quorum, quorum_max) = quorum(settings, out);
    Some(TrackProcess {
        name: raw.name.clone(),
        command: settings.entries(&trackers::PROCESS).map(|word| word.value.clone()).collect(),
        param_match: param_match(settings),
        weight: settings.value(&trackers::PROCESS_WEIGHT).unwrap_or_default(),
        quorum,
        quorum_max,
        terminate_delay: settings.time(&trackers::TERMINATE_DELAY).unwrap_or(both),
        fork_delay: settings.time(&trackers::FORK_DELAY).unwrap_or(both),
        full_command: settings.flag(&trackers::FULL_COMMAND),
    })
}

/// Fewest and most processes. Of two that leave no number between them the later has no effect.
fn quorum(settings: &Settings, out: &mut Diagnostics) -> (u32, Option<u32>) {
    let most_is_last = settings.position(&trackers::QUORUM_MAX) > settings.position(&trackers::QUORUM);
    match (settings.get(&trackers::QUORUM), settings.get(&trackers::QUORUM_MAX)) {
        (None | Some(Spanned { value: 1, .. }), Some(Spanned { value: 0, .. })) if most_is_last => (0, Some(0)),
        (Some(least), Some(most)) if least.value > most.value => {
            let (last, first) = if most_is_last { (most, least) } else { (least, most) };
            out.push(say::quorum_range(last.span, first.span, least.value, most.value));
            if most_is_last { (least.value, None) } else { (u32::from(most.value > 0), Some(most.value)) }
        }
        (least, most) => (least.map_or(1, |least| least.value), most.map(|most| most.value)),
    }
}

fn param_match(settings: &Settings) -> ParamMatch {
    if settings.keyword(&trackers::PARAM_MATCH).is_none() {
        return ParamMatch::None;
    }
    match settings.entries(&trackers::PARAM_MATCH).next().map(|word| word.value.as_str()) {
        Some("initial") => ParamMatch::Initial,
        Some("partial") => ParamMatch::Partial,
        Some(_) => ParamMatch::None,
        None => ParamMatch::Exact,
    }
}

pub(super) fn file(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackFile> {
    let file = watched(raw, &trackers::FILE, out)?.value;
    let weight =
        raw.settings.value(&trackers::FILE_WEIGHT).unwrap_or_else(|| Weight { number: 1, ..Weight::default() });
    let init = init_file(&raw.settings, out);
    Some(TrackFile { name: raw.name.clone(), file: file.to_owned(), weight, init })
}

/// Largest number that moves a priority, either way.
const LEVEL_MAX: u32 = 254;

fn init_file(settings: &Settings, out: &mut Diagnostics) -> Option<InitFile> {
    settings.keyword(&trackers::INIT_FILE)?;
    let mut init = InitFile { value: 0, overwrite: Switch::Off };
    for word in settings.entries(&trackers::INIT_FILE) {
        if word.value == "overwrite" {
            init.overwrite = Switch::On;
        } else if let Ok(value) = word.value.parse::<i32>() {
            init.value = value;
            if value.unsigned_abs() > LEVEL_MAX {
                out.push(say::out_of_range_init_file(word.span, value, LEVEL_MAX));
            }
        } else {
            out.push(say::bad_word_init_file(word.span, &word.value));
        }
    }
    Some(init)
}

/// What `row` names, without which there is nothing to watch.
pub(super) fn watched<'a, T: Typed>(
    raw: &'a RawBlock,
    row: &Row<T>,
    out: &mut Diagnostics,
) -> Option<Spanned<T::Given<'a>>> {
    let watched = raw.settings.get(row);
    // An unknown keyword may be meant to say it.
    if watched.is_none() && !raw.settings.is_bad(row) && !raw.settings.has_unknown() {
        out.push(say::nothing_watched(raw.span, &raw.name, row.name));
    }
    watched
}

/// A check of ours: its keyword, how it is read, and how it is written.
type BuiltIn = (&'static Row<String>, fn(&str) -> Option<Check>, fn() -> String);

const BUILT_IN: [BuiltIn; 5] = [
    (&trackers::TANIST_TCP, |text| Endpoint::parse(text, None).map(Check::Tcp), say::check_target_tcp),
    (&trackers::TANIST_HTTP, |text| Page::parse(text).map(Check::Http), say::check_target_http),
    (&trackers::TANIST_PING, |text| Host::parse(text).map(Check::Ping), say::check_target_ping),
    (&trackers::TANIST_UNIT, |text| UnitName::parse(text).map(Check::Unit), say::check_target_unit),
    (&trackers::TANIST_ROUTE, |text| check::network(text).map(Check::Route), say::check_target_route),
];

/// What is done: one of ours goes before `script`, which then is for keepalived.
fn what_is_done(raw: &RawBlock, out: &mut Diagnostics) -> Option<Check> {
    let settings = &raw.settings;
    let mut built_in = BUILT_IN.iter().filter_map(|it| Some((it, settings.counting(it.0)?)));
    if let Some(((_, parse, form), first)) = built_in.next() {
        for (_, second) in built_in {
            out.push(say::repeated_keyword_check(second.keyword, first.keyword));
        }
        let target = String::of(&first.value)?;
        return or_say(parse(target), || say::check_target(first.span, target, form()), out);
    }
    let script = watched(raw, &trackers::SCRIPT, out)?.value;
    let user = settings.value(&trackers::USER).or(script.user.as_ref()).cloned();
    Some(Check::Command(Script { argv: script.argv.clone(), user }))
}

pub(super) fn check_fractions(raw: &Raw, out: &mut Diagnostics) {
    let times = [&trackers::INTERVAL, &trackers::TIMEOUT];
    let scripts = raw.blocks(Block::Script).iter().flat_map(|script| times.map(|row| (row, script.settings.get(row))));
    let mut fractions =
        scripts.filter_map(|(row, time)| time.filter(|time| time.value % 1_000_000 > 0).map(|at| (row, at)));
    if let Some((row, time)) = fractions.next() {
        out.push(say::older_keepalived_fraction(time.span, row.name));
    }
}

/// Longest name of a session.
const NAME_BYTES: usize = 31;
/// Intervals below this one are hardly kept by a machine that does something else as well.
const SHORT: Duration = Duration::from_millis(10);
/// Packets a second of all sessions that are many.
const MANY: u128 = 10_000;

/// What there is so far.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// By their two ends.
    ends: HashMap<(IpAddr, Option<IpAddr>), Span>,
    /// Packets a second of all of them, both ways.
    packets: u128,
}

impl Sessions {
    /// Reads one more.
    pub(super) fn read(&mut self, raw: &RawBlock, out: &mut Diagnostics) -> Option<BfdSession> {
        let settings = &raw.settings;
        let neighbor = settings.get(&trackers::NEIGHBOUR_IP).filter(|_| settings.get(&trackers::NEIGHBOR_IP).is_none());
        let neighbor = neighbor.or_else(|| watched(raw, &trackers::NEIGHBOR_IP, out))?;
        let source = settings.value(&trackers::SOURCE_IP);
        if let Some(problem) = self.problem(raw, neighbor) {
            out.push(problem);
            return None;
        }
        self.ends.insert((neighbor.value, source), raw.span);
        let session = session(raw, neighbor.value, source, out);
        check_hops(raw, &session, out);
        check_intervals(settings, &session, out);
        self.count(raw, &session, out);
        Some(session)
    }

    /// Why there is no such session.
    fn problem(&self, raw: &RawBlock, neighbor: Spanned<IpAddr>) -> Option<Diagnostic> {
        let Spanned { value: neighbor, span } = neighbor;
        if raw.name.len() > NAME_BYTES {
            return Some(say::bfd_session_name(raw.span, NAME_BYTES));
        }
        let source = raw.settings.get(&trackers::SOURCE_IP);
        if let Some(source) = source
            && Family::of(&source.value) != Family::of(&neighbor)
        {
            return Some(say::other_family_session(source.span, source.value, neighbor));
        }
        if let Some(first) = self.ends.get(&(neighbor, source.map(|source| source.value))) {
            return Some(say::bfd_session_twice(raw.span, *first, neighbor));
        }
        if self.ends.len() >= limits::SESSIONS {
            return Some(say::bfd_session_too_many(raw.span, limits::SESSIONS));
        }
        // What no packet reaches.
        match neighbor {
            IpAddr::V6(address) if address.is_unicast_link_local() => Some(say::bfd_session_link_local(span, address)),
            _ if source.is_some_and(|source| source.value == neighbor) => Some(say::bfd_session_own(span, neighbor)),
            IpAddr::V4(address) if address.is_broadcast() => Some(say::bfd_session_no_host(span, neighbor)),
            _ if neighbor.is_unspecified() || neighbor.is_multicast() => Some(say::bfd_session_no_host(span, neighbor)),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }

    /// One thread handles the packets of all sessions, beside the adverts of all routers.
    fn count(&mut self, raw: &RawBlock, session: &BfdSession, out: &mut Diagnostics) {
        let rate = |interval: Duration| Duration::from_secs(1).as_micros() / interval.as_micros().max(1);
        let before = self.packets;
        self.packets += rate(session.min_tx) + rate(session.min_rx);
        if before <= MANY && self.packets > MANY {
            out.push(say::bfd_rate(raw.span, self.packets));
        }
    }
}

fn session(raw: &RawBlock, neighbor: IpAddr, source: Option<IpAddr>, out: &mut Diagnostics) -> BfdSession {
    let settings = &raw.settings;
    let mut session = BfdSession {
        name: raw.name.clone(),
        neighbor,
        source,
        min_rx: settings.time(&trackers::MIN_RX).unwrap_or(Duration::from_millis(10)),
        min_tx: settings.time(&trackers::MIN_TX).unwrap_or(Duration::from_millis(10)),
        idle_tx: settings.time(&trackers::IDLE_TX).unwrap_or(Duration::from_secs(1)),
        multiplier: settings.value(&trackers::MULTIPLIER).unwrap_or(5),
        passive: settings.flag(&trackers::PASSIVE),
        ttl: settings.value(&trackers::TTL).or_else(|| settings.value(&trackers::HOPLIMIT)),
        max_hops: 0,
        multihop: settings.value(&trackers::MULTIHOP).unwrap_or_default(),
        weight: settings.value(&trackers::BFD_WEIGHT).unwrap_or_default(),
    };
    session.max_hops = max_hops(settings, session.full_hop_limit(), out);
    session
}

fn max_hops(settings: &Settings, ttl: u8, out: &mut Diagnostics) -> i16 {
    let Some(written) = settings.get(&trackers::MAX_HOPS) else { return 0 };
    let hops = written.value;
    if hops <= i16::from(ttl) {
        return hops;
    }
    out.push(say::bfd_hops(written.span, hops, ttl, written.span, ttl));
    i16::from(ttl)
}

/// Whether the packets that are taken are those that are meant.
fn check_hops(raw: &RawBlock, session: &BfdSession, out: &mut Diagnostics) {
    let settings = &raw.settings;
    if let Some(multihop) = settings.argument(&trackers::MULTIHOP)
        && session.multihop == Switch::On
        && session.max_hops == 0
    {
        out.push(say::bfd_multihop(multihop));
    } else if session.multihop == Switch::Off
        && session.ttl.is_none()
        && !session.neighbor.is_ipv4()
        && session.least_hop_limit() > 0
    {
        out.push(say::bfd_hop_limit(raw.span, session.least_hop_limit()));
    }
}

fn check_intervals(settings: &Settings, session: &BfdSession, out: &mut Diagnostics) {
    for (row, interval) in [(&trackers::MIN_TX, session.min_tx), (&trackers::MIN_RX, session.min_rx)] {
        if let Some(span) = settings.argument(row).filter(|_| interval < SHORT) {
            out.push(say::bfd_interval(span, interval));
        }
    }
}
