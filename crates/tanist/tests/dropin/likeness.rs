//! What keepalived and tanist dump of the same file and the same story: keys, their order, types, and values, but for times and
//! counts.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lab::{Network, NetworkBuilder, Program, RouterHost, wait};
use rustix::process::Signal;
use serde_json::Value;

use super::{PATIENCE, as_keepalived};

const CONFIG: &str = "\
global_defs {
    router_id host1
    enable_script_security
    script_user root
}
vrrp_script chk {
    script \"/usr/bin/true x\"
    interval 1
    weight 3
}
vrrp_instance plain {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.2
    garp_master_refresh 7
    garp_master_delay 3
    garp_lower_prio_repeat 2
    lower_prio_no_advert
    skip_check_adv_addr
    virtual_ipaddress {
        10.9.0.100/24 dev eth0 label eth0:1
        10.9.0.101
    }
    virtual_ipaddress_excluded {
        10.9.1.1/32 no_track
        2001:db8:1::1/64
    }
    track_interface {
        lo weight 2
    }
    track_script {
        chk
    }
    notify_master \"/usr/bin/true master\"
    notify \"/usr/bin/true any\"
    smtp_alert
}
vrrp_instance virtual {
    interface eth0
    virtual_router_id 52
    priority 110
    version 3
    advert_int 0.2
    use_vmac
    preempt_delay 30
    virtual_ipaddress {
        10.9.0.110/24
    }
}
vrrp_instance secret {
    interface eth0
    virtual_router_id 53
    advert_int 1
    nopreempt
    authentication {
        auth_type PASS
        auth_pass abcd
    }
    virtual_ipaddress {
        10.9.0.120/24 brd 10.9.0.255
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 54
    version 3
    advert_int 0.2
    virtual_ipaddress {
        fe80::99/64
        2001:db8:9::100/64
    }
}
";

/// Numbers of signals (`keepalived --signum`).
const JSON: i32 = 36;
/// Values that are not compared: times, counts of what happened in them, secrets, which are not told here, and what keepalived leaves
/// as it is unless it is told otherwise.
const UNLIKE: [&str; 4] = ["last_transition", "auth_data", "promote_secondaries", "advert_sent"];
/// Keys of the text that only keepalived's insides have.
const INSIDE: [&str; 4] = ["Insecure", "Init state", "Script uid:gid", "fd_in"];
/// Keys whose values programs read.
const READ: [&str; 9] = [
    "State",
    "Wantstate",
    "Interface",
    "Gratuitous ARP delay",
    "Virtual Router ID",
    "Effective priority",
    "Status",
    "Preempt",
    "VRRP Version",
];

/// A daemon with the file, and where it dumps.
struct Dumped<'a> {
    router: &'a mut RouterHost,
}

impl Dumped<'_> {
    fn start(&mut self, mut command: Command) {
        command.env("TMPDIR", self.router.file(""));
        self.router.start_as(command).unwrap();
    }

    /// Whether it is master of all that it is to be.
    fn holds_all(&self) -> bool {
        let holds = |address: &str| self.router.host.link_of(address.parse().unwrap()).is_some();
        ["10.9.0.100", "10.9.0.110", "10.9.0.120", "2001:db8:9::100"].into_iter().all(holds)
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.router.file(&format!("keepalived.{kind}"))
    }

    /// Asks for a dump until one is there that `is_wanted`.
    fn dump(&self, signal: i32, kind: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let file = self.file(kind);
        let look = || {
            kill(self.router, signal);
            let text = wait::found(PATIENCE / 15, || fs::read_to_string(&file).ok().filter(|text| is_wanted(text)));
            fs::remove_file(&file).ok();
            text
        };
        wait::found(PATIENCE, look).unwrap_or_else(|| panic!("{kind}: {}", self.router.log()))
    }
}

fn kill(router: &RouterHost, signal: i32) {
    // rustix has no name for real-time signals.
    let pid = router.pid().unwrap().as_raw_pid().to_string();
    Command::new("kill").args([format!("-{signal}"), pid]).status().unwrap();
}

