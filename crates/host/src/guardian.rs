//! What the guardian of a daemon decides: a process beside it that says priority 0 in its name when it dies or hangs, holds its
//! addresses until a successor is heard, and then lets go of them. Without a clock and without a machine, so that every order of
//! events can be tried.
//!
//! ```text
//!                 killed, crashed
//!   +----------+  late at three looks  +-----------+  said   +---------+  successor heard, or   +-------+
//!   | Watching |---------------------->| Releasing |-------->| Holding |--time is over (death)->| Ended |
//!   +----------+                       +-----------+         +---------+                        +-------+
//!        ^                                                        |
//!        +--------------- the daemon goes on (hang) --------------+
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp::time::Instant;

/// Time between two looks at the daemon while any of its routers is Active.
pub const LOOK: Duration = Duration::from_millis(100);
/// Looks in a row at which the daemon must be late. One look may fall into the moment at which it wakes.
const LOOKS: u8 = 3;
/// A look that comes later than this was late itself: the machine stood still or slept, and the daemon with it.
const LATE_LOOK: Duration = Duration::from_millis(200);
/// No daemon hangs that is late by less, however short its intervals: a busy machine makes everybody that late.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// By how much a daemon may be late whose peers take over after `down_interval`: a third of it, long before they do unless it is
/// very short.
#[must_use]
pub fn patience(down_interval: Duration) -> Duration {
    (down_interval / 3).max(LEAST_PATIENCE)
}

/// Why priority 0 is said in a daemon's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It has ended, and did not say that it would.
    Death,
    /// It lives and does nothing.
    Hang,
}

/// Whether a daemon that ends leaves something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// It runs, or has not undone everything.
    On,
    /// It has not changed anything yet, or has undone everything.
    Off,
}

/// What the daemon's protocol thread shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Beat {
    /// When it will have shown itself again; `None`: it sleeps until somebody wakes it.
    pub due: Option<Instant>,
    /// By how much it may be late.
    pub patience: Duration,
}

/// What the kernel says of the daemon's threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    /// They may run.
    Free,
    /// A signal or a debugger has stopped them: they do nothing, however busy the machine is.
    Stopped,
}

/// What the guardian is to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step<R> {
    /// Nothing.
    Nothing,
    /// Say priority 0 in the name of all routers that are Active; of a daemon that hangs take the role first, so that it knows
    /// when it wakes. Then tell [`Guardian::released`] which they were.
    Release(Cause),
    /// Take the addresses of these routers away.
    Withdraw(Vec<R>),
    /// Undo everything the daemon has done, and end.
    UndoAll,
    /// End, without touching anything.
    End,
}

/// The guardian of one daemon, whose routers are known as `R`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guardian<R: Ord> {
    state: State<R>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State<R: Ord> {
    Watching(Doubt),
    Releasing(Cause),
    /// Routers whose successor is not there yet.
    Holding {
        cause: Cause,
        routers: BTreeMap<R, Held>,
    },
    Ended,
}

/// Looks at which the daemon was late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Doubt {
    late: u8,
    looked: Instant,
    /// Since when each look has found it stopped.
    stopped: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Held {
    hold: Duration,
    /// `None` while the daemon lives: without a successor its addresses are better than none.
    until: Option<Instant>,
}

