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
