//! What happened in a run, if anybody wants to know.

use std::fmt;

use vrrp::Instant;

/// Lines with their times, or nothing.
#[derive(Debug)]
pub(super) struct Story {
    start: Instant,
    lines: Option<Vec<Line>>,
}

/// What happened, and how often in a row.
#[derive(Debug)]
struct Line {
    at: f64,
    text: String,
    times: u32,
}

impl Story {
    /// A story that is kept.
    pub(super) const fn kept(start: Instant) -> Self {
        Self { start, lines: Some(Vec::new()) }
    }

    /// A story that nobody wants.
    pub(super) const fn dropped(start: Instant) -> Self {
        Self { start, lines: None }
    }

    pub(super) fn note(&mut self, now: Instant, line: impl FnOnce() -> String) {
        let Some(lines) = &mut self.lines else { return };
        let (at, text) = (now.since(self.start).as_secs_f64(), line());
        match lines.last_mut() {
            Some(last) if last.text == text => last.times += 1,
            Some(_) | None => lines.push(Line { at, text, times: 1 }),
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines.into_iter().flatten().map(|line| line.to_string()).collect()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.6} s  {}", self.at, self.text)?;
        if self.times > 1 { write!(f, ", {} times", self.times) } else { Ok(()) }
    }
}
