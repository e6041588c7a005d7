//! The timeline on the terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use conf::model::Switch;
use lab::{Held, Privilege, tail};

use super::scene::{Act, Bound, SceneResult, Unnoticed};
use super::setup::{Setup, Side};
use super::stage::{PROBE_PERIOD, Stage};
use super::stop::Stop;

/// Lines of a daemon's log that are shown after a failure.
const LOG_LINES: usize = 30;

/// Prints, and remembers what failed.
#[derive(Debug)]
pub(super) struct Narrator {
    start: Instant,
    colour: Colour,
    scenes: usize,
    failures: Vec<String>,
}

/// Whether the output is a terminal that shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    On,
    Off,
}

/// ANSI codes.
const BOLD: &str = "1";
const GREEN: &str = "32";
const RED: &str = "1;31";
const DIM: &str = "2";

impl Narrator {
    pub(super) fn new() -> Self {
        let colour =
            if io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() { Colour::On } else { Colour::Off };
        Self { start: Instant::now(), colour, scenes: 0, failures: Vec::new() }
    }

    /// All that failed, in words.
    pub(super) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Who takes part, with which files.
    pub(super) fn introduce(&mut self, setup: &Setup, privilege: Privilege) {
        let rights = match privilege {
            Privilege::Real => "in network namespaces",
            Privilege::UserNamespace => "in namespaces, without root",
        };
        self.line(BOLD, &format!("tanist lab: two routers, a switch and a client on this kernel, {rights}"));
        for side in [Side::Favourite, Side::Deputy] {
            let member = setup.member(side);
            self.line("", "");
            self.line(BOLD, &format!("{} runs {}", member.name, member.file.display()));
            member.text.lines().for_each(|line| self.line(DIM, &format!("    {line}")));
        }
        self.line("", "");
        self.line("", guardians_text(setup));
        self.line("", &format!("the client pings {} every {} ms", setup.target, PROBE_PERIOD.as_millis()));
        self.start = Instant::now();
    }

    /// A scene begins.
    pub(super) fn act(&mut self, act: Act, subject: &str, next: &str) {
        self.scenes += 1;
        let text = match act {
            Act::Start => format!("both routers start; {subject} should become master"),
            Act::Restart => format!("another program goes on in the place of {subject}'s (tanist restart)"),
            Act::Kill => format!("kill -9 {subject}"),
            Act::Return => format!("{subject} returns; {next} should be master then"),
            Act::Stop => format!("{subject} is stopped as planned (SIGTERM)"),
            Act::Freeze => format!("the daemon of {subject} stands still (SIGSTOP)"),
            Act::Thaw => format!("the daemon of {subject} goes on (SIGCONT); {next} should be master then"),
            Act::Cut => format!("the cable of {subject} is pulled"),
            Act::Heal => format!("the cable of {subject} is plugged in again; {next} should be master then"),
        };
        self.line("", "");
        self.stamped(BOLD, &text);
    }

    /// The scene of a restart is not played, for a program takes so long to start here.
    pub(super) fn restart_left_out(&self, start: Duration) {
        self.line("", "");
        let why = format!("a program takes {} to start, much of the time between two advertisements", seconds(start));
        self.stamped(BOLD, &format!("tanist restart is left out: {why}"));
    }

    /// Who is master now, and why by its own words.
    pub(super) fn master(&mut self, name: &str, reason: Option<&str>) {
        match reason {
            Some(reason) => self.stamped(GREEN, &format!("{name} is master: {reason}")),
            None => self.stamped(RED, &format!("{name} is not master")),
        }
    }

    /// How the scene went.
    pub(super) fn result(&mut self, setup: &Setup, result: &SceneResult, failures: &[String]) {
        if let Some(text) = result.takeover.and_then(|takeover| takeover_text(takeover.gap()?, result.bound?)) {
            self.detail("takeover", &text);
        }
        if let Some(text) = result.restart.as_ref().and_then(restart_text) {
            self.detail("adverts", &text);
        }
        self.detail("client", &pings_text(result));
        if result.act != Act::Start {
            self.detail("address", &held_text(result.held));
        }
        let entry = match (result.entry_before, result.entry_after) {
            (Some(before), Some(after)) if before == after => format!("{} is at {after}, unchanged", setup.target),
            (Some(before), Some(after)) => format!("{} is at {after}, was at {before}", setup.target),
            (None, Some(after)) => format!("{} is at {after}", setup.target),
            (_, None) => format!("{} is nowhere", setup.target),
        };
        self.detail("neighbour", &entry);
        failures.iter().for_each(|failure| self.fail(failure));
    }

