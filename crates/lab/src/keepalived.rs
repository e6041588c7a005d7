//! The installed keepalived.

use std::path::Path;
use std::process::Command;

/// Options for keepalived's pid files, each with a file.
pub(crate) const PID_FILES: [(&str, &str); 4] =
    [("-p", "pid"), ("-r", "vrrp.pid"), ("-b", "bfd.pid"), ("-c", "checkers.pid")];

/// keepalived's binary; /usr/sbin is not in every user's PATH.
pub(crate) fn binary() -> &'static Path {
    let usual = Path::new("/usr/sbin/keepalived");
    if usual.is_file() { usual } else { Path::new("keepalived") }
}

/// The version of the installed keepalived, for example `2.2.7`; `None` if it is not installed or does not say.
#[must_use]
pub fn keepalived_version() -> Option<String> {
    let output = Command::new(binary()).arg("--version").output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    // Keepalived v2.2.7 (01/16,2022)
    let said = String::from_utf8_lossy(&said).into_owned();
    let version = said.split_whitespace().nth(1)?.strip_prefix('v')?;
    Some(version.to_owned())
}
