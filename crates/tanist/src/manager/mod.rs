//! What the service manager (systemd, or whoever listens at `NOTIFY_SOCKET`) is told, as sd_notify(3) says.
//!
//! The main thread tells what becomes of the daemon, and waits a moment for a manager that is busy: a start of which it does
//! not hear counts as failed. The services thread tells how the routers are ([`StatusLine`]) and that all threads live
//! ([`Watchdog`]), and waits for nobody.

mod status;
mod watchdog;

use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;
use sd_notify::NotifyState;

pub(crate) use self::status::StatusLine;
pub(crate) use self::watchdog::{Watchdog, Watched};

/// Environment variable that says where it listens; `@`: an abstract name.
const SOCKET: &str = "NOTIFY_SOCKET";

/// How long one is waited for that has more to read than fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    ATime(Duration),
    None,
}

const MOMENT: Patience = Patience::ATime(Duration::from_secs(2));

/// The configuration is in force, after a start or a reload; or a reload was refused, and the old one stays so.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready], MOMENT);
}

/// A configuration is read, and will be in force or refused.
pub(crate) fn reloading() {
    // `Type=notify-reload` tells by the time whether that is the reload it asked for.
    let states = NotifyState::monotonic_usec_now().map(|now| [NotifyState::Reloading, now]);
    // There is always a monotonic clock.
    states.into_iter().for_each(|states| tell(&states, MOMENT));
}

/// The daemon is about to end.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")], MOMENT);
}

/// Something takes as long as that, which is no hang: a script of the start or the stop.
pub(crate) fn extend(limit: Duration) {
    let limit = u32::try_from(limit.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::ExtendTimeoutUsec(limit)], MOMENT);
}

/// The start has failed.
pub(crate) fn failed(why: &str, errno: Errno) {
    let status = why.replace('\n', " ");
    tell(&[NotifyState::Errno(errno.raw_os_error().unsigned_abs()), NotifyState::Status(&status)], MOMENT);
}

/// The daemon is that process, and not this one, which has forked it.
pub(crate) fn main_process(pid: Pid) {
    tell(&[NotifyState::MainPid(pid.as_raw_pid().unsigned_abs())], MOMENT);
}

/// Whether anybody wants to be told.
fn is_there() -> bool {
    env::var_os(SOCKET).is_some()
}

/// Tells it, if there is one. One that takes nothing changes nothing for the daemon.
fn tell(states: &[NotifyState<'_>], patience: Patience) {
    if let Err(error) = try_tell(states, patience) {
        tracing::debug!("the service manager is not told: {error}");
    }
}

/// Our own rather than `sd_notify::notify`, which waits for ever for a manager that hangs and knows no abstract names.
fn try_tell(states: &[NotifyState<'_>], patience: Patience) -> io::Result<()> {
    let Some(name) = env::var_os(SOCKET) else { return Ok(()) };
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(&name)?,
    };
    let text: String = states.iter().map(|state| format!("{state}\n")).collect();
    let socket = UnixDatagram::unbound()?;
    match patience {
        Patience::ATime(time) => socket.set_write_timeout(Some(time))?,
        Patience::None => socket.set_nonblocking(true)?,
    }
    socket.send_to_addr(text.as_bytes(), &address).map(|_| ())
}