    /// Something was not as it must be.
    pub(super) fn fail(&mut self, failure: &str) {
        self.line(RED, &format!("         FAILED: {failure}"));
        self.failures.push(failure.to_owned());
    }

    /// The last lines of both daemons' logs.
    pub(super) fn logs(&self, stage: &Stage<'_>) {
        for side in [Side::Favourite, Side::Deputy] {
            self.line("", "");
            self.line(BOLD, &format!("the end of the log of {}:", stage.setup.member(side).name));
            let log = stage.router(side).log();
            tail(&log, LOG_LINES).into_iter().for_each(|line| self.line(DIM, &format!("    {line}")));
        }
    }

    /// The end.
    pub(super) fn verdict(&self) {
        self.line("", "");
        let time = self.start.elapsed().as_secs_f64();
        if self.failures.is_empty() {
            self.line(GREEN, &format!("All {} scenes went as they must, in {time:.1} s.", self.scenes));
            return;
        }
        self.line(RED, &format!("{} expectations failed:", self.failures.len()));
        self.failures.iter().for_each(|failure| self.line("", &format!("  {failure}")));
    }

    /// The lab could not be played to its end.
    pub(super) fn stopped(&self, stop: &Stop) {
        // Nobody may be reading.
        writeln!(io::stderr(), "tanist lab: {stop}").ok();
    }

    fn stamped(&self, colour: &str, text: &str) {
        self.line(colour, &format!("{:6.1} s  {text}", self.start.elapsed().as_secs_f64()));
    }

    fn detail(&self, label: &str, text: &str) {
        self.line("", &format!("            {label:10} {text}"));
    }

    fn line(&self, colour: &str, text: &str) {
        let mut out = io::stdout().lock();
        // Nobody may be reading; the exit status says it all the same.
        match self.colour {
            Colour::On if !colour.is_empty() => writeln!(out, "\x1b[{colour}m{text}\x1b[0m"),
            Colour::On | Colour::Off => writeln!(out, "{text}"),
        }
        .ok();
    }
}

/// The measured time against the protocol's bound.
fn takeover_text(gap: Duration, bound: Bound) -> Option<String> {
    let (length, name) = match bound {
        Bound::DownInterval(length) => (length, "three missed advertisements and the skew"),
        Bound::Skew(length) => (length, "the skew after priority 0"),
        Bound::Interval(_) => {
            return Some(format!("{} between the last word of the old master and the first of the new", seconds(gap)));
        }
    };
    let over = gap.as_secs_f64() - length.as_secs_f64();
    Some(format!("{} on the wire; the protocol says {} ({name}): {:+.2} ms", seconds(gap), seconds(length), over * 1e3))
}

/// What others could notice of a restart.
fn restart_text(restart: &Unnoticed) -> Option<String> {
    let silence = format!("none for at most {}", seconds(restart.silence?));
    let noted = if restart.noted.is_empty() { "the other router noted nothing" } else { "the other router noticed" };
    Some(format!("{silence}; {noted}"))
}

/// Whether processes stand in for the daemons.
fn guardians_text(setup: &Setup) -> &'static str {
    match [Side::Favourite, Side::Deputy].map(|side| setup.member(side).guardian) {
        [Switch::On, Switch::On] => "a guardian stands beside each daemon",
        [Switch::Off, Switch::Off] => "no guardian stands beside the daemons (tanist_guardian off)",
        [Switch::On, Switch::Off] | [Switch::Off, Switch::On] => "a guardian stands beside one of the daemons",
    }
}

/// How the routers held the address.
fn held_text(held: Held) -> String {
    format!("nobody had it for {}, both routers for {}", seconds(held.by_none), seconds(held.by_several))
}

/// How the client fared.
fn pings_text(result: &SceneResult) -> String {
    let probes = result.probes;
    let longest = seconds(PROBE_PERIOD * u32::try_from(probes.longest_gap).unwrap_or(u32::MAX));
    match (result.act, probes.lost) {
        (Act::Start, _) => format!("reaches the address after {longest}"),
        (_, 0) => format!("none of {} pings lost", probes.sent),
        (_, lost) => format!("{lost} of {} pings lost, at most {longest} at a stretch", probes.sent),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.4} s", duration.as_secs_f64())
}