impl<R: Ord + Clone> Guardian<R> {
    /// One that has just begun to watch.
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::Watching(Doubt::default()) }
    }

    /// Whether looks are due, of a daemon with Active routers.
    #[must_use]
    pub const fn is_watching(&self) -> bool {
        matches!(self.state, State::Watching(_))
    }

    /// Looks at the daemon, which has Active routers. One that is stopped gets half the patience, from when it was found so.
    pub fn look(&mut self, now: Instant, beat: Beat, motion: Motion) -> Step<R> {
        let State::Watching(doubt) = &mut self.state else { return Step::Nothing };
        let was_on_time = now.since(doubt.looked) <= LATE_LOOK;
        let stopped = match motion {
            Motion::Free => None,
            Motion::Stopped => doubt.stopped.filter(|_| was_on_time).or(Some(now)),
        };
        let is_late = beat.due.is_some_and(|due| now.since(due) > beat.patience)
            || stopped.is_some_and(|since| now.since(since) > beat.patience / 2);
        let late = if is_late && was_on_time { doubt.late + 1 } else { 0 };
        *doubt = Doubt { late, looked: now, stopped };
        if late < LOOKS {
            return Step::Nothing;
        }
        self.state = State::Releasing(Cause::Hang);
        Step::Release(Cause::Hang)
    }

    /// The daemon has ended.
    pub fn died(&mut self, now: Instant, duty: Duty) -> Step<R> {
        match (&mut self.state, duty) {
            (State::Ended, _) => Step::Nothing,
            (State::Watching(_), Duty::Off) => self.end(Step::End),
            (State::Watching(_) | State::Releasing(_), _) => {
                self.state = State::Releasing(Cause::Death);
                Step::Release(Cause::Death)
            }
            (State::Holding { cause, routers }, _) => {
                *cause = Cause::Death;
                routers.values_mut().for_each(|held| held.until = Some(now + held.hold));
                self.unless_all_are_let_go(Vec::new())
            }
        }
    }

    /// Priority 0 was said for these routers, each with the time for which its addresses may be held.
    pub fn released(&mut self, now: Instant, routers: impl Iterator<Item = (R, Duration)>) -> Step<R> {
        let State::Releasing(cause) = self.state else { return Step::Nothing };
        let until = |hold| match cause {
            Cause::Death => Some(now + hold),
            Cause::Hang => None,
        };
        let routers = routers.map(|(router, hold)| (router, Held { hold, until: until(hold) })).collect();
        self.state = State::Holding { cause, routers };
        self.unless_all_are_let_go(Vec::new())
    }

    /// Somebody else speaks as master of this router.
    pub fn heard(&mut self, router: &R) -> Step<R> {
        let State::Holding { routers, .. } = &mut self.state else { return Step::Nothing };
        if routers.remove(router).is_none() { Step::Nothing } else { self.unless_all_are_let_go(vec![router.clone()]) }
    }

    /// Time has passed: a dead daemon's addresses are held no longer.
    pub fn expire(&mut self, now: Instant) -> Step<R> {
        let State::Holding { routers, .. } = &mut self.state else { return Step::Nothing };
        let is_over = |held: &Held| held.until.is_some_and(|until| until <= now);
        let over: Vec<R> = routers.iter().filter(|(_, held)| is_over(held)).map(|(router, _)| router.clone()).collect();
        routers.retain(|_, held| !is_over(held));
        if over.is_empty() { Step::Nothing } else { self.unless_all_are_let_go(over) }
    }

    /// The daemon goes on: it knows that its role was taken, and has given it up.
    pub fn resumed(&mut self) {
        if let State::Holding { cause: Cause::Hang, .. } | State::Releasing(Cause::Hang) = self.state {
            *self = Self::new();
        }
    }

    /// When to call [`expire`](Self::expire).
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Holding { routers, .. } => routers.values().filter_map(|held| held.until).min(),
            State::Watching(_) | State::Releasing(_) | State::Ended => None,
        }
    }

    /// Whether a successor of this router is waited for.
    #[must_use]
    pub fn holds(&self, router: &R) -> bool {
        matches!(&self.state, State::Holding { routers, .. } if routers.contains_key(router))
    }

    /// These routers are let go; with the last of a dead daemon goes everything else.
    fn unless_all_are_let_go(&mut self, let_go: Vec<R>) -> Step<R> {
        match &self.state {
            State::Holding { cause: Cause::Death, routers } if routers.is_empty() => self.end(Step::UndoAll),
            State::Holding { .. } | State::Watching(_) | State::Releasing(_) | State::Ended if let_go.is_empty() => {
                Step::Nothing
            }
            State::Holding { .. } | State::Watching(_) | State::Releasing(_) | State::Ended => Step::Withdraw(let_go),
        }
    }

    fn end(&mut self, last: Step<R>) -> Step<R> {
        self.state = State::Ended;
        last
    }
}

impl<R: Ord + Clone> Default for Guardian<R> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
