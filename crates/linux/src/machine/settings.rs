//! Settings of links in /proc/sys/net, which shows the network namespace of the thread that looks.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use host::{Ipv4Setting, Ipv6Setting};

/// The file of an IPv4 setting.
pub(super) fn ipv4(link: &str, setting: Ipv4Setting) -> PathBuf {
    Path::new("/proc/sys/net/ipv4/conf").join(link).join(setting.name())
}

/// The file of an IPv6 setting.
pub(super) fn ipv6(link: &str, setting: Ipv6Setting) -> PathBuf {
    Path::new("/proc/sys/net/ipv6/conf").join(link).join(setting.name())
}

/// The file of addr_gen_mode.
pub(super) fn addr_gen_mode(link: &str) -> PathBuf {
    Path::new("/proc/sys/net/ipv6/conf").join(link).join("addr_gen_mode")
}

/// Reads a number.
pub(super) fn read(file: &Path) -> io::Result<i32> {
    fs::read_to_string(file)?.trim().parse().map_err(io::Error::other)
}

/// Writes a number. The file is never made: one that is not there is an error.
pub(super) fn write(file: &Path, value: i32) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(value.to_string().as_bytes())
}
