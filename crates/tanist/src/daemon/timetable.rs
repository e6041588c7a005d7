//! `reload_time_file`: reloads at the time that a file says. A thread looks at the file once a second: a disk may hang, and the
//! file and its folder may come at any time.

mod moment;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use conf::model::{ReloadTime, Switch};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::moment::Moment;
use crate::ports::main::{MainEvent, MainHandle};

/// Time between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes that are read of it: more than any time has.
const BYTES: u64 = 64;

/// The main thread's end.
pub(super) struct Timetable {
    main: MainHandle,
    /// `None`: there was no file to look at yet.
    thread: Option<mpsc::Sender<Option<ReloadTime>>>,
}

impl Timetable {
    pub(super) const fn new(main: MainHandle) -> Self {
        Self { main, thread: None }
    }

    /// Looks at this file from now on.
    pub(super) fn follow(&mut self, time: Option<&ReloadTime>) {
        if self.thread.is_none() && time.is_some() {
            let (orders, received) = mpsc::channel();
            let main = self.main.clone();
            // It ends with the process, for it may hang.
            match thread::Builder::new().name("timetable".into()).spawn(move || keep(&received, &main)) {
                Ok(_) => self.thread = Some(orders),
                Err(error) => tracing::error!("there are no reloads at a time: {error}"),
            }
        }
        if let Some(orders) = &self.thread {
            // It ends only after this one.
            orders.send(time.cloned()).ok();
        }
    }
}

/// The thread.
fn keep(orders: &mpsc::Receiver<Option<ReloadTime>>, main: &MainHandle) {
    let mut watched: Option<Watched> = None;
    loop {
        let order = match &watched {
            Some(watched) => orders.recv_timeout(watched.pause(Timestamp::now())),
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match order {
            Ok(time) if watched.as_ref().map(|watched| &watched.time) == time.as_ref() => {}
            Ok(time) => watched = time.map(Watched::new),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if let Some(watched) = &mut watched
            && watched.look(content(&watched.time.file), Timestamp::now(), &TimeZone::system()) == Due::Now
        {
            watched.used();
            main.send(MainEvent::ReloadDue);
        }
    }
}

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Absent,
    /// Its first line.
    Line(String),
    Unreadable(String),
}

fn content(path: &str) -> Content {
    let read = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(BYTES).read_to_string(&mut text)?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    };
    // To open a pipe can wait.
    match fs::metadata(path)
        .and_then(|file| if file.is_file() { read() } else { Err(io::ErrorKind::InvalidInput.into()) })
    {
        Ok(line) => Content::Line(line),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Absent,
        Err(error) => Content::Unreadable(error.to_string()),
    }
}

/// A file that is looked at.
#[derive(Debug)]
struct Watched {
    time: ReloadTime,
    content: Content,
    /// What it says, and when that is next.
    next: Option<(Moment, Timestamp)>,
}

/// Whether a reload is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Now,
    No,
}

impl Watched {
    const fn new(time: ReloadTime) -> Self {
        Self { time, content: Content::Absent, next: None }
    }

    /// Until the next look.
    fn pause(&self, now: Timestamp) -> Duration {
        let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
        self.next.as_ref().map_or(LOOK, |(_, at)| until(*at).min(LOOK))
    }

    fn look(&mut self, content: Content, now: Timestamp, zone: &TimeZone) -> Due {
        if content != self.content {
            self.content = content;
            self.plan(now, zone);
        }
        let Some((moment, at)) = self.next.take() else { return Due::No };
        if at > now {
            self.next = Some((moment, at));
            return Due::No;
        }
        self.next = moment.after(now, zone).map(|next| (moment, next));
        Due::Now
    }

