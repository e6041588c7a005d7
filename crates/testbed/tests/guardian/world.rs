//! A daemon with its guardian and its machine, another router, and the wire between them. Time goes in ticks of a look; within a
//! tick everything that can happen may happen in any order, and nobody who runs sleeps through one.

use host::{Beat, Cause, Duty, Guardian, LOOK, Motion, Step};
use vrrp::time::Instant;

/// Ticks: the interval, the other router's skew time and down interval, the daemon's own down interval.
const INTERVAL: u8 = 5;
const SKEW: u8 = 3;
const DOWN: u8 = 3 * INTERVAL + SKEW;
const OWN_DOWN: u8 = 3 * INTERVAL + 1;
/// When it is over.
const END: u8 = 42;
/// The daemon's router, as the guardian knows it.
const ROUTER: u8 = 0;

/// A mistake that the guardian or the daemon makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// The guardian says priority 0 without a word to the daemon.
    RoleIsNotTaken,
    /// A daemon starts although a guardian has the state directory.
    LockIgnored,
    /// The guardian does not hear the successor.
    DoesNotListen,
}

/// How often each may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    pub(crate) kills: u8,
    pub(crate) stops: u8,
    /// What the kernel says of one that stands still: nothing, if it is not stopped but in a circle.
    pub(crate) stands: Motion,
    pub(crate) guardian_kills: u8,
    pub(crate) losses: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    Runs,
    Stopped,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Role {
    Backup { expires: u8 },
    Active { next: u8 },
}

/// How far the daemon's loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Turn {
    Sleeps,
    /// The role was not taken when it looked: an advert is about to leave.
    Sends,
    /// One has left; it looks again.
    Sent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lock {
    Free,
    Daemon,
    Guardian,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Message {
    Advert,
    Release,
}

/// What the guardian has still to do of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Take,
    Say(Cause),
    Hold(Cause),
    Claim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Tick,
    Daemon,
    GuardianLooks,
    GuardianHearsOfDeath,
    GuardianWakes,
    GuardianGoesOn,
    GuardianExpires,
    Other,
    ArrivesThere,
    ArrivesHere,
    IsLost,
    Kill,
    Stop,
    Continue,
    KillGuardian,
    StartGuardian,
    Start,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    now: u8,
    faults: Faults,
    daemon: Process,
    role: Role,
    turn: Turn,
    /// Shared memory: when the daemon will have shown itself, whether its router is Active, whether the role is taken.
    due: u8,
    shown_active: bool,
    taken: bool,
    /// The daemon woke the guardian.
    bell: bool,
    lock: Lock,
    /// The machine has the address.
    address: bool,
    guardian: Option<Guardian<u8>>,
    parts: Vec<Part>,
    looked: u8,
    other: Role,
    /// On their way to the other router, and from it.
    there: Vec<Message>,
    here: u8,
    /// The guardian's socket has something from it.
    unheard: bool,
    /// Ticks for which both held the address although nothing was lost.
    both: u8,
    dead_for: u8,
    succeeded: bool,
    hung: bool,
}

fn at(tick: u8) -> Instant {
    // Not at the clock's beginning.
    Instant::from_nanos(1_000_000_000) + LOOK * u32::from(tick)
}

