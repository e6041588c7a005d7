//! Network namespaces, with and without root: what `tanist lab` and the kernel tests live in, and `net_namespace`.
//!
//! A namespace is a descriptor here and lives as long as one is open or a process runs in it, so nothing is left behind
//! by a program that dies. Programs such as `ip` are not needed.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, LinkNameSpaceType, capabilities, move_into_link_name_space};

use crate::sys::ns::{Fresh, unshare};

/// How [`enter_user_namespace`] got its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// The process may make namespaces itself: the machine's root.
    Real,
    /// A user namespace was made, in which the calling user is root.
    UserNamespace,
}

/// Why no namespaces can be had on this machine, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("no namespaces here: {what}: {source}. {}", advice(source))]
pub struct NoNamespaces {
    /// What was tried.
    what: &'static str,
    /// What the kernel said.
    source: io::Error,
}

/// Moves this process into network and mount namespaces of its own; without root into a user namespace in which it is
/// root. The process must have a single thread.
///
/// # Errors
/// If the machine forbids it: the text says what to change. The process should end then, or skip what needs them.
pub fn enter_user_namespace() -> Result<Privilege, NoNamespaces> {
    let privilege = if may_make_namespaces() { Privilege::Real } else { Privilege::UserNamespace };
    match privilege {
        Privilege::Real => unshare(Fresh::NetworkAndMounts)
            .map_err(|source| NoNamespaces { what: "unshare(network, mounts)", source })?,
        Privilege::UserNamespace => become_root_of_user_namespace()?,
    }
    // Mounts made in here must not show up outside.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|errno| NoNamespaces { what: "make mounts private", source: errno.into() })?;
    Ok(privilege)
}

/// A network namespace.
#[derive(Debug)]
pub struct Namespace(OwnedFd);

impl Namespace {
    /// An empty network namespace: a loopback interface that is down.
    ///
    /// # Errors
    /// Without CAP_SYS_ADMIN in the user namespace, or at the kernel's limit of namespaces.
    pub fn new() -> io::Result<Self> {
        thread::scope(|scope| {
            let maker = scope.spawn(|| {
                unshare(Fresh::Network)?;
                Self::current()
            });
            joined(maker)
        })
    }

    /// The one that `ip netns add NAME` made.
    ///
    /// # Errors
    /// If there is none, or `name` is no name.
    pub fn named(name: &str) -> io::Result<Self> {
        const DIRECTORY: &str = "/run/netns";
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a name"));
        }
        let path = Path::new(DIRECTORY).join(name);
        Ok(Self(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// Moves the calling thread, and all that it starts from now on, for good.
    ///
    /// # Errors
    /// Without CAP_SYS_ADMIN, or if it is no network namespace.
    pub fn join(&self) -> io::Result<()> {
        self.switch()
    }

    /// The namespace of the calling thread.
    ///
    /// # Errors
    /// If /proc is not mounted.
    pub fn current() -> io::Result<Self> {
        let fd = rustix::fs::open("/proc/thread-self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self(fd))
    }

    /// Moves the calling thread into this namespace until the guard is dropped. Sockets that are opened and processes
    /// that are started meanwhile belong to it and stay in it.
    ///
    /// # Errors
    /// Without CAP_SYS_ADMIN.
    pub fn enter(&self) -> io::Result<Inside> {
        let before = Self::current()?;
        self.switch()?;
        Ok(Inside { before, thread_bound: PhantomData })
    }

    /// Runs `work` in this namespace, in a thread of its own.
    ///
    /// # Errors
    /// If the namespace cannot be entered.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                self.switch()?;
                Ok(work())
            });
            joined(worker)
        })
    }

    /// Moves the calling thread for good.
    fn switch(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))?)
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The calling thread is in another namespace while this lives. It cannot leave its thread.
#[derive(Debug)]
#[must_use = "the thread goes back when this is dropped"]
pub struct Inside {
    before: Namespace,
    thread_bound: PhantomData<*const ()>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A thread that cannot go back would work on the wrong machine: only losing CAP_SYS_ADMIN meanwhile does this.
        if let Err(error) = self.before.switch() {
            panic!("cannot go back to the former network namespace: {error}");
        }
    }
}

/// The result of a scoped thread; its panic is ours.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Whether this process has CAP_SYS_ADMIN and CAP_NET_ADMIN already.
fn may_make_namespaces() -> bool {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN;
    capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Makes the user namespace and maps the calling user and group to root.
fn become_root_of_user_namespace() -> Result<(), NoNamespaces> {
    let (user, group) = (geteuid(), getegid());
    unshare(Fresh::UserNetworkAndMounts)
        .map_err(|source| NoNamespaces { what: "unshare(user, network, mounts)", source })?;
    write_map("/proc/self/setgroups", "deny")?;
    write_map("/proc/self/uid_map", &format!("0 {} 1", user.as_raw()))?;
    write_map("/proc/self/gid_map", &format!("0 {} 1", group.as_raw()))
}

/// One write to one of the files that set up a user namespace.
fn write_map(path: &'static str, text: &str) -> Result<(), NoNamespaces> {
    fs::write(path, text).map_err(|source| NoNamespaces { what: path, source })
}

/// What the user can do about it.
fn advice(error: &io::Error) -> String {
    const SWITCHES: [(&str, &str, &str); 3] = [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
    ];
    for (file, forbids, remedy) in SWITCHES {
        let value = fs::read_to_string(Path::new("/proc/sys").join(file)).unwrap_or_default();
        if value.trim() == forbids {
            return format!("This machine forbids it to users: `sudo sysctl -w {remedy}` allows it, or run as root");
        }
    }
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::INVAL) => "This kernel was built without namespaces, or the process has threads".into(),
        Some(rustix::io::Errno::NOSPC | rustix::io::Errno::USERS) => {
            "The limit of namespaces is reached (user.max_user_namespaces, user.max_net_namespaces)".into()
        }
        _ => "A container often forbids this: run as root, or with `--security-opt seccomp=unconfined`".into(),
    }
}
