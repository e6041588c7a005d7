//! Words: what happened, in English, for the log and for those who follow. No other part of the daemon makes sentences
//! of events.

mod host;
mod mail;
mod network;
mod protocol;
mod script;
mod session;
mod state;
mod tracker;
mod why;

use std::time::{Duration, SystemTime};

pub(crate) use self::host::{routing_state, static_state, unusable};
pub(crate) use self::mail::{Alert, alert_mail, mail, mail_report, sender};
pub(crate) use self::network::barrier;
pub(crate) use self::protocol::{cause, deadline, discard, peer, reason, state};
pub(crate) use self::script::{report, weak as weak_script};
pub(crate) use self::session::{diag as session_diag, no_pause, state as session_state};
pub(crate) use self::state::{Notice, NotifyState};
pub(crate) use self::tracker::{key, outcome, reading};
pub(crate) use self::why::{Said, finding};
use crate::ports::events::{Named, NamedEvent, Occurrence};
use crate::ports::pulse::Health;

/// How much an event matters to whoever reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Debug,
    Info,
    Warning,
    Error,
}

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// Its kind, a word for programs.
    pub(crate) kind: &'static str,
    /// What happened, without its subject.
    pub(crate) text: String,
    pub(crate) severity: Severity,
}

/// An event in words.
pub(crate) fn of(event: &Occurrence) -> Words {
    match event {
        Occurrence::Protocol(event) => protocol::words(&event.kind),
        Occurrence::Host(event) => host::words(&event.what),
        Occurrence::HostThread(Health::Silent) => error(
            "host_thread",
            "the host thread hangs: addresses can no longer be kept, so that all routers leave the election".to_owned(),
        ),
        Occurrence::HostThread(Health::Alive) => info("host_thread", "the host thread works again".to_owned()),
        Occurrence::Network { what, error } => network::failed(what, error),
        Occurrence::PeerMac { link, peer, mac } => info("peer_mac", format!("{peer} sends from {mac} on {link}")),
        Occurrence::Unheard { unheard: it, .. } => network::unheard(it),
        Occurrence::UnknownVrid { link, source, vrid } => {
            let text = format!("{source} advertises VRID {vrid} on {link}, where no router here has it");
            info("unknown_vrid", text)
        }
        Occurrence::AnnouncementsLost(count) => {
            let text = format!("{count} announcements were left out: the host thread does not keep up");
            warning("announcements_lost", text)
        }
        Occurrence::Tracker(event) => tracker::words(event),
    }
}

/// An event as a line of the log.
pub(crate) fn line(event: &NamedEvent, words: &Words) -> String {
    let text = match &event.what {
        Occurrence::Protocol(engine) => protocol::line(&engine.kind, &words.text),
        Occurrence::Host(_)
        | Occurrence::HostThread(_)
        | Occurrence::Network { .. }
        | Occurrence::PeerMac { .. }
        | Occurrence::Unheard { .. }
        | Occurrence::UnknownVrid { .. }
        | Occurrence::AnnouncementsLost(_)
        | Occurrence::Tracker(_) => words.text.clone(),
    };
    match &event.subject {
        Named::Daemon => text,
        subject @ (Named::Router(_) | Named::Group(_)) => format!("{subject}: {text}"),
    }
}

/// A time of day, RFC 3339.
pub(crate) fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_micros(at).to_string()
}

fn debug(kind: &'static str, text: String) -> Words {
    Words { kind, text, severity: Severity::Debug }
}

fn info(kind: &'static str, text: String) -> Words {
    Words { kind, text, severity: Severity::Info }
}

fn warning(kind: &'static str, text: String) -> Words {
    Words { kind, text, severity: Severity::Warning }
}

fn error(kind: &'static str, text: String) -> Words {
    Words { kind, text, severity: Severity::Error }
}

fn rounded(duration: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}
