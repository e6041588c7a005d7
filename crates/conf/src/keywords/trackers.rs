//! `vrrp_script`, `vrrp_track_process`, `track_file`, `bfd_instance`: what trackers watch.

use crate::keyword::{Block, Form, KeywordDef, Repeat, TimeRange, number};

const fn script(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Script, name, form)
}

const fn process(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Process, name, form)
}

const fn file(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::File, name, form)
}

const fn bfd(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Bfd, name, form)
}

/// Largest weight of scripts and sessions.
const WEIGHT: i16 = 253;
/// Largest weight of files and processes.
const WIDE_WEIGHT: i16 = 254;

const OURS: &str = "keepalived does not know it, and runs `script`";

const WHOLE: &str = "keepalived before 2.3.2 takes whole seconds only";

const SCRIPT_TIME: Form = Form::Time(TimeRange { min_micros: 1000, max_micros: 4_294_000_000 });
const DELAY: Form = Form::Time(TimeRange { min_micros: 1, max_micros: 3_600_000_000 });
const BFD_TIME: Form = Form::Millis(TimeRange { min_micros: 1000, max_micros: 4_294_967_000 });
const COUNT_MAX: i64 = 4_294_967_295;

pub(crate) const SCRIPT: KeywordDef = script("script", Form::Script)
    .help("The command whose exit status 0 says that all is well.")
    .differs("keepalived runs the first word of a command without quotes and ignores the others")
    .like("script \"/usr/bin/pgrep haproxy\"");
pub(crate) const TANIST_TCP: KeywordDef = script("tanist_tcp", Form::Word("HOST:PORT"))
    .help("Without a program: all is well if somebody accepts connections there. It goes before `script`.")
    .differs(OURS)
    .like("tanist_tcp localhost:5432");
pub(crate) const TANIST_HTTP: KeywordDef = script("tanist_http", Form::Word("http://HOST:PORT/PATH"))
    .help("Without a program: all is well if a GET is answered with a status of 200 to 399. It goes before `script`.")
    .differs(OURS)
    .like("tanist_http http://localhost:8080/health");
pub(crate) const TANIST_PING: KeywordDef = script("tanist_ping", Form::Word("HOST"))
    .help("Without a program: all is well if the host answers an ICMP echo request. It goes before `script`.")
    .differs(OURS)
    .like("tanist_ping 192.0.2.254");
pub(crate) const TANIST_UNIT: KeywordDef = script("tanist_unit", Form::Word("NAME.service"))
    .help(
        "Without a program: all is well if systemd says by D-Bus that the unit is active or reloading. It goes before \
         `script`.",
    )
    .differs(OURS)
    .like("tanist_unit haproxy.service");
pub(crate) const TANIST_ROUTE: KeywordDef = script("tanist_route", Form::Word("ADDRESS/LENGTH"))
    .help(
        "Without a program: all is well if the main routing table has a route to exactly this network. Between checks a \
         route that comes or goes is a reason to check at once. It goes before `script`.",
    )
    .differs(OURS)
    .like("tanist_route 0.0.0.0/0");
pub(crate) const INTERVAL: KeywordDef = script("interval", SCRIPT_TIME)
    .help("Time from one start to the next; a run that takes longer leaves the next out.")
    .default("1")
    .differs(WHOLE);
pub(crate) const TIMEOUT: KeywordDef = script("timeout", SCRIPT_TIME)
    .help("Time after which a run has failed and is killed, with its process group.")
    .default("that of `interval`")
    .differs("keepalived before 2.3.2 takes whole seconds only; it sends SIGTERM first, and SIGKILL two seconds later");
pub(crate) const SCRIPT_WEIGHT: KeywordDef = script("weight", Form::Weight(WEIGHT))
    .help(
        "Added to the priority while the script succeeds; below 0, while it fails. 0: a failure stops the router. \
         `reverse`: subtracted; with 0, a success stops it.",
    )
    .default("0")
    .differs("keepalived complains of a weight outside the range and uses it");
pub(crate) const RISE: KeywordDef = script("rise", number(1, COUNT_MAX).or(1).form())
    .help("Successes in a row before a script that failed counts as successful. The very first result counts at once.")
    .default("1")
    .like("rise 2");
