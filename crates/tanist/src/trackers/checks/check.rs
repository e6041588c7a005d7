//! When a check is made, and what comes of it: a `vrrp_script` without a clock, a process or a network.
//!
//! A check is started every `interval`, counted from start to start. One whose predecessor still runs is left out, so that
//! there is one at a time. Whoever makes checks ends one that takes longer than `timeout`; if it says nothing of that, the
//! check has failed as well. One that cannot be ended fails as often as it would be made, and is not made beside itself.

use std::time::Duration;

use tokio::time::Instant;
use vrrp::input::Reading;

use super::debounce::{CheckResult, Debounce, Limits};
use crate::ports::tracking::CheckFound;

/// How long past its `timeout` a check may be without an answer.
const SLACK: Duration = Duration::from_secs(5);
/// Whoever looks this late was stalled, and so was perhaps whoever was to answer.
const STALL: Duration = Duration::from_secs(1);

/// How a check is made and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// From one start to the next; never zero.
    pub(super) interval: Duration,
    /// How long it may take.
    pub(super) timeout: Duration,
    pub(super) limits: Limits,
}

impl Timing {
    /// How long a run may go on before it has failed, or failed once more.
    fn patience(&self, end: End) -> Duration {
        match end {
            End::Expected => self.timeout + SLACK,
            End::Refused => self.timeout.max(self.interval),
        }
    }
}

/// A check that is made again and again.
#[derive(Debug)]
pub(super) struct Check {
    timing: Timing,
    debounce: Debounce,
    /// When it is made next, if it does not run then.
    next: Instant,
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    run: u64,
    since: Instant,
    /// When it has failed if it has not ended.
    overdue: Instant,
    end: End,
    /// Whether something happened since that may change the result.
    again: Again,
}

/// What is known of the end of a run.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It will end, or be ended, within its time.
    Expected,
    /// It was killed, and goes on.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

/// What is to be done at some moment.
#[derive(Debug)]
pub(super) enum Due {
    /// Start the check.
    Start,
    /// It has failed: nothing was heard of it.
    Lost(CheckFound),
    /// Nothing, but look again at [`Check::deadline`].
    Nothing,
}

impl Check {
    /// One that is made at once. `debounce` is [`Debounce::Fresh`] or [`Debounce::Brought`].
    pub(super) fn new(now: Instant, timing: Timing, debounce: Debounce) -> Self {
        Self { timing, debounce, next: now, running: None }
    }

    /// The same thing is checked, with another timing: results so far count.
    pub(super) fn retime(&mut self, now: Instant, timing: Timing) {
        self.timing = timing;
        self.next = self.next.min(now + timing.interval);
    }

    /// Something happened that may change the result: it is made at once, or as soon as the run that is under way has ended.
    pub(super) fn hurry(&mut self, now: Instant) {
        match &mut self.running {
            Some(running) => running.again = Again::Yes,
            None => self.next = self.next.min(now),
        }
    }

