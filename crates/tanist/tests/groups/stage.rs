//! Two routers between two LANs: three virtual routers in one sync group.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use lab::{Cable, Captured, Lan, Network, NetworkBuilder, Program, RouterHost, Segment, Watch, prefixed, wait};
use testbed::lan::harness;
use vrrp::types::Family;

/// How long something may take that is not timed by the protocol.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
pub(crate) const INTERVAL: Duration = Duration::from_millis(300);
/// A further interface of the first router, on which there is no virtual router.
pub(crate) const UPLINK: &str = "uplink";
/// The inner interface of the router whose cable is replaced.
const INNER: &str = "198.51.100.11/24";

/// A virtual router of the group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) nic: &'static str,
    pub(crate) vrid: u8,
    family: Family,
    addresses: &'static [&'static str],
}

/// Outside and inside, and IPv6 outside.
pub(crate) const MEMBERS: [Member; 3] = [
    Member { name: "OUT", nic: "eth0", vrid: 7, family: Family::Ipv4, addresses: &["192.0.2.1/24"] },
    Member { name: "IN", nic: "eth1", vrid: 8, family: Family::Ipv4, addresses: &["198.51.100.1/24"] },
    Member { name: "OUT6", nic: "eth0", vrid: 7, family: Family::Ipv6, addresses: &["fe80::7:1/64", "2001:db8::1/64"] },
];

/// Whether routers have a virtual MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mac {
    Virtual,
    Physical,
}

/// A configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) mac: Mac,
    /// Of each member.
    pub(crate) priorities: [u8; 3],
    /// Names of the routers of the group; without any there is none.
    pub(crate) grouped: Vec<&'static str>,
    /// Further lines of the group.
    pub(crate) group_lines: String,
    /// Further lines of each router.
    pub(crate) router_lines: String,
}

impl Config {
    pub(crate) fn new(mac: Mac, priority: u8) -> Self {
        let grouped = MEMBERS.iter().map(|member| member.name).collect();
        let (group_lines, router_lines) = (String::new(), String::new());
        Self { mac, priorities: [priority; 3], grouped, group_lines, router_lines }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = "global_defs {\n router_id lab\n vrrp_version 3\n script_user root\n}\n".to_owned();
        if !self.grouped.is_empty() {
            let members = self.grouped.join("\n ");
            text += &format!("vrrp_sync_group PAIR {{\n group {{\n {members}\n }}\n {}\n}}\n", self.group_lines);
        }
        for (member, priority) in MEMBERS.iter().zip(self.priorities) {
            let use_vmac = match self.mac {
                Mac::Virtual => format!("use_vmac vip-{}", member.name.to_lowercase()),
                Mac::Physical => String::new(),
            };
            text += &format!(
                "vrrp_instance {} {{\n state BACKUP\n interface {}\n {use_vmac}\n virtual_router_id {}\n priority {priority}\n \
                 advert_int {}\n {}\n virtual_ipaddress {{\n {}\n }}\n}}\n",
                member.name,
                member.nic,
                member.vrid,
                INTERVAL.as_secs_f64(),
                self.router_lines,
                member.addresses.join("\n ")
            );
        }
        text
    }
}

/// The network. Its routers are ended before it.
pub(crate) struct Stage {
    pub(crate) r1: RouterHost,
    pub(crate) r2: RouterHost,
    pub(crate) lan: Lan,
    watches: [Watch; 3],
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    R1,
    R2,
}

pub(crate) fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

impl Stage {
    pub(crate) fn new(r1: Program, r2: Program) -> Self {
        let network = NetworkBuilder::new()
            .router("r1", r1)
            .cable("eth0", &["192.0.2.11/24", "2001:db8::11/64"])
            .cable_to(Segment::nth(1), "eth1", &[INNER])
            .cable_to(Segment::nth(2), UPLINK, &[] as &[&str])
            .router("r2", r2)
            .cable("eth0", &["192.0.2.12/24", "2001:db8::12/64"])
            .cable_to(Segment::nth(1), "eth1", &["198.51.100.12/24"])
            .client(&["192.0.2.50/24"])
            .build();
        let Network { routers: [r1, r2], client: _, capture, lan } = network.unwrap();
        let capture = std::sync::Arc::new(capture);
        let watches = MEMBERS.map(|member| Watch::of_family(capture.clone(), member.vrid, member.family));
        Self { r1, r2, lan, watches }
    }

    /// Both run, and the first is master of everything.
    pub(crate) fn running(mac: Mac) -> Self {
        let mut stage = Self::new(tanist(), tanist());
        let since = stage.now();
        stage.r2.start_with(&Config::new(mac, 100).text()).unwrap();
        stage.r1.start_with(&Config::new(mac, 150).text()).unwrap();
        stage.settles_on(Who::R1, since, "start");
        stage
    }

    pub(crate) fn now(&self) -> Captured {
        self.watches[0].now()
    }

    pub(crate) fn watch(&self, member: &Member) -> &Watch {
        let place = MEMBERS.iter().position(|it| it.name == member.name).unwrap();
        &self.watches[place]
    }

    pub(crate) fn router(&self, who: Who) -> &RouterHost {
        match who {
            Who::R1 => &self.r1,
            Who::R2 => &self.r2,
        }
    }

    pub(crate) fn cable(&self, who: Who, member: &Member) -> &Cable {
        self.router(who).host.cable(member.nic).unwrap()
    }

    /// From some time after `since` on, only one advertises, for all members.
    #[track_caller]
    pub(crate) fn settles_on(&self, who: Who, since: Captured, scene: &str) {
        let peer = if who == Who::R1 { Who::R2 } else { Who::R1 };
        for member in &MEMBERS {
            let (master, other) = (self.cable(who, member), self.cable(peer, member));
            let settled = self.watch(member).settles(since, master, other, INTERVAL * 5, PATIENCE);
            assert!(settled, "{scene}: {who:?} is the only master of {}; {}", member.name, self.logs());
        }
    }

    /// A tanist says that all its routers, and the group, are in `state`.
    #[track_caller]
    pub(crate) fn says(&self, who: Who, state: &str) {
        let says_so = || {
            let document = self.router(who).status_document()?;
            let routers = document["routers"].as_array()?.iter().all(|router| router["state"] == state);
            let group = &document["groups"][0];
            (routers && group["state"] == state && group["name"] == "PAIR").then_some(())
        };
        assert!(wait::found(PATIENCE, says_so).is_some(), "{who:?} is all {state}; {}", self.logs());
    }

    /// Lays another inner cable to the first router, whose interface was deleted.
    pub(crate) fn replug(&mut self) {
        self.lan.add_cable(&mut self.r1.host, Segment::nth(1), "eth1", &[prefixed(INNER).unwrap()]).unwrap();
    }

    /// A script that writes its arguments into a file of the router, and that file.
    pub(crate) fn script(&self, who: Who) -> (PathBuf, PathBuf) {
        let (script, lines) = (self.router(who).file("script"), self.router(who).file("lines"));
        fs::write(&script, format!("#!/bin/sh\necho \"$@\" >> {}\n", lines.display())).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        (script, lines)
    }

    pub(crate) fn logs(&self) -> String {
        format!("r1 said:\n{}\nr2 said:\n{}", self.r1.log(), self.r2.log())
    }
}
