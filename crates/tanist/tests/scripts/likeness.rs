//! How scripts are run, beside keepalived: what a script finds out of itself, from both.

use std::fs;
use std::process::{Command, Stdio};

use super::machine::{Machine, PATIENCE};

/// A fact about a process: its name, and what both, keepalived and tanist say.
type Fact = (&'static str, Says);

/// Whether the two say the same.
enum Says {
    /// They do, and this.
    Both(&'static str),
    /// They do not, for a reason.
    Other { keepalived: &'static str, tanist: &'static str },
}

/// Of a script that runs as `daemon:bin`.
const FACTS: [Fact; 14] = [
    ("arguments", Says::Both("[one two] [three] [$HOME] [INSTANCE] [VI_1] [BACKUP] [150]")),
    ("name", Says::Both("script")),
    ("Uid", Says::Both("1 1 1 1")),
    ("Gid", Says::Both("2 2 2 2")),
    // The same rights: the group itself is no further one.
    ("Groups", Says::Other { keepalived: "2", tanist: "" }),
    ("CapEff", Says::Both("0000000000000000")),
    ("SigBlk", Says::Both("0000000000000000")),
    // Of signals 1 to 16, SIGPIPE among them.
    ("ignored", Says::Both("0000")),
    ("leads its group", Says::Both("yes")),
    ("directory", Says::Both("/")),
    ("input", Says::Both("/dev/null")),
    // Files that scripts make are as the administrator of the service says.
    ("umask", Says::Other { keepalived: "0177", tanist: "0022" }),
    ("sockets", Says::Both("0")),
    ("AWS_REGION", Says::Both("here")),
];

/// A shell that waits blocks signals for a moment: what says so of itself is another program.
const SCRIPT: &str = "[ $6 = BACKUP ] || exit 0
{
echo \"arguments: $(for it; do printf '[%s] ' \"$it\"; done)\"
echo \"name: ${0##*/}\"
sed -n 's/^\\(Uid\\|Gid\\|Groups\\|CapEff\\|SigBlk\\):/&/p' /proc/self/status
sed -n 's/^SigIgn:.*\\(....\\)$/ignored: \\1/p' /proc/self/status
echo \"leads its group: $([ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo yes)\"
echo \"directory: $(pwd)\"
echo \"input: $(readlink /proc/$$/fd/0)\"
echo \"umask: $(umask)\"
echo \"sockets: $(ls -l /proc/$$/fd | grep -c socket)\"
echo \"AWS_REGION: $AWS_REGION\"
} > $DIR/out/$(cat /proc/$PPID/comm | cut -c1-6)
echo done >> $DIR/done";

pub(super) fn beside_keepalived(machine: &mut Machine) {
    fs::create_dir(machine.path("out")).unwrap();
    machine.mode("out", 0o777);
    fs::write(machine.path("done"), "").unwrap();
    machine.mode("done", 0o666);
    let script = machine.script("script", SCRIPT);
    machine.configure("", 1, &format!("notify \"{script} 'one two' three $HOME\" daemon bin"));
    machine.start_by(&["env", "-C", "/", "sh", "-c", "umask 022; exec \"$@\"", "sh"]);
    machine.holds("done", "done");
    machine.stop();
    run_keepalived(machine);
    for (who, says_of) in [("keepal", true), ("tanist", false)] {
        let text = machine.read(&format!("out/{who}"));
        for (name, says) in &FACTS {
            let expected = match says {
                Says::Both(expected) => expected,
                Says::Other { keepalived, .. } if says_of => keepalived,
                Says::Other { tanist, .. } => tanist,
            };
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
            let found = line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref(), Some(*expected), "{who}: {name}; {text}");
        }
    }
}

/// Until it has run the script.
fn run_keepalived(machine: &Machine) {
    let before = machine.read("done").len();
    let mut command = Command::new("keepalived");
    command.args(["-n", "-P", "-l", "-f"]).arg(machine.path("daemon.conf")).current_dir("/");
    for (option, name) in [("-p", "k.pid"), ("-r", "k.vrrp.pid"), ("-b", "k.bfd.pid"), ("-c", "k.checkers.pid")] {
        command.arg(option).arg(machine.path(name));
    }
    command.env("AWS_REGION", "here").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = machine.spawn(&mut command);
    let has_run = lab::wait::until(PATIENCE, || machine.read("done").len() > before);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    child.wait().unwrap();
    assert!(has_run, "keepalived runs the script");
}
