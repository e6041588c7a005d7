//! The last transitions of each router, for whoever asks later what happened.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use vrrp::event::{Event, EventKind, Subject};
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::events::{Named, NamedEvent, Occurrence};

/// Transitions kept of each router and sync group.
pub(crate) const TRANSITIONS: usize = 64;
/// What else is kept of each: it never pushes a transition out.
const REMARKS: usize = 32;
/// Routers and groups of which anything is kept, those that a reload removed included; of more, the one of which nothing was
/// heard for longest is forgotten.
const SUBJECTS: usize = 8192;

/// Events that another program is given of the past at most, the newest: they are written while the threads stand still.
const HANDED_OVER: usize = 4096;

/// An event and its number: events count on in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) event: Arc<NamedEvent>,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only what came after this number. All that is kept if there was no such number yet: the daemon is another by then, and
    /// the clock was set back.
    pub(crate) since: u64,
    /// Only the router or the sync group of this name.
    pub(crate) about: Option<String>,
}

impl Wanted {
    /// Whether it is about one that is asked for.
    pub(crate) fn is_about(&self, subject: &Named) -> bool {
        self.about.as_ref().is_none_or(|wanted| match subject {
            Named::Daemon => false,
            Named::Router(name) | Named::Group(name) => name == wanted,
        })
    }
}

/// What happened to routers and groups. Events of the machine are not kept.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Number of the last event.
    last: u64,
    kept: HashMap<Named, Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    transitions: VecDeque<Entry>,
    remarks: VecDeque<Entry>,
}

/// An event without its names, of which all entries of a router have the same.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    at: SystemTime,
    event: Event,
}

/// What is kept of the past, for a program that goes on in the place of this one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Past {
    /// Number of the first event of the first of these programs.
    pub(super) begin: u64,
    /// In the order in which they came. What another version does not know is left out there.
    events: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct PastEvent {
    number: u64,
    subject: Named,
    at: SystemTime,
    since_boot: Instant,
    kind: EventKind,
}

impl History {
    /// Numbers begin above those of daemons that were there before: at the time of day in microseconds, and no daemon has a
    /// million events in a second. Programs that know numbers as doubles count to 2^53, the year 2255.
    pub(super) fn at(start: SystemTime) -> Self {
        let since = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        Self { last: u64::try_from(since).unwrap_or_default(), ..Self::default() }
    }

    /// The same, with what a program before has kept.
    pub(super) fn after(past: &Past, start: SystemTime) -> Self {
        let mut history = Self::at(start);
        for event in past.events.iter().filter_map(|event| PastEvent::deserialize(event).ok()) {
            // The ids of that program name nobody here.
            let subject = Subject::Router(RouterId::default());
            let what = Event { subject, at: event.since_boot, wall: None, kind: event.kind };
            history.keep(&event.subject, Entry { number: event.number, at: event.at, event: what });
            history.last = history.last.max(event.number);
        }
        history
    }

