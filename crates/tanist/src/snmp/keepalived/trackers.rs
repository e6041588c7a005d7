//! What is tracked: the tables of scripts, files, BFD sessions and processes, and what each router and sync group tracks of
//! them. Blocks that nobody tracks are left out, as in keepalived. Not told is how many processes run
//! (`vrrpProcessCurProc`): the threads say only whether they are enough.

use agentx::Value;
use conf::model::watch::{ParamMatch, TrackProcess, TrackScript, Tracked, TrackerKind};
use conf::model::{Config, TrackInterface, Tracker};
use vrrp::config::{EffectKind, Sense};
use vrrp::input::Reading;

use super::groups::group;
use super::{below, number};
use crate::control::picture::{self, is_on};
use crate::ports::tracking::TrackerKey;
use crate::snmp::scene::Scene;
use crate::snmp::view::{Column, Objects, Table, gauge, integer, one_if, text};

/// An entry of a list: of which router or group, of which kind, and its place there.
#[derive(Clone, Copy)]
struct Entry {
    owner: Owner,
    kind: TrackerKind,
    place: usize,
}

#[derive(Clone, Copy)]
enum Owner {
    Router(usize),
    Group(usize),
}

const ENTRIES: &[Column<Entry>] = &[
    (2, |scene, it| text(&entry(scene, *it)?.name)),
    (3, |scene, it| integer(entry(scene, *it)?.weight.number)),
    (4, |scene, it| reversed(entry(scene, *it)?.weight.sense)),
];

/// A tracked interface: of which router or group, and its place there.
type Place = (Owner, usize);

const INTERFACES: &[Column<Place>] = &[
    (1, |scene, it| text(&interface(scene, *it)?.interface)),
    (2, |scene, it| integer(weight_of(interface(scene, *it)?))),
    (3, |scene, it| reversed(interface(scene, *it)?.effect.sense)),
];

const SCRIPTS: &[Column<usize>] = &[
    (2, |scene, it| text(&scene.config.watched.scripts[*it].name)),
    (3, |scene, it| text(&command(&scene.config.watched.scripts[*it]))),
    (4, |scene, it| integer(i64::try_from(scene.config.watched.scripts[*it].interval.as_secs()).unwrap_or(i64::MAX))),
    (5, |scene, it| integer(scene.config.watched.scripts[*it].weight.number)),
    (6, |scene, it| result(scene, &scene.config.watched.scripts[*it])),
    (7, |scene, it| gauge(scene.config.watched.scripts[*it].rise)),
    (8, |scene, it| gauge(scene.config.watched.scripts[*it].fall)),
    (9, |scene, it| reversed(scene.config.watched.scripts[*it].weight.sense)),
];

const FILES: &[Column<usize>] = &[
    (2, |scene, it| text(&scene.config.watched.files[*it].name)),
    (3, |scene, it| text(&scene.config.watched.files[*it].file)),
    (4, |scene, it| level(reading(scene, TrackerKind::File, &scene.config.watched.files[*it].name))),
    (5, |scene, it| integer(scene.config.watched.files[*it].weight.number)),
    (6, |scene, it| reversed(scene.config.watched.files[*it].weight.sense)),
];

const SESSIONS: &[Column<usize>] = &[
    (2, |scene, it| text(&scene.config.watched.sessions[*it].name)),
    (3, |scene, it| integer(i32::from(is_up(scene, TrackerKind::Session, &scene.config.watched.sessions[*it].name)))),
    (4, |scene, it| integer(scene.config.watched.sessions[*it].weight.number)),
    (5, |scene, it| reversed(scene.config.watched.sessions[*it].weight.sense)),
];

const PROCESSES: &[Column<usize>] = &[
    (2, |scene, it| text(&process(scene, *it).name)),
    (3, |scene, it| text(&path(process(scene, *it)).0)),
    (4, |scene, it| text(&path(process(scene, *it)).1)),
    (5, |scene, it| integer(param_match(process(scene, *it)))),
    (6, |scene, it| integer(process(scene, *it).weight.number)),
    (7, |scene, it| reversed(process(scene, *it).weight.sense)),
    (8, |scene, it| gauge(process(scene, *it).quorum)),
    (9, |scene, it| integer(process(scene, *it).quorum_max.map_or(-1, i64::from))),
    (10, |scene, it| gauge(process(scene, *it).fork_delay.as_micros())),
    (11, |scene, it| gauge(process(scene, *it).terminate_delay.as_micros())),
    (12, |scene, it| one_if(is_on(process(scene, *it).full_command))),
    (14, |scene, it| one_if(is_up(scene, TrackerKind::Process, &process(scene, *it).name))),
];

