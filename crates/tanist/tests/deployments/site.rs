//! A deployment: its machines, each with its file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use lab::{Captured, Lan, Network, NetworkBuilder, Program, RouterHost, Watch, wait};
use rustix::process::Signal;
use testbed::lan::{MachineState, harness};

/// How long something may take that is not timed by the protocol.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

/// The exit status of `check` if there are errors.
const UNUSABLE: i32 = 2;

/// A test: what it shows, and how.
pub(crate) type Test = (&'static str, fn());

pub(crate) fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

/// The machines. Daemons are ended before the network.
pub(crate) struct Site<const N: usize> {
    pub(crate) nodes: [RouterHost; N],
    pub(crate) watch: Watch,
    pub(crate) lan: Lan,
    before: Vec<MachineState>,
}

impl<const N: usize> Site<N> {
    /// What the builder names, watched for one VRID. Nothing runs.
    pub(crate) fn new(builder: NetworkBuilder, vrid: u8) -> Self {
        let Network { routers: nodes, client: _, capture, lan } = builder.build().unwrap();
        for node in &nodes {
            fs::set_permissions(node.file(""), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { nodes, watch: Watch::new(capture, vrid), lan, before: Vec::new() }
    }

    /// Machines `n1`, `n2` … with one interface and these addresses.
    pub(crate) fn flat(nic: &str, addresses: [&[&str]; N], vrid: u8) -> Self {
        let builder = addresses.iter().enumerate().fold(NetworkBuilder::new(), |builder, (place, addresses)| {
            builder.router(&format!("n{}", place + 1), tanist()).cable(nic, addresses)
        });
        Self::new(builder, vrid)
    }

    /// Gives each machine its file, in which `${DIR}` is a directory of its own. In the end the machines are to be as now.
    pub(crate) fn configure(&mut self, text: impl Fn(usize) -> String) {
        for (place, node) in self.nodes.iter_mut().enumerate() {
            let directory = node.file("").display().to_string();
            node.configure(&format!("$DIR={}\n{}", directory.trim_end_matches('/'), text(place))).unwrap();
        }
        self.before = self.nodes.iter().map(|node| MachineState::of(&node.host).unwrap()).collect();
        self.is_without_errors();
    }

    /// `check` of each file, and of all as members of one LAN.
    fn is_without_errors(&self) {
        let files: Vec<PathBuf> = self.nodes.iter().map(|node| node.file("daemon.conf")).collect();
        for how in [&["check"][..], &["check", "--lan"]] {
            let output = Command::new(env!("CARGO_BIN_EXE_tanist")).args(how).args(&files).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            let is_usable = output.status.code().is_some_and(|code| code < UNUSABLE);
            assert!(is_usable && !said.contains("error["), "{:?}: {said}", output.status);
        }
    }

    /// A script on one machine; `$DIR` is its directory.
    pub(crate) fn script(&self, place: usize, name: &str, body: &str) {
        let node = &self.nodes[place];
        let text = format!("#!/bin/sh\nDIR={}\n{body}\n", node.file("").display());
        fs::write(node.file(name), text).unwrap();
        fs::set_permissions(node.file(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn write(&self, place: usize, name: &str, text: &str) {
        fs::write(self.nodes[place].file(name), text).unwrap();
    }

    pub(crate) fn remove(&self, place: usize, name: &str) {
        fs::remove_file(self.nodes[place].file(name)).unwrap();
    }

    pub(crate) fn read(&self, place: usize, name: &str) -> String {
        fs::read_to_string(self.nodes[place].file(name)).unwrap_or_default()
    }

    /// The last one first, so that preemption is seen as well.
    pub(crate) fn start(&mut self) {
        for node in self.nodes.iter_mut().rev() {
            node.start().unwrap();
        }
    }

    /// One machine is soon master of all these routers, and the others, as far as they run, are not.
    #[track_caller]
    pub(crate) fn is_master(&self, place: usize, routers: &[&str]) {
        let state = |node: &RouterHost, name: &str| {
            Some(node.status_of(name)?["state"].as_str()?.to_owned()).filter(|_| node.pid().is_ok())
        };
        let settled = || {
            routers.iter().all(|name| {
                self.nodes.iter().enumerate().all(|(at, node)| match state(node, name) {
                    Some(state) => (state == "MASTER") == (at == place),
                    None => at != place && (node.pid().is_err() || node.status_document().is_some()),
                })
            })
        };
        assert!(wait::until(PATIENCE, settled), "n{} is master of {routers:?}; {}", place + 1, self.logs());
    }

    /// An address is soon on one machine and on no other.
    #[track_caller]
    pub(crate) fn holds(&self, place: usize, address: &str) {
        let address = address.parse().unwrap();
        let holds =
            || self.nodes.iter().enumerate().all(|(at, node)| node.host.link_of(address).is_some() == (at == place));
        assert!(wait::until(PATIENCE, holds), "n{} has {address}; {}", place + 1, self.logs());
    }

    /// A planned stop of one machine's daemon, which says priority 0.
    #[track_caller]
    pub(crate) fn stop(&mut self, place: usize) {
        let since = self.watch.now();
        self.nodes[place].signal(Signal::TERM).unwrap();
        let farewell = self.watch.priority_zero(since, &self.nodes[place].host, PATIENCE);
        assert!(farewell.is_some(), "n{} says priority 0; {}", place + 1, self.logs());
        assert!(self.nodes[place].wait_end(PATIENCE).is_some(), "{}", self.logs());
    }

    /// All daemons stop, and the machines are as before.
    #[track_caller]
    pub(crate) fn end(mut self) {
        for node in &mut self.nodes {
            if node.pid().is_ok() {
                node.signal(Signal::TERM).unwrap();
                assert!(node.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", node.log());
            }
        }
        for (node, before) in self.nodes.iter().zip(&self.before) {
            let changes = || before.changes(&MachineState::of(&node.host).unwrap());
            let clean = wait::until(PATIENCE, || changes().is_empty());
            assert!(clean, "{}: {:#?}; {}", node.host.name, changes(), node.log());
        }
    }

    /// Where the adverts of one machine have gone.
    pub(crate) fn only_unicast(&self) {
        let multicast = |frame: &lab::CapturedFrame| frame.advert().is_some_and(|it| it.destination.is_multicast());
        assert_eq!(self.watch.capture.since(Captured::default(), multicast), []);
    }

    pub(crate) fn logs(&self) -> String {
        self.nodes.iter().map(|node| format!("{} said:\n{}\n", node.host.name, node.log())).collect()
    }
}