    /// What is kept, for the next program. `begin`: number of the first event of this one.
    pub(super) fn past(&self, begin: u64) -> Past {
        let entries = self.kept.iter().flat_map(|(subject, kept)| kept.iter().map(move |entry| (subject, entry)));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.number);
        let newest = entries.into_iter().rev().take(HANDED_OVER).rev();
        let event = |(subject, entry): (&Named, &Entry)| {
            let Entry { number, at, event } = *entry;
            let event = PastEvent { number, subject: subject.clone(), at, since_boot: event.at, kind: event.kind };
            serde_json::to_value(event).ok()
        };
        Past { begin, events: newest.filter_map(event).collect() }
    }

    /// Number of the last event.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Gives an event its number, and keeps it if it belongs to the story of a router.
    pub(super) fn take(&mut self, event: &Arc<NamedEvent>) -> Numbered {
        self.last += 1;
        if let Occurrence::Protocol(what) = &event.what {
            self.keep(&event.subject, Entry { number: self.last, at: event.at, event: *what });
        }
        Numbered { number: self.last, event: Arc::clone(event) }
    }

    fn keep(&mut self, subject: &Named, entry: Entry) {
        let Some(shelf) = shelf(&entry.event.kind) else { return };
        if !self.kept.contains_key(subject) {
            self.make_room();
            self.kept.insert(subject.clone(), Kept::default());
        }
        let Some(kept) = self.kept.get_mut(subject) else { return };
        let (entries, most) = match shelf {
            Shelf::Transitions => (&mut kept.transitions, TRANSITIONS),
            Shelf::Remarks => (&mut kept.remarks, REMARKS),
        };
        if entries.len() >= most {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    fn make_room(&mut self) {
        if self.kept.len() < SUBJECTS {
            return;
        }
        let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.last()).map(|(subject, _)| subject.clone());
        if let Some(oldest) = oldest {
            self.kept.remove(&oldest);
        }
    }

    /// What is kept of that which is asked for, in the order in which it came.
    pub(super) fn get(&self, wanted: &Wanted) -> VecDeque<Numbered> {
        let since = if wanted.since > self.last { 0 } else { wanted.since };
        let of_subjects = self.kept.iter().filter(|(subject, _)| wanted.is_about(subject));
        let entries = of_subjects.flat_map(|(subject, kept)| kept.iter().map(move |entry| (subject, entry)));
        let mut entries: Vec<_> = entries.filter(|(_, entry)| entry.number > since).collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.number);
        entries.into_iter().map(|(subject, entry)| entry.named(subject)).collect()
    }

    /// Whether anything is kept of the router or group of that name.
    pub(super) fn knows(&self, name: &str) -> bool {
        let wanted = Wanted { since: 0, about: Some(name.to_owned()) };
        self.kept.keys().any(|subject| wanted.is_about(subject))
    }
}

impl Kept {
    fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.transitions.iter().chain(&self.remarks)
    }

    /// Number of the newest entry.
    fn last(&self) -> u64 {
        self.iter().map(|entry| entry.number).max().unwrap_or(0)
    }
}

impl Entry {
    fn named(&self, subject: &Named) -> Numbered {
        let event = NamedEvent { at: self.at, subject: subject.clone(), what: Occurrence::Protocol(self.event) };
        Numbered { number: self.number, event: Arc::new(event) }
    }
}

/// Where an event is kept.
#[derive(Clone, Copy, Debug)]
enum Shelf {
    Transitions,
    Remarks,
}

