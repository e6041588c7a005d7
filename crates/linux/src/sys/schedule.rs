//! The scheduling policy of a thread.

use std::io;

use rustix::process::Pid;

/// `struct sched_param` of the kernel; musl's has other fields.
#[repr(C)]
struct SchedParam {
    priority: libc::c_int,
}

/// Gives a thread of this process the policy SCHED_RR; its children start with the ordinary one.
///
/// # Errors
/// `PermissionDenied` without CAP_SYS_NICE or RLIMIT_RTPRIO.
#[expect(unsafe_code, reason = "rustix has no sched_setscheduler, and musl's only returns ENOSYS")]
pub(crate) fn round_robin(thread: Pid, priority: u8) -> io::Result<()> {
    let param = SchedParam { priority: priority.into() };
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the kernel reads a `struct sched_param` (one int) at the pointer, which is live.
    let result =
        unsafe { libc::syscall(libc::SYS_sched_setscheduler, thread.as_raw_nonzero().get(), policy, &raw const param) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
