use std::sync::mpsc;
use std::time::Instant;

use super::super::Facility;
use super::*;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a write is answered with.
type Answer = io::Result<usize>;

/// A writer that shows each write and waits for its answer.
struct Asked {
    writes: mpsc::Sender<Vec<u8>>,
    answers: mpsc::Receiver<Answer>,
}

impl Write for Asked {
    fn write(&mut self, bytes: &[u8]) -> Answer {
        self.writes.send(bytes.to_vec()).unwrap();
        // The test has ended: so may this thread.
        self.answers.recv().unwrap_or_else(|_| {
            loop {
                thread::park();
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A queue whose writer the test plays.
struct Bench {
    queue: Arc<Queue>,
    writes: mpsc::Receiver<Vec<u8>>,
    answers: mpsc::Sender<Answer>,
}

impl Bench {
    fn new() -> Self {
        let ((writes, shown), (answer, answers)) = (mpsc::channel(), mpsc::channel());
        let queue = Arc::new(Queue::new());
        let ours = Arc::clone(&queue);
        thread::spawn(move || ours.write_to(Asked { writes, answers }, LogFormat::Systemd(Facility::UNNAMED)));
        Self { queue, writes: shown, answers: answer }
    }

    /// The next write, which is answered by `answer`.
    fn write(&self, answer: impl FnOnce(&[u8]) -> Answer) -> String {
        let bytes = self.writes.recv_timeout(PATIENCE).unwrap();
        self.answers.send(answer(&bytes)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn taken(&self) -> String {
        self.write(|bytes| Ok(bytes.len()))
    }

    fn refused(&self) -> String {
        self.write(|_| Err(io::ErrorKind::StorageFull.into()))
    }
}

#[test]
fn each_line_is_one_write_in_order() {
    let bench = Bench::new();
    for line in ["<6>first\n", "<4>second\n"] {
        bench.queue.push(line.as_bytes());
    }
    assert_eq!([bench.taken(), bench.taken()], ["<6>first\n", "<4>second\n"]);
    bench.queue.flush(PATIENCE);
    assert_eq!(bench.queue.dropped(), 0);
}

#[test]
fn a_writer_that_is_stuck_holds_nobody_up_and_the_log_says_where_lines_are_missing() {
    let bench = Bench::new();
    let line = "x".repeat(1000);
    let pushed = 2 * QUEUE_BYTES / line.len();
    let start = Instant::now();
    for _ in 0..pushed {
        bench.queue.push(line.as_bytes());
    }
    bench.queue.flush(Duration::from_millis(50));
    assert!(start.elapsed() < PATIENCE);
    assert!(bench.queue.lock().bytes <= QUEUE_BYTES + mem::size_of::<Entry>());
    let dropped = bench.queue.dropped();
    assert!(dropped > 0);
    // All that fitted comes first.
    for _ in 0..u64::try_from(pushed).unwrap() - dropped {
        assert_eq!(bench.taken().trim_end(), line);
    }
    assert_eq!(bench.taken(), format!("<4>{dropped} log lines were dropped: standard error did not take them\n"));
    bench.queue.push(b"after");
    assert_eq!(bench.taken(), "after\n");
    assert_eq!(bench.queue.dropped(), dropped);
}

#[test]
fn refused_lines_are_counted_and_reported_when_lines_are_taken_again() {
    let bench = Bench::new();
    for line in ["one", "two", "three"] {
        bench.queue.push(line.as_bytes());
    }
    assert_eq!(bench.refused(), "one\n");
    let report = |count| format!("<4>{count} dropped: standard error did not take them\n");
    // Nothing of the second line is tried while not even the report is taken.
    assert_eq!(bench.refused(), report("1 log line was"));
    assert_eq!(bench.taken(), report("2 log lines were"));
    assert_eq!(bench.taken(), "three\n");
    bench.queue.flush(PATIENCE);
    assert_eq!(bench.queue.dropped(), 2);
}

#[test]
fn what_follows_half_a_line_begins_on_a_line_of_its_own() {
    let bench = Bench::new();
    bench.queue.push(b"half a line");
    assert_eq!(bench.write(|_| Ok(4)), "half a line\n");
    assert_eq!(bench.refused(), " a line\n");
    bench.queue.push(b"next");
    assert_eq!(bench.taken(), "\n<4>1 log line was dropped: standard error did not take them\n");
    assert_eq!(bench.taken(), "next\n");
}

#[test]
fn a_short_write_is_continued() {
    let bench = Bench::new();
    bench.queue.push(b"a line");
    assert_eq!(bench.write(|_| Ok(2)), "a line\n");
    assert_eq!(bench.write(|_| Err(io::ErrorKind::Interrupted.into())), "line\n");
    assert_eq!(bench.taken(), "line\n");
    bench.queue.flush(PATIENCE);
    assert_eq!(bench.queue.dropped(), 0);
}

#[test]
fn a_line_is_one_line_and_not_too_long() {
    assert_eq!(one_line(b"a\nb\r\n"), b"a\\nb\\r\n");
    assert_eq!(one_line(b""), b"\n");
    assert_eq!(one_line(&[b'x'; LINE_BYTES - 1]).len(), LINE_BYTES);
    let cut = String::from_utf8(one_line("ä".repeat(LINE_BYTES).as_bytes())).unwrap();
    assert!(cut.len() <= LINE_BYTES && cut.ends_with("ä…\n"), "{}", cut.len());
}
