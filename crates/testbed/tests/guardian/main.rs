//! Every order of events between a daemon, its guardian, another router and the wire, as far as a few faults go: the real
//! decisions of `host::Guardian`, and models of everything around it.

mod world;

use host::Motion;
use stateright::{Checker as _, Model, Property};

use world::{Action, Bug, Faults, World};

/// Two routers of one virtual router; the one with a guardian is superior.
struct Routers {
    bug: Bug,
    faults: Faults,
}

impl Model for Routers {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.faults)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(world.possible(self.bug));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.act(action, self.bug);
        Some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        !world.is_over()
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_HOLDER, |_, world: &World| world.has_one_holder()),
            Property::always(ADDRESS_STAYS, |_, world: &World| world.a_healthy_master_has_its_address()),
            Property::always(NOTHING_LEFT, |_, world: &World| world.nothing_is_left_of_the_dead()),
            Property::sometimes("the other router takes over after a death", |_, world: &World| world.was_succeeded()),
            Property::sometimes("a daemon that hung is master again", |_, world: &World| world.has_come_back()),
        ]
    }
}

const ONE_HOLDER: &str = "no two holders that hear each other for longer than an interval";
const ADDRESS_STAYS: &str = "a healthy master has its address";
const NOTHING_LEFT: &str = "nothing is left of a dead daemon whose guardian lives";

/// Tries everything; returns the number of states.
fn explore(faults: Faults) -> usize {
    let checker = Routers { bug: Bug::None, faults }.checker().threads(2).spawn_bfs().join();
    for (name, path) in checker.discoveries() {
        let is_violated = [ONE_HOLDER, ADDRESS_STAYS, NOTHING_LEFT].contains(&name);
        assert!(!is_violated, "{name}: {:#?}", path.into_actions());
    }
    checker.unique_state_count()
}

/// The rule that a planted bug breaks.
fn breaks(bug: Bug, rule: &'static str, faults: Faults) {
    let checker = Routers { bug, faults }.checker().threads(2).spawn_bfs().join();
    assert!(checker.discovery(rule).is_some(), "{bug:?} is not found");
}

/// What was looked through, for `--nocapture`.
#[expect(clippy::print_stderr, reason = "a test talks to whoever runs it")]
fn tell(what: &str, states: usize) {
    eprintln!("{what}: {states} states");
}

const NONE: Faults = Faults { kills: 0, stops: 0, stands: Motion::Stopped, guardian_kills: 0, losses: 0 };

/// A few faults; with `TANIST_LONG` more of them, which takes minutes.
fn faults(few: Faults, many: Faults) -> Faults {
    if std::env::var_os("TANIST_LONG").is_some() { many } else { few }
}

#[test]
fn whatever_happens_to_a_daemon_that_is_killed() {
    let few = Faults { kills: 1, guardian_kills: 1, ..NONE };
    let states = explore(faults(few, Faults { kills: 2, losses: 1, ..few }));
    tell("killed", states);
}

#[test]
fn whatever_happens_to_a_daemon_that_stands_still() {
    for stands in [Motion::Stopped, Motion::Free] {
        let few = Faults { stops: 1, stands, guardian_kills: 1, ..NONE };
        let states = explore(faults(few, Faults { stops: 2, losses: 1, ..few }));
        tell(&format!("stands still, {stands:?}"), states);
    }
}

#[test]
fn whatever_happens_to_a_daemon_that_is_stopped_and_killed() {
    let few = Faults { stops: 1, kills: 1, ..NONE };
    let states = explore(faults(few, Faults { losses: 2, guardian_kills: 1, ..few }));
    tell("stopped and killed", states);
}

#[test]
fn planted_bugs_are_found() {
    for stands in [Motion::Stopped, Motion::Free] {
        breaks(Bug::RoleIsNotTaken, ADDRESS_STAYS, Faults { stops: 1, stands, ..NONE });
        breaks(Bug::DoesNotListen, ONE_HOLDER, Faults { stops: 1, stands, ..NONE });
    }
    breaks(Bug::LockIgnored, ADDRESS_STAYS, Faults { kills: 1, ..NONE });
}