    /// The file says something else.
    fn plan(&mut self, now: Timestamp, zone: &TimeZone) {
        let before = self.next.take();
        let file = &self.time.file;
        match &self.content {
            Content::Absent if before.is_some() => tracing::info!("{file} is gone: the reload is called off"),
            Content::Absent => {}
            Content::Unreadable(why) => tracing::warn!("{file} cannot be read: {why}"),
            Content::Line(line) => match Moment::parse(line) {
                None => tracing::warn!(
                    "{file} says no time: write HH:MM:SS or YYYY-MM-DD HH:MM:SS, for UTC with a Z behind it"
                ),
                Some(moment) => match moment.after(now, zone) {
                    None => tracing::warn!("{file}: {line} is over: there is no reload"),
                    Some(at) => {
                        tracing::info!("{file}: the configuration is read again at {at}");
                        self.next = Some((moment, at));
                    }
                },
            },
        }
    }

    /// The reload takes place.
    fn used(&mut self) {
        let file = &self.time.file;
        tracing::info!("reload: the time in {file} has come");
        match self.time.repeat {
            Switch::On => {}
            Switch::Off => match fs::remove_file(file) {
                Ok(()) => (self.content, self.next) = (Content::Absent, None),
                Err(error) => {
                    tracing::warn!("{file} cannot be removed: {error}; a time without a date comes again tomorrow")
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn line(text: &str) -> Content {
        Content::Line(text.to_owned())
    }

    #[test]
    fn a_reload_is_due_once_for_each_time_that_the_file_says() {
        let mut watched = Watched::new(ReloadTime { file: "/nonexistent/at".to_owned(), repeat: Switch::On });
        for (content, now, expected) in [
            (Content::Absent, "2026-05-01T00:00:00Z", Due::No),
            (line("12:00:00Z"), "2026-05-01T11:59:59Z", Due::No),
            (line("12:00:00Z"), "2026-05-01T12:00:00Z", Due::Now),
            (line("12:00:00Z"), "2026-05-01T12:00:01Z", Due::No),
            // A machine that slept is late.
            (line("12:00:00Z"), "2026-05-02T15:00:00Z", Due::Now),
            (line("12:00:00Z"), "2026-05-03T11:00:00Z", Due::No),
            (line("26-05-03 11:30:00Z"), "2026-05-03T11:00:00Z", Due::No),
            (Content::Absent, "2026-05-03T11:20:00Z", Due::No),
            (Content::Absent, "2026-05-03T11:30:00Z", Due::No),
            (line("26-05-03 11:30:00Z"), "2026-05-03T11:40:00Z", Due::No),
            (line("noon"), "2026-05-03T11:50:00Z", Due::No),
            (Content::Unreadable("x".to_owned()), "2026-05-03T12:00:00Z", Due::No),
            (line("2026-05-03 12:00:01Z"), "2026-05-03T12:00:00Z", Due::No),
            (line("2026-05-03 12:00:01Z"), "2026-05-03T12:00:01Z", Due::Now),
            (line("2026-05-03 12:00:01Z"), "2026-05-04T12:00:01Z", Due::No),
        ] {
            assert_eq!(watched.look(content.clone(), at(now), &TimeZone::UTC), expected, "{content:?} {now}");
        }
    }

    #[test]
    fn the_file_is_looked_at_each_second_and_when_the_time_has_come() {
        let mut watched = Watched::new(ReloadTime { file: "/nonexistent/at".to_owned(), repeat: Switch::On });
        let now = at("2026-05-01T11:59:59.700Z");
        assert_eq!(watched.pause(now), LOOK);
        watched.look(line("12:00:00Z"), now, &TimeZone::UTC);
        assert_eq!(watched.pause(now), Duration::from_millis(300));
        assert_eq!(watched.pause(at("2026-05-01T12:00:05Z")), Duration::ZERO);
    }

    #[test]
    fn only_the_first_line_of_a_regular_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("at");
        let path = path.to_str().unwrap();
        assert_eq!(content(path), Content::Absent);
        fs::write(path, "12:00:00\nmore").unwrap();
        assert_eq!(content(path), line("12:00:00"));
        assert!(matches!(content(folder.path().to_str().unwrap()), Content::Unreadable(_)));
    }
}