impl World {
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            now: 0,
            faults,
            daemon: Process::Runs,
            role: Role::Active { next: INTERVAL },
            turn: Turn::Sleeps,
            due: INTERVAL,
            shown_active: true,
            taken: false,
            bell: false,
            lock: Lock::Daemon,
            address: true,
            guardian: Some(Guardian::new()),
            parts: Vec::new(),
            looked: 0,
            other: Role::Backup { expires: DOWN },
            there: Vec::new(),
            here: 0,
            unheard: false,
            both: 0,
            dead_for: 0,
            succeeded: false,
            hung: false,
        }
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.now >= END
    }

    pub(crate) fn possible(&self, bug: Bug) -> Vec<Action> {
        let mut urgent = Vec::new();
        let is_due = match self.role {
            Role::Active { next } => next <= self.now,
            Role::Backup { expires } => expires <= self.now,
        };
        if self.daemon == Process::Runs && (is_due || self.taken || self.turn != Turn::Sleeps) {
            urgent.push(Action::Daemon);
        }
        let is_due = match self.other {
            Role::Active { next } => next <= self.now,
            Role::Backup { expires } => expires <= self.now,
        };
        urgent.extend(is_due.then_some(Action::Other));
        if !self.there.is_empty() {
            urgent.push(Action::ArrivesThere);
        }
        if self.here > 0 {
            urgent.push(Action::ArrivesHere);
        }
        urgent.extend(self.of_guardian());
        let mut all = urgent.clone();
        if urgent.is_empty() {
            all.push(Action::Tick);
        }
        all.extend(self.faults(bug));
        all
    }

    fn of_guardian(&self) -> Vec<Action> {
        let mut urgent = Vec::new();
        let Some(guardian) = &self.guardian else {
            urgent.extend((self.daemon == Process::Runs && self.lock == Lock::Daemon).then_some(Action::StartGuardian));
            return urgent;
        };
        if !self.parts.is_empty() {
            return vec![Action::GuardianGoesOn];
        }
        if self.daemon == Process::Dead && self.dead_for == 0 {
            urgent.push(Action::GuardianHearsOfDeath);
        }
        if self.bell {
            urgent.push(Action::GuardianWakes);
        }
        if self.looked < self.now && guardian.is_watching() && self.shown_active {
            urgent.push(Action::GuardianLooks);
        }
        if guardian.deadline().is_some_and(|deadline| deadline <= at(self.now)) {
            urgent.push(Action::GuardianExpires);
        }
        urgent
    }

    fn faults(&self, bug: Bug) -> Vec<Action> {
        let Faults { kills, stops, stands: _, guardian_kills, losses } = self.faults;
        let mut faults = Vec::new();
        let lives = self.daemon != Process::Dead;
        faults.extend((kills > 0 && lives).then_some(Action::Kill));
        faults.extend((stops > 0 && self.daemon == Process::Runs).then_some(Action::Stop));
        faults.extend((self.daemon == Process::Stopped).then_some(Action::Continue));
        faults.extend((guardian_kills > 0 && self.guardian.is_some()).then_some(Action::KillGuardian));
        faults.extend((losses > 0 && !self.there.is_empty()).then_some(Action::IsLost));
        let is_free = self.lock == Lock::Free || bug == Bug::LockIgnored;
        // To start a program takes longer than to say priority 0.
        let was_heard_of = self.guardian.is_none() || self.dead_for > 0 && matches!(self.parts[..], [] | [Part::Claim]);
        faults.extend((!lives && is_free && was_heard_of).then_some(Action::Start));
        faults
    }

    pub(crate) fn act(&mut self, action: Action, bug: Bug) {
        match action {
            Action::Tick => self.tick(),
            Action::Daemon => self.daemon_turns(),
            Action::GuardianLooks => self.guardian_looks(),
            Action::GuardianHearsOfDeath => {
                self.dead_for = 1;
                let step = self.guardian.as_mut().map(|it| it.died(at(self.now), Duty::On));
                self.obey(step, bug);
                self.parts.push(Part::Claim);
            }
            Action::GuardianWakes => {
                self.bell = false;
                if !self.taken {
                    self.guardian.iter_mut().for_each(Guardian::resumed);
                }
            }
            Action::GuardianGoesOn => self.guardian_goes_on(bug),
            Action::GuardianExpires => {
                let step = self.guardian.as_mut().map(|it| it.expire(at(self.now)));
                self.obey(step, bug);
            }
            Action::Other => self.other_turns(),
            Action::ArrivesThere => self.arrives_there(),
            Action::ArrivesHere => self.arrives_here(bug),
            Action::IsLost => {
                self.there.remove(0);
                self.faults.losses -= 1;
                self.both = 0;
            }
            Action::Kill => {
                self.faults.kills -= 1;
                (self.daemon, self.turn, self.dead_for) = (Process::Dead, Turn::Sleeps, 0);
                self.lock = Lock::Free;
            }
            Action::Stop => {
                self.faults.stops -= 1;
                self.daemon = Process::Stopped;
            }
            Action::Continue => self.daemon = Process::Runs,
            Action::KillGuardian => {
                self.faults.guardian_kills -= 1;
                self.end_guardian();
            }
            Action::StartGuardian => (self.guardian, self.looked) = (Some(Guardian::new()), self.now),
            Action::Start => self.start(bug),
        }
    }

    fn tick(&mut self) {
        self.now += 1;
        // One that is stopped hears nothing, until its guardian listens for it.
        let hears = self.daemon == Process::Runs || self.guardian.as_ref().is_some_and(|it| it.holds(&ROUTER));
        let holds = self.address && hears;
        let both = holds && matches!(self.other, Role::Active { .. });
        self.both = if both { self.both + 1 } else { 0 };
        self.dead_for = if self.dead_for > 0 { self.dead_for + 1 } else { 0 };
    }

    fn daemon_turns(&mut self) {
        match self.turn {
            Turn::Sleeps if self.taken => self.give_up(),
            Turn::Sleeps => self.turn = Turn::Sends,
            Turn::Sends => {
                // After a stall as long as that it listens, whoever spoke for it.
                if matches!(self.role, Role::Active { next } if self.now > next + OWN_DOWN) {
                    return self.give_up();
                }
                self.there.push(Message::Advert);
                (self.role, self.address) = (Role::Active { next: self.now + INTERVAL }, true);
                (self.shown_active, self.due, self.turn) = (true, self.now + INTERVAL, Turn::Sent);
            }
            Turn::Sent => {
                self.turn = Turn::Sleeps;
                if self.taken {
                    self.there.push(Message::Release);
                    self.give_up();
                }
            }
        }
    }

    /// It becomes backup, and lets go of the address.
    fn give_up(&mut self) {
        self.hung |= self.taken;
        self.role = Role::Backup { expires: self.now + OWN_DOWN };
        (self.turn, self.address, self.shown_active) = (Turn::Sleeps, false, false);
        (self.due, self.taken, self.bell) = (self.now + OWN_DOWN, false, true);
    }

    fn guardian_looks(&mut self) {
        self.looked = self.now;
        let beat = Beat { due: Some(at(self.due)), patience: host::patience(LOOK * u32::from(DOWN)) };
        let motion = match self.daemon {
            Process::Runs | Process::Dead => Motion::Free,
            Process::Stopped => self.faults.stands,
        };
        let step = self.guardian.as_mut().map(|it| it.look(at(self.now), beat, motion));
        self.obey(step, Bug::None);
    }

    fn obey(&mut self, step: Option<Step<u8>>, bug: Bug) {
        match step {
            None | Some(Step::Nothing) => {}
            Some(Step::Release(Cause::Death)) => self.parts = vec![Part::Say(Cause::Death), Part::Hold(Cause::Death)],
            Some(Step::Release(Cause::Hang)) => {
                self.parts = vec![Part::Take, Part::Say(Cause::Hang), Part::Hold(Cause::Hang)];
            }
            Some(Step::Withdraw(_)) => self.address = false,
            Some(Step::UndoAll) => {
                if self.claim(bug) {
                    self.address = false;
                }
                self.end_guardian();
            }
            Some(Step::End) => self.end_guardian(),
        }
    }

    fn guardian_goes_on(&mut self, bug: Bug) {
        match self.parts.remove(0) {
            Part::Take => self.taken = bug != Bug::RoleIsNotTaken,
            Part::Say(_) => {
                if self.shown_active {
                    self.there.push(Message::Release);
                }
            }
            Part::Hold(_) => {
                let hold = LOOK * u32::from(INTERVAL);
                let active = self.shown_active.then_some((ROUTER, hold));
                let step = self.guardian.as_mut().map(|it| it.released(at(self.now), active.into_iter()));
                self.obey(step, bug);
            }
            Part::Claim => {
                if self.guardian.is_some() && !self.claim(bug) {
                    self.end_guardian();
                }
            }
        }
        if self.parts.is_empty() && std::mem::take(&mut self.unheard) {
            let step = self.guardian.as_mut().map(|it| it.heard(&ROUTER));
            self.obey(step, bug);
        }
    }

    /// Whether the guardian may act on the machine.
    fn claim(&mut self, bug: Bug) -> bool {
        match self.lock {
            Lock::Free => self.lock = Lock::Guardian,
            Lock::Guardian => {}
            Lock::Daemon => return bug == Bug::LockIgnored,
        }
        true
    }

    fn end_guardian(&mut self) {
        (self.guardian, self.unheard) = (None, false);
        self.parts.clear();
        if self.lock == Lock::Guardian {
            self.lock = Lock::Free;
        }
    }

    fn other_turns(&mut self) {
        if matches!(self.other, Role::Backup { .. }) && self.daemon == Process::Dead {
            self.succeeded = true;
        }
        self.other = Role::Active { next: self.now + INTERVAL };
        self.here += 1;
    }

    /// The other router hears the daemon, or the guardian in its name. It is inferior.
    fn arrives_there(&mut self) {
        match (self.there.remove(0), self.other) {
            (Message::Advert, _) => self.other = Role::Backup { expires: self.now + DOWN },
            (Message::Release, Role::Backup { .. }) => self.other = Role::Backup { expires: self.now + SKEW },
            (Message::Release, Role::Active { .. }) => self.here += 1,
        }
    }

    /// Guardian and daemon hear the other router. The daemon is superior: as master it answers, as backup it is not impressed.
    fn arrives_here(&mut self, bug: Bug) {
        self.here -= 1;
        if bug != Bug::DoesNotListen && !self.parts.is_empty() {
            // It waits in the socket.
            self.unheard = true;
        } else if bug != Bug::DoesNotListen {
            let step = self.guardian.as_mut().map(|it| it.heard(&ROUTER));
            self.obey(step, bug);
        }
        if self.daemon == Process::Runs
            && self.turn == Turn::Sleeps
            && let Role::Active { next } = &mut self.role
        {
            *next = self.now;
        }
    }

    /// A new daemon: it undoes what it finds, and has memory and a guardian of its own.
    fn start(&mut self, bug: Bug) {
        (self.daemon, self.role, self.turn) =
            (Process::Runs, Role::Backup { expires: self.now + OWN_DOWN }, Turn::Sleeps);
        if bug == Bug::LockIgnored {
            // It starts as an owner of the address does, so that the guardian is still there.
            self.role = Role::Active { next: self.now };
        }
        (self.address, self.lock, self.dead_for) = (false, Lock::Daemon, 0);
        (self.due, self.shown_active, self.taken, self.bell) = (self.now + OWN_DOWN, false, false, false);
    }

    pub(crate) const fn has_one_holder(&self) -> bool {
        self.both <= INTERVAL + 1
    }

    pub(crate) fn a_healthy_master_has_its_address(&self) -> bool {
        let is_master = matches!(self.role, Role::Active { next } if next > self.now);
        let is_healthy = self.daemon == Process::Runs && !self.taken && self.turn == Turn::Sleeps;
        !is_healthy || !is_master || self.address
    }

    pub(crate) fn nothing_is_left_of_the_dead(&self) -> bool {
        let is_late = self.dead_for > INTERVAL + 2;
        !(is_late && self.daemon == Process::Dead && self.guardian.is_some() && self.address)
    }

    pub(crate) const fn was_succeeded(&self) -> bool {
        self.succeeded && !self.address
    }

    pub(crate) fn has_come_back(&self) -> bool {
        self.hung && matches!(self.role, Role::Active { .. }) && self.daemon == Process::Runs
    }
}

/// A tick is the time between two looks; the patience is that of the daemon.
#[test]
fn ticks_fit_the_times_of_the_guardian() {
    assert!(host::patience(LOOK * u32::from(DOWN)) + LOOK * 4 < LOOK * u32::from(DOWN));
}
