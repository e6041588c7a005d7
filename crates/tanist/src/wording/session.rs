//! BFD sessions in words.

use std::net::IpAddr;

use vrrp::bfd::{Diag, Discard, EventKind, Reason, SessionState};
use vrrp::input::Reading;

use super::{Words, info, rounded, tracker, warning};

/// What happened to the session that is called `name` in the configuration.
pub(super) fn words(name: &str, neighbor: IpAddr, kind: &EventKind) -> Words {
    let what = what(neighbor, kind);
    match kind {
        EventKind::Changed { to, .. } => {
            let text = format!("{name} is {}: {what}", tracker::reading(*to));
            match to {
                Reading::Up | Reading::Unknown | Reading::Level(_) => info("tracker", text),
                Reading::Down => warning("tracker", text),
            }
        }
        EventKind::Flapping { .. } | EventKind::Discarded { .. } => warning("tracker", format!("{name}: {what}")),
    }
}

pub(super) fn what(neighbor: IpAddr, kind: &EventKind) -> String {
    match kind {
        EventKind::Changed { from, reason, after, unreported, .. } => {
            let was = match from {
                Reading::Unknown => String::new(),
                Reading::Up | Reading::Down | Reading::Level(_) => {
                    format!(" (was {} for {})", tracker::reading(*from), rounded(*after))
                }
            };
            let flapping = match unreported {
                0 => String::new(),
                changes => format!("; flapping: {changes} changes before this one were not reported"),
            };
            format!("{}{was}{flapping}", self::reason(neighbor, reason))
        }
        EventKind::Flapping { unreported } => {
            format!("flapping: it went up and down {unreported} times and is as before")
        }
        EventKind::Discarded { reason, source } => {
            format!("a packet from {source} was dropped: {}", discard(*reason))
        }
    }
}

fn reason(neighbor: IpAddr, reason: &Reason) -> String {
    match reason {
        Reason::Silent { detection_time } => {
            format!("nothing was heard from {neighbor} for {}", rounded(*detection_time))
        }
        Reason::Signalled { state: SessionState::Init | SessionState::Up, .. } => {
            format!("{neighbor} and this machine hear each other")
        }
        Reason::Signalled { state: SessionState::AdminDown, .. } => format!("{neighbor} stopped its end on purpose"),
        Reason::Signalled { state: SessionState::Down, diag: Diag::NONE } => {
            format!("{neighbor} says that its end is down, for example because it was started anew")
        }
        Reason::Signalled { state: SessionState::Down, diag } => {
            format!("{neighbor} says that its end is down: {}", self::diag(*diag))
        }
        Reason::NeverUp { last_heard: None } => format!("it did not come up: {neighbor} is not heard"),
        Reason::NeverUp { last_heard: Some(_) } => {
            format!("it did not come up: {neighbor} is heard, but does not hear this machine")
        }
    }
}

/// RFC 5880's word for a state.
pub(crate) const fn state(state: SessionState) -> &'static str {
    match state {
        SessionState::AdminDown => "AdminDown",
        SessionState::Down => "Down",
        SessionState::Init => "Init",
        SessionState::Up => "Up",
    }
}

/// Why a system says that it changed the state of its end (RFC 5880 §4.1).
pub(crate) fn diag(diag: Diag) -> String {
    let known = match diag.0 {
        0 => "no diagnostic",
        1 => "it heard nothing for the detection time",
        2 => "its echo function failed",
        3 => "the other end said that it is down",
        4 => "its forwarding plane was reset",
        5 => "the path is down",
        6 => "the path behind it is down",
        7 => "it was stopped on purpose",
        8 => "the path behind the other end is down",
        other => return format!("diagnostic {other}"),
    };
    known.to_owned()
}

/// Why a packet was dropped.
const fn discard(reason: Discard) -> &'static str {
    match reason {
        Discard::TooShort => "shorter than a BFD packet",
        Discard::Version => "another BFD version",
        Discard::Length => "its length is less than that of a BFD packet",
        Discard::Multiplier => "detection multiplier 0",
        Discard::Multipoint => "it is of a point-to-multipoint session",
        Discard::NoDiscriminator => "discriminator 0",
        Discard::NotNamed => "it does not name this session",
        Discard::NoSession => "it belongs to no session here",
        Discard::HopLimit => "it came over more hops than max_hops allows",
        Discard::Authentication => "it is authenticated, which tanist does not support for BFD",
    }
}
