//! Tracing: holding one thread of another process where it is.

use std::io;
use std::ptr::null_mut;

use rustix::process::{Pid, WaitOptions, waitpid};

/// What `libc` takes the number of a request for.
#[cfg(target_env = "musl")]
type Request = libc::c_int;
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

/// Attaches to a thread and stops it. The calling thread is its tracer from now on.
pub(crate) fn seize(thread: Pid) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, thread)?;
    request(libc::PTRACE_INTERRUPT, thread)?;
    waitpid(Some(thread), WaitOptions::empty())?;
    Ok(())
}

/// Lets a thread that the caller has stopped go on, traced no more.
pub(crate) fn detach(thread: Pid) -> io::Result<()> {
    request(libc::PTRACE_DETACH, thread)
}

/// Whether a thread that the caller traces has ended, or is traced no more. Until this is asked it stays a zombie, and so
/// does its process.
pub(crate) fn has_ended(thread: Pid) -> bool {
    match waitpid(Some(thread), WaitOptions::NOHANG) {
        Ok(status) => status.is_some_and(|(_, status)| status.exited() || status.signaled()),
        Err(_) => true,
    }
}

#[expect(unsafe_code, reason = "rustix has no ptrace")]
fn request(what: Request, thread: Pid) -> io::Result<()> {
    let nothing = null_mut::<libc::c_void>();
    // SAFETY: none of these requests reads or writes memory: address and data are numbers, and 0.
    let result = unsafe { libc::ptrace(what as _, thread.as_raw_pid(), nothing, nothing) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
