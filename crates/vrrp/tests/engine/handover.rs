//! Routers that go on in another engine: roles, timers and numbers stay, and nobody hears of it.

use vrrp::config::{
    Authentication, Effect, EffectKind, GroupConfig, HmacMode, Password, RouterConfig, Switches, Tracking,
};
use vrrp::{
    Action, Engine, GroupId, GroupState, Input, Instant, Priority, Reading, RouterId, RouterState, StateName,
    TrackerId, Version,
};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, parent};
use crate::trailer::{one_key, signing};

/// What another process reads, having been given it as text.
fn passed_on<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

/// The bench's router in another engine, after so long.
fn go_on(bench: &mut Bench, gap: std::time::Duration, config: RouterConfig) -> Vec<Action> {
    let (deaf_since, state) = (bench.now, bench.engine.router_state(bench.router).unwrap());
    let readings: Vec<_> = bench.engine.readings().collect();
    bench.now = bench.now + gap;
    bench.engine = Engine::new();
    let expected = Engine::first_ids(1);
    for (tracker, reading) in readings {
        bench.engine.handle(bench.now, Input::Reading { tracker, reading });
    }
    bench.router = bench.engine.resume(bench.now, deaf_since, config, passed_on::<RouterState>(&state));
    assert_eq!(vec![bench.router], expected, "whoever hears of it can know its name before");
    bench.drain()
}

#[test]
fn an_active_goes_on_and_says_nothing_but_its_next_advert() {
    let mut bench = Bench::active(config());
    bench.pass(SECOND * 7 / 2);
    let before = bench.snapshot();
    assert_eq!(go_on(&mut bench, MILLISECOND * 100, config()), []);
    let after = bench.snapshot();
    assert_eq!(
        (after.state, after.since, after.next.map(|next| next.at)),
        (StateName::Active, before.since, before.next.map(|next| next.at))
    );
    assert_eq!(after.counters, before.counters);
    // What the host thread says of a parent that is the same changes nothing.
    assert_eq!(bench.give(Input::Parent { router: bench.router, parent: parent() }), []);
    let actions = bench.pass(bench.left());
    assert!(
        matches!(&actions[..], [Action::Transmit(it)] if it.stamp.number == before.counters.sent + 1),
        "{actions:?}"
    );
}

#[test]
fn an_active_that_was_away_for_longer_than_its_backups_wait_listens_first() {
    let mut bench = Bench::active(config());
    go_on(&mut bench, SECOND * 10, config());
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn a_backup_does_not_take_its_own_deafness_for_silence() {
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    bench.pass(SECOND);
    let left = bench.left();
    assert_eq!(go_on(&mut bench, MILLISECOND * 300, config()), []);
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, left));
    assert_eq!(bench.snapshot().master.map(|peer| peer.priority), Some(Priority::new(200)));
    // However long it lasted, the timer is never later than one that begins now.
    bench.hear(HIGHER, 200);
    let whole = bench.left();
    go_on(&mut bench, SECOND * 100, config());
    assert_eq!(bench.left(), whole);
}