    /// What is to be done now; to be asked again until it is nothing.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if let Some(running) = &mut self.running
            && running.overdue <= now
        {
            let was_stalled = now - running.overdue > STALL;
            running.overdue = now + self.timing.patience(running.end);
            if !was_stalled {
                return Due::Lost(match running.end {
                    End::Expected => CheckFound::NoAnswer(now - running.since),
                    End::Refused => CheckFound::Stuck(self.timing.timeout),
                });
            }
        }
        if self.next > now {
            return Due::Nothing;
        }
        let late = now - self.next;
        let left_out = late.as_nanos() / self.timing.interval.as_nanos().max(1);
        // Whatever was slept through is not made up for.
        let step = self.timing.interval.saturating_mul(u32::try_from(left_out).unwrap_or(u32::MAX).saturating_add(1));
        self.next = (self.next + step).max(now);
        if self.running.is_some() { Due::Nothing } else { Due::Start }
    }

    /// It was started, as this run.
    pub(super) fn started(&mut self, now: Instant, run: u64) {
        let end = End::Expected;
        self.running =
            Some(Running { run, since: now, overdue: now + self.timing.patience(end), end, again: Again::No });
    }

    /// The run took too long and cannot be ended.
    pub(super) fn stuck(&mut self, now: Instant) {
        if let Some(running) = &mut self.running {
            running.end = End::Refused;
            running.overdue = now + self.timing.patience(running.end);
        }
    }

    /// A run has ended. Tells whether it is the one that was started last.
    pub(super) fn ended(&mut self, run: u64) -> bool {
        let Some(ended) = self.running.take_if(|running| running.run == run) else { return false };
        if ended.again == Again::Yes {
            self.next = self.next.min(ended.since);
        }
        true
    }

    /// Whether this is the run that was started last, and it has not ended.
    pub(super) fn is_under_way(&self, run: u64) -> bool {
        self.running.is_some_and(|running| running.run == run)
    }

    /// Nothing will be heard of the run any more: another may be started.
    pub(super) fn give_up(&mut self) {
        if let Some(running) = self.running {
            self.ended(running.run);
        }
    }

    /// Counts a result; returns the reading from now on, `None` if there is none yet.
    pub(super) fn count(&mut self, result: CheckResult) -> Option<Reading> {
        self.debounce = self.debounce.after(result, self.timing.limits);
        self.debounce.reading()
    }

    /// When [`Check::due`] is to be asked.
    pub(super) fn deadline(&self) -> Instant {
        self.running.map_or(self.next, |running| running.overdue.min(self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { rise: 1, fall: 2 };

    fn timing(interval: u64, timeout: u64) -> Timing {
        let millis = Duration::from_millis;
        Timing { interval: millis(interval), timeout: millis(timeout), limits: LIMITS }
    }

    /// Starts what is due until `end`, each run taking so long; returns when runs began.
    fn starts(check: &mut Check, begin: Instant, end: u64, takes: u64) -> Vec<u64> {
        let mut starts = Vec::new();
        let mut ends: Option<(Instant, u64)> = None;
        loop {
            let at = ends.map_or_else(|| check.deadline(), |(ends, _)| ends.min(check.deadline()));
            let millis = u64::try_from((at - begin).as_millis()).unwrap();
            if millis > end {
                return starts;
            }
            if let Some((ended, run)) = ends
                && ended <= at
            {
                assert!(check.ended(run));
                ends = None;
            }
            if let Due::Start = check.due(at) {
                check.started(at, millis);
                ends = Some((at + Duration::from_millis(takes), millis));
                starts.push(millis);
            }
        }
    }

    #[test]
    fn starts_are_an_interval_apart_and_one_that_runs_leaves_out_the_next() {
        let begin = Instant::now();
        let run = |takes| starts(&mut Check::new(begin, timing(100, 1000), Debounce::Fresh), begin, 600, takes);
        assert_eq!(run(1), [0, 100, 200, 300, 400, 500, 600]);
        assert_eq!(run(99), [0, 100, 200, 300, 400, 500, 600]);
        assert_eq!(run(101), [0, 200, 400, 600]);
        assert_eq!(run(250), [0, 300, 600]);
    }

    #[test]
    fn what_happens_during_a_run_has_it_made_once_more() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut check = Check::new(begin, timing(60_000, 1_000), Debounce::Fresh);
        assert!(matches!(check.due(begin), Due::Start));
        check.started(begin, 1);
        check.hurry(at(10));
        assert!(matches!(check.due(at(10)), Due::Nothing), "one at a time");
        assert!(check.ended(1));
        assert!(check.deadline() <= at(20));
        assert!(matches!(check.due(at(20)), Due::Start));
        check.started(at(20), 2);
        assert!(check.ended(2));
        assert!(matches!(check.due(at(30)), Due::Nothing));
        check.hurry(at(30));
        assert!(matches!(check.due(at(30)), Due::Start));
    }

    #[test]
    fn what_was_slept_through_is_not_made_up_for() {
        let begin = Instant::now();
        let mut check = Check::new(begin, timing(100, 1000), Debounce::Fresh);
        let late = begin + Duration::from_millis(5_050);
        assert!(matches!(check.due(late), Due::Start));
        assert_eq!(check.deadline(), begin + Duration::from_millis(5_100));
        assert!(matches!(check.due(late), Due::Nothing));
    }

    #[test]
    fn a_run_without_an_answer_has_failed_and_is_not_made_twice() {
        let begin = Instant::now();
        let mut check = Check::new(begin, timing(60_000, 2_000), Debounce::Fresh);
        assert!(matches!(check.due(begin), Due::Start));
        check.started(begin, 1);
        assert_eq!(check.deadline(), begin + Duration::from_secs(7));
        let lost = check.due(check.deadline());
        assert!(matches!(lost, Due::Lost(CheckFound::NoAnswer(time)) if time == Duration::from_secs(7)), "{lost:?}");
        assert_eq!(check.deadline(), begin + Duration::from_secs(14));
        assert!(matches!(check.due(begin + Duration::from_secs(7)), Due::Nothing));
        assert!(!check.ended(0) && check.ended(1) && !check.ended(1), "only the answer of this run counts");
    }

    #[test]
    fn a_run_that_cannot_be_ended_fails_again_and_again_and_no_other_is_made() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut check = Check::new(begin, timing(1_000, 2_000), Debounce::Fresh);
        assert!(matches!(check.due(begin), Due::Start));
        check.started(begin, 1);
        check.stuck(at(3));
        let mut failed = Vec::new();
        for second in 1..=10 {
            while let due @ (Due::Start | Due::Lost(_)) = check.due(at(second)) {
                assert!(
                    matches!(due, Due::Lost(CheckFound::Stuck(limit)) if limit == Duration::from_secs(2)),
                    "{due:?}"
                );
                failed.push(second);
            }
        }
        assert_eq!(failed, [5, 7, 9]);
        assert!(check.ended(1));
        assert!(matches!(check.due(at(11)), Due::Start));
    }

    #[test]
    fn whoever_was_stalled_waits_for_the_answer_once_more() {
        let begin = Instant::now();
        let mut check = Check::new(begin, timing(60_000, 2_000), Debounce::Fresh);
        assert!(matches!(check.due(begin), Due::Start));
        check.started(begin, 1);
        let thawed = begin + Duration::from_secs(30);
        assert!(matches!(check.due(thawed), Due::Nothing));
        assert_eq!(check.deadline(), thawed + Duration::from_secs(7));
        assert!(matches!(check.due(check.deadline()), Due::Lost(_)));
    }

    #[test]
    fn another_timing_keeps_what_was_counted_and_does_not_wait_for_the_old_interval() {
        let begin = Instant::now();
        let mut check = Check::new(begin, timing(60_000, 1_000), Debounce::Fresh);
        assert!(matches!(check.due(begin), Due::Start));
        assert_eq!(check.count(CheckResult::Success), Some(Reading::Up));
        assert_eq!(check.count(CheckResult::Failure), Some(Reading::Up));
        check.retime(begin, timing(100, 100));
        assert_eq!(check.deadline(), begin + Duration::from_millis(100));
        assert_eq!(check.count(CheckResult::Failure), Some(Reading::Down));
    }
}