pub(crate) const FALL: KeywordDef = script("fall", number(1, COUNT_MAX).or(1).form())
    .help(
        "Failures in a row before a script counts as failed. When the daemon starts, the very first result counts at once; \
         a script that a reload adds or changes leaves routers as they are until it succeeds, or fails so often.",
    )
    .differs("keepalived takes the first failure after a reload for enough")
    .default("1")
    .like("fall 2");
pub(crate) const USER: KeywordDef =
    script("user", Form::User).help("Who runs the script.").default("that of `script_user`");
pub(crate) const INIT_FAIL: KeywordDef =
    script("init_fail", Form::Flag).help("The script counts as failed until it succeeds.").default("off");

pub(crate) const PROCESS: KeywordDef = process("process", Form::Words("NAME [ARGUMENT …]"))
    .help(
        "Name of the process. With arguments, with a `/` in it, or with `full_command` or `param_match`, it is the first word \
         of the command line.",
    )
    .differs("keepalived finds no process by a path without `full_command`, nor by a name of more than 15 bytes")
    .repeats(Repeat::First)
    .like("process haproxy");
pub(crate) const PARAM_MATCH: KeywordDef = process("param_match", Form::Words("[initial|partial]"))
    .help(
        "How arguments are compared. `partial`: more may follow; `initial`: the last may be longer, and more may follow; \
         without a word: they are the same, and without arguments there are none.",
    )
    .default("arguments that are given are the same")
    .like("param_match initial");
pub(crate) const PROCESS_WEIGHT: KeywordDef = process("weight", Form::Weight(WIDE_WEIGHT))
    .help(
        "Added to the priority while there are enough processes and not too many; below 0, while there are not. 0: then the \
         router stops. `reverse`: subtracted; with 0, enough of them stop it.",
    )
    .repeats(Repeat::First)
    .default("0");
pub(crate) const QUORUM: KeywordDef =
    process("quorum", number(1, 65_535).form()).help("Fewest processes that are enough.").default("1").like("quorum 2");
pub(crate) const QUORUM_MAX: KeywordDef = process("quorum_max", number(0, 65_535).form())
    .help("Most processes that are not too many; 0: none may run.")
    .default("no limit");
pub(crate) const DELAY_BOTH: KeywordDef =
    process("delay", DELAY).help("Sets `terminate_delay` and `fork_delay`.").default("0");
pub(crate) const TERMINATE_DELAY: KeywordDef = process("terminate_delay", DELAY)
    .help("How long a change must last that comes of fewer processes. The first number counts at once.")
    .default("0");
pub(crate) const FORK_DELAY: KeywordDef = process("fork_delay", DELAY)
    .help("How long a change must last that comes of more processes. The first number counts at once.")
    .default("0");
pub(crate) const FULL_COMMAND: KeywordDef = process("full_command", Form::Flag)
    .help("`process` is the first word of the command line, not the name that the kernel has.")
    .default("off");

pub(crate) const FILE: KeywordDef = file("file", Form::Word("a path"))
    .help(
        "The file whose first number is watched. A file that is missing or empty, or that begins with no number, counts \
         as 0.",
    )
    .differs("keepalived drops a file whose directory is not there, and takes a leading 0 or 0x for another base")
    .repeats(Repeat::First)
    .like("file /run/priority");
pub(crate) const FILE_WEIGHT: KeywordDef = file("weight", Form::Weight(WIDE_WEIGHT))
    .help(
        "The number times this is added to the priority, and a product of -254 or less stops the router; 0: any number \
         but 0 stops it. `reverse`: subtracted; with 0, the number 0 stops it.",
    )
    .repeats(Repeat::First)
    .default("1");
pub(crate) const INIT_FILE: KeywordDef = file("init_file", Form::Words("[NUMBER] [overwrite]"))
    .help("Makes the file at start with this number, or with 0; with `overwrite` also if it is there.")
    .like("init_file 0 overwrite");