#[test]
fn a_priority_that_a_tracker_gave_and_a_planned_stop_stay() {
    let tracker = TrackerId(0);
    let tracking = vec![Tracking { tracker, effect: Effect::plain(EffectKind::Weight(-60)) }];
    let tracked = RouterConfig { tracking, ..config() };
    let mut bench = Bench::started(tracked.clone());
    bench.give(Input::Reading { tracker, reading: Reading::Down });
    bench.pass(bench.left());
    assert_eq!((bench.state(), bench.snapshot().priority), (StateName::Active, Priority::new(90)));
    assert_eq!(go_on(&mut bench, MILLISECOND, tracked.clone()), []);
    assert_eq!((bench.state(), bench.snapshot().priority), (StateName::Active, Priority::new(90)));
    bench.give(Input::Shutdown { router: Some(bench.router) });
    bench.hear(LOWER, 100);
    assert_eq!(go_on(&mut bench, MILLISECOND, tracked), []);
    bench.give(Input::Parent { router: bench.router, parent: parent() });
    assert_eq!(bench.state(), StateName::Initialize);
    bench.give(Input::Resume { router: bench.router });
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn one_that_leaves_goes_on_leaving() {
    let switches = Switches { linger: SECOND * 10, ..Switches::default() };
    let config = || config().with(|it| it.switches = switches);
    let mut bench = Bench::active(config());
    bench.give(Input::Shutdown { router: Some(bench.router) });
    assert!(bench.engine.router_state(bench.router).unwrap().is_leaving());
    assert_eq!(go_on(&mut bench, MILLISECOND, config()), []);
    let actions = bench.pass(SECOND);
    assert_eq!(actions, [Action::WithdrawAddresses { router: bench.router }]);
}

#[test]
fn numbers_of_signed_adverts_do_not_go_back() {
    let ah = Authentication::Ah(Password::from_text("s3cret"));
    let ah = RouterConfig { authentication: ah, ..config().with(|it| it.version = Version::V2) };
    for config in [ah, signing(one_key(HmacMode::Enforce))] {
        let mut bench = Bench::active(config.clone());
        let sequence = |actions: &[Action]| {
            let of = |action: &Action| if let Action::Transmit(it) = action { Some(it.stamp.sequence) } else { None };
            actions.iter().filter_map(of).max().unwrap()
        };
        let before = sequence(&bench.pass(SECOND * 5));
        // The new engine does not know the time of day yet.
        go_on(&mut bench, MILLISECOND, config);
        let after = sequence(&bench.pass(SECOND));
        assert!(after > before, "{before} {after}");
    }
}

#[test]
fn every_active_speaks_at_once_if_asked_to() {
    let mut bench = Bench::active(config());
    bench.pass(MILLISECOND * 300);
    let now = bench.now;
    bench.engine.speak_now(now);
    assert!(matches!(&bench.drain()[..], [Action::Transmit(_)]));
    assert_eq!(bench.left(), SECOND);
    bench.pass(MILLISECOND * 100);
    let now = bench.now;
    bench.engine.speak_now(now);
    assert_eq!(bench.drain(), [], "it has just spoken");
}

#[test]
fn a_sync_group_goes_on_together() {
    let (mut engine, mut now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
    let id = GroupId(3);
    let configs = [config(), RouterConfig { vrid: vrrp::Vrid::new(6).unwrap(), ..config() }];
    let all = |engine: &mut Engine| std::iter::from_fn(|| engine.poll_action()).collect::<Vec<Action>>();
    let members: Vec<RouterId> = configs.iter().map(|config| engine.add(now, config.clone())).collect();
    engine.set_groups(now, vec![GroupConfig { id, members: members.clone() }]);
    for router in &members {
        engine.handle(now, Input::Parent { router: *router, parent: parent() });
    }
    for stage in ["backup", "active"] {
        all(&mut engine);
        let before: Vec<StateName> = members_of(&engine);
        let states: Vec<RouterState> = engine.routers().filter_map(|it| engine.router_state(it)).collect();
        let groups: Vec<(GroupId, GroupState)> = engine.group_states().collect();
        let mut next = Engine::new();
        let resumed: Vec<RouterId> = states
            .iter()
            .zip(&configs)
            .map(|(state, config)| next.resume(now, now, config.clone(), passed_on(state)))
            .collect();
        groups.iter().for_each(|(id, state)| next.resume_group(*id, passed_on(state)));
        next.set_groups(now, vec![GroupConfig { id, members: resumed.clone() }]);
        for router in resumed {
            next.handle(now, Input::Parent { router, parent: parent() });
        }
        assert_eq!(all(&mut next), [], "{stage}");
        assert_eq!(members_of(&next), before, "{stage}");
        engine = next;
        while let Some(deadline) = engine.poll_timeout().filter(|_| stage == "backup") {
            now = deadline.at;
            engine.handle(now, Input::Wake { heard_until: now });
            if members_of(&engine) == [StateName::Active; 2] {
                break;
            }
        }
    }
    assert_eq!(members_of(&engine), [StateName::Active; 2]);
}

fn members_of(engine: &Engine) -> Vec<StateName> {
    engine.routers().filter_map(|router| engine.snapshot(router)).map(|it| it.state).collect()
}
