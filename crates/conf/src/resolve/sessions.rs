//! `bfd_instance` (keepalived-config §2.11).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::types::Family;

use super::trackers::watched;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::trackers as rows;
use crate::model::Switch;
use crate::model::limits;
use crate::model::watch::BfdSession;
use crate::read::{RawBlock, Settings};
use crate::say;
use crate::source::Span;

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
        let neighbor = settings.get(&rows::NEIGHBOUR_IP).filter(|_| settings.get(&rows::NEIGHBOR_IP).is_none());
        let neighbor = neighbor.or_else(|| watched(raw, &rows::NEIGHBOR_IP, out))?;
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
            return Some(say::bfd_session_name(raw.span, NAME_BYTES));
        }
        let source = raw.settings.get(&rows::SOURCE_IP);
        if let Some(source) = source
            && Family::of(&source.value) != Family::of(&neighbor)
        {
            return Some(say::other_family_session(source.span, source.value, neighbor));
        }
        if let Some(first) = self.ends.get(&(neighbor, source.map(|source| source.value))) {
            return Some(say::bfd_session_twice(raw.span, *first, neighbor));
        }
        (self.ends.len() >= limits::SESSIONS).then(|| say::bfd_session_too_many(raw.span, limits::SESSIONS))
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
        return Some(say::bfd_session_link_local(span, neighbor));
    }
    if source == Some(neighbor) {
        return Some(say::bfd_session_own(span, neighbor));
    }
    let is_no_host = neighbor.is_unspecified() || neighbor.is_multicast() || is_broadcast;
    is_no_host.then(|| say::bfd_session_no_host(span, neighbor))
}

fn max_hops(settings: &Settings, ttl: u8, out: &mut Diagnostics) -> i16 {
    let Some(written) = settings.get(&rows::MAX_HOPS) else { return 0 };
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
    if let Some(multihop) = settings.argument(&rows::MULTIHOP)
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
    for (row, interval) in [(&rows::MIN_TX, session.min_tx), (&rows::MIN_RX, session.min_rx)] {
        if let Some(span) = settings.argument(row).filter(|_| interval < SHORT) {
            out.push(say::bfd_interval(span, interval));
        }
    }
}
