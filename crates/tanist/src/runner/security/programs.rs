//! Programs whose arguments name what they run.

use std::path::Path;

/// Where programs are looked up if PATH is not set.
pub(super) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a program runs besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// Nothing, as far as is known.
    Itself,
    /// The first of its arguments that is a path.
    Script,
    /// The first of its arguments that is a program.
    Command,
}

/// Without the digits of versions.
const INTERPRETERS: &[&str] = &[
    "ash", "awk", "bash", "csh", "dash", "expect", "fish", "gawk", "guile", "ksh", "lua", "mawk", "mksh", "node",
    "nodejs", "perl", "php", "pypy", "python", "rbash", "ruby", "sh", "tclsh", "tcsh", "zsh",
];
const RUN_COMMANDS: &[&str] = &[
    "busybox",
    "chroot",
    "chrt",
    "doas",
    "env",
    "flock",
    "ionice",
    "ip",
    "nice",
    "nohup",
    "nsenter",
    "prlimit",
    "runuser",
    "setpriv",
    "setsid",
    "stdbuf",
    "sudo",
    "systemd-cat",
    "systemd-run",
    "taskset",
    "time",
    "timeout",
    "unshare",
    "xargs",
];

/// What a program runs, by its name as written and by that of the file it is.
pub(super) fn runs(written: &Path, real: &Path) -> Runs {
    let by_name = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
        if INTERPRETERS.contains(&bare) {
            Runs::Script
        } else if RUN_COMMANDS.contains(&&*name) {
            Runs::Command
        } else {
            Runs::Itself
        }
    };
    match by_name(written) {
        Runs::Itself => by_name(real),
        known @ (Runs::Script | Runs::Command) => known,
    }
}
