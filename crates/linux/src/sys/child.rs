//! Child processes: what is set between fork and exec, and which of them have ended.

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, getgid, getpid, getppid, getuid, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};

use crate::child::{Forked, User};

/// Makes `command` start its program as `user` and end with this thread.
#[expect(unsafe_code, reason = "std runs code between fork and exec only through an unsafe function")]
pub(crate) fn confine(command: &mut Command, user: Option<User>) {
    let parent = getpid();
    let steps = move || {
        if let Some(user) = &user {
            become_user(user)?;
        }
        // After the change of user, which clears it.
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have ended before that was said.
        if getppid() == Some(parent) { Ok(()) } else { Err(Errno::CHILD.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called: `steps` reads plain numbers, and makes
    // system calls through rustix; it neither allocates nor takes a lock, and an error is a bare errno.
    unsafe { command.pre_exec(steps) };
}

/// No other groups, no capability in any set but the bounding set.
fn become_user(user: &User) -> io::Result<()> {
    let User { uid, gid, ref groups } = *user;
    let changes = getuid() != uid || getgid() != gid;
    match set_thread_groups(groups) {
        // A user who may not leave its groups stays itself all the same.
        Err(Errno::PERM) if !changes => {}
        outcome => outcome?,
    }
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    Ok(set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}

/// Makes a copy of a process that has one thread.
#[expect(unsafe_code, reason = "no safe function makes a copy of this process")]
pub(crate) fn fork() -> io::Result<Forked> {
    let threads = fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!("a process of {threads} threads is not copied")));
    }
    // SAFETY: what makes a copy unsound are locks and data that other threads are busy with: there is no other thread, and
    // none can come, for this one is here.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(Pid::from_raw(pid).map_or(Forked::Child, Forked::Parent)),
    }
}

/// A child of this process that has ended and was not waited for. It stays so.
#[expect(unsafe_code, reason = "rustix does not say which process its status belongs to")]
pub(crate) fn ended() -> io::Result<Option<Pid>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the kernel writes a `siginfo_t` at the pointer, which is live, or leaves it as it is.
    let result = unsafe { libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all zeros is a valid `siginfo_t`, and its process id is then 0.
    let pid = unsafe { info.assume_init().si_pid() };
    Ok(Pid::from_raw(pid))
}