/// All are masters, and the script has said so.
fn is_settled(text: &str) -> bool {
    let dump: Value = serde_json::from_str(text).unwrap_or_default();
    let data = |it: &Value, key: &str| it["data"][key].as_u64();
    dump.as_array().is_some_and(|all| {
        all.len() == 4
            && all.iter().all(|it| data(it, "state") == Some(2))
            && data(&all[0], "effective_priority") == Some(105)
    })
}

pub(crate) fn dumps() {
    let network = |name: &str| -> Network<1> {
        let builder = NetworkBuilder::new().router(name, Program::Keepalived);
        builder.cable("eth0", &["10.9.0.2/24", "2001:db8:9::2/64"]).build().unwrap()
    };
    let (mut theirs, mut ours) = (network("theirs"), network("ours"));
    for router in [&mut theirs.routers[0], &mut ours.routers[0]] {
        router.configure(CONFIG).unwrap();
    }
    let (mut theirs, mut ours) = (Dumped { router: &mut theirs.routers[0] }, Dumped { router: &mut ours.routers[0] });
    theirs.start(theirs.router.command());
    ours.start(as_keepalived(ours.router));
    // A signal that comes before a daemon hears it ends the daemon.
    for it in [&theirs, &ours] {
        assert!(wait::until(PATIENCE, || it.holds_all()), "{}", it.router.log());
    }
    let json = [&theirs, &ours].map(|it| it.dump(JSON, "json", is_settled));
    same_json(&json[0], &json[1]);
    // keepalived's file may still be growing: this is the last line that is read.
    let ends = |text: &str| text.contains("\n   State = idle\n");
    let text = [&theirs, &ours].map(|it| it.dump(Signal::USR1.as_raw(), "data", ends));
    same_text(&text[0], &text[1]);
    let all = |text: &str| text.matches("VRRP Instance: ").count() == 4 && text.ends_with('\n');
    let statistics = [&theirs, &ours].map(|it| it.dump(Signal::USR2.as_raw(), "stats", all));
    let shape = |text: &str| {
        text.lines().map(|line| line.split(": ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shape(&statistics[0]), shape(&statistics[1]));
}

fn same_json(theirs: &str, ours: &str) {
    assert_eq!(keys(theirs), keys(ours), "\n{theirs}\n{ours}");
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (theirs, ours) = (parse(theirs), parse(ours));
    for (their, our) in theirs.as_array().unwrap().iter().zip(ours.as_array().unwrap()) {
        for part in ["data", "stats"] {
            for (key, value) in their[part].as_object().unwrap() {
                let mine = &our[part][key];
                assert_eq!(kind(value), kind(mine), "{key}");
                if !UNLIKE.contains(&key.as_str()) {
                    assert_eq!(value, mine, "{key} of {}", their["data"]["iname"]);
                }
            }
        }
    }
}

/// Keys in their order: what stands in quotes in front of a colon.
fn keys(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text.split('"').collect();
    parts.windows(2).skip(1).step_by(2).filter(|pair| pair[1].starts_with(':')).map(|pair| pair[0]).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The topology and the scripts: `KEY = VALUE` in their order.
fn same_text(theirs: &str, ours: &str) {
    let (theirs, ours) = (pairs(theirs), pairs(ours));
    let only_keys = |pairs: &[(String, String)]| pairs.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    assert_eq!(only_keys(&theirs), only_keys(&ours));
    for ((key, value), (_, mine)) in theirs.iter().zip(&ours) {
        assert!(value == mine || !READ.contains(&key.as_str()), "{key} = {value}, not {mine}");
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let section = |name: &str| {
        let start = text.find(&format!("------< {name} >------\n")).unwrap_or_else(|| panic!("{name}: {text}"));
        text[start..]
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with("------<"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let lines = [section("VRRP Topology"), section("VRRP Scripts")].concat();
    let pair = |line: &String| {
        let (key, value) = line.split_once(" = ")?;
        Some((key.trim().to_owned(), value.to_owned())).filter(|(key, _)| !INSIDE.contains(&key.as_str()))
    };
    lines.iter().filter_map(pair).collect()
}