/// `None`: nobody who asks why a router changed its state wants to know.
const fn shelf(kind: &EventKind) -> Option<Shelf> {
    match kind {
        EventKind::Transition(_) | EventKind::WaitingFor { .. } | EventKind::Flapping { .. } => {
            Some(Shelf::Transitions)
        }
        EventKind::PriorityChanged { .. }
        | EventKind::NearFailover { .. }
        | EventKind::InferiorAdvert(_)
        | EventKind::TwoMasters { .. }
        | EventKind::RedundancyLost { .. }
        | EventKind::RedundancyBack(_)
        | EventKind::DeafPeer { .. }
        | EventKind::SamePriority(_)
        | EventKind::OwnerConflict(_)
        | EventKind::UnlistedPeer(_)
        | EventKind::Stalled { .. } => Some(Shelf::Remarks),
        EventKind::IntervalMismatch { .. } | EventKind::AddressMismatch(_) | EventKind::Discarded { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vrrp::event::{Reason, StateName, Subject, Transition};
    use vrrp::time::Instant;
    use vrrp::types::{Priority, RouterId};

    use super::*;

    const TRANSITION: EventKind = EventKind::Transition(Transition {
        from: StateName::Initialize,
        to: StateName::Backup,
        reason: Reason::Ready,
        priority: Priority::new(100),
        after: Duration::ZERO,
        unreported: 0,
    });
    const STALL: EventKind = EventKind::Stalled { late: Duration::from_secs(1) };

    fn event(router: &str, kind: EventKind) -> Arc<NamedEvent> {
        let event = Event { subject: Subject::Router(RouterId::default()), at: Instant::default(), wall: None, kind };
        let subject = Named::Router(router.to_owned());
        Arc::new(NamedEvent { at: SystemTime::UNIX_EPOCH, subject, what: Occurrence::Protocol(event) })
    }

    fn numbers(history: &History, since: u64, about: Option<&str>) -> Vec<u64> {
        let wanted = Wanted { since, about: about.map(str::to_owned) };
        history.get(&wanted).iter().map(|it| it.number).collect()
    }

    #[test]
    fn the_last_transitions_are_kept_whatever_else_happens() {
        let mut history = History::default();
        history.take(&event("A", TRANSITION));
        for _ in 0..1000 {
            history.take(&event("A", STALL));
        }
        assert_eq!(numbers(&history, 0, None).len(), 1 + REMARKS);
        assert_eq!(numbers(&history, 0, None)[0], 1);
        for _ in 0..1000 {
            history.take(&event("A", TRANSITION));
        }
        let all = numbers(&history, 0, None);
        assert_eq!((all.len(), all.last()), (TRANSITIONS + REMARKS, Some(&2001)));
        assert!(all.is_sorted());
    }

    #[test]
    fn what_came_after_a_number_and_of_whom() {
        let mut history = History::default();
        for router in ["A", "B", "A"] {
            history.take(&event(router, TRANSITION));
        }
        let dropped = EventKind::Discarded { reason: vrrp::discard::Discard::Checksum, source: [10, 0, 0, 1].into() };
        history.take(&event("A", dropped));
        for (since, about, expected) in [
            (0, None, &[1, 2, 3][..]),
            (1, None, &[2, 3]),
            (4, None, &[]),
            (0, Some("A"), &[1, 3]),
            (1, Some("A"), &[3]),
            (0, Some("C"), &[]),
            // Of a daemon that was here before.
            (5, None, &[1, 2, 3]),
        ] {
            assert_eq!(numbers(&history, since, about), expected, "{since} {about:?}");
        }
        assert!(history.knows("B") && !history.knows("C"));
    }

    #[test]
    fn who_knows_a_number_of_the_daemon_before_is_told_all_of_this_one() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut before = History::at(at(1_800_000_000));
        let known = (0..1000).map(|_| before.take(&event("A", TRANSITION)).number).max().unwrap();
        let mut history = History::at(at(1_800_000_001));
        let first = history.take(&event("A", TRANSITION)).number;
        assert!(first > known && first < 1 << 53, "{known} {first}");
        assert_eq!(numbers(&history, known, None), [first]);
        assert!(numbers(&history, first, None).is_empty());
        // The clock was set back.
        let mut history = History::at(at(0));
        let first = history.take(&event("A", TRANSITION)).number;
        assert_eq!(numbers(&history, known, None), [first]);
    }

    #[test]
    fn of_too_many_the_quietest_is_forgotten() {
        let mut history = History::default();
        for router in 0..SUBJECTS {
            history.take(&event(&router.to_string(), TRANSITION));
        }
        history.take(&event("0", TRANSITION));
        history.take(&event("one more", TRANSITION));
        assert_eq!(history.kept.len(), SUBJECTS);
        assert!(history.knows("0") && history.knows("one more") && !history.knows("1"));
    }

    /// What a program before kept is there under its numbers, and new events have higher ones, also if the clock was set back.
    #[test]
    fn a_program_goes_on_with_what_the_one_before_kept() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut before = History::at(at(1_800_000_000));
        for router in ["A", "B", "A"] {
            before.take(&event(router, TRANSITION));
        }
        let begin = before.last() - 2;
        let mut text = serde_json::to_value(before.past(begin)).unwrap();
        // What another version says of events, and this one does not know.
        text["events"].as_array_mut().unwrap().push(serde_json::json!({"number": 1, "kind": {"Unheard": {}}}));
        let past: Past = serde_json::from_value(text).unwrap();
        for now in [1_800_000_001, 1_700_000_000] {
            let mut history = History::after(&past, at(now));
            assert_eq!(numbers(&history, 0, None), [begin, begin + 1, begin + 2]);
            assert_eq!(numbers(&history, 0, Some("A")), [begin, begin + 2]);
            let first = history.take(&event("A", TRANSITION)).number;
            assert!(first > begin + 2);
            assert_eq!(numbers(&history, begin + 2, None), [first]);
        }
    }

    #[test]
    fn of_very_many_events_the_newest_are_handed_over() {
        let mut history = History::default();
        for router in 0..HANDED_OVER + 10 {
            history.take(&event(&router.to_string(), TRANSITION));
        }
        let after = History::after(&history.past(1), SystemTime::UNIX_EPOCH);
        let all = numbers(&after, 0, None);
        assert_eq!((all.len(), all[0]), (HANDED_OVER, 11));
    }
}