pub(crate) const NEIGHBOR_IP: KeywordDef = bfd("neighbor_ip", Form::Address).help("The peer of the session.");
pub(crate) const NEIGHBOUR_IP: KeywordDef = bfd("neighbour_ip", Form::Address).help("Other spelling of `neighbor_ip`.");
pub(crate) const SOURCE_IP: KeywordDef = bfd("source_ip", Form::Address)
    .help("Our address; nothing is sent while this machine does not have it.")
    .default("the kernel chooses")
    .like("source_ip 192.0.2.2");
pub(crate) const MIN_RX: KeywordDef = bfd("min_rx", BFD_TIME)
    .help("Shortest time between packets that we take. The peer is told, and sends no faster.")
    .default("10")
    .like("min_rx 50");
pub(crate) const MIN_TX: KeywordDef = bfd("min_tx", BFD_TIME)
    .help("Shortest time between packets that we send; the peer may ask for a longer one. Each comes up to a quarter early.")
    .default("10")
    .like("min_tx 50");
pub(crate) const IDLE_TX: KeywordDef =
    bfd("idle_tx", Form::Millis(TimeRange { min_micros: 1_000_000, max_micros: 4_294_967_000 }))
        .help("Time between packets while the session is not up.")
        .default("1000");
pub(crate) const MULTIPLIER: KeywordDef = bfd("multiplier", number(1, 255).exactly().form())
    .help("Missed packets of ours after which the peer takes the session for lost; here its own multiplier counts.")
    .default("5");
pub(crate) const PASSIVE: KeywordDef = bfd("passive", Form::Flag).help("Waits for the peer to begin.").default("off");
pub(crate) const TTL: KeywordDef = bfd("ttl", number(1, 255).exactly().form())
    .help("TTL or hop limit of packets, and that from which `max_hops` counts.")
    .default("255; for IPv6 `max_hops` counts from 64, which keepalived sends")
    .differs("keepalived sends IPv6 with a hop limit of 64, which other routers refuse (RFC 5881)");
pub(crate) const HOPLIMIT: KeywordDef = bfd("hoplimit", number(1, 255).exactly().form()).help("Other name of `ttl`.");
pub(crate) const MAX_HOPS: KeywordDef = bfd("max_hops", number(-1, 255).exactly().form())
    .help("How much the TTL of packets may have fallen; -1 or 255: by any number.")
    .default("0")
    .like("max_hops 1");
pub(crate) const MULTIHOP: KeywordDef = bfd("multihop", Form::Switch)
    .help("Uses port 4784 (RFC 5883), for a peer behind routers; `max_hops` must allow for them.")
    .default("off")
    .since("2.2.8");
pub(crate) const BFD_WEIGHT: KeywordDef = bfd("weight", Form::Weight(WEIGHT))
    .help(
        "Added to the priority while the session is up; below 0, while it is down. 0: a session that is down stops the \
         router. `reverse`: subtracted; with 0, one that is up stops it.",
    )
    .default("0");
pub(crate) const VRRP: KeywordDef =
    bfd("vrrp", Form::Flag).help("Routers may track the session.").default("on, unless `checker` is there");
pub(crate) const CHECKER: KeywordDef =
    bfd("checker", Form::Flag).help("Tells the load balancer of the session.").load_balancer();

pub(crate) static ROWS: &[KeywordDef] = &[
    SCRIPT,
    TANIST_TCP,
    TANIST_HTTP,
    TANIST_PING,
    TANIST_UNIT,
    TANIST_ROUTE,
    INTERVAL,
    TIMEOUT,
    SCRIPT_WEIGHT,
    RISE,
    FALL,
    USER,
    INIT_FAIL,
    PROCESS,
    PARAM_MATCH,
    PROCESS_WEIGHT,
    QUORUM,
    QUORUM_MAX,
    DELAY_BOTH,
    TERMINATE_DELAY,
    FORK_DELAY,
    FULL_COMMAND,
    FILE,
    FILE_WEIGHT,
    INIT_FILE,
    NEIGHBOR_IP,
    NEIGHBOUR_IP,
    SOURCE_IP,
    MIN_RX,
    MIN_TX,
    IDLE_TX,
    MULTIPLIER,
    PASSIVE,
    TTL,
    HOPLIMIT,
    MAX_HOPS,
    MULTIHOP,
    BFD_WEIGHT,
    VRRP,
    CHECKER,
];
