//! Settings of links in /proc/sys/net, which shows the network namespace of the thread that looks.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use host::{Ipv4Setting, Ipv6Setting};

pub(super) fn ipv4(link: &str, setting: Ipv4Setting) -> PathBuf {
    Path::new("/proc/sys/net/ipv4/conf").join(link).join(setting.name())
}

pub(super) fn ipv6(link: &str, setting: Ipv6Setting) -> PathBuf {
    Path::new("/proc/sys/net/ipv6/conf").join(link).join(setting.name())
}

pub(super) fn read(file: &Path) -> io::Result<i32> {
    parse(&fs::read_to_string(file)?)
}

/// The file is never made: one that is not there is an error. A value that is there already is not written: writing has
/// effects even then, and is refused where /proc/sys is read-only.
pub(super) fn write(file: &Path, value: i32) -> io::Result<()> {
    let sysctl = match OpenOptions::new().read(true).write(true).open(file) {
        Ok(sysctl) => sysctl,
        // Whatever forbids it: there is nothing to write.
        Err(_) if read(file).is_ok_and(|found| found == value) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut buffer = [0; 16];
    let length = sysctl.read_at(&mut buffer, 0)?;
    let found = std::str::from_utf8(&buffer[..length]).map_err(io::Error::other).and_then(parse);
    if found.is_ok_and(|found| found == value) {
        return Ok(());
    }
    sysctl.write_all_at(value.to_string().as_bytes(), 0)
}

fn parse(text: &str) -> io::Result<i32> {
    text.trim().parse().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As under a read-only /proc/sys: this one may be read only, by root too.
    #[test]
    fn a_value_that_is_there_already_is_no_failure_where_nothing_can_be_written() {
        let read_only = Path::new("/proc/sys/kernel/ngroups_max");
        let value = read(read_only).unwrap();
        write(read_only, value).unwrap();
        assert_eq!(write(read_only, value + 1).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let nowhere = ipv6("nosuchlink", Ipv6Setting::AcceptRa);
        assert_eq!(write(&nowhere, 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