pub(super) fn tables(scene: &Scene) -> Vec<Box<dyn Objects>> {
    let watched = &scene.config.watched;
    let mut all: Vec<Box<dyn Objects>> = Vec::new();
    for (kind, of_routers, of_groups) in [
        (TrackerKind::Script, 5, 15),
        (TrackerKind::File, 12, 16),
        (TrackerKind::Session, 17, 19),
        (TrackerKind::Process, 20, 22),
    ] {
        let (routers, groups) = entries(scene, kind);
        all.push(Box::new(Table::new(below(&[2, of_routers, 1]), ENTRIES, routers)));
        all.push(Box::new(Table::new(below(&[2, of_groups, 1]), ENTRIES, groups)));
    }
    let (routers, groups) = interfaces(scene);
    all.push(Box::new(Table::new(below(&[2, 4, 1]), INTERFACES, routers)));
    all.push(Box::new(Table::new(below(&[2, 14, 1]), INTERFACES, groups)));
    let names = |kind| used(&scene.config, kind);
    let mut block = |table, columns, kind, all_names: Vec<&str>| {
        let used = names(kind);
        let rows = all_names.iter().enumerate().filter(|(_, name)| used.contains(*name)).map(|(place, _)| place);
        let rows = rows.enumerate().map(|(row, place)| (vec![number(row)], place)).collect();
        all.push(Box::new(Table::new(below(&[2, table, 1]), columns, rows)) as Box<dyn Objects>);
    };
    block(9, SCRIPTS, TrackerKind::Script, watched.scripts.iter().map(|it| it.name.as_str()).collect());
    block(13, FILES, TrackerKind::File, watched.files.iter().map(|it| it.name.as_str()).collect());
    block(18, SESSIONS, TrackerKind::Session, watched.sessions.iter().map(|it| it.name.as_str()).collect());
    block(21, PROCESSES, TrackerKind::Process, watched.processes.iter().map(|it| it.name.as_str()).collect());
    all
}

type Rows<R> = Vec<(Vec<u32>, R)>;

/// The lists of one kind, of routers and of groups.
fn entries(scene: &Scene, kind: TrackerKind) -> (Rows<Entry>, Rows<Entry>) {
    let list = move |owner, index: usize, tracked: &Tracked| {
        let count = tracked.of(kind).count();
        (0..count).map(move |place| (vec![number(index), number(place)], Entry { owner, kind, place }))
    };
    let routers = scene.instances().flat_map(|(it, seen)| list(Owner::Router(it), it, &seen.router.tracked));
    let groups = scene.config.watched.groups.iter().enumerate();
    (routers.collect(), groups.flat_map(|(it, group)| list(Owner::Group(it), it, &group.tracked)).collect())
}

fn interfaces(scene: &Scene) -> (Rows<Place>, Rows<Place>) {
    let list = |owner, index: usize, count: usize| {
        (0..count).map(move |place| (vec![number(index), number(place)], (owner, place)))
    };
    let routers =
        scene.instances().flat_map(|(it, seen)| list(Owner::Router(it), it, seen.tracked_interfaces().count()));
    let groups = scene.config.watched.groups.iter().enumerate();
    let groups = groups.flat_map(|(it, group)| list(Owner::Group(it), it, group.tracked.interfaces.len()));
    (routers.collect(), groups.collect())
}

/// What any list names.
fn used(config: &Config, kind: TrackerKind) -> std::collections::HashSet<&str> {
    let routers = config.routers.iter().map(|router| &router.tracked);
    let groups = config.watched.groups.iter().map(|group| &group.tracked);
    routers.chain(groups).flat_map(|tracked| tracked.of(kind)).map(|it| it.name.as_str()).collect()
}

fn entry(scene: &Scene, Entry { owner, kind, place }: Entry) -> Option<&Tracker> {
    match owner {
        Owner::Router(it) => scene.seen(it).router.tracked.of(kind).nth(place),
        Owner::Group(it) => group(scene, it).tracked.of(kind).nth(place),
    }
}

fn interface(scene: &Scene, (owner, place): Place) -> Option<&TrackInterface> {
    match owner {
        Owner::Router(it) => scene.seen(it).tracked_interfaces().nth(place),
        Owner::Group(it) => group(scene, it).tracked.interfaces.get(place),
    }
}

fn process(scene: &Scene, place: usize) -> &TrackProcess {
    &scene.config.watched.processes[place]
}

const fn weight_of(interface: &TrackInterface) -> i16 {
    match interface.effect.kind {
        EffectKind::Fault => 0,
        EffectKind::Weight(number) | EffectKind::Factor(number) => number,
    }
}

fn reversed(sense: Sense) -> Option<Value> {
    one_if(sense == Sense::Reverse)
}

fn reading(scene: &Scene, kind: TrackerKind, name: &str) -> Reading {
    scene.reading(&TrackerKey::Named(kind, name.to_owned()))
}

fn is_up(scene: &Scene, kind: TrackerKind, name: &str) -> bool {
    reading(scene, kind, name) == Reading::Up
}

fn command(script: &TrackScript) -> String {
    picture::command(&script.check, &script.name)
}

/// `init(1)`, `bad(2)`, `good(3)`, `initfailed(5)`
fn result(scene: &Scene, script: &TrackScript) -> Option<Value> {
    integer(match reading(scene, TrackerKind::Script, &script.name) {
        Reading::Unknown if is_on(script.init_fail) => 5,
        Reading::Unknown => 1,
        Reading::Down | Reading::Level(_) => 2,
        Reading::Up => 3,
    })
}

/// What a file says; 0 if it says nothing.
fn level(reading: Reading) -> Option<Value> {
    match reading {
        Reading::Level(level) => integer(level),
        Reading::Unknown | Reading::Down | Reading::Up => integer(0),
    }
}

/// Name and arguments; a whole command line is a name.
fn path(process: &TrackProcess) -> (String, String) {
    match (process.command.split_first(), is_on(process.full_command)) {
        (Some((name, arguments)), false) => (name.clone(), arguments.join(" ")),
        (Some(_), true) => (process.command.join(" "), String::new()),
        (None, _) => (String::new(), String::new()),
    }
}

const fn param_match(process: &TrackProcess) -> i32 {
    match process.param_match {
        ParamMatch::None => 0,
        ParamMatch::Exact => 1,
        ParamMatch::Partial => 2,
        ParamMatch::Initial => 3,
    }
}
