//! Edges between the rooms of crates/tanist/src. A room is a folder with a `mod.rs`, or a module of one file beside
//! `main.rs`. `main.rs` itself wires them and may import all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::crates;
use crate::source::{Import, imports};

/// The rooms that may import the crate `lab`, which makes namespaces and kills processes. The daemon may not.
const MAY_IMPORT_LAB: &[&str] = &["lab"];
/// The rooms that may import the room of the command `tanist lab`: the command line has its options.
const MAY_IMPORT_LAB_COMMAND: &[&str] = &["cli"];

/// Which room imports which, and from which file.
#[derive(Debug, Default)]
struct Imports {
    edges: BTreeMap<String, BTreeMap<String, String>>,
    /// Rooms that import the crate `lab`.
    of_lab: BTreeSet<String>,
}

/// A source file: its path below `src`, without `.rs`, as module path; and its text.
type File = (Vec<String>, String);

impl Imports {
    fn of(files: &[File]) -> Self {
        let rooms = rooms(files);
        let mut found = Self::default();
        let wires_or_tests = |path: &[String]| path == ["main"] || path.last().is_some_and(|name| name == "tests");
        for (path, text) in files.iter().filter(|(path, _)| !wires_or_tests(path)) {
            let module: Vec<&str> = path.iter().map(String::as_str).filter(|part| *part != "mod").collect();
            let room = room_of(&rooms, &owned(&module));
            for import in imports(&module, text) {
                match import {
                    Import::Own(target) => found.note(&room, room_of(&rooms, &target), path),
                    Import::Foreign(name) if name == "lab" => {
                        found.of_lab.insert(room.clone());
                    }
                    Import::Foreign(_) => {}
                }
            }
        }
        found
    }

    fn note(&mut self, from: &str, to: String, file: &[String]) {
        if from != to && !to.is_empty() {
            self.edges.entry(from.to_owned()).or_default().entry(to).or_insert_with(|| file.join("/"));
        }
    }

    /// The rooms that can be reached from one.
    fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(room) = next.pop() {
            for to in self.edges.get(room).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(to.as_str()) {
                    next.push(to);
                }
            }
        }
        reached
    }

    /// Sets of rooms each of which reaches all others of its set.
    fn circles(&self) -> BTreeSet<Vec<&str>> {
        let in_circle = |room: &&String| self.reach(room).contains(room.as_str());
        let circle_of = |room: &String| {
            self.reach(room).into_iter().filter(|other| self.reach(other).contains(room.as_str())).collect()
        };
        self.edges.keys().filter(in_circle).map(circle_of).collect()
    }

    /// The edges inside a set of rooms, in words.
    fn describe(&self, circle: &[&str]) -> Vec<String> {
        let within = |room: &str| circle.contains(&room);
        let all = self.edges.iter().filter(|(from, _)| within(from));
        all.flat_map(|(from, targets)| {
            let inside = targets.iter().filter(|(to, _)| within(to));
            inside.map(move |(to, file)| format!("{from} -> {to} ({file}.rs)"))
        })
        .collect()
    }
}

fn owned(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// Folders with a `mod.rs`, and modules at the top.
fn rooms(files: &[File]) -> BTreeSet<Vec<String>> {
    let room = |(path, _): &File| match path.as_slice() {
        [folder @ .., last] if last == "mod" => Some(folder.to_vec()),
        [top, ..] => Some(vec![top.clone()]),
        [] => None,
    };
    files.iter().filter_map(room).collect()
}

/// The innermost room that a module path lies in; empty for the root.
fn room_of(rooms: &BTreeSet<Vec<String>>, path: &[String]) -> String {
    let lengths = (1..=path.len()).rev();
    lengths.map(|length| &path[..length]).find(|start| rooms.contains(*start)).unwrap_or_default().join("/")
}

/// All source files below a directory.
fn read(directory: &Path, below: &[String], files: &mut Vec<File>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let mut module = below.to_vec();
        module.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            read(&path, &module, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((module, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The imports of the daemon's crate.
fn tanist() -> Imports {
    let mut files = Vec::new();
    read(&crates().join("tanist/src"), &[], &mut files);
    Imports::of(&files)
}

#[test]
fn no_rooms_of_the_daemon_import_each_other_in_a_circle() {
    let imports = tanist();
    let circles = imports.circles();
    let found: Vec<_> = circles.iter().map(|circle| (circle, imports.describe(circle))).collect();
    assert!(found.is_empty(), "circles: {found:#?}");
}

#[test]
fn the_daemon_does_not_import_the_lab() {
    let imports = tanist();
    let others: Vec<_> = imports.of_lab.iter().filter(|room| !MAY_IMPORT_LAB.contains(&room.as_str())).collect();
    assert!(others.is_empty(), "{others:?} import the crate lab");
    let of_command = |(room, targets): (&String, &BTreeMap<String, String>)| {
        let may = MAY_IMPORT_LAB_COMMAND.contains(&room.as_str());
        (targets.contains_key("lab") && !may).then(|| room.clone())
    };
    let others: Vec<_> = imports.edges.iter().filter_map(of_command).collect();
    assert!(others.is_empty(), "{others:?} import the command lab");
}

#[test]
fn circles_between_rooms_are_found_whatever_their_length() {
    let file = |path: &str, text: &str| (path.split('/').map(str::to_owned).collect(), text.to_owned());
    let files = [
        file("main", "use crate::a; use crate::b;"),
        file("a/mod", "mod inner; use inner::X;"),
        file("a/inner", "use super::Y; use crate::b::Z;"),
        file("b", "fn f() { crate::c::room::g() }"),
        file("c/mod", "mod room;"),
        file("c/room/mod", "use super::super::d::D;"),
        file("d", "use crate::a::Y; use lab::Host;"),
        file("e", "use crate::a::Y;"),
    ];
    let imports = Imports::of(&files);
    assert_eq!(imports.circles(), BTreeSet::from([vec!["a", "b", "c/room", "d"]]));
    assert_eq!(imports.describe(&["a", "b"]), ["a -> b (a/inner.rs)"]);
    assert_eq!(imports.of_lab, BTreeSet::from(["d".to_owned()]));
}
