//! From single results to a reading: `rise`, `fall`, `init_fail`. No clock.

use vrrp::input::Reading;

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trackers) enum CheckResult {
    Success,
    Failure,
}

/// How many results in a row change a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Successes before what was down is up.
    pub(super) rise: u32,
    /// Failures before what was up is down.
    pub(super) fall: u32,
}

/// What results add up to. At the start of the daemon the first decides at once, whatever the limits, as in keepalived:
/// routers wait for it. Later they do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Debounce {
    /// There was none since the start of the daemon.
    #[default]
    Fresh,
    /// A reload brought the check, to routers that run: none has succeeded since, and so many have failed in a row.
    Brought { failures: u32 },
    /// It counts as up; so many have failed in a row.
    Up { failures: u32 },
    /// It counts as down; so many have succeeded in a row.
    Down { successes: u32 },
}

impl Debounce {
    /// What goes on from this reading; `None`: nothing was known.
    pub(super) const fn going_on(reading: Reading) -> Option<Self> {
        match reading {
            Reading::Up => Some(Self::Up { failures: 0 }),
            Reading::Down => Some(Self::Down { successes: 0 }),
            Reading::Unknown | Reading::Level(_) => None,
        }
    }

    /// After one more result.
    #[must_use]
    pub(super) fn after(self, result: CheckResult, limits: Limits) -> Self {
        match (self, result) {
            (Self::Fresh | Self::Brought { .. } | Self::Up { .. }, CheckResult::Success) => Self::Up { failures: 0 },
            (Self::Fresh | Self::Down { .. }, CheckResult::Failure) => Self::Down { successes: 0 },
            (Self::Brought { failures }, CheckResult::Failure) => match failures.saturating_add(1) {
                failures if failures >= limits.fall => Self::Down { successes: 0 },
                failures => Self::Brought { failures },
            },
            (Self::Up { failures }, CheckResult::Failure) => match failures.saturating_add(1) {
                failures if failures >= limits.fall => Self::Down { successes: 0 },
                failures => Self::Up { failures },
            },
            (Self::Down { successes }, CheckResult::Success) => match successes.saturating_add(1) {
                successes if successes >= limits.rise => Self::Up { failures: 0 },
                successes => Self::Down { successes },
            },
        }
    }

    /// `None` before the first result that decides.
    pub(super) const fn reading(self) -> Option<Reading> {
        match self {
            Self::Fresh | Self::Brought { .. } => None,
            Self::Up { .. } => Some(Reading::Up),
            Self::Down { .. } => Some(Reading::Down),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The readings after each of these results: `+` is a success, `-` a failure, `u` up, `d` down, `.` none yet.
    fn readings(mut debounce: Debounce, rise: u32, fall: u32, results: &str) -> String {
        let one = |result| {
            let result = if result == '+' { CheckResult::Success } else { CheckResult::Failure };
            debounce = debounce.after(result, Limits { rise, fall });
            debounce.reading().map_or('.', |reading| if reading == Reading::Up { 'u' } else { 'd' })
        };
        results.chars().map(one).collect()
    }

    #[test]
    fn results_in_a_row_change_the_reading_and_the_first_decides() {
        for (rise, fall, results, expected) in [
            (1, 1, "+-+-", "udud"),
            (3, 3, "+---+++-", "uuuddduu"),
            (3, 3, "----+++", "ddddddu"),
            (2, 3, "+--+--+---+-++", "uuuuuuuuuddddu"),
            (2, 2, "-+-+-++", "ddddddu"),
            (u32::MAX, 1, "-+++", "dddd"),
            (1, u32::MAX, "+---", "uuuu"),
        ] {
            assert_eq!(readings(Debounce::Fresh, rise, fall, results), expected, "{rise} {fall} {results}");
        }
    }

    #[test]
    fn a_check_that_a_reload_brought_stops_nobody_before_it_failed_in_a_row() {
        for (rise, fall, results, expected) in
            [(1, 1, "-+", "du"), (3, 3, "---+++", "..dddu"), (3, 3, "--+---", "..uuud"), (3, 3, "+---", "uuud")]
        {
            let brought = Debounce::Brought { failures: 0 };
            assert_eq!(readings(brought, rise, fall, results), expected, "{rise} {fall} {results}");
        }
    }
}
