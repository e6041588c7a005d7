//! `bfd_instance` (keepalived-config §2.11).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::types::Family;

use super::trackers::nothing;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::trackers as rows;
use crate::model::Switch;
use crate::model::limits;
use crate::model::watch::BfdSession;
use crate::read::{RawBlock, Settings};
use crate::source::Span;

/// Longest name of a session.
const NAME_BYTES: usize = 31;
/// Intervals below this one are hardly kept by a machine that does something else as well.
const SHORT: Duration = Duration::from_millis(10);
/// Packets a second of all sessions that are many.
const MANY: u128 = 10_000;

const LEFT_OUT: &str = "the session is left out";
const LEFT_OUT_TOO: &str = "the session is left out, as in keepalived";

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
        let neighbor = settings.get(&rows::NEIGHBOR_IP).or_else(|| settings.get(&rows::NEIGHBOUR_IP));
        let Some(neighbor) = neighbor else {
            nothing(raw, &rows::NEIGHBOR_IP, out);
            return None;
        };
        let source = settings.value(&rows::SOURCE_IP);
        let problem = self.problem(raw, neighbor.value).or_else(|| impossible(neighbor.value, neighbor.span, source));
        if let Some(problem) = problem {
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
    fn problem(&self, raw: &RawBlock, neighbor: IpAddr) -> Option<Diagnostic> {
        if raw.name.len() > NAME_BYTES {
            let what = format!("the name of a session has at most {NAME_BYTES} bytes");
            return Some(Diagnostic::new(Code::BfdSession, raw.span, what).note(LEFT_OUT_TOO));
        }
        let source = raw.settings.get(&rows::SOURCE_IP);
        if let Some(source) = source
            && Family::of(&source.value) != Family::of(&neighbor)
        {
            let what = format!("{} cannot be the source of a session with {neighbor}", source.value);
            return Some(Diagnostic::new(Code::OtherFamily, source.span, what).note(LEFT_OUT_TOO));
        }
        if let Some(first) = self.ends.get(&(neighbor, source.map(|source| source.value))) {
            let what = format!("there is a session with {neighbor} already");
            let diagnostic = Diagnostic::new(Code::BfdSession, raw.span, what).also(*first, "the first");
            return Some(diagnostic.note(LEFT_OUT_TOO));
        }
        if self.ends.len() >= limits::SESSIONS {
            let what = format!("there are more than {} BFD sessions", limits::SESSIONS);
            return Some(Diagnostic::new(Code::BfdSession, raw.span, what).note(LEFT_OUT));
        }
        None
    }

    /// One thread handles the packets of all sessions, beside the adverts of all routers.
    fn count(&mut self, raw: &RawBlock, session: &BfdSession, out: &mut Diagnostics) {
        let rate = |interval: Duration| Duration::from_secs(1).as_micros() / interval.as_micros().max(1);
        let before = self.packets;
        self.packets += rate(session.min_tx) + rate(session.min_rx);
        if before <= MANY && self.packets > MANY {
            let what = format!("the BFD sessions up to this one exchange {} packets a second", self.packets);
            let diagnostic = Diagnostic::new(Code::BfdRate, raw.span, what);
            let note = "one thread handles them beside the adverts; a machine that cannot keep up loses its peers";
            out.push(diagnostic.note(note).help("make `min_tx` and `min_rx` longer"));
        }
    }
}

fn session(raw: &RawBlock, neighbor: IpAddr, source: Option<IpAddr>, out: &mut Diagnostics) -> BfdSession {
    let settings = &raw.settings;
    let mut session = BfdSession {
        name: raw.name.clone(),
        neighbor,
        source,
        min_rx: settings.time(&rows::MIN_RX).unwrap_or(Duration::from_millis(10)),
        min_tx: settings.time(&rows::MIN_TX).unwrap_or(Duration::from_millis(10)),
        idle_tx: settings.time(&rows::IDLE_TX).unwrap_or(Duration::from_secs(1)),
        multiplier: settings.value(&rows::MULTIPLIER).unwrap_or(5),
        passive: settings.flag(&rows::PASSIVE),
        ttl: settings.value(&rows::TTL).or_else(|| settings.value(&rows::HOPLIMIT)),
        max_hops: 0,
        multihop: settings.value(&rows::MULTIHOP).unwrap_or_default(),
        weight: settings.value(&rows::BFD_WEIGHT).unwrap_or_default(),
    };
    session.max_hops = max_hops(settings, session.full_hop_limit(), out);
    session
}

/// A neighbor that no packet reaches.
fn impossible(neighbor: IpAddr, span: Span, source: Option<IpAddr>) -> Option<Diagnostic> {
    let (is_link_local, is_broadcast) = match neighbor {
        IpAddr::V4(neighbor) => (false, neighbor.is_broadcast()),
        IpAddr::V6(neighbor) => (neighbor.is_unicast_link_local(), false),
    };
    if is_link_local {
        let what = format!("{neighbor} is a link-local address, and a session has no interface");
        let diagnostic = Diagnostic::new(Code::BfdSession, span, what).note(LEFT_OUT);
        return Some(diagnostic.help("use a global or unique local address of the peer"));
    }
    let why = if source == Some(neighbor) {
        "is our own address"
    } else if neighbor.is_unspecified() || neighbor.is_multicast() || is_broadcast {
        "is not the address of a single host"
    } else {
        return None;
    };
    Some(Diagnostic::new(Code::BfdSession, span, format!("{neighbor} {why}")).note(LEFT_OUT))
}

fn max_hops(settings: &Settings, ttl: u8, out: &mut Diagnostics) -> i16 {
    let Some(written) = settings.get(&rows::MAX_HOPS) else { return 0 };
    let hops = written.value;
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

/// Whether the packets that are taken are those that are meant.
fn check_hops(raw: &RawBlock, session: &BfdSession, out: &mut Diagnostics) {
    let settings = &raw.settings;
    if let Some(multihop) = settings.argument(&rows::MULTIHOP).or_else(|| settings.keyword(&rows::MULTIHOP))
        && session.multihop == Switch::On
        && session.max_hops == 0
    {
        let what = "packets that a router has passed on are dropped";
        let diagnostic = Diagnostic::new(Code::BfdMultihop, multihop, what);
        let diagnostic = diagnostic.note("`max_hops` says how many routers may have done so, and is 0");
        out.push(diagnostic.help("add `max_hops`, for example `max_hops 3`"));
    } else if session.multihop == Switch::Off
        && session.ttl.is_none()
        && !session.neighbor.is_ipv4()
        && session.least_hop_limit() > 0
    {
        let least = session.least_hop_limit();
        let what = format!("packets with a hop limit of {least} are taken, which hosts far away can send as well");
        let note = "keepalived sends IPv6 with a hop limit of 64; RFC 5881 asks for 255";
        let diagnostic = Diagnostic::new(Code::BfdHopLimit, raw.span, what).note(note);
        out.push(diagnostic.help("add `hoplimit 255`, on both ends"));
    }
}

fn check_intervals(settings: &Settings, session: &BfdSession, out: &mut Diagnostics) {
    for (row, interval) in [(&rows::MIN_TX, session.min_tx), (&rows::MIN_RX, session.min_rx)] {
        if let Some(span) = settings.argument(row).filter(|_| interval < SHORT) {
            let what = format!("{interval:?} is shorter than most machines can keep to");
            let note = "a pause of the scheduler, at either end, then counts as a failure";
            let diagnostic = Diagnostic::new(Code::BfdInterval, span, what).note(note);
            out.push(diagnostic.help("write 10 or more"));
        }
    }
}
