//! What is tracked, and what trackers find.

use vrrp::input::Reading;
use vrrp::snapshot::Outcome;

use super::{Words, error, info, session, warning};
use crate::ports::tracking::{CheckFound, FileContent, Found, ProcessCount, ProcessWatch, TrackerEvent, TrackerKey};

pub(super) fn words(event: &TrackerEvent) -> Words {
    if let Found::Session { neighbor, kind } = &event.found {
        return session::words(&key(&event.key), *neighbor, kind);
    }
    let text = format!("{} is {}: {}", key(&event.key), reading(event.reading), found(&event.found));
    let is_down = match event.reading {
        Reading::Up | Reading::Level(_) => false,
        Reading::Down | Reading::Unknown => true,
    };
    match &event.found {
        Found::Check(
            CheckFound::CannotRun(_) | CheckFound::Refused(_) | CheckFound::NoAnswer(_) | CheckFound::Stuck(_),
        )
        | Found::File(FileContent::Unreadable(_)) => error("tracker", text),
        Found::Check(CheckFound::Weak(_)) => warning("tracker", text),
        Found::File(FileContent::NoNumber(_) | FileContent::OutOfRange(_)) => warning("tracker", text),
        Found::Check(CheckFound::Ended { .. } | CheckFound::TimedOut(_) | CheckFound::Unanswered(_))
        | Found::Processes(_)
            if is_down =>
        {
            warning("tracker", text)
        }
        Found::Check(
            CheckFound::Ended { .. }
            | CheckFound::TimedOut(_)
            | CheckFound::Answered { .. }
            | CheckFound::Holds(_)
            | CheckFound::Unanswered(_)
            | CheckFound::Nothing,
        )
        | Found::Processes(_)
        | Found::Session { .. }
        | Found::File(_) => info("tracker", text),
    }
}

/// The thing, as it is called in the configuration.
pub(crate) fn key(key: &TrackerKey) -> String {
    match key {
        TrackerKey::Interface(name) => format!("interface {name}"),
        TrackerKey::Named(kind, name) => format!("{} {name}", kind.block()),
        TrackerKey::TrackGroup(name) => format!("track_group {name}"),
    }
}

/// What is known of it.
pub(crate) fn reading(reading: Reading) -> String {
    match reading {
        Reading::Unknown => "unknown".to_owned(),
        Reading::Up => "up".to_owned(),
        Reading::Down => "down".to_owned(),
        Reading::Level(level) => level.to_string(),
    }
}

/// What a reading does to a router.
pub(crate) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pending => "nothing is known yet".to_owned(),
        Outcome::Fault => "it stops the router".to_owned(),
        Outcome::Weight(0) => "it does not move the priority".to_owned(),
        Outcome::Weight(weight) => format!("it moves the priority by {weight:+}"),
    }
}

fn found(found: &Found) -> String {
    match found {
        Found::Check(found) => check(found),
        Found::File(content) => file(content),
        Found::Processes(count) => processes(count),
        Found::Session { neighbor, kind } => session::what(*neighbor, kind),
    }
}

fn check(found: &CheckFound) -> String {
    match found {
        CheckFound::Nothing => "init_fail, until it succeeds".to_owned(),
        CheckFound::Ended { status, took } if status.success() => format!("it succeeded in {took:?}"),
        CheckFound::Ended { status, took } => format!("it ended with {status} after {took:?}"),
        CheckFound::TimedOut(limit) => format!("it ran for {limit:?} and was ended"),
        CheckFound::Stuck(limit) => {
            format!("it ran for {limit:?} and cannot be ended: it is not started again until it has ended")
        }
        CheckFound::Answered { took } => format!("it answered in {took:?}"),
        CheckFound::Holds(what) | CheckFound::Unanswered(what) => what.clone(),
        CheckFound::CannotRun(why) => format!("it cannot run: {why}"),
        CheckFound::Refused(weakness) => {
            format!("it is not run, because enable_script_security is set: {weakness}")
        }
        CheckFound::Weak(weakness) => {
            format!("it is not safe, and is run all the same, because enable_script_security is not set: {weakness}")
        }
        CheckFound::NoAnswer(time) => format!("it was started, and its end is not known after {time:?}"),
    }
}

/// How many there are, how many there are to be, and how one more would be seen.
fn processes(count: &ProcessCount) -> String {
    let ProcessCount { count, fewest, most, watch } = count;
    let run = match count {
        0 => "no process runs".to_owned(),
        1 => "1 process runs".to_owned(),
        count => format!("{count} processes run"),
    };
    let wanted = match most {
        Some(0) => "none may".to_owned(),
        Some(most) if most == fewest => format!("{fewest} must"),
        Some(most) => format!("{fewest} to {most} must"),
        None => format!("{fewest} must"),
    };
    match watch {
        ProcessWatch::Kernel => format!("{run}, {wanted}; the kernel tells of more"),
        ProcessWatch::Looks(why) => format!("{run}, {wanted}; /proc is read for more once a second: {why}"),
    }
}

fn file(content: &FileContent) -> String {
    match content {
        FileContent::Number(number) => format!("it says {number}"),
        FileContent::Empty => "it is empty, which counts as 0".to_owned(),
        FileContent::NoNumber(text) => format!("`{text}` is no number, which counts as 0"),
        FileContent::OutOfRange(text) => format!("{text} has more than 32 bits, and is ignored"),
        FileContent::Missing => "there is no such file, which counts as 0".to_owned(),
        FileContent::Unreadable(why) => format!("it cannot be read, which counts as 0: {why}"),
    }
}
