//! Panics go to the log: the standard library's report would wait for standard error, and a thread that waits there never
//! gets to the abort that should follow.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::thread;

/// From now on, panics are logged instead of printed; with `RUST_BACKTRACE` a line for each frame.
pub(super) fn log_panics() {
    std::panic::set_hook(Box::new(log));
}

fn log(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
    tracing::error!("thread {name} panicked{place}: {}", message(info.payload()));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        backtrace.to_string().lines().for_each(|frame| tracing::error!("{frame}"));
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    use super::super::{Facility, LogFormat, start};
    use super::*;

    const CHILD: &str = "logging::panic::tests::a_thread_that_panics";

    /// This program again, in which a thread panics.
    fn child(stderr: impl Into<Stdio>) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", CHILD, "--ignored", "--nocapture"]).stdout(Stdio::null()).stderr(stderr);
        command.env_remove("RUST_BACKTRACE").env_remove("TANIST_LOG");
        command
    }

    #[test]
    #[ignore = "run by the other tests, as a process"]
    fn a_thread_that_panics() {
        let _log = start(LogFormat::Systemd(Facility::UNNAMED));
        assert!(thread::Builder::new().name("some".into()).spawn(|| panic!("why\nit did")).unwrap().join().is_err());
    }

    #[test]
    fn a_panic_is_a_line_of_the_log() {
        let (mut reader, writer) = io::pipe().unwrap();
        assert!(child(writer).status().unwrap().success());
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("<3>thread some panicked at ") && said.ends_with(": why\\nit did\n"), "{said}");
    }

    #[test]
    fn a_thread_that_panics_does_not_wait_for_standard_error() {
        let (_reader, mut writer) = io::pipe().unwrap();
        let flags = fcntl_getfl(&writer).unwrap();
        fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
        while writer.write(b"x").is_ok() {}
        fcntl_setfl(&writer, flags).unwrap();
        let mut child = child(writer).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let ended = child.try_wait().unwrap();
        child.kill().ok();
        assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    }
}
