//! An event as a line of the event stream.

use vrrp::event::EventKind;

use super::api::EventLine;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::wording;

pub(super) fn of(event: &NamedEvent) -> EventLine {
    let words = wording::of(&event.what);
    let mut line = EventLine {
        time: wording::time(event.at),
        router: event.router.clone(),
        event: words.kind.to_owned(),
        from: None,
        to: None,
        reason: words.text,
        priority: None,
        after_seconds: None,
    };
    if let Occurrence::Protocol(vrrp::event::Event { kind: EventKind::Transition(transition), .. }) = &event.what {
        let (from, to) = wording::states(transition);
        line.from = Some(from.to_owned());
        line.to = Some(to.to_owned());
        line.priority = Some(transition.priority.value());
        line.after_seconds = Some(transition.after.as_secs_f64());
    }
    line
}
