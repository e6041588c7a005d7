//! The time in a `reload_time_file`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    when: When,
    zone: Zone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// `HH:MM:SS`: each day.
    Daily(Time),
    /// The same with a date.
    Once(DateTime),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    /// That of the machine.
    Local,
    /// With a `Z` behind it.
    Utc,
}

impl Moment {
    /// Reads `[YY]YY-MM-DD HH:MM:SS` or `HH:MM:SS`, perhaps with a `Z` behind it, and not a blank more. `None`: it is no time.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, zone) = match text.strip_suffix('Z') {
            Some(text) => (text, Zone::Utc),
            None => (text, Zone::Local),
        };
        let when = match text.split_once(' ') {
            None => When::Daily(time(text)?),
            Some((day, of_day)) => When::Once(date(day)?.to_datetime(time(of_day)?)),
        };
        Some(Self { when, zone })
    }

    /// When that is next; `None`: never again. A time that a zone leaves out is as much later, of one that comes twice the
    /// first counts.
    pub(super) fn after(&self, now: Timestamp, local: &TimeZone) -> Option<Timestamp> {
        let zone = match self.zone {
            Zone::Local => local.clone(),
            Zone::Utc => TimeZone::UTC,
        };
        let at = |moment: DateTime| zone.to_timestamp(moment).ok().filter(|at| *at > now);
        match self.when {
            When::Once(moment) => at(moment),
            When::Daily(time) => {
                let today = zone.to_datetime(now).date();
                let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(2);
                days.map(|day| day.to_datetime(time)).find_map(at)
            }
        }
    }
}

fn date(text: &str) -> Option<Date> {
    let [year, month, day] = numbers(text, '-')?;
    let year = match year.len() {
        2 => number(year)? + 2000,
        4 => number(year)?,
        _ => return None,
    };
    Date::new(year, two_digits(month)?, two_digits(day)?).ok()
}

fn time(text: &str) -> Option<Time> {
    let [hour, minute, second] = numbers(text, ':')?;
    Time::new(two_digits(hour)?, two_digits(minute)?, two_digits(second)?, 0).ok()
}

/// Three numbers with two marks between them.
fn numbers(text: &str, mark: char) -> Option<[&str; 3]> {
    let mut parts = text.split(mark);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn two_digits(text: &str) -> Option<i8> {
    if text.len() == 2 { number(text)?.try_into().ok() } else { None }
}

fn number(text: &str) -> Option<i16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_exactly_these_forms() {
        let local = TimeZone::fixed(jiff::tz::offset(2));
        let now: Timestamp = "2026-05-01T11:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("12:30:05Z", Some("2026-05-01T12:30:05Z")),
            ("12:30:05", Some("2026-05-02T10:30:05Z")),
            ("11:00:00Z", Some("2026-05-02T11:00:00Z")),
            ("26-05-03 01:00:00", Some("2026-05-02T23:00:00Z")),
            ("2026-05-03 01:00:00Z", Some("2026-05-03T01:00:00Z")),
            ("2026-05-01 10:59:59Z", None),
        ] {
            let at = Moment::parse(text).unwrap().after(now, &local);
            assert_eq!(at, expected.map(|at| at.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "Z",
            "12:30",
            "12:30:5",
            "24:00:00",
            "12:60:00",
            "12:00:60",
            " 12:00:00",
            "12:00:00 ",
            "12:00:00z",
            "+1:00:00",
            "2026-05-03",
            "2026-05-03  01:00:00",
            "026-05-03 01:00:00",
            "2026-02-30 01:00:00",
            "2026-5-3 01:00:00",
            "2026-05-03T01:00:00Z",
            "1:2:3:4",
        ] {
            assert_eq!(Moment::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_that_is_left_out_or_comes_twice_is_one_time() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (text, expected) in [
            ("2026-03-29 02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-10-25 02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-07-01 12:00:00", "2026-07-01T10:00:00Z"),
        ] {
            let at = Moment::parse(text).unwrap().after(Timestamp::UNIX_EPOCH, &berlin);
            assert_eq!(at, Some(expected.parse().unwrap()), "{text}");
        }
    }
}
