//! Another program in the place of this one.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::ptr;

/// Executes `program`. Returns only if that fails. Signals stay blocked if it succeeds, and wait.
#[expect(unsafe_code, reason = "std empties the signal mask, so that a signal on the way would end the process")]
pub(crate) fn execute(program: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> io::Error {
    let pointers = |texts: &[&CStr]| texts.iter().map(|it| it.as_ptr()).chain([ptr::null()]).collect::<Vec<_>>();
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    let (mut all, mut before) = (MaybeUninit::<libc::sigset_t>::uninit(), MaybeUninit::<libc::sigset_t>::uninit());
    // SAFETY: `sigfillset` initialises the set that is given to `pthread_sigmask`, which writes the one before to a live place;
    // both lists of pointers end in null, and what they point to lives as long as the call.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        let error = io::Error::last_os_error();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        error
    }
}

/// Lets signals come.
#[expect(unsafe_code, reason = "there is no safe way to change the signal mask")]
pub(crate) fn unblock_signals() {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` initialises the set, and the mask before is not asked for.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
    }
}

/// A descriptor that this process was started with.
///
/// # Errors
/// `EBADF` if there is none of this number.
#[expect(unsafe_code, reason = "a number that another program has passed on is a descriptor by agreement only")]
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: both calls take any number; the second sets a flag.
    if unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and the caller says once that it belongs to nobody.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
