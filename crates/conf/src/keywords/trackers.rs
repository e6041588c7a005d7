//! `vrrp_script`, `vrrp_track_process`, `track_file`, `bfd_instance`: what trackers watch.

use std::net::IpAddr;

use crate::keyword::{Block, Micros, Repeat, Row, Takes, TimeRange, Words, number, rows, takes};
use crate::model::{Script, ScriptUser, Switch, Weight};

const fn script<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Script, name, takes)
}

const fn process<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Process, name, takes)
}

const fn file<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::File, name, takes)
}

const fn bfd<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Bfd, name, takes)
}

const OURS: &str = "keepalived does not know it, and runs `script`";

const WHOLE: &str = "keepalived before 2.3.2 takes whole seconds only";

const SCRIPT_TIME: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1000, max_micros: 4_294_000_000 });
const DELAY: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1, max_micros: 3_600_000_000 });
const BFD_TIME: Takes<Micros> = takes::milliseconds(TimeRange { min_micros: 1000, max_micros: 4_294_967_000 });
const BFD_IDLE_TIME: Takes<Micros> =
    takes::milliseconds(TimeRange { min_micros: 1_000_000, max_micros: 4_294_967_000 });
const COUNT_MAX: i64 = 4_294_967_295;

rows! {
    /// The command whose exit status 0 says that all is well.
    SCRIPT: Script = script("script", takes::SCRIPT).also(&["command", "cmd"]).like("\"/usr/bin/pgrep haproxy\"")
        .differs("keepalived runs the first word of a command without quotes and ignores the others");
    /// Without a program: all is well if somebody accepts connections there. It goes before `script`.
    TANIST_TCP: String = script("tanist_tcp", takes::word("HOST:PORT")).like("localhost:5432").differs(OURS);
    /// Without a program: all is well if a GET is answered with a status of 200 to 399. It goes before `script`.
    TANIST_HTTP: String = script("tanist_http", takes::word("http://HOST:PORT/PATH"))
        .like("http://localhost:8080/health").differs(OURS);
    /// Without a program: all is well if the host answers an ICMP echo request. It goes before `script`.
    TANIST_PING: String = script("tanist_ping", takes::word("HOST")).like("192.0.2.254").differs(OURS);
    /// Without a program: all is well if systemd says by D-Bus that the unit is active or reloading. It goes before
    /// `script`.
    TANIST_UNIT: String = script("tanist_unit", takes::word("NAME.service")).like("haproxy.service").differs(OURS);
    /// Without a program: all is well if the main routing table has a route to exactly this network. Between checks a
    /// route that comes or goes is a reason to check at once. It goes before `script`.
    TANIST_ROUTE: String = script("tanist_route", takes::word("ADDRESS/LENGTH")).like("0.0.0.0/0").differs(OURS);
    /// Time from one start to the next; a run that takes longer leaves the next out.
    INTERVAL: Micros = script("interval", SCRIPT_TIME).default("1").differs(WHOLE);
    /// Time after which a run has failed and is killed, with its process group.
    TIMEOUT: Micros = script("timeout", SCRIPT_TIME).default("that of `interval`")
        .differs("keepalived before 2.3.2 takes whole seconds only; it sends SIGTERM first, and SIGKILL two seconds \
                  later");
    /// Added to the priority while the script succeeds; below 0, while it fails. 0: a failure puts the router into
    /// FAULT. `reverse`: subtracted; with 0, a success does.
    SCRIPT_WEIGHT: Weight = script("weight", takes::WEIGHT).default("0")
        .differs("keepalived complains of a weight outside the range and uses it");
    /// Successes in a row before a script that failed counts as successful. The very first result counts at once.
    RISE: u32 = script("rise", number(1, COUNT_MAX).or(1).form()).default("1").like("2");
    /// Failures in a row before a script counts as failed. When the daemon starts, the very first result counts at
    /// once; a script that a reload adds or changes leaves routers as they are until it succeeds, or fails so often.
    FALL: u32 = script("fall", number(1, COUNT_MAX).or(1).form()).also(&["fail"]).default("1").like("2")
        .differs("keepalived takes the first failure after a reload for enough");
    /// Who runs the script.
    USER: ScriptUser = script("user", takes::USER).default("that of `script_user`");
    /// The script counts as failed until it succeeds.
    INIT_FAIL: () = script("init_fail", takes::FLAG).default("off");
    /// Name of the process. With arguments, with a `/` in it, or with `full_command` or `param_match`, it is the first
    /// word of the command line.
    PROCESS: Words = process("process", takes::words("NAME [ARGUMENT …]")).repeats(Repeat::First).like("haproxy")
        .differs("keepalived finds no process by a path without `full_command`, nor by a name of more than 15 bytes");
    /// How arguments are compared. `partial`: more may follow; `initial`: the last may be longer, and more may follow;
    /// without a word: they are the same, and without arguments there are none.
    PARAM_MATCH: Words = process("param_match", takes::words("[initial|partial]"))
        .default("arguments that are given are the same").like("initial");
    /// Added to the priority while there are enough processes and not too many; below 0, while there are not. 0: then
    /// the router stops. `reverse`: subtracted; with 0, enough of them stop it.
    PROCESS_WEIGHT: Weight = process("weight", takes::WIDE_WEIGHT).repeats(Repeat::First).default("0");
    /// Fewest processes that are enough.
    QUORUM: u32 = process("quorum", number(1, 65_535).form()).default("1").like("2");
    /// Most processes that are not too many; 0: none may run.
    QUORUM_MAX: u32 = process("quorum_max", number(0, 65_535).form()).default("no limit");
    /// Sets `terminate_delay` and `fork_delay`.
    DELAY_BOTH: Micros = process("delay", DELAY).default("0");
    /// How long a change must last that comes of fewer processes. The first number counts at once.
    TERMINATE_DELAY: Micros = process("terminate_delay", DELAY).default("0");
    /// How long a change must last that comes of more processes. The first number counts at once.
    FORK_DELAY: Micros = process("fork_delay", DELAY).default("0");
    /// `process` is the first word of the command line, not the name that the kernel has.
    FULL_COMMAND: () = process("full_command", takes::FLAG).default("off");
    /// The file whose first number is watched. A file that is missing or empty, or that begins with no number, counts
    /// as 0.
    FILE: String = file("file", takes::word("a path")).repeats(Repeat::First).like("/run/priority")
        .differs("keepalived drops a file whose directory is not there, and takes a leading 0 or 0x for another base");
    /// The number times this is added to the priority, and a product of -254 or less puts the router into FAULT; 0: any
    /// number but 0 does. `reverse`: subtracted; with 0, the number 0 does.
    FILE_WEIGHT: Weight = file("weight", takes::WIDE_WEIGHT).repeats(Repeat::First).default("1");
    /// Makes the file at start with this number, or with 0; with `overwrite` also if it is there.
    INIT_FILE: Words = file("init_file", takes::words("[NUMBER] [overwrite]")).like("0 overwrite");
    /// The peer of the session.
    NEIGHBOR_IP: IpAddr = bfd("neighbor_ip", takes::ADDRESS);
    /// Other spelling of `neighbor_ip`.
    NEIGHBOUR_IP: IpAddr = bfd("neighbour_ip", takes::ADDRESS);
    /// Our address; nothing is sent while this machine does not have it.
    SOURCE_IP: IpAddr = bfd("source_ip", takes::ADDRESS).default("chosen by the kernel").like("192.0.2.2");
    /// Shortest time between packets that we take. The peer learns it, and sends no faster.
    MIN_RX: Micros = bfd("min_rx", BFD_TIME).default("10").like("50");
    /// Shortest time between packets that we send; the peer may ask for a longer one. Each comes up to a quarter early.
    MIN_TX: Micros = bfd("min_tx", BFD_TIME).default("10").like("50");
    /// Time between packets while the session is not up.
    IDLE_TX: Micros = bfd("idle_tx", BFD_IDLE_TIME).default("1000");
    /// Missed packets of ours after which the peer takes the session for lost; in tanist its own multiplier counts.
    MULTIPLIER: u8 = bfd("multiplier", number(1, 255).exactly().form()).default("5");
    /// Waits for the peer to begin.
    PASSIVE: () = bfd("passive", takes::FLAG).default("off");
    /// TTL or hop limit of packets, and that from which `max_hops` counts.
    TTL: u8 = bfd("ttl", number(1, 255).exactly().form())
        .default("255; for IPv6 `max_hops` counts from 64, which keepalived sends")
        .differs("keepalived sends IPv6 with a hop limit of 64, which other routers refuse (RFC 5881)");
    /// Other name of `ttl`.
    HOPLIMIT: u8 = bfd("hoplimit", number(1, 255).exactly().form());
    /// How much the TTL of packets may have fallen; -1 or 255: by any number.
    MAX_HOPS: i16 = bfd("max_hops", number(-1, 255).exactly().form()).default("0").like("1");
    /// Uses port 4784 (RFC 5883), for a peer beyond routers; `max_hops` must allow for them.
    MULTIHOP: Switch = bfd("multihop", takes::SWITCH).since("2.2.8").default("off");
    /// Added to the priority while the session is up; below 0, while it is down. 0: a session that is down puts the
    /// router into FAULT. `reverse`: subtracted; with 0, one that is up does.
    BFD_WEIGHT: Weight = bfd("weight", takes::WEIGHT).default("0");
    /// Routers may track the session.
    VRRP: () = bfd("vrrp", takes::FLAG).default("on, unless `checker` is there");
    /// Tells the load balancer of the session.
    CHECKER: () = bfd("checker", takes::FLAG).load_balancer();
}
