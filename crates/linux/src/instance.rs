//! Who we are on this machine: which boot, which network namespace, and which other daemons of ours run in it.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use host::{Company, Place};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};

use crate::clock;

/// Names this boot and this network namespace (of the calling thread): what was noted under another name says nothing
/// about this machine.
///
/// # Errors
/// If /proc is not mounted.
pub fn place() -> io::Result<Place> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim_end().to_owned();
    let network_namespace = rustix::fs::stat("/proc/thread-self/ns/net")?.st_ino;
    Ok(Place { boot, network_namespace })
}

/// Shows other daemons of ours in this network namespace that this one lives: a socket with a name, which the kernel
/// takes away with the process, however it ends. To be kept for as long as there may be anything of ours on the machine.
#[derive(Debug)]
pub struct Presence {
    _socket: OwnedFd,
    /// As it stands in /proc/net/unix.
    name: String,
}

impl Presence {
    /// Shows it from now on, in the network namespace of the calling thread.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub fn announce() -> io::Result<Self> {
        let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        // Containers that share a network may have one process id.
        let unique = format!("tanist.{}.{}", std::process::id(), clock::now().nanos());
        bind(&socket, &SocketAddrUnix::new_abstract_name(unique.as_bytes())?)?;
        Ok(Self { _socket: socket, name: format!("@{unique}") })
    }

    /// Whether other daemons of ours live in the network namespace of the calling thread. Where that cannot be known they
    /// count as living.
    #[must_use]
    pub fn company(&self) -> Company {
        let is_other = |name: &str| name.starts_with("@tanist.") && name != self.name;
        match fs::read_to_string("/proc/thread-self/net/unix") {
            Ok(sockets) if !sockets.lines().filter_map(|line| line.split_whitespace().last()).any(is_other) => {
                Company::Alone
            }
            Ok(_) | Err(_) => Company::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_and_namespaces_have_names() {
        let place = place().unwrap();
        assert_eq!(place.boot.len(), 36);
        assert_eq!(place, super::place().unwrap());
    }
}
