//! Mails: what they say, in keepalived's words, and what becomes of them.

use std::net::IpAddr;

use vrrp::event::EventKind;
use vrrp::types::MacAddr;

use super::{NotifyState, Severity, protocol};
use crate::ports::events::Named;
use crate::ports::mail::MailReport;

/// Subject, without the name of the machine, and body of a mail about a change. `None`: there is none about the daemon.
pub(crate) fn mail(subject: &Named, state: NotifyState) -> Option<(String, &'static str)> {
    let becomes = match state {
        NotifyState::Master => "Entering MASTER state",
        NotifyState::Backup => "Entering BACKUP state",
        NotifyState::Fault => "Entering FAULT state",
        NotifyState::Stop => "Stopping",
        NotifyState::Deleted => "Deleted",
    };
    match subject {
        Named::Daemon => None,
        Named::Router(name) => {
            let body = match state {
                NotifyState::Master => "=> VRRP Instance is now owning VRRP VIPs <=",
                NotifyState::Backup | NotifyState::Fault => "=> VRRP Instance is no longer owning VRRP VIPs <=",
                NotifyState::Stop => "=> VRRP Instance stopping <=",
                NotifyState::Deleted => "=> VRRP Deleted at reload <=",
            };
            Some((format!("VRRP Instance {name} - {becomes}"), body))
        }
        Named::Group(name) => {
            let body = match state {
                NotifyState::Master => "=> All VRRP group instances are now in MASTER state <=",
                NotifyState::Backup => "=> All VRRP group instances are now in BACKUP state <=",
                NotifyState::Fault => "=> All VRRP group instances are now in FAULT state <=",
                NotifyState::Stop | NotifyState::Deleted => "=> All VRRP group instances are now stopping <=",
            };
            Some((format!("VRRP Group {name} - {becomes}"), body))
        }
    }
}

/// Something wrong about a router, or no longer, of which mails tell: each with the whole of it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    TwoMasters { culprit: IpAddr, text: String },
    RedundancyLost { text: String },
    RedundancyBack { text: String },
}

impl Alert {
    /// What is to be told of an event. `None`: nothing.
    pub(crate) fn of(kind: &EventKind) -> Option<Self> {
        let text = || protocol::words(kind).text;
        match kind {
            EventKind::TwoMasters { peer, .. } => Some(Self::TwoMasters { culprit: peer.address, text: text() }),
            EventKind::RedundancyLost { .. } => Some(Self::RedundancyLost { text: text() }),
            EventKind::RedundancyBack(_) => Some(Self::RedundancyBack { text: text() }),
            EventKind::Transition(_)
            | EventKind::WaitingFor { .. }
            | EventKind::Flapping { .. }
            | EventKind::PriorityChanged { .. }
            | EventKind::InferiorAdvert(_)
            | EventKind::NearFailover { .. }
            | EventKind::DeafPeer { .. }
            | EventKind::SamePriority(_)
            | EventKind::OwnerConflict(_)
            | EventKind::IntervalMismatch { .. }
            | EventKind::AddressMismatch(_)
            | EventKind::UnlistedPeer(_)
            | EventKind::Discarded { .. }
            | EventKind::Stalled { .. } => None,
        }
    }
}

/// Subject, without the name of the machine, and body of a mail about something wrong.
pub(crate) fn alert_mail(owner: &Named, alert: &Alert) -> (String, String) {
    let (what, text) = match alert {
        Alert::TwoMasters { text, .. } => ("Two masters", text),
        Alert::RedundancyLost { text } => ("Redundancy lost", text),
        Alert::RedundancyBack { text } => ("Redundancy is back", text),
    };
    (format!("VRRP Instance {} - {what}", owner.router()), text.clone())
}

/// The end of a mail about another router: the MAC that it sends from, if that was seen.
pub(crate) fn sender(mac: Option<MacAddr>) -> String {
    match mac {
        Some(mac) => format!("\r\nIt sends from MAC {mac}."),
        None => "\r\nIts MAC was not seen.".to_owned(),
    }
}

/// What becomes of mails.
pub(crate) fn mail_report(report: &MailReport) -> (Severity, String) {
    match report {
        MailReport::Waiting { why, patience } => {
            (Severity::Warning, format!("mail cannot be sent: {why}; it is tried again for {} s", patience.as_secs()))
        }
        MailReport::Lost { why } => {
            let more = "`tanist status` counts those that follow";
            (Severity::Warning, format!("a mail is lost: {why}; {more}"))
        }
        MailReport::TakenAgain { lost: 0 } => (Severity::Info, "mail can be sent again".to_owned()),
        MailReport::TakenAgain { lost } => (Severity::Info, format!("mail can be sent again; {lost} mails were lost")),
        MailReport::RecipientRefused { address, why } => {
            (Severity::Warning, format!("the mail server takes no mail for {address}: {why}; others get it"))
        }
        MailReport::LeftBehind { mails } => {
            (Severity::Warning, format!("{mails} mails are not sent: the daemon stops, and the mail server is slow"))
        }
    }
}
