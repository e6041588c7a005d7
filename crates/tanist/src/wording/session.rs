//! BFD sessions in words.

use std::net::IpAddr;
use std::sync::Arc;

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

/// Most sessions that are named together.
const NAMED: usize = 3;

/// Why no program can take the place of the daemon's: the peers of these sessions do not answer a Poll.
pub(crate) fn no_pause(silent: &[(Arc<str>, IpAddr)]) -> String {
    let named: Vec<_> = silent.iter().take(NAMED).map(|(name, peer)| format!("{peer} (bfd_instance {name})")).collect();
    let more = match silent.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "a BFD session would be lost meanwhile: {}{more} did not agree to a longer interval: try again, or restart the service",
        named.join(", ")
    )
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
        Discard::WrongLink => "it does not name this session, and came over another link than packets that do",
        Discard::Authentication => "it is authenticated, which tanist does not support for BFD",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_happens_to_a_session_is_plain_english() {
        let neighbor = IpAddr::from([192, 0, 2, 1]);
        let changed = |from, to, reason, unreported| EventKind::Changed {
            from,
            to,
            reason,
            after: Duration::from_secs(5),
            unreported,
        };
        let down = Reason::Signalled { state: SessionState::Down, diag: Diag::SILENT };
        for (kind, text) in [
            (
                changed(Reading::Up, Reading::Down, Reason::Silent { detection_time: Duration::from_millis(50) }, 0),
                "gw is down: nothing was heard from 192.0.2.1 for 50ms (was up for 5s)",
            ),
            (
                changed(Reading::Up, Reading::Down, down, 3),
                "gw is down: 192.0.2.1 says that its end is down: it heard nothing for the detection time (was up for \
                 5s); flapping: 3 changes before this one were not reported",
            ),
            (
                changed(Reading::Unknown, Reading::Down, Reason::NeverUp { last_heard: None }, 0),
                "gw is down: it did not come up: 192.0.2.1 is not heard",
            ),
            (
                EventKind::Discarded { reason: Discard::Authentication, source: neighbor },
                "gw: a packet from 192.0.2.1 was dropped: it is authenticated, which tanist does not support for BFD",
            ),
        ] {
            assert_eq!(words("gw", neighbor, &kind).text, text);
        }
    }
}
