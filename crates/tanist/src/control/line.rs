//! An event as a line of the event stream.

use vrrp::event::EventKind;

use super::api::EventLine;
use super::state::Control;
use crate::ports::events::{Named, Occurrence};
use crate::ports::history::Numbered;
use crate::wording;
use crate::wording::NotifyState;

pub(super) fn of(numbered: &Numbered, control: &Control) -> EventLine {
    let event = &numbered.event;
    let words = wording::of(&event.what);
    let mut line = EventLine {
        number: numbered.number,
        time: wording::time(event.at),
        router: event.subject.router().to_owned(),
        group: match &event.subject {
            Named::Group(name) => Some(name.clone()),
            Named::Daemon | Named::Router(_) => None,
        },
        event: words.kind.to_owned(),
        from: None,
        to: None,
        reason: words.text,
        priority: None,
        after_seconds: None,
        address: None,
        mac: None,
    };
    let Occurrence::Protocol(engine) = &event.what else { return line };
    if let Some((becomes, priority)) = NotifyState::of(&engine.kind) {
        line.to = Some(becomes.word().to_owned());
        line.priority = Some(priority.value());
    }
    if let EventKind::Transition(transition) = &engine.kind {
        line.from = Some(wording::state(transition.from).to_owned());
        line.after_seconds = Some(transition.after.as_secs_f64());
    }
    if let Some(peer) = wording::peer(&engine.kind) {
        let interface = control.directory.borrow().interface_of(&line.router);
        let mac = interface.and_then(|interface| control.sightings.mac(&interface, peer));
        (line.address, line.mac) = (Some(peer.to_string()), mac.map(|mac| mac.to_string()));
    }
    line
}
